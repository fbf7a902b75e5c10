"""Agreement beyond chance: every number against SciPy or its formula written out, and chance for chance."""

from itertools import permutations

import numpy as np
import pytest
from scipy import stats

from reporter.evidence.agreement import Resampled, compare_all, measure_overlap, share_alike
from reporter.records.evidence import Agreement
from reporter.summary.run_summary import summarise
from tests import example_runs as runs

RANDOM = np.random.default_rng(3)
PAIRS = [tuple(RANDOM.normal(size=(2, count)).round(1)) for count in (2, 3, 6, 20, 60)]


def top(scores: np.ndarray, k: int) -> list[int]:
    return sorted(range(len(scores)), key=lambda at: -abs(scores[at]))[:k]


@pytest.mark.parametrize("pair", PAIRS)
def test_rank_sign_and_signed_rank_agreement_are_their_definitions(pair):
    a, b = pair
    k = min(5, len(a))
    first, second = top(a, k), top(b, k)
    placed = [one for one, other in zip(first, second, strict=True) if one == other]
    signed = [at for at in first if at in second and np.sign(a[at]) == np.sign(b[at])]
    wanted = len(placed) / k, len(signed) / k, len([at for at in placed if np.sign(a[at]) == np.sign(b[at])]) / k
    assert share_alike(a, b, k) == pytest.approx(wanted)


@pytest.mark.parametrize("pair", PAIRS)
def test_rank_biased_overlap_is_its_formula(pair):
    a, b = map(np.abs, pair)
    first, second = top(a, len(a)), top(b, len(b))
    shares = [len(set(first[:depth]) & set(second[:depth])) / depth for depth in range(1, len(a) + 1)]
    total = sum(share * 0.9**depth for depth, share in enumerate(shares, 1))
    assert measure_overlap(a, b) == pytest.approx(shares[-1] * 0.9 ** len(a) + 0.1 / 0.9 * total)
    assert measure_overlap(a, a) == pytest.approx(1.0)


def test_the_permutation_null_is_that_of_all_orders():
    a, b = np.array([5.0, 4, 3, 2, 1, 0.5]), np.array([4.0, 5, 3, 1, 2, 0.5])
    found = Resampled({"a": a, "b": b}, np.random.default_rng(0)).chance("a", "b")
    seen = stats.spearmanr(a, b).statistic
    every = [stats.pearsonr(np.array(order), stats.rankdata(b)).statistic for order in permutations(stats.rankdata(a))]
    assert found == pytest.approx(np.mean(np.array(every) >= seen - 1e-9), abs=0.06)


def test_the_interval_is_that_of_words_drawn_anew():
    a = np.abs(RANDOM.normal(size=40))
    b = a + 0.5 * np.abs(RANDOM.normal(size=40))
    low, high = Resampled({"a": a, "b": b}, np.random.default_rng(0)).interval("a", "b")
    draws = np.random.default_rng(5).integers(40, size=(400, 40))
    wanted = np.quantile([stats.spearmanr(a[draw], b[draw]).statistic for draw in draws], (0.025, 0.975))
    assert (low, high) == pytest.approx(tuple(wanted), abs=0.08)
    assert low < stats.spearmanr(a, b).statistic < high


def test_independent_scores_agree_as_often_as_chance_says():
    tokens = runs.tokens(runs.REVIEW)
    small = 0
    for draw in range(60):
        random = np.random.default_rng(draw)
        pair = [runs.attribution(name, random.normal(size=len(tokens)).tolist()) for name in runs.METHODS[-2:]]
        (found,) = compare_all(tokens, pair, seed=draw)
        assert found.low <= found.spearman <= found.high or abs(found.spearman) < 0.3
        small += found.p <= 0.1
    assert small <= 14


def test_draws_depend_on_the_text_and_the_seed():
    section = runs.explanation("a").sections[0]
    one, same, other = (list(compare_all(section.tokens, section.attributions, seed=seed)) for seed in (0, 0, 1))
    assert one == same
    assert [pair.kendall for pair in one] == [pair.kendall for pair in other]
    assert [(pair.p, pair.low) for pair in one] != [(pair.p, pair.low) for pair in other]


@pytest.mark.parametrize("text", ["", "Great", "Great film"])
def test_few_words_are_served(text):
    found = runs.section(text, None, "POSITIVE") if text else None
    for pair in compare_all(found.tokens, found.attributions) if found else ():
        assert pair.p is None or 0 < pair.p <= 1


def pair_of(kendall: float) -> Agreement:
    return Agreement(
        a="a", b="b", kendall=kendall, spearman=None, top_k=None, sign=None, k=5, words=50, chance=0.2, overlap=0.4
    )


def test_the_corpus_tells_chance_from_agreement():
    def corpus(*values: float):
        made = [runs.explanation(f"d{at}", "Great film") for at in range(len(values))]
        sections = [
            runs.changed_section(one.sections[0], agreement=(pair_of(v),)) for one, v in zip(made, values, strict=True)
        ]
        pairs = zip(made, sections, strict=True)
        return summarise([runs.changed(one, sections=(section,)) for one, section in pairs])[0].agreement[0]

    agreed, shuffled = corpus(0.4, 0.3, 0.5, 0.35), corpus(0.1, -0.1, 0.05, -0.08)
    assert agreed.p == pytest.approx(stats.norm.sf(np.sum([0.4, 0.3, 0.5, 0.35]) / (2 * 0.2 / 1.959964)), rel=1e-3)
    assert shuffled.p > 0.3
    assert agreed.low <= agreed.kendall <= agreed.high
    assert agreed.overlap == 0.4
    assert corpus(0.4).low is None
