"""A summary of attention heads: how each head of each layer distributes its attention from where the answer is read.

The special tokens are one column; the words, in reading order, are divided into at most `STRETCHES` more.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

STRETCHES = 16


@dataclass(frozen=True, slots=True, kw_only=True)
class Heads:
    """Shares of attention (`shares`, layers heads columns); those of each head sum to 1, to three digits.

    The first column is of the special tokens; each other is of one of `stretches`, from its first token (counted from
    0) to the one after its last, special tokens among them left out.
    """

    stretches: tuple[tuple[int, int], ...]
    shares: tuple[tuple[tuple[float, ...], ...], ...]


def summarize_heads(rows: NDArray[np.floating], words: Sequence[int | None]) -> Heads:
    """The summary of attention weights, layers heads tokens; `words` has each token's word, None for special tokens."""
    parted = np.array_split(list(dict.fromkeys(word for word in words if word is not None)), STRETCHES)
    columns = {
        word: column for column, stretch in enumerate((p for p in parted if len(p)), 1) for word in stretch.tolist()
    }
    places = np.array([0 if word is None else columns[word] for word in words])
    fold = np.eye(max(columns.values(), default=0) + 1)[places]
    spans = [np.flatnonzero(fold[:, column]) for column in range(1, fold.shape[1])]
    return Heads(
        stretches=tuple((int(span[0]), int(span[-1]) + 1) for span in spans),
        shares=tuple(tuple(tuple(row) for row in layer) for layer in np.round(rows @ fold, 3).tolist()),
    )
