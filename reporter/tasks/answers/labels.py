"""What the tasks with labels have in common: their names and their kind by the configuration, and their scale."""

import json
import re
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, ClassVar, Self

from torch import Tensor

from reporter.records import Document, Settings, UserError, find_label, name_labels
from reporter.tasks.answers.targets import RUNNER_UP

_WORDS = ("predicted", "given", "all")
_SHOWN = 5


@dataclass(frozen=True)
class Classification:
    """A model whose logits each have a label: one of them holds, or each by itself, or they are plain numbers."""

    keeps_mask: ClassVar[bool] = False
    outputs: ClassVar[tuple[str, ...]] = ("logits",)
    labels: tuple[str, ...] = ()
    problem: str | None = None

    def inspect(self, folder: Path, config: dict[str, Any]) -> None:
        """Raise `UserError` unless a saved configuration numbers its labels from 0 without gaps, if it names them."""
        names = config.get("id2label")
        if not isinstance(names, dict) or not names:
            return
        numbers = [str(key) for key, _ in sorted(names.items(), key=_sort_key)]
        if sorted(numbers) != sorted(str(at) for at in range(len(names))):
            written = json.dumps({str(at): name for at, (_, name) in enumerate(sorted(names.items(), key=_sort_key))})
            raise UserError(
                f"The config.json in {folder} numbers its labels {', '.join(numbers[:_SHOWN])}"
                f"{', ...' if len(numbers) > _SHOWN else ''} in id2label, and a model's answers are numbered from 0 "
                f'without gaps; if that is their order, write "id2label": {written}.'
            )

    def settle(self, config: Any, tokenizer: Any) -> Self:  # noqa: ANN401, ARG002
        """The task with the labels that a model's configuration names, and what it says of them."""
        names = [str(config.id2label[index]) for index in range(config.num_labels)]
        return replace(self, labels=name_labels(names), problem=config.problem_type)

    def put(self, document: Document) -> Document:
        """The document as it is."""
        return document

    def ask(self, settings: Settings) -> Self:
        """The same task; raises `UserError` if the settings name a label that the model does not have."""
        labels = self.labels
        for pair in settings.labels:
            if find_label(pair.partition("=")[2], labels) is None:
                raise UserError(f"--labels gives '{pair}', and the model's labels are: {', '.join(labels)}.")
        for option, name, known in (
            ("--target", settings.target, _WORDS),
            ("--against", settings.against, (RUNNER_UP,)),
        ):
            if name is not None and name not in known and find_label(name, labels) is None:
                choices = ", ".join((*known, *labels))
                raise UserError(f"{option} names '{name}', which the model does not know; choose from: {choices}.")
        return self

    def apart(self, width: int) -> bool:
        """Whether each of so many labels has a probability of its own, and does not exclude the others."""
        return self.problem != "regression" and (self.problem == "multi_label_classification" or width == 1)

    def probabilities(self, choices: Tensor) -> Tensor | None:
        """The probabilities of logits (... choices), as a pipeline has them; None for a model that has none.

        TextClassificationPipeline.postprocess in transformers: nothing for a regression, the sigmoid for several labels
        at once or for a single one, the softmax for the others.
        """
        if self.problem == "regression":
            return None
        return choices.sigmoid() if self.apart(choices.shape[-1]) else choices.softmax(-1)


def _sort_key(pair: tuple[str, Any]) -> tuple[int, str]:
    return (int(pair[0]) if re.fullmatch(r"-?\d+", str(pair[0])) else 0, str(pair[0]))
