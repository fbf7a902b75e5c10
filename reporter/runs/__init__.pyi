"""What `runs` offers; each is loaded when it is first asked for."""

from .database import copy_run as copy_run
from .drawn_files import DrawnFile as DrawnFile
from .explain import Attribute as Attribute
from .influences import count_vectors as count_vectors
from .influences import trace_run as trace_run
from .measure import check_sanity as check_sanity
from .measure import choose_for_sanity as choose_for_sanity
from .measure import measure_corpus as measure_corpus
from .measure import measure_folder as measure_folder
from .preparation import prepare as prepare
from .processes import DEALT as DEALT
from .processes import map_in_processes as map_in_processes
from .resume import make_key as make_key
from .resume import renew_run as renew_run
from .stopwatch import Stopwatch as Stopwatch
from .store import SavedRun as SavedRun
from .store import Store as Store
from .store import list_columns as list_columns
from .task_choice import AUTO as AUTO
from .task_choice import choose_task as choose_task
from .task_choice import tell_task as tell_task
from .unit_of_work import Explain as Explain
from .unit_of_work import explain_documents as explain_documents
from .versions import find_templates as find_templates
from .versions import hash_code as hash_code
from .versions import list_versions as list_versions
