"""The four levels of `--evidence`: what each of them measures, and what that costs."""

from dataclasses import dataclass
from functools import cache

from reporter import registry
from reporter.evidence.metrics import PERTURBATION, PLAUSIBILITY, Metric
from reporter.records import UserError


@dataclass(frozen=True, slots=True, kw_only=True)
class Level:
    """A level of `--evidence`: which diagnostics it measures, of which methods, against how many random orders.

    `controlled` are the diagnostics that are also measured for `draws` random orders; with `lead` only the first method
    is measured. `plausibility` are the metrics against a rationale and `perturbation` those near the text, both for
    every method. `sanity` asks for the randomization tests, `baselines` for scores from all baselines. `reach` is how
    many words are deleted one by one in the search for a flip; 0 searches none.
    """

    idea: str
    cost: str
    diagnostics: tuple[str, ...]
    controlled: tuple[str, ...]
    plausibility: tuple[str, ...]
    perturbation: tuple[str, ...]
    draws: int
    lead: bool
    sanity: bool
    baselines: bool
    reach: int


_ERASER = ("comprehensiveness", "sufficiency", "log_odds", "strongest_fifth")
_ALL = (*_ERASER, "deletion", "insertion", "effect")

LEVELS = {
    "none": Level(
        idea="Nothing beyond the explanations, their certificates and how they agree.",
        cost="Nothing: a build of 100 short reviews takes 1.2 times the time of their integration alone.",
        diagnostics=(),
        controlled=(),
        plausibility=(),
        perturbation=(),
        draws=0,
        lead=True,
        sanity=False,
        baselines=False,
        reach=0,
    ),
    "quick": Level(
        idea="For the certified method: comprehensiveness, sufficiency and log-odds over 5, 10, 20 and 50 % of words, "
        "and what the answer is without the strongest fifth and without a fifth at random, five times. For every "
        "method, where a text comes with a rationale: token F1, IOU F1 and AUPRC against what people marked, beside 99 "
        "random orders.",
        cost="13 forward passes for a text, most of them shortened: such a build takes 1.3 times the integration.",
        diagnostics=_ERASER,
        controlled=("strongest_fifth",),
        plausibility=PLAUSIBILITY,
        perturbation=(),
        draws=5,
        lead=True,
        sanity=False,
        baselines=False,
        reach=0,
    ),
    "standard": Level(
        idea="For every method: the same, deletion and insertion curves with their areas, all against ten random "
        "orders, and the claimed effect of the strongest words against the measured one. Once, on six texts: what "
        "is left of every method's map when the weights are drawn anew layer by layer, for another label, and with "
        "the words in random order. What would change the answer: the five strongest words "
        "deleted and replaced by their neighbours, and "
        "few of the eight that support it most without which the label is another.",
        cost="About 230 forward passes for a text, 60 % of its length on average, and once the six texts: such a "
        "build takes 3.4 times the integration.",
        diagnostics=_ALL,
        controlled=_ALL,
        plausibility=PLAUSIBILITY,
        perturbation=(),
        draws=10,
        lead=False,
        sanity=True,
        baselines=False,
        reach=8,
    ),
    "full": Level(
        idea="The same against forty random orders, and the certified method from every baseline: from where to where "
        "each word's score goes, and whether its sign changes. Every word is tried where few are sought that flip the "
        "label. For every method: infidelity over fifty random sets of words at the baseline, beside the same scores "
        "on other words forty times, and max-sensitivity at ten points near the text.",
        cost="About 730 forward and backward passes for a text, 70 % of its length on average, fifty as long as it is, "
        "three more integrations, and ten more explanations by every method: such a build takes ten times the "
        "integration.",
        diagnostics=_ALL,
        controlled=_ALL,
        plausibility=PLAUSIBILITY,
        perturbation=PERTURBATION,
        draws=40,
        lead=False,
        sanity=True,
        baselines=True,
        reach=1_000,
    ),
}


def find_level(name: str) -> Level:
    """The level of that name; raises `UserError` if there is none."""
    if name not in LEVELS:
        raise UserError(f"There is no --evidence '{name}'; choose from: {', '.join(LEVELS)}.")
    return LEVELS[name]


@cache
def load_metrics(names: tuple[str, ...]) -> tuple[Metric, ...]:
    """The metrics of these names, in their order; raises `UserError` for a name that no file bears."""
    return tuple(registry.load("metrics", name)() for name in names)
