"""The table of methods: its numbers are those of `run.json`, the best are marked, and what is missing is named."""

import dataclasses
from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reporter.records import twin
from reporter.records.evidence import Diagnostic, Likeness, Sanities, Sanity
from reporter.records.explanation import Explanation
from reporter.records.run import Run
from reporter.site.pages.evidence import NOISE, MethodTable
from reporter.site.pages.methods import methods_page
from reporter.site.wording import rank, signed
from tests import example_runs as runs
from tests.site.test_render import site_of
from tests.site.test_report import run_of

FIFTHS = {"integrated_gradients": -0.5, "gradient": -0.5, "input_x_gradient": -0.2, "attention": 0.05}


def fifths(gaps: dict[str, float]) -> list[Explanation]:
    """Six texts in which each method's strongest fifth costs so much more than a random one, give or take a little."""
    found = []
    for at in range(6):
        one = runs.explanation(f"d{at}")
        diagnostics = tuple(
            Diagnostic(name="strongest_fifth", method=method, value=0.9 + gap + 0.01 * at, control=0.9, draws=5)
            for method, gap in gaps.items()
        )
        found.append(runs.changed(one, sections=(runs.changed_section(one.sections[0], diagnostics=diagnostics),)))
    return found


def sanity(method: str, *, random: float, other: float) -> Sanity:
    def likeness(change: str, mean: float) -> Likeness:
        return Likeness(change=change, mean=mean, low=mean - 0.1, high=mean + 0.1)

    return Sanity(
        method=method,
        randomised=(likeness("the head", 0.9), likeness("the embeddings", random)),
        repeat=likeness("no change", 1.0),
        target=likeness("another label", other),
        order=likeness("words in random order", 0.3),
        flags=("It does not repeat.",) if method == "attention" else (),
    )


def examined(run: Run) -> Run:
    """The run with sanity checks of two methods."""
    methods = (sanity("attention", random=0.7, other=0.9), sanity("integrated_gradients", random=-0.1, other=-0.8))
    return dataclasses.replace(run, sanity=Sanities(texts=("d0", "d1"), methods=methods))


def column(table: MethodTable, title: str) -> dict[str, tuple[str, str, bool]]:
    """The cells of a column by method."""
    at = [column.title for column in table.columns].index(title)
    return {row.name: (row.cells[at].value, row.cells[at].note, row.cells[at].best) for row in table.rows}


def test_the_numbers_are_those_of_the_twin(tmp_path: Path) -> None:
    found = fifths(FIFTHS)
    run = twin.load_run((site_of(tmp_path, found) / "data" / "run.json").read_bytes())
    table = methods_page(run).table
    gaps = {one.method: one for one in run.summary.diagnostics}
    for method, (value, note, _) in column(table, "Deletion gap").items():
        one = gaps.get(method)
        if one is None:
            assert (value, note) == ("–", "")
            continue
        decimals = len(value.partition(".")[2])
        assert one.gap is not None
        assert one.low is not None
        assert one.high is not None
        assert value == signed(one.gap * 100, decimals)
        assert note == f"{signed(one.low * 100, decimals)} to {signed(one.high * 100, decimals)}"
    taus = {one.method: rank(one.tau) for one in run.summary.method_agreement}
    assert {method: value for method, (value, _, _) in column(table, "Agreement").items()} == taus
    passes = {one.method: one.evaluations for one in run.summary.verdicts}
    assert {
        name: float(value.replace(",", "")) for name, (value, _, _) in column(table, "Passes").items()
    } == pytest.approx(passes, abs=0.05)
    assert column(table, "Certificates met")["integrated_gradients"][0] == "6 of 6"
    assert column(table, "Certificates met")["gradient"][0] == "not claimed"


def test_the_best_are_marked_with_all_that_are_printed_alike() -> None:
    table = methods_page(examined(run_of(*fifths(FIFTHS)))).table
    assert {name for name, (_, _, best) in column(table, "Deletion gap").items() if best} == {
        "integrated_gradients",
        "gradient",
    }
    assert column(table, "Random weights")["integrated_gradients"] == ("−.10", "−.20 to .00", True)
    assert column(table, "Random weights")["attention"] == (".70", ".60 to .80", False)
    assert column(table, "Other label")["integrated_gradients"][2]
    assert not any(best for _, _, best in column(table, "Certificates met").values())


@given(st.lists(st.floats(-1, 1), min_size=2, max_size=4, unique=True))
def test_no_method_is_better_than_the_best(gaps: Sequence[float]) -> None:
    by_method = dict(zip(runs.METHODS, gaps, strict=False))
    cells = column(methods_page(run_of(*fifths(by_method))).table, "Deletion gap")
    best = [name for name, (_, _, best) in cells.items() if best]
    assert min(by_method, key=lambda name: by_method[name]) in best
    assert len({cells[name][0] for name in best}) == 1


def test_a_method_alone_is_not_the_best() -> None:
    table = methods_page(run_of(*fifths({"gradient": -0.4}))).table
    assert not any(best for _, _, best in column(table, "Deletion gap").values())


def test_what_was_not_measured_is_named_and_what_is_wrong_is_said() -> None:
    bare = methods_page(run_of(runs.explanation("a"))).table
    assert set(bare.missing) == {"Deletion gap", "Random weights", "Other label", "Infidelity", "Max-sensitivity"}
    assert bare.warnings == ()
    assert bare.stages is None
    table = methods_page(examined(run_of(*fifths(FIFTHS)))).table
    assert set(table.missing) == {"Infidelity", "Max-sensitivity"}
    assert [flag for _, flag in table.warnings] == [NOISE, "It does not repeat."]
    assert table.stages is not None
    assert [cells[1].value for _, cells in table.stages.rows] == [".70", "−.10"]


def test_a_gap_of_scores_is_in_units_of_the_score() -> None:
    found = []
    for one in fifths(FIFTHS):
        target = dataclasses.replace(one.sections[0].target, probability=None)
        found.append(runs.changed(one, sections=(runs.changed_section(one.sections[0], target=target),)))
    run = run_of(*found)
    assert run.summary.unit == "score"
    table = methods_page(run).table
    assert column(table, "Deletion gap")["gradient"][0].startswith("−0.4")
    heads = {one.title: one.unit for one in table.columns}
    assert heads["Deletion gap"] == "units of the score; lower is better"
