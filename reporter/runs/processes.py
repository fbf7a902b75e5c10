"""Map over items in several processes: results come in order, and few items wait at a time."""

import gc
import signal
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from multiprocessing import get_context
from typing import TypeVar, cast

Item = TypeVar("Item")
Result = TypeVar("Result")

DEALT = 8  # documents that are dealt out at once
_WAITING = 2  # items per process that are handed out before the first result is taken
_ITEMS = 50_000  # objects that are made before any are looked for that only know each other; by default 700
_work: Callable[[object], object]


def map_in_processes(
    make: Callable[[], Callable[[Item], Result]], items: Iterable[Item], *, processes: int
) -> Iterator[Result]:
    """What `make()` makes of every item, in order; each process calls `make` once, and one process is this one.

    Everything that goes to or fro must pickle. The processes are new ones, as a copy of one that runs threads may hang.
    """
    if processes == 1:
        yield from map(make(), items)
        return
    maker = cast(Callable[[], Callable[[object], object]], make)
    waiting: deque[Future[object]] = deque()
    with ProcessPoolExecutor(processes, get_context("spawn"), initializer=_begin, initargs=(maker,)) as pool:
        for item in items:
            waiting.append(pool.submit(_do, item))
            if len(waiting) > _WAITING * processes:
                yield cast(Result, waiting.popleft().result())
        while waiting:
            yield cast(Result, waiting.popleft().result())


def _begin(make: Callable[[], Callable[[object], object]]) -> None:
    """Get ready once; an interrupt at the keyboard is the first process's to deal with."""
    global _work
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    _work = make()
    gc.freeze()  # what is there now stays, and what is made of an item goes without being looked for
    gc.set_threshold(_ITEMS)


def _do(item: object) -> object:
    """What this process makes of an item."""
    return _work(item)
