"""What `pages` offers; each is loaded when it is first asked for."""

from .document.page import UNDRAWN as UNDRAWN
from .document.page import DocumentPage as DocumentPage
from .document.page import bare_page as bare_page
from .document.page import document_page as document_page
from .document.page import document_pages as document_pages
from .document.page import give_up as give_up
from .index.entries import Entry as Entry
from .index.entries import Finding as Finding
from .index.entries import find as find
from .index.lists import ListPage as ListPage
from .index.lists import ListPageLink as ListPageLink
from .index.lists import link_list_page as link_list_page
from .index.lists import list_pages as list_pages
from .index.page import Audit as Audit
from .index.page import IndexPage as IndexPage
from .methods import MethodsPage as MethodsPage
from .methods import methods_page as methods_page
from .provenance import NotFoundPage as NotFoundPage
from .provenance import ProvenancePage as ProvenancePage
from .provenance import UndrawnPage as UndrawnPage
from .provenance import not_found_page as not_found_page
from .provenance import provenance_page as provenance_page
from .provenance import undrawn_page as undrawn_page
from .training import TrainingPage as TrainingPage
from .training import training_page as training_page
