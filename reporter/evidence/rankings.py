"""Rankings of the words of a text: by a method's scores, and at random as a control."""

from collections.abc import Iterator, Sequence
from math import isfinite
from typing import TYPE_CHECKING

import numpy as np

from reporter.attribution import Array
from reporter.evidence.metrics import Ranking
from reporter.records import Attribution, Diagnostic, Token, add_by_word, round_values

if TYPE_CHECKING:  # `check` ranks words without torch
    from reporter.attribution import TargetQuery
    from reporter.methods import Scores


def rank_words(tokens: Sequence[Token], attribution: Attribution) -> Ranking:
    """The words ranked by their scores in one attribution, highest first; the earlier word wins a tie."""
    return rank_scores(add_by_word(tokens, attribution.scores), signed=attribution.signed)


def rank_scores(scores: Array, *, signed: bool = True) -> Ranking:
    """The ranking of words by scores (words), highest first; the earlier word wins a tie."""
    order = np.argsort(-scores, kind="stable")
    return Ranking(tuple(order.tolist()), tuple(scores[order].tolist()), signed)


def add_up(batches: Sequence[Sequence["TargetQuery"]], outcomes: Sequence["Scores | str"]) -> list[Array | None]:
    """The word scores (words) of every query of some batches, from a method's token scores; None where it failed."""
    queries = [query for batch in batches for query in batch]
    return [
        None
        if isinstance(scores, str)
        else add_by_word(query.encoded.tokens, scores.values[0, : query.length].tolist())
        for query, scores in zip(queries, outcomes, strict=True)
    ]


def shuffle(words: int, draws: int, seed: int) -> list[Ranking]:
    """`draws` random rankings of so many words, with scores that fall from first to last."""
    random, scores = np.random.default_rng(seed), tuple(map(float, range(words, 0, -1)))
    return [Ranking(tuple(random.permutation(words).tolist()), scores) for _ in range(draws)]


def compare_with_random(
    name: str, method: str, value: float | None, control: Sequence[float | None]
) -> Iterator[Diagnostic]:
    """A diagnostic with its control over random orders, if any: their mean, and their 5 % and 95 % quantiles.

    Nothing where the value is undefined or not finite; such draws are left out.
    """
    finite = [drawn for drawn in control if drawn is not None and isfinite(drawn)]
    if value is None or not isfinite(value):
        return
    if not finite:
        yield Diagnostic(name=name, method=method, value=round_values([value])[0])
        return
    low, high = np.quantile(finite, (0.05, 0.95))
    rounded, mean, low, high = round_values([value, float(np.mean(finite)), float(low), float(high)])
    yield Diagnostic(name=name, method=method, value=rounded, control=mean, low=low, high=high, draws=len(finite))
