"""The protocol by which a network reads its outputs; tasks implement it, so that no model code names their fields."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar, Protocol

from torch import Tensor

from reporter.models.special_tokens import measure_seen


class Reader(Protocol):
    """The head class of a network, its labels, and how its output becomes a table."""

    head: ClassVar[str]
    keeps_mask: ClassVar[bool]
    """Whether a mask in a text is a gap that stays as it is served, and no word."""

    @property
    def labels(self) -> tuple[str, ...]:
        """The names of the table's columns, in their order."""
        ...

    @property
    def problem(self) -> str | None:
        """What the model's configuration says of its answer: regression, multi_label_classification, or nothing."""
        ...

    def inspect(self, folder: Path, config: dict[str, Any]) -> None:
        """Raise `UserError` if the configuration that a model was saved with names its answers wrongly."""
        ...

    def settle(self, config: Any, tokenizer: Any) -> "Reader":  # noqa: ANN401
        """The task with what a model's configuration and its tokenizer say of its answer."""
        ...

    def table(self, output: Any, seen: Tensor) -> Tensor:  # noqa: ANN401
        """The output object as rows positions choices; `seen`, rows tokens, is 0 at padding, and 1 elsewhere."""
        ...


def tabulate_output(task: Reader, output: Any, inputs: Mapping[str, Tensor]) -> Tensor:  # noqa: ANN401
    """The table that a task reads in the output for `inputs` (name -> rows tokens): rows positions choices."""
    return task.table(output, measure_seen(inputs))
