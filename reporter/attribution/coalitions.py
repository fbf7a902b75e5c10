"""Coalitions of words: which to keep, and what each word is worth by F of the text with only those. Pure arithmetic.

A coalition is a row of booleans, one for each word that is kept. All estimates are linear in F; where they rest on a
sample, `errors` are half the width of the interval that holds the exact worth of a word 99 times in 100.
"""

from dataclasses import dataclass
from math import comb

import numpy as np
from numpy.typing import NDArray
from scipy.special import stdtrit

from reporter.attribution.quadrature.rules import Array

Coalitions = NDArray[np.bool_]

_SURE = 0.995
_LEAST = 4  # coalitions for each word, at least: without them there is no telling the words apart


@dataclass(frozen=True)
class Observed:
    """F (`scores`) of the text with the coalitions `kept` (coalitions words), with none of its words and with all."""

    kept: Coalitions
    scores: Array
    none: float
    all: float

    @property
    def words(self) -> int:
        """How many words the text has."""
        return int(self.kept.shape[1])


@dataclass(frozen=True)
class Worth:
    """What every word is worth, with the error of each where it is known."""

    values: Array
    errors: Array | None = None


def count_coalitions(words: int, samples: int) -> int:
    """How many coalitions to look at: those that are asked for, or as many as so many words need."""
    return max(samples, _LEAST * words)


def enumerate_coalitions(words: int) -> Coalitions:
    """Every coalition, the words it keeps as the bits of its number: coalitions words."""
    return np.asarray((np.arange(2**words)[:, None] >> np.arange(words)) & 1 == 1)


def draw_orders(words: int, count: int, random: np.random.Generator) -> Array:
    """`count` orders of the words in random order, each followed by itself reversed: the place of each word."""
    places = random.permuted(np.tile(np.arange(words), (count, 1)), axis=1)
    return np.stack([places, words - 1 - places], axis=1).reshape(-1, words)


def draw_sets(words: int, count: int, random: np.random.Generator) -> Coalitions:
    """`count` coalitions from which 1 to all words are missing, as many of each number; none of no words."""
    count = count if words else 0
    gone = random.integers(1, words + 1, size=(count, 1)) if words else np.empty((0, 1))
    places = random.permuted(np.tile(np.arange(words), (count, 1)), axis=1)
    return np.asarray(places >= gone)


def draw_sizes(words: int, count: int, random: np.random.Generator) -> Coalitions:
    """`count` coalitions of the sizes that Kernel SHAP gives weight to, each followed by those it leaves out."""
    sizes = np.arange(1, words)
    chances = 1 / (sizes * (words - sizes))
    wanted = random.choice(sizes, size=(count, 1), p=chances / chances.sum())
    kept = random.permuted(np.tile(np.arange(words), (count, 1)), axis=1) < wanted
    return np.stack([kept, ~kept], axis=1).reshape(-1, words)


def shapley_exactly(seen: Observed) -> Worth:
    """Shapley values from all coalitions, in the order of `enumerate_coalitions`.

    Shapley, A Value for n-Person Games, 1953: the mean of what a word adds, over all orders in which words may come.
    """
    words, numbers, sizes = seen.words, np.arange(len(seen.kept)), seen.kept.sum(1)
    shares = np.array([1 / (words * comb(words - 1, size)) for size in range(words)])
    values = np.zeros(words)
    for word in range(words):
        without = numbers[~seen.kept[:, word]]
        values[word] = shares[sizes[without]] @ (seen.scores[without | (1 << word)] - seen.scores[without])
    return Worth(values, np.zeros(words))


def average_orders(gains: Array) -> Worth:
    """The mean of samples words, each the mean of two orders that are each other's reverse, and its error."""
    pairs = gains.reshape(-1, 2, gains.shape[1]).mean(1)
    count = len(pairs)
    errors = stdtrit(count - 1, _SURE) * pairs.std(0, ddof=1) / np.sqrt(count)
    return Worth(pairs.mean(0), errors)


def fit_shap(seen: Observed) -> Worth:
    """The least-squares fit to coalitions in pairs of complements that sums to F(all) - F(none).

    Lundberg and Lee, NIPS 2017, as Covert and Lee, AISTATS 2021, solve and sample it: sizes are drawn as they weigh.
    """
    kept, gains = seen.kept.astype(float), seen.scores - seen.none
    inverse = np.linalg.pinv(kept.T @ kept / len(kept), hermitian=True)
    reach = inverse.sum(1)
    missing = (reach @ (kept.T @ gains) / len(kept) - (seen.all - seen.none)) / reach.sum()
    values = inverse @ (kept.T @ gains) / len(kept) - reach * missing
    project = inverse - np.outer(reach, reach) / reach.sum()
    leverage = np.einsum("cw,wv,cv->c", kept, project, kept) / len(kept)
    off = (gains - kept @ values) / (1 - leverage).clip(1e-6)
    pulls = ((kept * off[:, None]) @ project).reshape(-1, 2, seen.words).mean(1)
    count = len(pulls)
    free = max(1, count - seen.words + 1)
    return Worth(values, stdtrit(free, _SURE) * np.sqrt((pulls**2).sum(0) / count / max(1, count - 1)))


def fit_ridge(seen: Observed, weights: Array, *, penalty: float) -> Worth:
    """The weighted ridge regression of F on the words that are kept; the error is of sampling, not of the penalty.

    Errors as MacKinnon and White, Journal of Econometrics 1985 (HC3), have them.
    """
    kept = seen.kept.astype(float)
    shares = weights / weights.sum()
    apart, gains = kept - shares @ kept, seen.scores - shares @ seen.scores
    inverse = np.linalg.inv((apart.T * weights) @ apart + penalty * np.eye(seen.words))
    values = inverse @ (apart.T @ (weights * gains))
    leverage = weights * np.einsum("cw,wv,cv->c", apart, inverse, apart) + shares
    off = weights * (gains - apart @ values) / (1 - leverage).clip(1e-6)
    pulls = (apart * off[:, None]) @ inverse
    free = max(1, len(kept) - seen.words - 1)
    return Worth(values, stdtrit(free, _SURE) * np.sqrt((pulls**2).sum(0)))
