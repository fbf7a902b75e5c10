"""The run in numbers: counts, medians and accuracy, by hand."""

import math
from statistics import fmean, stdev

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from reporter.labels import find_label
from reporter.records import Diagnostic, Prediction
from reporter.summary import summarise
from reporter.sums import Total
from tests import runs


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
    half = 1.96 * gaps.std(ddof=1) / np.sqrt(3)
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
