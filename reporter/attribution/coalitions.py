"""Coalitions of words: drawing them, and estimating a value for each word from F of the text with only those words.

A coalition is a row of booleans, true for each word that is kept; no model is needed here. All estimates are linear in
F; where they rest on a sample, `errors` are half the width of a 99 % confidence interval of a word's exact value.
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
class CoalitionScores:
    """F (`scores`, coalitions) of a text with only the words of each of `coalitions` (coalitions words).

    `baseline_score` is F without any word, `input_score` F of the whole text.
    """

    coalitions: Coalitions
    scores: Array
    baseline_score: float
    input_score: float

    @property
    def words(self) -> int:
        """How many words the text has."""
        return int(self.coalitions.shape[1])


@dataclass(frozen=True)
class WordValues:
    """The value of each word (words), in units of F, and the error of each where it is known."""

    values: Array
    errors: Array | None = None


def count_coalitions(words: int, samples: int) -> int:
    """How many coalitions to evaluate: `samples`, or four for each word where that is more."""
    return max(samples, _LEAST * words)


def enumerate_coalitions(words: int) -> Coalitions:
    """Every coalition, the words it keeps as the bits of its number: coalitions words."""
    return np.asarray((np.arange(2**words)[:, None] >> np.arange(words)) & 1 == 1)


def draw_orders(words: int, count: int, random: np.random.Generator) -> Array:
    """`count` random permutations of the words, each followed by its reverse: the place of each word, orders words.

    Antithetic pairs of permutations: Mitchell et al., Sampling Permutations for Shapley Value Estimation, JMLR 2022.
    """
    places = random.permuted(np.tile(np.arange(words), (count, 1)), axis=1)
    return np.stack([places, words - 1 - places], axis=1).reshape(-1, words)


def draw_sets(words: int, count: int, random: np.random.Generator) -> Coalitions:
    """`count` coalitions (coalitions words) that lack 1 to all words, each number equally likely; none without words.

    The sampling of LIME for texts: Ribeiro, Singh and Guestrin, KDD 2016.
    """
    count = count if words else 0
    missing = random.integers(1, words + 1, size=(count, 1)) if words else np.empty((0, 1))
    places = random.permuted(np.tile(np.arange(words), (count, 1)), axis=1)
    return np.asarray(places >= missing)


def draw_sizes(words: int, count: int, random: np.random.Generator) -> Coalitions:
    """`count` coalitions with sizes drawn by the weights of Kernel SHAP, each followed by its complement.

    Paired sampling: Covert and Lee, Improving KernelSHAP, AISTATS 2021.
    """
    sizes = np.arange(1, words)
    chances = 1 / (sizes * (words - sizes))
    wanted = random.choice(sizes, size=(count, 1), p=chances / chances.sum())
    coalitions = random.permuted(np.tile(np.arange(words), (count, 1)), axis=1) < wanted
    return np.stack([coalitions, ~coalitions], axis=1).reshape(-1, words)


def shapley_exactly(scored: CoalitionScores) -> WordValues:
    """Exact Shapley values from all coalitions, in the order of `enumerate_coalitions`.

    The mean marginal contribution of a word over all orders of the words: Shapley, A Value for n-Person Games, 1953.
    """
    words, numbers, sizes = scored.words, np.arange(len(scored.coalitions)), scored.coalitions.sum(1)
    shares = np.array([1 / (words * comb(words - 1, size)) for size in range(words)])
    values = np.zeros(words)
    for word in range(words):
        without = numbers[~scored.coalitions[:, word]]
        values[word] = shares[sizes[without]] @ (scored.scores[without | (1 << word)] - scored.scores[without])
    return WordValues(values, np.zeros(words))


def average_orders(gains: Array) -> WordValues:
    """The mean of marginal contributions (orders words) over pairs of an order and its reverse, and its error.

    Castro, Gómez and Tejada, Computers & Operations Research 2009; the error is Student's, over pairs.
    """
    pairs = gains.reshape(-1, 2, gains.shape[1]).mean(1)
    count = len(pairs)
    errors = stdtrit(count - 1, _SURE) * pairs.std(0, ddof=1) / np.sqrt(count)
    return WordValues(pairs.mean(0), errors)


def fit_shap(scored: CoalitionScores) -> WordValues:
    """The least-squares fit to coalitions in pairs of complements whose values sum to F(input) - F(baseline).

    Kernel SHAP (Lundberg and Lee, NIPS 2017) as Covert and Lee, AISTATS 2021, sample and solve it.
    """
    design, gains = scored.coalitions.astype(float), scored.scores - scored.baseline_score
    inverse = np.linalg.pinv(design.T @ design / len(design), hermitian=True)
    row_sums = inverse.sum(1)
    total = scored.input_score - scored.baseline_score
    excess = (row_sums @ (design.T @ gains) / len(design) - total) / row_sums.sum()
    values = inverse @ (design.T @ gains) / len(design) - row_sums * excess
    project = inverse - np.outer(row_sums, row_sums) / row_sums.sum()
    leverage = np.einsum("cw,wv,cv->c", design, project, design) / len(design)
    residuals = (gains - design @ values) / (1 - leverage).clip(1e-6)
    influences = ((design * residuals[:, None]) @ project).reshape(-1, 2, scored.words).mean(1)
    count = len(influences)
    freedom = max(1, count - scored.words + 1)
    return WordValues(values, stdtrit(freedom, _SURE) * np.sqrt((influences**2).sum(0) / count / max(1, count - 1)))


def fit_ridge(scored: CoalitionScores, weights: Array, *, penalty: float) -> WordValues:
    """The coefficients of a weighted ridge regression of F on the words that are kept (LIME: Ribeiro et al., KDD 2016).

    Errors are of sampling, not of the penalty: HC3 of MacKinnon and White, Journal of Econometrics 1985.
    """
    design = scored.coalitions.astype(float)
    shares = weights / weights.sum()
    centred, gains = design - shares @ design, scored.scores - shares @ scored.scores
    inverse = np.linalg.inv((centred.T * weights) @ centred + penalty * np.eye(scored.words))
    values = inverse @ (centred.T @ (weights * gains))
    leverage = weights * np.einsum("cw,wv,cv->c", centred, inverse, centred) + shares
    residuals = weights * (gains - centred @ values) / (1 - leverage).clip(1e-6)
    influences = (centred * residuals[:, None]) @ inverse
    freedom = max(1, len(design) - scored.words - 1)
    return WordValues(values, stdtrit(freedom, _SURE) * np.sqrt((influences**2).sum(0)))
