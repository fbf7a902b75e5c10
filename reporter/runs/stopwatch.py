"""A stopwatch: the seconds that each part of a measurement took, for the terminal; they are not saved."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Lock


class Stopwatch:
    """Seconds of wall-clock time by name, in the order of their first use, and how many documents are done."""

    def __init__(self) -> None:
        """Nothing was spent yet; threads may share it."""
        self._seconds: dict[str, float] = {}
        self._documents = 0
        self._lock = Lock()

    @contextmanager
    def on(self, name: str) -> Iterator[None]:
        """Count the time spent in this context under a name, also if it fails."""
        start = time.perf_counter()
        try:
            yield
        finally:
            self.add(name, time.perf_counter() - start)

    def add(self, name: str, seconds: float) -> None:
        """Add seconds under a name."""
        with self._lock:
            self._seconds[name] = self._seconds.get(name, 0.0) + seconds

    def count(self, documents: int) -> None:
        """Count documents as done."""
        with self._lock:
            self._documents += documents

    @property
    def documents(self) -> int:
        """How many documents are done."""
        with self._lock:
            return self._documents

    def shares(self) -> dict[str, float]:
        """Seconds for each document that is done, by name; empty if none is."""
        with self._lock:
            return {name: seconds / self._documents for name, seconds in self._seconds.items() if self._documents}
