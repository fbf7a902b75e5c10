"""What `summary` offers; each is loaded when it is first asked for."""

from .corpus import list_residuals as list_residuals
from .grading import Grade as Grade
from .grading import describe_unknown as describe_unknown
from .grading import grade_answer as grade_answer
from .grading import is_labelled as is_labelled
from .pushes import LEAST as LEAST
from .run_summary import find_accuracy_interval as find_accuracy_interval
from .run_summary import find_median_agreement as find_median_agreement
from .run_summary import sum_up as sum_up
from .run_summary import summarise as summarise
from .slices import SliceKind as SliceKind
from .slices import name_given as name_given
from .slices import name_said as name_said
