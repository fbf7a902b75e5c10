"""Batches of like length under a token budget, and every number that says how much is done, or held, at a time.

They say how long it takes and how much memory. What comes out they leave as it is, but for rounding (`WIDTH_STEPS`)
and for influence (`FEATURES_BYTES`).
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import TypeVar

from reporter.models.replicas import Replicas

Item = TypeVar("Item")
Member = TypeVar("Member")
Result = TypeVar("Result")

BATCH_TOKENS = {"cpu": 512, "cuda": 32768, "mps": 8192}  # in a pass, where the settings do not say
POOL = 64  # texts that are explained together at most
UNIT_PASSES = 12  # passes full of tokens in one unit of work: enough that few are left half empty, little to lose
FREE_COPIES = 32  # changed copies of a text up to which it takes no longer than usual
ATTENTION_BYTES = 2**28  # of attention weights that are held at a time
DEAR = 4  # how many times as many texts, and as much attention, that is where passes are dear
FILLED_PACKED, FILLED_DEAR = 0.5, 0.15  # how much of a pass must be rows where they are packed, and where it is dear
HELD_PASSES = 32  # passes full of gradients that are held before they are added up
QUADRATURE_WEIGHTS = 2**17  # of rules that are found at a time
FEATURES_WINDOW = 512  # training examples whose features are found and saved together
FEATURES_BYTES = 2**28  # of the features of all examples; where they would take more, they are projected
TRACED_TOGETHER = 32  # documents whose answers are traced at once
WIDTH_STEPS = 4  # widths of passes there are between a power of two and the next
BLOCK_WIDTH, BLOCK_STEP = 16, 4  # of packed rows: the narrowest block in tokens, and how many times as wide the next is
_WORTH = 128  # tokens in a pass: fewer cost too much beside what they compute
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


def take_windows(items: Iterable[Item], size: int = POOL) -> Iterator[list[Item]]:
    """The items in lists of `size`, the last one shorter, so that a stream can be sorted list by list."""
    stream = iter(items)
    while window := list(islice(stream, size)):
        yield window


def make_batches(
    items: Iterable[Item], width: Callable[[Item], int], *, budget: int, filled: float = 1.0
) -> Iterator[list[Item]]:
    """Batches, narrowest first, whose rows stay within `budget` together (one row may exceed it).

    Of rows times the widest row at least the share `filled` is rows, and the rest padding: by default there is none.
    """

    def fits(rows: int, spent: int, widest: int) -> bool:
        return filled * rows * widest <= spent <= budget

    return _fill(sorted(items, key=width), width, fits)


def share_passes(
    replicas: Replicas[Member],
    work: Callable[[Member, list[int]], Iterable[Result]],
    widths: Sequence[int],
    *,
    budget: int,
    filled: float = 1.0,
) -> list[Result]:
    """What `work` makes of each of some rows, in their order; it is called with the numbers of those that share a pass.

    The widest go first, so that no member of the crew is left with one of them at the end.
    """
    even = spread(widths, budget=budget, members=replicas.size)
    passes = list(make_batches(range(len(widths)), widths.__getitem__, budget=even, filled=filled))[::-1]
    by_number: dict[int, Result] = {}
    for numbers, results in zip(passes, replicas.share(work, passes), strict=True):
        by_number.update(zip(numbers, results, strict=True))
    return [by_number[at] for at in range(len(widths))]


def spread(widths: Sequence[int], *, budget: int, members: int) -> int:
    """The budget by which each of some members has as many passes as the others, where that leaves them large enough.

    What a pass leaves empty is half a row on average.
    """
    total = sum(widths)
    passes = members * -(-total // (budget * members))
    return min(budget, max(_WORTH, total // passes + total // (2 * len(widths)))) if total else budget


def work_in_halves(work: Callable[[list[Item]], list[Result]], items: list[Item]) -> list[Result]:
    """What `work` makes of the first half of some items, and then of the second."""
    middle = len(items) // 2
    return [*work(items[:middle]), *work(items[middle:])]


def pool_by_cost(
    items: Iterable[Item], cost: Callable[[Item], int], *, budget: int, most: int = POOL
) -> Iterator[list[Item]]:
    """Lists of neighbours, at most so many in each, whose costs stay within `budget` (one item may exceed it)."""
    return _fill(items, cost, lambda count, spent, _: count <= most and spent <= budget)


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
