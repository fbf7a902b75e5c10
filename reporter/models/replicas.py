"""Replicas of a network, one for each core, and a pool of threads that shares items among them.

Small passes on one core each take less time than large ones on all cores, since no core waits for another within a
pass; and results are the same to the last bit for any number of cores.
"""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import contextmanager
from queue import SimpleQueue
from typing import Generic, TypeVar

import torch

Replica = TypeVar("Replica")
Item = TypeVar("Item")
Result = TypeVar("Result")


class Replicas(Generic[Replica]):
    """A pool of replicas, each of which works on one item at a time."""

    def __init__(self, members: Sequence[Replica]) -> None:
        """A thread for each of the members, none of which shares mutable state with another."""
        self.size = len(members)
        self._free: SimpleQueue[Replica] = SimpleQueue()
        for member in members:
            self._free.put(member)
        self._pool = ThreadPoolExecutor(len(members), initializer=torch.set_num_threads, initargs=(1,))

    def share(self, work: Callable[[Replica, Item], Result], items: Sequence[Item]) -> list[Result]:
        """The results of `work`, by any replica, for every item, in the order of the items.

        Raises what `work` raises, once no thread is running any more.
        """

        def run(item: Item) -> Result:
            """Do the work on one item with the next free replica."""
            member = self._free.get()
            try:
                return work(member, item)
            finally:
                self._free.put(member)

        futures = [self._pool.submit(run, item) for item in items]
        try:
            return [future.result() for future in futures]
        finally:
            for future in futures:
                future.cancel()
            wait(futures)

    @contextmanager
    def at_work(self) -> Iterator[None]:
        """Restrict the calling thread to one core, as each of the replicas is."""
        usual = torch.get_num_threads()
        torch.set_num_threads(1)
        try:
            yield
        finally:
            torch.set_num_threads(usual)
