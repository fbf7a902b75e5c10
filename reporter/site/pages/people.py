"""Does it match people, and does it hold beside the text: small tables of all methods, for one text and for all."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import pairwise

from reporter import registry
from reporter.evidence import AlignedText
from reporter.evidence.metrics import PERTURBATION, PLAUSIBILITY
from reporter.records import CorpusDiagnostic, Diagnostic, Run, Section, Span
from reporter.site.digits import digits_for
from reporter.site.wording import THIN, count, rank, shorten, title_of, titled, titles

_ARROWS = {"more": "↑", "less": "↓"}
DIRECTIONS = "↑ higher is better, ↓ lower is better."
_LISTED, _LONGEST = 20, 60  # passages that are listed, and letters of each; the text shows all of them


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """A number with what it is to be read against; `beyond` where chance does not reach it."""

    value: str
    note: str = ""
    beyond: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class MetricTable:
    """A table of a few numbers: one row for each method and, where it is the same for all, one for chance."""

    told: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, tuple[Cell, ...]], ...]


@cache
def name_diagnostic(name: str) -> str:
    """What a diagnostic is called; one that is no part of this version by its name."""
    title: str = registry.load("metrics", name).about.title if name in registry.names("metrics") else titled(name)
    return title


def head_diagnostic(name: str) -> str:
    """A diagnostic at the head of a column, with an arrow in the direction that is better: up or down."""
    if name not in registry.names("metrics"):
        return name_diagnostic(name)
    return f"{name_diagnostic(name)} {_ARROWS[registry.load('metrics', name).about.better]}"


def tell_marked(aligned: AlignedText) -> str:
    """What people marked, in their order, neighbouring words as one; empty where there is none."""
    runs: list[list[Span]] = []
    for before, word in pairwise((None, *aligned.words)):
        if word in aligned.marked:
            runs = runs if before in aligned.marked else [*runs, []]
            runs[-1].append(word)
    passages = [f"“{_shorten(aligned.texts[0][run[0].start : run[-1].end])}”" for run in runs]
    more = f" and {count(len(passages) - _LISTED, 'more passage')}" if len(passages) > _LISTED else ""
    return ", ".join(passages[:_LISTED]) + more


def _shorten(text: str) -> str:
    return text if len(text) <= _LONGEST else f"{shorten(text, _LONGEST)}…"


def people(section: Section, titles: Mapping[str, str]) -> MetricTable | None:
    """How the methods of a section stand to the words that people marked; None where that was not measured."""
    diagnostics = [diagnostic for diagnostic in section.diagnostics if diagnostic.name in PLAUSIBILITY]
    if not diagnostics:
        return None
    names = [name for name in PLAUSIBILITY if any(diagnostic.name == name for diagnostic in diagnostics)]
    methods = dict.fromkeys(diagnostic.method for diagnostic in diagnostics)
    known = {(diagnostic.method, diagnostic.name): diagnostic for diagnostic in diagnostics}
    rows = [(title_of(titles, method), tuple(_mark(known.get((method, name))) for name in names)) for method in methods]
    control = tuple(
        _chance(next(diagnostic for diagnostic in diagnostics if diagnostic.name == name)) for name in names
    )
    return MetricTable(
        told=f"{DIRECTIONS} Bold: higher than in 19 of 20 random orders.",
        columns=tuple(map(head_diagnostic, names)),
        rows=(*rows, (f"{diagnostics[0].draws} random orders", control)),
    )


def _mark(diagnostic: Diagnostic | None) -> Cell:
    if diagnostic is None:
        return Cell(value="–")
    return Cell(value=rank(diagnostic.value), beyond=diagnostic.high is not None and diagnostic.value > diagnostic.high)


def _chance(diagnostic: Diagnostic, decimals: int = 2) -> Cell:
    """The mean of random draws, and what holds their middle nine tenths."""
    return Cell(
        value=rank(diagnostic.control, decimals),
        note=f"{rank(diagnostic.low, decimals)} to {rank(diagnostic.high, decimals)}",
    )


def _less(diagnostic: Diagnostic | None, decimals: int) -> Cell:
    """A number that is to be small, held against random draws."""
    if diagnostic is None:
        return Cell(value="–")
    return Cell(
        value=rank(diagnostic.value, decimals), beyond=diagnostic.low is not None and diagnostic.value < diagnostic.low
    )


def _digits(diagnostics: Iterable[Diagnostic]) -> int:
    """Decimals for a column of numbers in some unit."""
    return digits_for(
        max((max(abs(diagnostic.value), abs(diagnostic.control or 0.0)) for diagnostic in diagnostics), default=0.0)
    )


def nearby(section: Section, titles: Mapping[str, str]) -> MetricTable | None:
    """Infidelity and max-sensitivity of a section's methods; None where neither was measured."""
    diagnostics = {
        (diagnostic.method, diagnostic.name): diagnostic
        for diagnostic in section.diagnostics
        if diagnostic.name in PERTURBATION
    }
    if not diagnostics:
        return None
    first, second = PERTURBATION
    fine = {
        name: _digits(diagnostic for (_, which), diagnostic in diagnostics.items() if which == name)
        for name in PERTURBATION
    }
    rows = []
    for method in dict.fromkeys(method for method, _ in diagnostics):
        own, other = diagnostics.get((method, first)), diagnostics.get((method, second))
        cells = (
            _less(own, fine[first]),
            _chance(own, fine[first]) if own else Cell(value="–"),
            Cell(value=rank(other.value, fine[second])) if other else Cell(value="–"),
        )
        rows.append((title_of(titles, method), cells))
    return MetricTable(
        told=f"{DIRECTIONS} Bold: lower than with the same scores on other words, 19 times in 20.",
        columns=(head_diagnostic(first), "Its scores on other words", head_diagnostic(second)),
        rows=tuple(rows),
    )


def people_of_all(run: Run) -> MetricTable | None:
    """How the methods stand to what people marked, over all texts; None where nobody marked any."""
    diagnostics = {
        (diagnostic.method, diagnostic.name): diagnostic
        for diagnostic in run.summary.diagnostics
        if diagnostic.name in PLAUSIBILITY
    }
    if not diagnostics:
        return None
    methods = dict.fromkeys(method for method, _ in diagnostics)
    rows = [
        (title_of(titles(run), method), tuple(_mean(diagnostics.get((method, name))) for name in PLAUSIBILITY))
        for method in methods
    ]
    shown: Sequence[CorpusDiagnostic] = [diagnostics[next(iter(methods)), name] for name in PLAUSIBILITY]
    return MetricTable(
        told=f"{DIRECTIONS} Means over {count(shown[0].texts, 'text')} with a rationale; below each the 95{THIN}% "
        "interval of its difference from random order. Bold: the interval excludes 0.",
        columns=tuple(map(head_diagnostic, PLAUSIBILITY)),
        rows=(*rows, ("Random order", tuple(Cell(value=rank(diagnostic.control)) for diagnostic in shown))),
    )


def _mean(diagnostic: CorpusDiagnostic | None) -> Cell:
    if diagnostic is None:
        return Cell(value="–")
    known = diagnostic.low is not None and diagnostic.high is not None
    note = f"{rank(diagnostic.low)} to {rank(diagnostic.high)}" if known else ""
    return Cell(value=rank(diagnostic.value), note=note, beyond=diagnostic.low is not None and diagnostic.low > 0)
