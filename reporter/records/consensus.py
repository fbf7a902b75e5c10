"""Consensus: the words on which most methods agree, in rank and in sign.

A word is one of a method's top words if it is among the `k` largest by size: a tenth of the words, five at least. It is
in the consensus if it is a top word by more than half of all methods and has the same sign, which is not zero, by more
than half of those that give signs. Three methods at least are needed for that, and two of them with a sign.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

_LEAST, _SHARE = 5, 10  # top words at least, and one in how many words
_METHODS, _SIGNED = 3, 2

Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Vote:
    """A word, numbered from 0 in reading order: by how many methods it is a top word, and how many give it its sign."""

    word: int
    positive: bool
    top: int
    same: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Consensus:
    """The words that most of the `methods` and of the `signed` ones agree on, those of most methods first."""

    k: int
    methods: int
    signed: int
    words: tuple[Vote, ...]


def find_consensus(scores: Mapping[str, Array], signed: Mapping[str, bool]) -> Consensus | None:
    """The consensus of some methods' word scores (words); None for too few methods, or for a text without words.

    The earlier word wins a tie, and a word with score 0 is none of a method's top words.
    """
    signs = [np.sign(values) for name, values in scores.items() if signed[name]]
    count = len(next(iter(scores.values()), ()))
    if len(scores) < _METHODS or len(signs) < _SIGNED or not count:
        return None
    k = min(count, max(_LEAST, count // _SHARE))
    top = np.zeros(count, dtype=int)
    for values in scores.values():
        best = np.argsort(-np.abs(values), kind="stable")[:k]
        top[best] += values[best] != 0
    up, down = (np.sum([method_signs == sign for method_signs in signs], axis=0) for sign in (1, -1))
    same = np.maximum(up, down)
    chosen = np.flatnonzero((2 * top > len(scores)) & (2 * same > len(signs)))
    order = sorted(chosen.tolist(), key=lambda word: (-top[word], -same[word], word))
    return Consensus(
        k=k,
        methods=len(scores),
        signed=len(signs),
        words=tuple(
            Vote(word=at, positive=bool(up[at] > down[at]), top=int(top[at]), same=int(same[at])) for at in order
        ),
    )
