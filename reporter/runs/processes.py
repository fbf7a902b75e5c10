"""A map over items in several processes: results come in order, and few items wait at a time."""

import gc
import signal
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from multiprocessing import get_context
from typing import TypeVar, cast

Item = TypeVar("Item")
Result = TypeVar("Result")

DEALT = 8  # documents in one item
_WAITING = 2  # items per process that are submitted before the first result is taken
_ITEMS = 50_000  # objects allocated between two garbage collections; by default 700
_work: Callable[[object], object]


def map_in_processes(
    make: Callable[[], Callable[[Item], Result]], items: Iterable[Item], *, processes: int
) -> Iterator[Result]:
    """The results of `make()` for every item, in order; each process calls `make` once. One process is this one.

    Functions, items and results must pickle. Processes are spawned, as a fork of one with threads may hang.
    """
    if processes == 1:
        yield from map(make(), items)
        return
    maker = cast(Callable[[], Callable[[object], object]], make)
    waiting: deque[Future[object]] = deque()
    with ProcessPoolExecutor(processes, get_context("spawn"), initializer=_initialise, initargs=(maker,)) as pool:
        for item in items:
            waiting.append(pool.submit(_run_item, item))
            if len(waiting) > _WAITING * processes:
                yield cast(Result, waiting.popleft().result())
        while waiting:
            yield cast(Result, waiting.popleft().result())


def _initialise(make: Callable[[], Callable[[object], object]]) -> None:
    """Initialise a process; Ctrl-C is left to the first process."""
    global _work
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    _work = make()
    gc.freeze()  # what exists now is permanent, and the results of an item are freed without the garbage collector
    gc.set_threshold(_ITEMS)


def _run_item(item: object) -> object:
    """The result for one item."""
    return _work(item)
