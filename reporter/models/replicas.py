"""Replicas of a network, one for each core, and work on many items shared among them.

Small passes on cores of their own cost less than large ones that all cores share, for nothing waits within a pass; and
what is computed is the same to the last bit, however many cores there are.
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
    """Members of whom each does one thing at a time."""

    def __init__(self, members: Sequence[Replica]) -> None:
        """As many at work at once as there are members; what each of them holds is its own."""
        self.size = len(members)
        self._free: SimpleQueue[Replica] = SimpleQueue()
        for member in members:
            self._free.put(member)
        self._pool = ThreadPoolExecutor(len(members), initializer=torch.set_num_threads, initargs=(1,))

    def share(self, work: Callable[[Replica, Item], Result], items: Sequence[Item]) -> list[Result]:
        """`work` by some member on every item, the results in the order of the items.

        Raises what `work` raises, once nobody is at work any more.
        """

        def run(item: Item) -> Result:
            member = self._free.get()
            try:
                return work(member, item)
            finally:
                self._free.put(member)

        asked = [self._pool.submit(run, item) for item in items]
        try:
            return [future.result() for future in asked]
        finally:
            for future in asked:
                future.cancel()
            wait(asked)

    @contextmanager
    def at_work(self) -> Iterator[None]:
        """While the replicas are at work, the calling thread computes on one core as well."""
        usual = torch.get_num_threads()
        torch.set_num_threads(1)
        try:
            yield
        finally:
            torch.set_num_threads(usual)
