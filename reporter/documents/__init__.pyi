"""What `documents` offers; each is loaded when it is first asked for."""

from .corpus import Corpus as Corpus
from .corpus import read_corpus as read_corpus
from .folder import USUAL as USUAL
from .folder import Intake as Intake
from .folder import find_newest as find_newest
from .folder import read_documents as read_documents
from .folder import read_intake as read_intake
from .listing import TABLES as TABLES
from .listing import show_path as show_path
