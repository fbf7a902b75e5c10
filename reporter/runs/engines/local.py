"""In this process, one batch after another."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from reporter.models import release_memory
from reporter.records import Document
from reporter.runs.unit_of_work import Explain, Measured


@dataclass(frozen=True)
class Local:
    """The cores of this machine share the passes of each batch; its memory is given back before the next is taken."""

    def run(self, explain: Explain, batches: Iterable[list[Document]]) -> Iterator[list[Measured]]:
        """Work on a batch, then take the next."""
        for documents in batches:
            yield from explain.measure(documents)
            release_memory()
