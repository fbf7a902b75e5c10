"""What `summary` offers; each is loaded when it is first asked for."""

from .grading import Grade as Grade
from .grading import describe_unknown as describe_unknown
from .grading import grade_answer as grade_answer
from .grading import is_labelled as is_labelled
from .run_summary import is_truncated as is_truncated
from .run_summary import summarise as summarise
