"""Closed forms and refusals of everything that is arithmetic: certificates, agreement, targets, batches, rounding."""

import math
import random
from collections import Counter
from dataclasses import replace

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as some
from scipy import stats

from reporter.attribution.certificates import Effort, Ends, certify
from reporter.evidence.agreement import compare_all, measure_chance, share_same_sign, share_top
from reporter.models.batching import POOL, Budget, even_budget, make_batches, pool_by_cost, take_windows
from reporter.records import add_by_word
from reporter.records.errors import UserError
from reporter.records.explanation import Attribution, Certificate, Document, Token
from reporter.records.settings import Settings
from reporter.records.twin import round_values
from reporter.tasks import Cells, Plan, choose_targets, predict
from reporter.tasks.sequence_classification import SequenceClassification

COMPLETE = Effort("complete", 0.01, "a rule", 50, 0.005)
NOISE = 2.0**-23
LABELS = ("NEGATIVE", "POSITIVE", "neutral")


def kept(labels):
    """A plan that keeps one choice for each label."""
    return Plan(labels, Cells.single([0], range(len(labels))))


@pytest.mark.parametrize(
    ("total", "ends", "error", "verdict"),
    [
        (1.0, Ends(2.0, 1.0, NOISE), 0.0, "met"),
        (1.0099, Ends(2.0, 1.0, NOISE), 0.0099, "met"),
        (1.0101, Ends(2.0, 1.0, NOISE), 0.0, "not met"),
        (0.9899, Ends(2.0, 1.0, NOISE), 0.0, "not met"),
        (1.0, Ends(2.0, 1.0, NOISE), 0.0101, "not met"),
        (1.0, Ends(2.0, 1.0, NOISE), None, "met"),
        (-0.995, Ends(1.0, 2.0, NOISE), 0.001, "met"),
        (0.0, Ends(2.0, 2.0, NOISE), 0.0, "unresolvable"),
        (0.0, Ends(0.0, 0.0, 0.0), 0.0, "unresolvable"),
        (1e-5, Ends(1.0, 1.0 - 1e-5, 2 * NOISE), 0.0, "unresolvable"),
        (1e-5, Ends(1.0, 1.0 - 1e-5, NOISE / 2), 0.0, "met"),
        (100.0, Ends(10_000.0, 9_900.0, 0.01), 0.0, "met"),
        (0.5, Ends(10_000.0, 9_999.5, 0.01), 0.0, "unresolvable"),
    ],
)
def test_verdicts(total, ends, error, verdict):
    assert certify(total, ends, replace(COMPLETE, error=error)).verdict == verdict


def test_certificates_hold_their_arithmetic():
    found = certify(1.5, Ends(2.0, 1.0, NOISE), COMPLETE)
    assert (found.input, found.baseline, found.sum, found.residual, found.relative) == (2.0, 1.0, 1.5, 0.5, 0.5)
    assert (found.tolerance, found.evaluations, found.rule, found.claim) == (0.01, 50, "a rule", "complete")
    assert (found.error, found.noise) == (0.005, pytest.approx(NOISE))
    assert certify(0.0, Ends(1.0, 1.0, NOISE), COMPLETE).relative is None
    claimless = certify(5.0, Ends(2.0, 1.0, NOISE), Effort("none", 0.01, "", 1))
    assert (claimless.verdict, claimless.tolerance, claimless.sum) == ("not claimed", None, 5.0)


@pytest.mark.parametrize("numbers", [(math.nan, 1.0, 0.0), (1.0, math.inf, 0.0), (1.0, 1.0, math.nan)])
def test_certificates_refuse_what_is_no_number(numbers):
    with pytest.raises(ValueError, match="not finite"):
        certify(numbers[0], Ends(*numbers[1:], NOISE), COMPLETE)


def tokens(*words: int | None) -> tuple[Token, ...]:
    return tuple(Token(text="t", start=n, end=n + 1, word=word, special=word is None) for n, word in enumerate(words))


def attribution(method: str, *values: float, signed: bool = True) -> Attribution:
    held = Certificate(
        claim="none",
        input=1,
        baseline=0,
        sum=0,
        residual=0,
        relative=0,
        error=None,
        noise=None,
        tolerance=None,
        evaluations=1,
        rule="",
        verdict="not claimed",
    )
    return Attribution(method=method, signed=signed, scores=values, errors=None, certificate=held)


def test_words_add_up_without_special_tokens():
    assert add_by_word(tokens(None, 0, 1, 1, 2, None), (9, 1, 2, 3, 4, 9)).tolist() == [1, 5, 4]


def test_agreement_by_hand():
    first = attribution("a", 9.0, 4.0, -3.0, 2.0, -1.0, 9.0)
    second = attribution("b", 9.0, 3.0, -4.0, -1.0, -2.0, 9.0)
    (found,) = compare_all(tokens(None, 0, 1, 2, 3, None), [first, second])
    assert found.kendall == pytest.approx((4 - 2) / 6)
    assert found.spearman == pytest.approx(1 - 6 * (1 + 1 + 1 + 1) / (4 * 15))
    assert (found.top_k, found.k, found.words) == (1.0, 4, 4)
    assert found.sign == 0.75
    assert (found.a, found.b) == ("a", "b")


def test_agreement_equals_scipy_on_sizes_and_finds_every_pair():
    draw = np.random.default_rng(0)
    values = draw.normal(size=(3, 30)).round(1)
    found = list(
        compare_all(tokens(*range(30)), [attribution(name, *row) for name, row in zip("abc", values, strict=True)])
    )
    assert [(one.a, one.b) for one in found] == [("a", "b"), ("a", "c"), ("b", "c")]
    assert found[2].kendall == pytest.approx(stats.kendalltau(abs(values[1]), abs(values[2])).statistic, abs=1e-6)
    assert found[2].spearman == pytest.approx(stats.spearmanr(abs(values[1]), abs(values[2])).statistic, abs=1e-6)


@pytest.mark.parametrize(
    "values", [((1.0,), (2.0,)), ((1.0, 1.0, -1.0), (1.0, 2.0, 3.0)), ((), ()), ((0.0, 0.0), (0.0, 0.0))]
)
def test_agreement_is_undefined_for_single_words_and_constants(values):
    (found,) = compare_all(tokens(*range(len(values[0]))), [attribution("a", *values[0]), attribution("b", *values[1])])
    assert (found.kendall, found.spearman, found.top_k) == (None, None, None)


def test_signs_are_compared_only_where_both_have_one():
    assert share_same_sign(np.array([1.0, -1.0, 0.0]), np.array([2.0, 1.0, 5.0])) == 0.5
    assert share_same_sign(np.array([0.0]), np.array([1.0])) is None
    (found,) = compare_all(tokens(0, 1), [attribution("a", 1, 2), attribution("b", 1, 2, signed=False)])
    assert found.sign is None


def test_top_k_by_hand():
    assert share_top(np.array([5, 4, 3, 2, 1.0]), np.array([1, 5, 4, 2, 3.0]), 2) == 0.5


@pytest.mark.parametrize("words", [6, 20, 80])
def test_the_chance_band_holds_95_percent_of_random_rankings(words):
    draw = np.random.default_rng(words)
    taus = [stats.kendalltau(draw.permutation(words), draw.permutation(words)).statistic for _ in range(1500)]
    assert 0.93 < np.mean(np.abs(taus) <= measure_chance(words)) < 0.975
    assert measure_chance(2) == 1.0


def test_predictions():
    found = predict(torch.tensor([[1.0, 3.0, 2.0]]), kept(LABELS), SequenceClassification())
    assert (found.label, found.positions, found.logits) == ("POSITIVE", 1, (1.0, 3.0, 2.0))
    assert found.probabilities == pytest.approx((0.0900306, 0.6652410, 0.2447285))
    several = SequenceClassification(problem="multi_label_classification")
    number = SequenceClassification(problem="regression")
    assert predict(torch.tensor([[0.0, 2.0]]), kept(LABELS[:2]), several).probabilities == pytest.approx(
        (0.5, 0.8807971)
    )
    assert predict(torch.tensor([[0.3]]), kept(("LABEL_0",)), SequenceClassification()).probabilities == pytest.approx(
        (0.5744425,)
    )
    assert predict(torch.tensor([[0.3]]), kept(("LABEL_0",)), number).probabilities is None
    assert predict(torch.tensor([[0.3, 0.1]]), kept(("a", "b")), number).probabilities is None
    assert predict(torch.tensor([[0.0, 1.0], [1.0, 0.0]]), kept(("O", "X")), SequenceClassification()).label == "X O"


def chosen(wanted: str, against: str | None = None, given: str | None = None) -> list[tuple[str, float]]:
    found = predict(torch.tensor([[1.0, 3.0, 2.0]]), kept(LABELS), SequenceClassification())
    document = Document(id="a", source="a", group="", text="x", label=given)
    settings = Settings(target=wanted, against=against)
    return [(target.label, target.score) for target in choose_targets(found, [0], settings, document)]


def test_targets():
    assert chosen("predicted") == [("POSITIVE", 3.0)]
    assert chosen("all") == [("NEGATIVE", 1.0), ("POSITIVE", 3.0), ("neutral", 2.0)]
    assert chosen("neutral") == chosen("NEUTRAL") == chosen("given", given="Neutral") == [("neutral", 2.0)]
    assert chosen("predicted", against="negative") == [("POSITIVE", 2.0)]
    assert chosen("all", against="neutral") == [("NEGATIVE", -1.0), ("POSITIVE", 1.0)]


@pytest.mark.parametrize(
    ("wanted", "against", "given", "sentence"),
    [("given", None, None, "has none"), ("given", None, "sad", "'sad'"), ("predicted", "POSITIVE", None, "itself")],
)
def test_targets_that_a_document_does_not_allow(wanted, against, given, sentence):
    with pytest.raises(ValueError, match=sentence):
        chosen(wanted, against, given)


def test_unknown_labels_are_refused():
    task = SequenceClassification(labels=LABELS)
    task.ask(Settings(target="given", against="neutral"))
    with pytest.raises(UserError, match="--target names 'sad'"):
        task.ask(Settings(target="sad"))
    with pytest.raises(UserError, match="--against names 'predicted'"):
        task.ask(Settings(target="all", against="predicted"))


@given(some.lists(some.integers(1, 600), max_size=60), some.integers(1, 2000))
def test_batches_lose_nothing_and_keep_the_budget(lengths, budget):
    found = list(make_batches(lengths, lambda length: length, budget=budget))
    assert Counter(length for rows in found for length in rows) == Counter(lengths)
    assert all(rows and (len(rows) == 1 or len(rows) * max(rows) <= budget) for rows in found)
    assert all(0.88 * len(rows) * max(rows) <= sum(rows) + budget / 32 for rows in found)


def test_batches_hold_like_lengths():
    lengths = [random.Random(0).randint(1, 100) for _ in range(100)]
    found = list(make_batches(lengths, lambda length: length, budget=400))
    assert [length for rows in found for length in rows] == sorted(lengths)


@given(some.lists(some.integers(1, 200), max_size=150), some.integers(1, 1000), some.integers(1, 8))
def test_work_is_spread_evenly_and_within_the_budget(widths, budget, members):
    even = even_budget(widths, budget=budget, members=members)
    passes = members * -(-sum(widths) // (budget * members))
    assert 1 <= even <= budget
    assert even * passes >= sum(widths) - passes


def test_two_share_what_one_pass_would_hold_if_it_is_worth_it():
    assert even_budget([40] * 10, budget=512, members=2) == 220
    assert even_budget([40] * 10, budget=512, members=1) == 420
    assert even_budget([40] * 3, budget=512, members=2) == 128
    assert even_budget([40] * 60, budget=512, members=2) == 420
    assert even_budget([], budget=512, members=2) == 512


@given(some.lists(some.integers(1, 600), max_size=150), some.integers(1, 5000))
def test_pools_lose_nothing_keep_the_order_and_hold_neighbours(costs, budget):
    found = list(pool_by_cost(costs, lambda cost: cost, budget=budget))
    assert [cost for held in found for cost in held] == costs
    assert all(held and len(held) <= POOL and (len(held) == 1 or sum(held) <= budget) for held in found)


def test_a_budget_is_halved_until_it_is_as_small_as_it_gets():
    budget, halved = Budget(100), 0
    while budget.halve():
        halved += 1
    assert (budget.tokens, halved) == (25, 2)


def test_windows_stream():
    assert [len(some) for some in take_windows(range(10), 4)] == [4, 4, 2]


def test_rounding_keeps_seven_digits_and_no_negative_zero():
    assert round_values([1.23456789, -0.0, 1e-9]) == (1.234568, 0.0, 1e-9)
    assert str(round_values([-0.0])[0]) == "0.0"
    assert round_values(torch.tensor([0.1])) == (0.1,)
