"""The run in numbers: counts, medians and accuracy, by hand."""

import math
from dataclasses import replace
from statistics import fmean, stdev
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import t

from reporter.records.evidence import Diagnostic
from reporter.records.explanation import Explanation, Prediction
from reporter.records.labels import find_label
from reporter.records.summary import Summary
from reporter.summary.exact_sum import Total
from reporter.summary.run_summary import summarise
from tests import example_runs as runs


def test_every_kind_is_counted_once() -> None:
    summary, failures = summarise(iter(runs.every_kind()))
    assert (summary.documents, summary.explained, summary.failed, summary.truncated) == (15, 13, 2, 1)
    assert [failure.id for failure in failures] == ["letters/scan-0417", "letters/empty"]
    assert failures[0].error == "Not UTF-8 (byte 0x96 at 212)."
    assert summary.predicted == {"POSITIVE": 13}


def test_accuracy_is_of_labels_that_the_model_knows_in_any_case() -> None:
    summary, _ = summarise(runs.every_kind())
    assert summary.labelled == 3
    assert summary.accuracy == 0.6667


def test_no_labels_is_no_accuracy() -> None:
    summary, _ = summarise([runs.explanation("a", "Great")])
    assert (summary.labelled, summary.accuracy) == (0, None)


def test_a_label_is_matched_exactly_before_its_case_is_forgiven() -> None:
    assert find_label("b", ("B", "b")) == 1
    assert find_label("positive", ("NEGATIVE", "POSITIVE")) == 1
    assert find_label("sarcastic", ("NEGATIVE", "POSITIVE")) is None


def test_token_labels_are_neither_graded_nor_counted_as_predicted() -> None:
    many = Prediction(positions=2, labels=("O", "PER"), logits=(1, 0, 0, 1), probabilities=None, label="O PER")
    summary, _ = summarise([runs.changed(runs.explanation("a", "Great film", label="O"), prediction=many)])
    assert (summary.labelled, summary.predicted) == (0, {})


def twice(one: Explanation) -> Explanation:
    """A text with a second target, of which everything was measured otherwise."""
    section = one.sections[0]
    other = runs.section(one.text[::-1], None, "NEGATIVE", verdict="not met")
    gone = {"strongest_fifth": 0.3, "comprehensiveness": 0.9}
    found = [
        runs.changed_section(
            which,
            diagnostics=tuple(
                Diagnostic(name=name, method="gradient", value=value * at, control=0.9, draws=5)
                for name, value in gone.items()
            ),
        )
        for at, which in enumerate((section, other), 1)
    ]
    return runs.changed(one, sections=tuple(found))


def test_targets_of_a_text_are_no_texts_of_their_own() -> None:
    texts = [runs.explanation(f"d{at}", f"{runs.REVIEW[at * 9 : at * 9 + 60]}") for at in range(6)]
    several = [twice(one) for one in texts]
    summary, _ = summarise(several)
    by_method = {one.method: one for one in summary.verdicts}
    certified = by_method["integrated_gradients"]
    assert (certified.met, certified.not_met, certified.texts, certified.texts_met) == (6, 6, 6, 0)
    for one in summary.diagnostics:
        values = [
            fmean(d.value for s in text.sections for d in s.diagnostics if d.name == one.name) for text in several
        ]
        gaps = [value - 0.9 for value in values]
        assert (one.texts, one.sections) == (6, 12)
        assert one.value == pytest.approx(fmean(values), rel=1e-5)
        assert one.gap == pytest.approx(fmean(gaps), rel=1e-5)
        assert (one.low, one.high) == (one.gap, one.gap)  # every text has the same mean over its targets
    first = summary.agreement[0]
    means = [
        fmean(pair.kendall for s in text.sections for pair in s.agreement if (pair.a, pair.b) == (first.a, first.b))
        for text in several
    ]
    assert (first.texts, first.sections) == (6, 12)
    assert first.kendall == pytest.approx(np.median(means), abs=1e-4)


def test_a_text_that_is_explained_twice_over_tells_no_more_than_once() -> None:
    """Two targets that say the same leave every mean, interval and p where one target has it."""
    once = [
        runs.changed(one, sections=(runs.examined(one.sections[0]),))
        for one in (runs.explanation(f"d{at}", runs.REVIEW[at * 9 : at * 9 + 60]) for at in range(6))
    ]
    doubled = [runs.changed(one, sections=one.sections * 2) for one in once]
    one, other = summarise(once)[0], summarise(doubled)[0]
    assert other.agreement == tuple(replace(pair, sections=2 * pair.sections) for pair in one.agreement)
    assert other.diagnostics == tuple(replace(what, sections=2 * what.sections) for what in one.diagnostics)
    for few, many in zip(one.verdicts, other.verdicts, strict=True):
        assert (many.met, many.not_claimed) == (2 * few.met, 2 * few.not_claimed)
        assert (many.texts, many.texts_met, many.residual, many.evaluations) == (
            few.texts, few.texts_met, few.residual, few.evaluations,
        )  # fmt: skip
    assert one.slices
    assert one == replace(other, **vars_of(one, "verdicts", "agreement", "diagnostics"))


def vars_of(summary: Summary, *names: str) -> dict[str, Any]:
    """Some fields of a summary by name."""
    return {name: getattr(summary, name) for name in names}


def test_residuals_where_the_change_is_next_to_nothing_leave_the_median_alone() -> None:
    found = [runs.explanation(f"d{at}", verdict="met" if at else "unresolvable") for at in range(2)]
    told = {one.method: one.residual for one in summarise(found)[0].verdicts}
    alone = {one.method: one.residual for one in summarise(found[1:])[0].verdicts}
    assert told == alone
    assert {one.residual for one in summarise(found[:1])[0].verdicts} == {None}


def test_what_is_too_short_to_tell_is_no_share_within_chance() -> None:
    short, long = runs.explanation("a", "Great film"), runs.explanation("b", "a slow waste of a warm, funny evening")
    assert short.sections[0].agreement[0].kendall is not None
    assert summarise([short, long])[0].agreement[0].beyond == summarise([long])[0].agreement[0].beyond
    assert summarise([short])[0].agreement[0].beyond is None


def test_verdicts_are_counted_per_section() -> None:
    summary, _ = summarise(runs.every_kind())
    by_method = {one.method: one for one in summary.verdicts}
    complete, gradient = by_method["integrated_gradients"], by_method["gradient"]
    assert (complete.met, complete.not_met, complete.unresolvable, complete.not_claimed) == (12, 1, 1, 0)
    assert (gradient.met, gradient.not_claimed, gradient.residual) == (0, 14, None)


def test_medians_of_agreement_leave_out_what_is_undefined() -> None:
    texts = ("Great", "great film, broken seats and warm rain", "a slow waste of a warm, funny evening")
    found = [runs.explanation(str(at), text) for at, text in enumerate(texts)]
    pairs = [one.sections[0].agreement[0] for one in found]
    assert pairs[0].kendall is None
    summary, _ = summarise(found)
    median = summary.agreement[0]
    taus = [pair.kendall for pair in pairs[1:] if pair.kendall is not None]
    beyond = [pair.kendall > pair.chance for pair in pairs[1:] if pair.kendall is not None and pair.chance is not None]
    assert (median.a, median.b, median.sections) == (pairs[1].a, pairs[1].b, 2)
    assert median.kendall == round(sum(taus) / 2, 4)
    assert median.beyond == sum(beyond) / 2


def test_an_empty_run_has_a_summary() -> None:
    summary, failures = summarise([])
    assert (summary.documents, summary.verdicts, summary.agreement, failures) == (0, (), (), ())


def test_the_mean_gap_to_random_orders_has_its_interval():
    numbers = [(0.2, 0.9), (0.5, 0.8), (0.4, 0.6)]
    found = [
        runs.changed(
            one, sections=tuple(runs.changed_section(section, diagnostics=(fifth,)) for section in one.sections)
        )
        for one, fifth in (
            (
                runs.explanation(f"d{at}"),
                Diagnostic(name="strongest_fifth", method="gradient", value=value, control=control, draws=5),
            )
            for at, (value, control) in enumerate(numbers)
        )
    ]
    (one,) = summarise(found)[0].diagnostics
    gaps = np.array([value - control for value, control in numbers])
    half = t.ppf(0.975, 2) * gaps.std(ddof=1) / np.sqrt(3)
    assert (one.name, one.method, one.sections) == ("strongest_fifth", "gradient", 3)
    assert (one.value, one.control, one.gap) == pytest.approx((0.3667, 0.7667, -0.4), abs=1e-4)
    assert (one.low, one.high) == pytest.approx((gaps.mean() - half, gaps.mean() + half), abs=1e-4)


@given(st.lists(st.floats(-1e6, 1e6), min_size=2, max_size=40))
def test_totals_are_those_of_all_values_at_once(values):
    total = Total()
    for value in values:
        total.add(value)
    assert total.mean() == fmean(values)
    assert math.isclose(total.deviation(), stdev(values), rel_tol=1e-12, abs_tol=1e-150)
