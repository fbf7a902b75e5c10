"""What `evidence` offers; each is loaded when it is first asked for."""

from .agreement import add_by_word as add_by_word
from .agreement import agree_on_words as agree_on_words
from .agreement import compare_all as compare_all
from .attempts import attempt as attempt
from .attempts import tell_failure as tell_failure
from .baseline_sensitivity import vary_baseline as vary_baseline
from .counterfactuals import add_counterfactuals as add_counterfactuals
from .deletion import measure_deletion as measure_deletion
from .infidelity import measure_infidelity as measure_infidelity
from .intervals import Moments as Moments
from .intervals import quantile as quantile
from .intervals import wilson as wilson
from .levels import LEVELS as LEVELS
from .levels import Level as Level
from .levels import find_level as find_level
from .max_sensitivity import measure_sensitivity as measure_sensitivity
from .metrics.effect import TOP as TOP
from .metrics.effect import strongest as strongest
from .plausibility import judge_section as judge_section
from .plausibility import measure_plausibility as measure_plausibility
from .randomization import TEXTS as TEXTS
from .randomization import examine_methods as examine_methods
from .rankings import rank_words as rank_words
from .rationale_words import find_marked as find_marked
