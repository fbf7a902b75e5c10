"""One label for a text or a pair of texts: the table has one position."""

from dataclasses import dataclass
from typing import ClassVar

from torch import Tensor

from reporter.records import Token


@dataclass(frozen=True)
class SequenceClassification:
    """Sequence classification: rows 1 labels."""

    head: ClassVar[str] = "AutoModelForSequenceClassification"

    def shape(self, rows: int, tokens: int, *, labels: int) -> tuple[int, ...]:  # noqa: ARG002
        """Rows labels."""
        return rows, labels

    def table(self, logits: Tensor) -> Tensor:
        """Logits rows labels as rows 1 labels."""
        return logits.unsqueeze(1)

    def positions(self, winners: list[str], tokens: tuple[Token, ...]) -> list[int]:  # noqa: ARG002
        """The only one."""
        return [0]
