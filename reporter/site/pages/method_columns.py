"""The columns of the table of methods: what the summary and the sanity checks of a run have of every method."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial

from reporter.evidence import FIFTH
from reporter.evidence.metrics import PERTURBATION
from reporter.records import CorpusDiagnostic, Likeness, Run, Sanity, Verdicts
from reporter.site.digits import digits_for, sure
from reporter.site.pages.people import name_diagnostic
from reporter.site.wording import THIN, count, rank, signed

_POINTS = 100.0  # a difference of probabilities in points
_INFIDELITY, _SENSITIVITY = PERTURBATION


@dataclass(frozen=True, slots=True, kw_only=True)
class MethodColumn:
    """A column: its title, its unit with the direction that is better, and what was measured."""

    title: str
    unit: str
    told: str


@dataclass(frozen=True, slots=True, kw_only=True)
class MethodCell:
    """What one method comes to in one column, with its 95 % interval or what it is to be read against.

    `best` says that no method is better, as they are printed.
    """

    value: str
    note: str = ""
    best: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """One column with the cells that it has, by method; `costs` are least for the best, and empty where none is."""

    column: MethodColumn
    cells: Mapping[str, MethodCell]
    costs: Mapping[str, float] = field(default_factory=dict)


def list_sanities(run: Run) -> tuple[Sanity, ...]:
    """The sanity checks of every method; none where they were not made."""
    return run.sanity.methods if run.sanity else ()


def _measure_certificates(run: Run) -> Measured:
    """How many certificates are met of the methods that claim to be complete."""
    column = MethodColumn(
        title="Certificates met",
        unit="of all texts and targets",
        told="In how many explanations the scores add up to the change of the answer, within the tolerance.",
    )
    return Measured(
        column=column,
        cells={verdicts.method: MethodCell(value=_tell_certificates(verdicts)) for verdicts in run.summary.verdicts},
    )


def _tell_certificates(verdicts: Verdicts) -> str:
    if verdicts.claim != "complete":
        return "not claimed"
    return f"{verdicts.met:,} of {verdicts.met + verdicts.not_met + verdicts.unresolvable:,}"


def _measure_deletion(run: Run) -> Measured:
    """The mean gap between deleting the strongest fifth of the words and deleting random words."""
    gaps = {each.method: each for each in run.summary.diagnostics if each.name == FIFTH and each.gap is not None}
    scale, unit = (_POINTS, "points") if run.summary.unit == "probability" else (1.0, "units of the score")
    decimals = min((_gap_digits(each, scale) for each in gaps.values()), default=0)
    texts = max((each.texts for each in gaps.values()), default=0)
    column = MethodColumn(
        title="Deletion gap",
        unit=f"{unit}; lower is better",
        told="The answer without the strongest fifth of the words less the answer without a random fifth: mean over "
        f"{count(texts, 'text')}, with Student’s 95{THIN}% interval.",
    )
    return Measured(
        column=column,
        cells={method: _write_gap(each, scale, decimals) for method, each in gaps.items()},
        costs={method: each.gap for method, each in gaps.items() if each.gap is not None},
    )


def _gap_digits(diagnostic: CorpusDiagnostic, scale: float) -> int:
    """The decimals that the interval of a mean gap leaves sure."""
    gap = abs(diagnostic.gap or 0.0) * scale
    if diagnostic.low is None or diagnostic.high is None:
        return digits_for(gap)
    return sure((diagnostic.high - diagnostic.low) / 2 * scale, gap)


def _write_gap(diagnostic: CorpusDiagnostic, scale: float, decimals: int) -> MethodCell:
    gap, low, high = (
        None if value is None else signed(value * scale, decimals)
        for value in (diagnostic.gap, diagnostic.low, diagnostic.high)
    )
    return MethodCell(value=gap or "–", note="" if low is None or high is None else f"{low} to {high}")


def _measure_likeness(
    run: Run, *, column: MethodColumn, pick: Callable[[Sanity], Likeness | None], cost: Callable[[float], float]
) -> Measured:
    """How like its usual map a method's map is after one change."""
    found = {sanity.method: likeness for sanity in list_sanities(run) if (likeness := pick(sanity)) is not None}
    means = {method: likeness.mean for method, likeness in found.items() if likeness.mean is not None}
    return Measured(
        column=column,
        cells={method: _write_likeness(likeness) for method, likeness in found.items()},
        costs={method: cost(mean) for method, mean in means.items()},
    )


def _write_likeness(likeness: Likeness) -> MethodCell:
    known = likeness.low is not None and likeness.high is not None
    return MethodCell(value=rank(likeness.mean), note=f"{rank(likeness.low)} to {rank(likeness.high)}" if known else "")


def _measure_agreement(run: Run) -> Measured:
    """The median over texts of a method's mean tau with all others."""
    taus = {each.method: each.tau for each in run.summary.method_agreement}
    column = MethodColumn(
        title="Agreement",
        unit="τ; higher agrees more",
        told="Kendall’s τ with the other methods: the mean of a text, the median over texts. Methods that agree may be "
        "wrong together.",
    )
    return Measured(
        column=column,
        cells={method: MethodCell(value=rank(tau)) for method, tau in taus.items()},
        costs={method: -tau for method, tau in taus.items()},
    )


def _measure_perturbation(run: Run, *, name: str, told: str) -> Measured:
    """Infidelity or max-sensitivity of every method."""
    found = {each.method: each for each in run.summary.diagnostics if each.name == name}
    decimals = digits_for(max((abs(each.value) for each in found.values()), default=0.0))
    return Measured(
        column=MethodColumn(title=name_diagnostic(name), unit="lower is better", told=told),
        cells={
            method: MethodCell(
                value=rank(each.value, decimals),
                note="" if each.control is None else f"shuffled {rank(each.control, decimals)}",
            )
            for method, each in found.items()
        },
        costs={method: each.value for method, each in found.items()},
    )


def _measure_passes(run: Run) -> Measured:
    """What an explanation took, forward only or forward and back, as a mean."""
    passes = {each.method: each.evaluations for each in run.summary.verdicts if each.evaluations is not None}
    column = MethodColumn(
        title="Passes",
        unit="per text and target; fewer is cheaper",
        told="Passes through the model, forward only or forward and back: mean over texts.",
    )
    return Measured(
        column=column,
        cells={method: MethodCell(value=_write_passes(number)) for method, number in passes.items()},
        costs=passes,
    )


def _write_passes(number: float) -> str:
    tenths = round(number, 1)
    return f"{tenths:,.{0 if tenths == int(tenths) else 1}f}"


_RANDOMISED = MethodColumn(
    title="Random weights",
    unit="ρ; closer to 0 is better",
    told="Spearman’s ρ of a method’s map with its map of the same model with random weights in all layers: mean over "
    f"the texts of the sanity checks, with Student’s 95{THIN}% interval.",
)
_OTHER_LABEL = MethodColumn(
    title="Other label",
    unit="ρ; lower is better",
    told="The same with its map for another label, by the unchanged model.",
)
COLUMNS: tuple[Callable[[Run], Measured], ...] = (
    _measure_certificates,
    _measure_deletion,
    partial(
        _measure_likeness,
        column=_RANDOMISED,
        pick=lambda sanity: sanity.randomised[-1] if sanity.randomised else None,
        cost=abs,
    ),
    partial(_measure_likeness, column=_OTHER_LABEL, pick=lambda sanity: sanity.target, cost=float),
    _measure_agreement,
    partial(
        _measure_perturbation,
        name=_INFIDELITY,
        told="How far the summed scores of random sets of words miss what the answer loses without them, squared; "
        "below it, the same with the scores on other words.",
    ),
    partial(
        _measure_perturbation,
        name=_SENSITIVITY,
        told="How much the scores change at most when the text’s embeddings change a little.",
    ),
    _measure_passes,
)
"""Every column, in the order of the table."""
