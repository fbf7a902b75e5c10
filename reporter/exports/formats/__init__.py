"""A sink writes a run in an export format; one file each, named after `--format`. To add one, add a file.

Promises, kept by a test over every file here: whatever a document says stays text; the same run gives the same bytes.
Its fields, if it has any, are options of the same name.
"""

from collections.abc import Sequence
from typing import ClassVar, Protocol

from reporter.records import Explanation, Provenance


class Sink(Protocol):
    """A way to write documents down: all of them in one file after `head`, or (`apart`) each in its own."""

    suffix: ClassVar[str]
    apart: ClassVar[bool]
    head: ClassVar[str]

    def texts(self, explanation: Explanation, run: Provenance) -> Sequence[str]:
        """What stands in the file of one document; nothing where it has nothing of what was asked for."""
        ...
