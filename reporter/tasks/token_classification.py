"""One label for every token (named entities, parts of speech): the table has one position per token."""

from dataclasses import dataclass
from typing import ClassVar

from torch import Tensor

from reporter.records import BACKGROUND, Token


@dataclass(frozen=True)
class TokenClassification:
    """Token classification: rows tokens labels; tokens whose winner is `background` are not explained."""

    head: ClassVar[str] = "AutoModelForTokenClassification"
    background: str = BACKGROUND

    def shape(self, rows: int, tokens: int, *, labels: int) -> tuple[int, ...]:
        """Rows tokens labels."""
        return rows, tokens, labels

    def table(self, logits: Tensor) -> Tensor:
        """Logits rows tokens labels, as they are."""
        return logits

    def positions(self, winners: list[str], tokens: tuple[Token, ...]) -> list[int]:
        """Every ordinary token that the model takes for something."""
        pairs = enumerate(zip(winners, tokens, strict=True))
        return [place for place, (label, token) in pairs if label != self.background and not token.special]
