"""A run as pages: one frozen dataclass per page, everything in it ready to be shown."""

from reporter.report.document import DocumentPage, bare_page, document_page, document_pages, give_up
from reporter.report.entries import Entry, Finding, find
from reporter.report.facts import facts
from reporter.report.index import Audit, IndexPage
from reporter.report.lists import ListPage, Shelf, list_pages, shelf
from reporter.report.methods import MethodsPage, methods_page
from reporter.report.provenance import NotFoundPage, ProvenancePage, not_found_page, provenance_page
from reporter.report.tally import Tally
from reporter.report.training import TrainingPage, training_page

__all__ = [
    "Audit",
    "DocumentPage",
    "Entry",
    "Finding",
    "IndexPage",
    "ListPage",
    "MethodsPage",
    "NotFoundPage",
    "ProvenancePage",
    "Shelf",
    "Tally",
    "TrainingPage",
    "bare_page",
    "document_page",
    "document_pages",
    "facts",
    "find",
    "give_up",
    "list_pages",
    "methods_page",
    "not_found_page",
    "provenance_page",
    "shelf",
    "training_page",
]
