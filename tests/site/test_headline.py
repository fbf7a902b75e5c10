"""What the index leads with: the answers, the explanations that pass, the check that fails most, and five figures."""

import dataclasses
import json
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reporter.evidence.intervals import wilson
from reporter.records.errors import Gap
from reporter.records.summary import Deviation, Held, LabelScore, Slice, Summary
from reporter.site.pages.index.headline import figures, headline
from reporter.site.wording import THIN, whole_percent
from reporter.summary.run_summary import summarise
from tests import example_runs as runs
from tests.site.test_index import corpus, index_of
from tests.site.test_render import site_of

CHECKS = {"complete": "completeness", "order": "ranking certain", "agree": "methods agree", "deletion": "deletion test"}
EMPTY = summarise([])[0]


def held(check: str, passed: int, measured: int) -> Held:
    low, high = wilson(passed / measured, measured)
    return Held(check=check, held=passed, measured=measured, share=passed / measured, low=low, high=high)


def summary_of(counts: dict[str, tuple[int, int]], **changes: object) -> Summary:
    """A summary with so many texts that pass each check, of so many in which it was made."""
    texts = max((measured for _, measured in counts.values()), default=0)
    checks = tuple(held(check, *count) for check, count in counts.items() if count[1])
    whole = Slice(kind="all", name="", texts=texts, checks=checks, tau=None)
    return dataclasses.replace(EMPTY, documents=texts, explained=texts, slices=(whole,), **changes)  # type: ignore[arg-type]


@st.composite
def counted(draw: st.DrawFn) -> dict[str, tuple[int, int]]:
    """Each check with how many texts pass it, of how many."""
    measured = st.integers(0, 2000).flatmap(lambda number: st.tuples(st.integers(0, number), st.just(number)))
    return {check: draw(measured) for check in CHECKS}


@given(counted())
def test_every_figure_is_the_count_of_the_summary(counts: dict[str, tuple[int, int]]) -> None:
    shown = figures(summary_of(counts), 0.01)
    assert len(shown) == 5
    for figure, (passed, measured) in zip(shown[1:], counts.values(), strict=True):
        if not measured:
            assert (figure.value, figure.counted) == ("–", "not measured in this run")
            continue
        assert f"{figure.value}{THIN}{figure.unit}" == whole_percent(passed / measured)
        assert figure.counted.startswith(f"{passed:,} of {measured:,}")
        low, high = wilson(passed / measured, measured)
        assert figure.counted.endswith(f"interval {low * 100:.0f} to {high * 100:.0f}{THIN}%")


@given(counted())
def test_the_check_named_is_one_that_fails_in_most_texts(counts: dict[str, tuple[int, int]]) -> None:
    lost = {check: measured - passed for check, (passed, measured) in counts.items()}
    told = headline(summary_of(counts)).lead
    named = [check for check, name in CHECKS.items() if name in told]
    assert named == [check for check, texts in lost.items() if texts == max(lost.values()) > 0]
    if named:
        assert f" in {max(lost.values()):,} text" in told
    assert (" each." in told) == (len(named) > 1)


ANSWERED: dict[str, tuple[dict[str, object], str, str]] = {
    "all labelled": ({"labelled": 20, "correct": 17, "accuracy": 0.85}, "17 of 20", "answers are correct."),
    "some labelled": (
        {"labelled": 8, "correct": 1, "accuracy": 0.125},
        "1 of 8",
        "labelled texts is answered correctly.",
    ),
    "several labels": (
        {
            "labelled": 20,
            "correct": 5,
            "accuracy": 0.25,
            "f1": 0.61,
            "marks": (LabelScore(label="a", given=9, said=8, both=7),),
        },
        "5 of 20",
        "answers have exactly the labels of the file.",
    ),
    "numbers": (
        {"labelled": 20, "deviation": Deviation(texts=20, absolute=0.31, squared=0.4, mean=0.1, correlation=0.9)},
        "Mean absolute error 0.310",
        "over 20 texts that came with a number.",
    ),
    "no labels": ({}, "9 of 20", "explanations pass every check."),
}


@pytest.mark.parametrize("name", ANSWERED)
def test_the_answers_come_first_and_then_what_passes(name: str) -> None:
    changes, bold, rest = ANSWERED[name]
    summary = summary_of(dict.fromkeys(CHECKS, (12, 20)), passing=9, **changes)
    said = headline(summary)
    assert (said.bold, said.rest) == (bold, rest)
    assert said.lead.startswith("9 of 20 explanations pass every check.") == bool(changes)
    names = {"several labels": "F1 of labels", "numbers": "Mean absolute error", "no labels": "Texts"}
    assert figures(summary, 0.01)[0].name == names.get(name, "Accuracy")


def test_what_was_not_counted_or_not_made_is_said() -> None:
    gap = Gap(part="checks", reason="This could not be summed up.")
    lost = dataclasses.replace(EMPTY, explained=3, gaps=(gap,))
    assert headline(lost).rest == "are explained; how many pass the checks could not be counted."
    assert {figure.counted for figure in figures(lost, None)[1:]} == {"could not be counted"}
    assert headline(summary_of({})).rest.endswith("none of the four checks was made.")
    few = summary_of({"complete": (1, 2)}, passing=1, truncated=1)
    assert headline(few).rest == "explanations passes every check that was made."
    assert headline(few).lead.endswith("1 text was cut off, as it is longer than the model can read.")


def test_every_number_of_the_headline_is_in_the_twin(tmp_path: Path) -> None:
    found = corpus()
    summary = json.loads((site_of(tmp_path, found) / "data" / "run.json").read_text("utf-8"))["summary"]
    said, whole = index_of(found).headline, summary["slices"][0]
    right = sum(one.label == one.prediction.label for one in found if one.prediction)
    assert (summary["correct"], summary["labelled"]) == (right, 60)
    assert summary["majority"] == sum(one.label == "POSITIVE" for one in found)
    assert summary["unit"] == "probability"
    assert said.bold == f"{summary['correct']} of {summary['labelled']}"
    assert said.lead.startswith(f"{summary['passing']} of {whole['texts']} explanations pass")
    lost = [check["measured"] - check["held"] for check in whole["checks"] if check["check"] in CHECKS]
    assert f"in {max(lost)} texts" in said.lead
    numbers = {summary["correct"], summary["labelled"], summary["passing"], whole["texts"], max(lost)}
    assert set(map(int, re.findall(r"\d+", f"{said.bold} {said.rest} {said.lead}"))) <= numbers


def test_the_agreement_of_a_method_is_its_own_in_every_text() -> None:
    found = corpus()
    by_method = {one.method: one for one in summarise(found)[0].method_agreement}
    whole = next(part for part in summarise(found)[0].slices if part.kind == "all")
    assert by_method[runs.METHODS[-1]].tau == whole.tau
    assert {one.texts for one in by_method.values()} == {60}
