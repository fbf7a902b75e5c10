"""Agreement of two methods on the words of a text: rank, top-k and sign agreement, beside that of random rankings.

Ranks are over words (special tokens left out), by the size of each word's score, so that methods with and without a
sign can be compared; whether signs agree is a number of its own.
"""

import math
from collections.abc import Iterator, Sequence
from itertools import combinations

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from reporter.records import Agreement, Attribution, Consensus, Token, add_by_word, find_consensus, round_values

TOP = 5
DRAWS = 99
PERSISTENCE = 0.9
_NORMAL_95 = 1.959964

Array = NDArray[np.float64]


def agree_on_words(tokens: Sequence[Token], attributions: Sequence[Attribution]) -> Consensus | None:
    """The words on which most attributions of one target agree; None for too few of them."""
    scores = {attribution.method: add_by_word(tokens, attribution.scores) for attribution in attributions}
    return find_consensus(scores, {attribution.method: attribution.signed for attribution in attributions})


def compare_all(tokens: Sequence[Token], attributions: Sequence[Attribution], *, seed: int = 0) -> Iterator[Agreement]:
    """The agreement of every pair of attributions of one target, in their order; draws start from `seed`."""
    if len(attributions) < 2:
        return
    words = {attribution.method: add_by_word(tokens, attribution.scores) for attribution in attributions}
    random = np.random.default_rng(seed)
    resampled = Resampled({name: np.abs(scores) for name, scores in words.items()}, random)
    for a, b in combinations(attributions, 2):
        yield _compare_pair(
            (a.method, b.method), (words[a.method], words[b.method]), draws=resampled, signed=a.signed and b.signed
        )


class Resampled:
    """Standardised ranks of each method's words: observed, shuffled, and of bootstrap samples, drawn alike for all."""

    def __init__(self, sizes: dict[str, Array], random: np.random.Generator) -> None:
        """`sizes` holds one number per word for each method."""
        count = len(next(iter(sizes.values()), ()))
        shuffled = np.argsort(random.random((DRAWS, count)), axis=1)
        drawn = random.integers(count, size=(DRAWS, count)) if count else np.empty((DRAWS, 0), np.int64)
        ranks = {name: _standardise(stats.rankdata(values)[None]) for name, values in sizes.items()}
        self._ranks = {name: values[0] for name, values in ranks.items()}
        self._shuffled = {name: values[0][shuffled] for name, values in ranks.items()}
        self._drawn = {name: _standardise(stats.rankdata(values[drawn], axis=1)) for name, values in sizes.items()}

    def correlate(self, a: str, b: str) -> float:
        """The Spearman correlation of two methods' words."""
        return float(self._ranks[a] @ self._ranks[b])

    def chance(self, a: str, b: str) -> float:
        """The permutation p-value: the share of shuffled orders, the observed one included, that correlate as much."""
        correlation = self.correlate(a, b)
        return float((1 + np.sum(self._shuffled[a] @ self._ranks[b] >= correlation - 1e-12)) / (1 + DRAWS))

    def interval(self, a: str, b: str) -> tuple[float, float]:
        """The bootstrap interval that holds 95 % of the Spearman correlations over resampled words."""
        low, high = np.nanquantile((self._drawn[a] * self._drawn[b]).sum(1), (0.025, 0.975))
        return float(low), float(high)


def _standardise(ranks: Array) -> Array:
    """Rows of mean 0 and length 1, whose inner products are correlations; a constant row has none (nan)."""
    centred = ranks - ranks.mean(1, keepdims=True) if ranks.shape[1] else ranks
    size = np.sqrt((centred**2).sum(1, keepdims=True))
    standardised: Array = np.divide(centred, size, out=np.full_like(centred, np.nan), where=size > 0)
    return standardised


def _compare_pair(names: tuple[str, str], scores: tuple[Array, Array], *, draws: Resampled, signed: bool) -> Agreement:
    a, b = map(np.abs, scores)
    defined = len(a) > 1 and np.ptp(a) > 0 and np.ptp(b) > 0
    k = min(TOP, len(a))
    low, high = draws.interval(*names) if defined else (None, None)
    same_place, same_sign, same_place_and_sign = share_alike(*scores, k) if defined else (None, None, None)
    return Agreement(
        a=names[0],
        b=names[1],
        kendall=_round(stats.kendalltau(a, b).statistic if defined else None),
        spearman=_round(draws.correlate(*names) if defined else None),
        top_k=_round(share_top(a, b, k) if defined else None),
        sign=_round(share_same_sign(*scores) if signed else None),
        k=k,
        words=len(a),
        chance=_round(measure_chance(len(a)) if len(a) > 1 else None),
        p=_round(draws.chance(*names) if defined else None),
        low=_round(low),
        high=_round(high),
        rank_k=_round(same_place),
        sign_k=_round(same_sign if signed else None),
        signed_rank_k=_round(same_place_and_sign if signed else None),
        overlap=_round(measure_overlap(a, b) if defined else None),
    )


def share_alike(a: Array, b: Array, k: int) -> tuple[float, float, float]:
    """Of the `k` largest of both, the shares at the same place, with the same sign, and with both.

    Rank, sign and signed-rank agreement of Krishna et al., The Disagreement Problem in Explainable ML, 2022;
    `share_top` is their feature agreement.
    """
    order_a, order_b = (np.argsort(-np.abs(scores), kind="stable")[:k] for scores in (a, b))
    signs = np.sign(a) == np.sign(b)
    same_place = order_a == order_b
    shared = np.intersect1d(order_a, order_b)
    return float(same_place.mean()), float(signs[shared].sum() / k), float((same_place & signs[order_a]).mean())


def measure_overlap(a: Array, b: Array) -> float:
    """The rank-biased overlap of two whole rankings, extrapolated: Webber et al., TOIS 2010, equation 32, p = 0.9."""
    count = len(a)
    places = [np.empty(count, np.int64), np.empty(count, np.int64)]
    for place, scores in zip(places, (a, b), strict=True):
        place[np.argsort(-scores, kind="stable")] = np.arange(count)
    depths = np.arange(1, count + 1)
    shares = np.bincount(np.maximum(*places), minlength=count).cumsum() / depths
    weights = PERSISTENCE**depths
    return float(shares[-1] * weights[-1] + (1 - PERSISTENCE) / PERSISTENCE * (shares * weights).sum())


def share_top(a: Array, b: Array, k: int) -> float:
    """The share of the `k` largest of one that are among the `k` largest of the other; the earlier word wins a tie."""
    return len(set(np.argsort(-a, kind="stable")[:k]) & set(np.argsort(-b, kind="stable")[:k])) / k


def share_same_sign(a: Array, b: Array) -> float | None:
    """The share of words with the same sign in both, among those that are zero in neither; None if there are none."""
    nonzero = (a != 0) & (b != 0)
    return float(np.mean(np.sign(a[nonzero]) == np.sign(b[nonzero]))) if nonzero.any() else None


def measure_chance(words: int) -> float:
    """Half the width of the band that holds 95 % of the tau of independent rankings of `words` words, at most 1.

    The normal approximation to the null distribution of tau without ties: Kendall, Rank Correlation Methods, 1948,
    variance 2 (2 n + 5) / (9 n (n - 1)).
    """
    return min(1.0, _NORMAL_95 * math.sqrt(2 * (2 * words + 5) / (9 * words * (words - 1))))


def _round(value: float | None) -> float | None:
    return None if value is None else round_values([float(value)])[0]
