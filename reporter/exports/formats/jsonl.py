"""JSON lines: the public twin, one line per document, every method and target."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from reporter.records import Explanation, Provenance, twin


@dataclass(frozen=True)
class Jsonl:
    """The lines of `data/documents.jsonl`, whole."""

    suffix: ClassVar[str] = ".jsonl"
    apart: ClassVar[bool] = False
    head: ClassVar[str] = ""

    def texts(self, explanation: Explanation, run: Provenance) -> Sequence[str]:  # noqa: ARG002
        """The line of one document, explained or not."""
        return (twin.dump_record(explanation).decode(), "\n")
