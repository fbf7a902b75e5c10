"""Extractive question answering: two output tensors; an answer is where it starts plus where it ends."""

from dataclasses import dataclass
from typing import Any, ClassVar, Self

import torch
from torch import Tensor

from reporter.models import Encoded
from reporter.records import Document, Prediction, Settings, Target
from reporter.tasks import Cells, Plan, choose_targets

LONGEST = 4


@dataclass(frozen=True)
class ExtractiveQa:
    """The text is a question and its pair a context: rows tokens 2, of which the best span and "no answer" are kept."""

    head: ClassVar[str] = "AutoModelForQuestionAnswering"
    pipelines: ClassVar[tuple[str, ...]] = ()
    keeps_mask: ClassVar[bool] = False
    outputs: ClassVar[tuple[str, ...]] = ("start_logits", "end_logits")
    labels: tuple[str, ...] = ()
    problem: None = None

    def inspect(self, folder: object, config: object) -> None: ...
    def settle(self, config: Any, tokenizer: Any) -> Self:  # noqa: ARG002
        return self

    def put(self, document: Document) -> Document:
        return document

    def ask(self, settings: Settings) -> Self:  # noqa: ARG002
        return self

    def shape(self, rows: int, tokens: int) -> tuple[int, ...]:
        return rows, tokens

    def table(self, output: Any, seen: Tensor) -> Tensor:  # noqa: ARG002
        return torch.stack([output.start_logits, output.end_logits], -1)

    def plan(self, table: Tensor, encoded: Encoded) -> Plan:
        tokens, context = encoded.tokens, encoded.document.text_pair or ""
        inside = [place for place, token in enumerate(tokens) if token.segment == 1 and not token.special]
        spans = [(first, last) for first in inside for last in inside if 0 <= last - first < LONGEST]
        first, last = max(spans, key=lambda span: float(table[span[0], 0] + table[span[1], 1]))
        places = torch.tensor([[[first, last], [0, 0]]])
        sides = torch.tensor([0, 1]).expand(places.shape)
        labels = (context[tokens[first].start : tokens[last].end], "no answer")
        return Plan(labels, Cells(places, sides, torch.ones(places.shape)), per_token=True)

    def targets(self, prediction: Prediction, encoded: Encoded, settings: Settings) -> list[Target]:
        return choose_targets(prediction, [0], settings, encoded.document)

    def apart(self, width: int) -> bool:  # noqa: ARG002
        return False

    def probabilities(self, choices: Tensor) -> None:  # noqa: ARG002
        return None
