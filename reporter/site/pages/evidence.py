"""The table of methods over the corpus: certificates, deletion, randomisation, agreement and cost, side by side."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from reporter.evidence import is_like_random
from reporter.records import Description, Run
from reporter.site.pages.method_columns import COLUMNS, Measured, MethodCell, MethodColumn, list_sanities
from reporter.site.pages.people import Cell, MetricTable
from reporter.site.wording import count, rank, title_of, titles

NOISE = "Over these texts its strongest words do no better than random words."


@dataclass(frozen=True, slots=True, kw_only=True)
class MethodRow:
    """One method: its name, by which its section is linked, its title, what its scores say, and its numbers."""

    name: str
    title: str
    sign: str
    cells: tuple[MethodCell, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class MethodTable:
    """All methods side by side; `missing` names what was not measured, `warnings` what is wrong with which method.

    `stages` has their maps beside a model of random weights, layer by layer.
    """

    columns: tuple[MethodColumn, ...]
    rows: tuple[MethodRow, ...]
    missing: tuple[str, ...]
    failure: str
    warnings: tuple[tuple[str, str], ...]
    stages: MetricTable | None


def method_table(run: Run, methods: Sequence[Description]) -> MethodTable:
    """Some methods of a run with what its summary and its sanity checks have of each."""
    measured = [measure(run) for measure in COLUMNS]
    shown = [column for column in measured if column.cells]
    named = titles(run)
    return MethodTable(
        columns=tuple(column.column for column in shown),
        rows=tuple(
            MethodRow(
                name=method.name,
                title=method.title,
                sign="support and opposition" if method.signed else "strength only",
                cells=tuple(_find_cell(column, method.name) for column in shown),
            )
            for method in methods
        ),
        missing=tuple(column.column.title for column in measured if not column.cells),
        failure=(run.sanity and run.sanity.failure) or "",
        warnings=tuple((title_of(named, method.name), flag) for method in methods for flag in flags(method.name, run)),
        stages=_list_stages(run, named),
    )


def flags(method: str, run: Run) -> Iterator[str]:
    """What is wrong with a method, if anything."""
    for diagnostic in run.summary.diagnostics:
        if diagnostic.method == method and is_like_random(diagnostic):
            yield NOISE
    for sanity in list_sanities(run):
        if sanity.method == method:
            yield from sanity.flags


def _find_cell(measured: Measured, method: str) -> MethodCell:
    """The cell of a method; the best of two at least is marked, with all that are printed alike."""
    cell = measured.cells.get(method, MethodCell(value="–"))
    if len(measured.costs) < 2:
        return cell
    best = min(measured.costs, key=lambda name: measured.costs[name])
    return replace(cell, best=cell.value == measured.cells[best].value)


def _list_stages(run: Run, named: Mapping[str, str]) -> MetricTable | None:
    """Every method's map beside that of ever more random weights, and of the words in random order."""
    sanities = list_sanities(run)
    if not sanities:
        return None
    return MetricTable(
        told="Spearman’s ρ with the usual map. Weights are drawn anew from the head down to the embeddings, each stage "
        f"on top of those before it; {count(len(run.sanity.texts) if run.sanity else 0, 'text')}.",
        columns=(*(stage.change.capitalize() for stage in sanities[0].randomised), "Words in random order"),
        rows=tuple(
            (
                title_of(named, sanity.method),
                tuple(Cell(value=rank(stage.mean)) for stage in (*sanity.randomised, sanity.order)),
            )
            for sanity in sanities
        ),
    )
