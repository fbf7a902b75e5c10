"""One label for a text or a pair of texts: the table has one position."""

from dataclasses import dataclass
from typing import Any, ClassVar

from torch import Tensor

from reporter.models import Encoded
from reporter.records import Prediction, Settings, Target
from reporter.tasks import Cells, Plan, choose_targets
from reporter.tasks.answers.labels import Classification


@dataclass(frozen=True)
class SequenceClassification(Classification):
    """Sequence classification: rows 1 labels."""

    head: ClassVar[str] = "AutoModelForSequenceClassification"
    pipelines: ClassVar[tuple[str, ...]] = ("text-classification", "sentiment-analysis")

    def shape(self, rows: int, tokens: int) -> tuple[int, ...]:  # noqa: ARG002
        """Rows labels."""
        return rows, len(self.labels)

    def table(self, output: Any, seen: Tensor) -> Tensor:  # noqa: ANN401, ARG002
        """Logits rows labels as rows 1 labels."""
        logits: Tensor = output.logits
        return logits.unsqueeze(1)

    def plan(self, table: Tensor, encoded: Encoded) -> Plan:  # noqa: ARG002
        """All of it."""
        return Plan(self.labels, Cells.single([0], range(table.shape[1])))

    def targets(self, prediction: Prediction, encoded: Encoded, settings: Settings) -> list[Target]:
        """The labels that the settings ask for."""
        return choose_targets(prediction, [0], settings, encoded.document)
