"""Batches of like length under a token budget."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import TypeVar

from reporter.crew import Crew

Item = TypeVar("Item")
Member = TypeVar("Member")
Result = TypeVar("Result")

POOL = 64
_PASS = 1 / 32  # the time that a pass takes beside what it computes, as a share of that of a full one
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

    Padding takes at most an eighth of a batch, and what a pass of its own would cost.
    """

    def fits(rows: int, filled: int, longest: int) -> bool:
        return rows * longest <= budget and 0.88 * rows * longest <= filled + _PASS * budget

    return _fill(sorted(items, key=length), length, fits)


def share_passes(
    crew: Crew[Member], work: Callable[[Member, list[int]], Iterable[Result]], lengths: Sequence[int], *, budget: int
) -> list[Result]:
    """What `work` makes of each of some rows, in their order; it is called with the numbers of those that share a pass.

    The longest go first, so that no member of the crew is left with one of them at the end.
    """
    passes = list(batch(range(len(lengths)), lengths.__getitem__, budget=budget))[::-1]
    found: dict[int, Result] = {}
    for some, results in zip(passes, crew.share(work, passes), strict=True):
        found.update(zip(some, results, strict=True))
    return [found[at] for at in range(len(lengths))]


def pool(items: Iterable[Item], cost: Callable[[Item], int], *, budget: int) -> Iterator[list[Item]]:
    """Lists of neighbours, at most `POOL` in each, whose costs stay within `budget` (one item may exceed it)."""
    return _fill(items, cost, lambda count, spent, _: count <= POOL and spent <= budget)


def _fill(
    items: Iterable[Item], cost: Callable[[Item], int], fits: Callable[[int, int, int], bool]
) -> Iterator[list[Item]]:
    """Neighbours together for as long as one more still fits, by their number, their costs and the last one's cost."""
    held: list[Item] = []
    spent = 0
    for item in items:
        price = cost(item)
        if held and not fits(len(held) + 1, spent + price, price):
            yield held
            held, spent = [], 0
        held.append(item)
        spent += price
    if held:
        yield held
