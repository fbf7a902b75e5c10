"""Batches of like length under a token budget, and every constant that bounds the work and memory of one step.

The constants change time and memory, and no result, except for rounding (`WIDTH_STEPS`) and for the projection of
influence features (`FEATURES_BYTES`).
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
UNIT_PASSES = 12  # full passes in a unit of work: enough to fill them, and few enough to lose little at Ctrl-C
FREE_COPIES = 32  # perturbed copies of a text up to which it counts as one text of usual cost
ATTENTION_BYTES = 2**28  # of attention weights that are held at a time
ACCELERATOR_FACTOR = 4  # times POOL and ATTENTION_BYTES on an accelerator, where each pass is expensive
FILLED_PACKED, FILLED_ACCELERATED = 0.5, 0.15  # the least share of a pass that is no padding: packed, on an accelerator
HELD_PASSES = 32  # full passes of gradients that are held before they are added up
QUADRATURE_WEIGHTS = 2**17  # weights of quadrature rules that are computed at a time
FEATURES_WINDOW = 512  # training examples whose features are found and saved together
FEATURES_BYTES = 2**28  # of the features of all examples; where they would take more, they are projected
TRACED_TOGETHER = 32  # documents whose answers are traced at once
WIDTH_STEPS = 4  # widths of passes there are between a power of two and the next
BLOCK_WIDTH, BLOCK_STEP = 16, 4  # packed rows: the narrowest block in tokens, and the factor to the next wider one
_SMALLEST_BUDGET = 128  # tokens in a pass: below that, overhead outweighs the computation
_FEWEST_TOKENS = 32  # tokens in a pass: where not even these fit, halving again is no use


@dataclass
class Budget:
    """The most tokens that may share a pass; halved when memory runs out."""

    tokens: int

    def halve(self) -> bool:
        """Halve it, down to a minimum; returns whether it could be halved."""
        if self.tokens <= _FEWEST_TOKENS:
            return False
        self.tokens //= 2
        return True


def take_windows(items: Iterable[Item], size: int = POOL) -> Iterator[list[Item]]:
    """Consecutive items in lists of `size`, the last one shorter."""
    stream = iter(items)
    while window := list(islice(stream, size)):
        yield window


def make_batches(
    items: Iterable[Item], width: Callable[[Item], int], *, budget: int, filled: float = 1.0
) -> Iterator[list[Item]]:
    """Batches of items, narrowest first, whose widths sum to at most `budget` (a single item may exceed it).

    The widths are at least the share `filled` of items times the widest one; the rest is padding, by default none.
    """

    def fits(rows: int, spent: int, widest: int) -> bool:
        return filled * rows * widest <= spent <= budget

    return _group(sorted(items, key=width), width, fits)


def share_passes(
    replicas: Replicas[Member],
    work: Callable[[Member, list[int]], Iterable[Result]],
    widths: Sequence[int],
    *,
    budget: int,
    filled: float = 1.0,
) -> list[Result]:
    """The results of `work` for rows of these widths (tokens), in their order; it gets the numbers of each pass's rows.

    The widest passes come first, so that the replicas finish at about the same time.
    """
    even = even_budget(widths, budget=budget, members=replicas.size)
    passes = list(make_batches(range(len(widths)), widths.__getitem__, budget=even, filled=filled))[::-1]
    by_number: dict[int, Result] = {}
    for numbers, results in zip(passes, replicas.share(work, passes), strict=True):
        by_number.update(zip(numbers, results, strict=True))
    return [by_number[at] for at in range(len(widths))]


def even_budget(widths: Sequence[int], *, budget: int, members: int) -> int:
    """The token budget of a pass at which every replica gets as many passes as the others, if they stay large enough.

    A pass is on average half a row short of its budget.
    """
    total = sum(widths)
    passes = members * -(-total // (budget * members))
    return min(budget, max(_SMALLEST_BUDGET, total // passes + total // (2 * len(widths)))) if total else budget


def work_in_halves(work: Callable[[list[Item]], list[Result]], items: list[Item]) -> list[Result]:
    """The results of `work` for the first half of the items, and then for the second."""
    middle = len(items) // 2
    return [*work(items[:middle]), *work(items[middle:])]


def pool_by_cost(
    items: Iterable[Item], cost: Callable[[Item], int], *, budget: int, most: int = POOL
) -> Iterator[list[Item]]:
    """Lists of at most `most` consecutive items whose costs sum to at most `budget` (a single item may exceed it)."""
    return _group(items, cost, lambda count, spent, _: count <= most and spent <= budget)


def _group(
    items: Iterable[Item], cost: Callable[[Item], int], fits: Callable[[int, int, int], bool]
) -> Iterator[list[Item]]:
    """Consecutive items in lists; `fits` gets a list's length, its total cost, and the cost of its last item."""
    batch: list[Item] = []
    total = 0
    for item in items:
        price = cost(item)
        if batch and not fits(len(batch) + 1, total + price, price):
            yield batch
            batch, total = [], 0
        batch.append(item)
        total += price
    if batch:
        yield batch
