"""One label for every token (named entities, parts of speech): the table has one position per token."""

from dataclasses import dataclass
from typing import Any, ClassVar

from torch import Tensor

from reporter.models import Encoded
from reporter.records import BACKGROUND, Prediction, Settings, Target
from reporter.tasks import Cells, Plan, choose_targets
from reporter.tasks.answers.labels import Classification


@dataclass(frozen=True)
class TokenClassification(Classification):
    """Token classification: rows tokens labels; tokens whose winner is `background` are not explained."""

    head: ClassVar[str] = "AutoModelForTokenClassification"
    pipelines: ClassVar[tuple[str, ...]] = ("token-classification", "ner")
    background: str = BACKGROUND

    def shape(self, rows: int, tokens: int) -> tuple[int, ...]:
        """Rows tokens labels."""
        return rows, tokens, len(self.labels)

    def table(self, output: Any, seen: Tensor) -> Tensor:  # noqa: ANN401, ARG002
        """Logits rows tokens labels, as they are."""
        logits: Tensor = output.logits
        return logits

    def plan(self, table: Tensor, encoded: Encoded) -> Plan:  # noqa: ARG002
        """All of it."""
        return Plan(self.labels, Cells.single(range(len(table)), range(table.shape[1])), per_token=len(table) > 1)

    def targets(self, prediction: Prediction, encoded: Encoded, settings: Settings) -> list[Target]:
        """The labels that the settings ask for, at every ordinary token that the model takes for something."""
        width = len(prediction.labels)
        rows = (prediction.logits[place * width :][:width] for place in range(prediction.positions))
        pairs = enumerate(zip(map(_find_best, rows), encoded.tokens, strict=True))
        places = [place for place, (best, token) in pairs if not token.special and not self._is_background(best)]
        return choose_targets(prediction, places, settings, encoded.document)

    def _is_background(self, column: int) -> bool:
        return self.labels[column] == self.background


def _find_best(numbers: tuple[float, ...]) -> int:
    return max(range(len(numbers)), key=numbers.__getitem__)
