"""How far two methods point at the same words: rank, top-k and sign agreement, with a chance line.

Ranks are over words (special tokens left out), by the size of each word's score, so that methods with and without a
sign can be compared; whether signs agree is a number of its own.
"""

import math
from collections.abc import Iterator, Sequence
from itertools import combinations

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from reporter.records import Agreement, Attribution, Token
from reporter.rounding import rounded

TOP = 5
_NORMAL_95 = 1.959964

Array = NDArray[np.float64]


def add_by_word(tokens: Sequence[Token], scores: Sequence[float]) -> Array:
    """The sum of the token scores of each word, in reading order; tokens of no word are left out."""
    sums: dict[int, float] = {}
    for token, score in zip(tokens, scores, strict=True):
        if token.word is not None:
            sums[token.word] = sums.get(token.word, 0.0) + score
    return np.array(list(sums.values()))


def compare_all(tokens: Sequence[Token], attributions: Sequence[Attribution]) -> Iterator[Agreement]:
    """The agreement of every pair of attributions of one target, in their order."""
    words = {found.method: add_by_word(tokens, found.scores) for found in attributions}
    for a, b in combinations(attributions, 2):
        signs = share_same_sign(words[a.method], words[b.method]) if a.signed and b.signed else None
        yield _compare((a.method, b.method), np.abs(words[a.method]), np.abs(words[b.method]), signs)


def _compare(names: tuple[str, str], a: Array, b: Array, signs: float | None) -> Agreement:
    defined = len(a) > 1 and np.ptp(a) > 0 and np.ptp(b) > 0
    k = min(TOP, len(a))
    return Agreement(
        a=names[0],
        b=names[1],
        kendall=_round(stats.kendalltau(a, b).statistic if defined else None),
        spearman=_round(stats.spearmanr(a, b).statistic if defined else None),
        top_k=_round(share_top(a, b, k) if defined else None),
        sign=_round(signs),
        k=k,
        words=len(a),
        chance=_round(measure_chance(len(a)) if len(a) > 1 else None),
    )


def share_top(a: Array, b: Array, k: int) -> float:
    """The share of the `k` largest of one that are among the `k` largest of the other; the earlier word wins a tie."""
    return len(set(np.argsort(-a, kind="stable")[:k]) & set(np.argsort(-b, kind="stable")[:k])) / k


def share_same_sign(a: Array, b: Array) -> float | None:
    """The share of words with the same sign in both, among those that are zero in neither; None if there are none."""
    both = (a != 0) & (b != 0)
    return float(np.mean(np.sign(a[both]) == np.sign(b[both]))) if both.any() else None


def measure_chance(words: int) -> float:
    """Half the width of the band that holds 95 % of the tau of independent rankings of `words` words, at most 1.

    The normal approximation to the null distribution of tau without ties: Kendall, Rank Correlation Methods, 1948,
    variance 2 (2 n + 5) / (9 n (n - 1)).
    """
    return min(1.0, _NORMAL_95 * math.sqrt(2 * (2 * words + 5) / (9 * words * (words - 1))))


def _round(value: float | None) -> float | None:
    return None if value is None else rounded([float(value)])[0]
