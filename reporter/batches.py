"""Batches of like length under a token budget."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from typing import TypeVar

Item = TypeVar("Item")

_LEAST = 32  # tokens in a pass: if not even these fit, fewer will not


@dataclass
class Budget:
    """The most tokens that may share a pass; it shrinks where the memory turns out to be too small for them."""

    tokens: int

    def halve(self) -> bool:
        """Make it half as large, unless it is as small as it gets; whether that could be done."""
        if self.tokens <= _LEAST:
            return False
        self.tokens //= 2
        return True


def window(items: Iterable[Item], size: int = 256) -> Iterator[list[Item]]:
    """The items in lists of `size`, the last one shorter, so that a stream can be sorted piece by piece."""
    stream = iter(items)
    while found := list(islice(stream, size)):
        yield found


def batch(items: Iterable[Item], length: Callable[[Item], int], *, budget: int) -> Iterator[list[Item]]:
    """Batches, shortest first, whose rows times their longest row stay within `budget` (one row may exceed it).

    No row is padded to more than a quarter (and 4) over its own length, so little is computed for nothing.
    """
    rows: list[Item] = []
    for item in sorted(items, key=length):
        longest = length(item)
        if rows and ((len(rows) + 1) * longest > budget or longest > 1.25 * length(rows[0]) + 4):
            yield rows
            rows = []
        rows.append(item)
    if rows:
        yield rows
