"""An engine executes the unit of work, in this process or elsewhere; one file each. To add one, add a file.

Promises: every document comes back once, whatever the order; a text's record is the same by every engine; and what is
not asked for any more is not worked on.
"""

from collections.abc import Iterable, Iterator
from typing import Protocol

from reporter.records import Document
from reporter.runs.unit_of_work import Explain, Measured


class Engine(Protocol):
    """Has documents explained."""

    def run(self, explain: Explain, batches: Iterable[list[Document]]) -> Iterator[list[Measured]]:
        """The explanations of all documents and the seconds that each took, in lists as they are done.

        Batches are taken as there is room for their work, so that no more texts are in memory than are worked on.
        """
        ...
