"""A task says what a model's answer is; one file each, named after `--task`. To add one, add a file.

Nobody else reads the model's output object, names its columns or turns numbers into probabilities. A task brings the
output to one table, rows x positions x choices, and plans for every text which weighted sums of its cells are kept:
the answer that is saved and shown. A target is one of these sums, or the difference of two, and that is all that a
method sees. No method names a task, and no task names a method.
"""

from dataclasses import dataclass
from typing import Any, ClassVar, Protocol

from torch import Tensor

from reporter.models import Encoded, Reader
from reporter.records import Document, Prediction, Settings, Target
from reporter.tasks.answers.cells import Cells
from reporter.tasks.answers.targets import Scale, choose_targets, find_columns, list_said, predict

__all__ = ["Cells", "Plan", "Task", "choose_targets", "find_columns", "list_said", "predict"]


@dataclass(frozen=True)
class Plan:
    """What is kept of the table for one text: sums of its cells, positions choices terms, and a label for each choice.

    `per_token` says that positions of the table are tokens of the text, which must stay where its words are removed;
    `candidates` that the labels are of this text alone, and not of the model, and `spans` where they stand in its pair.
    """

    labels: tuple[str, ...]
    choices: Cells
    per_token: bool = False
    candidates: bool = False
    spans: tuple[tuple[int, int] | None, ...] = ()


class Task(Reader, Scale, Protocol):
    """What a model's answer is: its labels and its problem are known once the task is settled.

    A vocabulary is no list of labels, and leaves them empty. A cell of the table is a logit or a log-probability.
    """

    outputs: ClassVar[tuple[str, ...]]
    """The fields of the output object that the answer is read from."""

    pipelines: ClassVar[tuple[str, ...]]
    """The names that pipelines of transformers have for the task, which `--task` takes as well."""

    def settle(self, config: Any, tokenizer: Any) -> "Task":  # noqa: ANN401
        """The task with what a model's configuration and its tokenizer say of its answer."""
        ...

    def ask(self, settings: Settings) -> "Task":
        """The task with what the settings ask of it; raises `UserError` for a target that the model does not know."""
        ...

    def shape(self, rows: int, tokens: int) -> tuple[int, ...]:
        """The shape of each of the outputs for so many rows of so many tokens."""
        ...

    def put(self, document: Document) -> Document:
        """The document as it is put to the model; raises `DocumentError` for one that the task cannot ask about."""
        ...

    def plan(self, table: Tensor, encoded: Encoded) -> Plan:
        """What is kept for one text, by its table positions choices."""
        ...

    def targets(self, prediction: Prediction, encoded: Encoded, settings: Settings) -> list[Target]:
        """What is explained of the answer that was kept; raises `DocumentError` if the document allows nothing."""
        ...
