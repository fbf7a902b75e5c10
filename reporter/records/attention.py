"""Where every head of every layer looks from the position that the answer is read from, in few enough numbers to keep.

The special tokens are one column; the words between them are parted, in reading order, into at most `STRETCHES` more.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

STRETCHES = 16


@dataclass(frozen=True, slots=True, kw_only=True)
class Heads:
    """Shares of attention, layers heads columns; each head's sum to 1, to three digits.

    The first column is that of the special tokens; each other is a stretch of tokens, from its first (counted from 0)
    to the one after its last. Special tokens that stand between those are not part of a stretch.
    """

    stretches: tuple[tuple[int, int], ...]
    shares: tuple[tuple[tuple[float, ...], ...], ...]


def summarize_heads(rows: NDArray[np.floating], words: Sequence[int | None]) -> Heads:
    """The summary of attention rows (layers heads tokens) over tokens of these words; None marks a special token."""
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
