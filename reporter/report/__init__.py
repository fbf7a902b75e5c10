"""A run as pages: one frozen dataclass per page, everything in it ready to be shown."""

from reporter.report.document import DocumentPage, document_page, document_pages
from reporter.report.index import Audit, IndexPage
from reporter.report.methods import MethodsPage, methods_page
from reporter.report.provenance import NotFoundPage, ProvenancePage, not_found_page, provenance_page

__all__ = [
    "Audit",
    "DocumentPage",
    "IndexPage",
    "MethodsPage",
    "NotFoundPage",
    "ProvenancePage",
    "document_page",
    "document_pages",
    "methods_page",
    "not_found_page",
    "provenance_page",
]
