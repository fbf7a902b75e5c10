"""Masked language modelling: the columns are the vocabulary, and a target is the logit of one token at one mask."""

from dataclasses import dataclass, replace
from typing import Any, ClassVar, Self

from torch import Tensor

from reporter.models import Encoded
from reporter.records import Document, DocumentError, Prediction, Settings, Target
from reporter.tasks import Cells, Plan, choose_targets

KEPT = 3


@dataclass(frozen=True)
class MaskedLm:
    """A text with masks in it: rows tokens vocabulary, of which the likeliest tokens of each mask are kept."""

    head: ClassVar[str] = "AutoModelForMaskedLM"
    pipelines: ClassVar[tuple[str, ...]] = ()
    keeps_mask: ClassVar[bool] = True
    outputs: ClassVar[tuple[str, ...]] = ("logits",)
    labels: tuple[str, ...] = ()
    problem: None = None
    vocabulary: tuple[str, ...] = ()
    mask: int = -1

    def inspect(self, folder: object, config: object) -> None: ...

    def settle(self, config: Any, tokenizer: Any) -> Self:
        pieces = tokenizer.convert_ids_to_tokens(range(config.vocab_size))
        return replace(self, vocabulary=tuple(map(str, pieces)), mask=tokenizer.mask_token_id)

    def put(self, document: Document) -> Document:
        return document

    def ask(self, settings: Settings) -> Self:  # noqa: ARG002
        return self

    def shape(self, rows: int, tokens: int) -> tuple[int, ...]:
        return rows, tokens, len(self.vocabulary)

    def table(self, output: Any, seen: Tensor) -> Tensor:  # noqa: ARG002
        return output.logits

    def plan(self, table: Tensor, encoded: Encoded) -> Plan:
        masks = [place for place, piece in enumerate(encoded.inputs["input_ids"]) if piece == self.mask]
        if not masks:
            raise DocumentError("It has no mask, so there is no word to explain.")
        columns = sorted(set(table[masks].topk(KEPT).indices.flatten().tolist()))
        return Plan(tuple(self.vocabulary[one] for one in columns), Cells.single(masks, columns), per_token=True)

    def targets(self, prediction: Prediction, encoded: Encoded, settings: Settings) -> list[Target]:
        return choose_targets(prediction, range(prediction.positions), settings, encoded.document)

    def apart(self, width: int) -> bool:  # noqa: ARG002
        return False

    def probabilities(self, choices: Tensor) -> None:  # noqa: ARG002
        return None
