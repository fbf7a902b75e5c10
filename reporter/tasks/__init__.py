"""A task brings a model's answer to one table, rows x positions x choices; one file each, named after `--task`.

Promises: `table` only reshapes, so a cell of it is a logit of the model; `positions` are rows of that table, in order.
No method names a task, and no task names a method.
"""

from typing import ClassVar, Protocol

from torch import Tensor

from reporter.records import Token


class Task(Protocol):
    """What a model's answer is."""

    head: ClassVar[str]

    def shape(self, rows: int, tokens: int, *, labels: int) -> tuple[int, ...]:
        """The shape of the model's logits for so many rows of so many tokens."""
        ...

    def table(self, logits: Tensor) -> Tensor:
        """The model's logits as rows positions choices."""
        ...

    def positions(self, winners: list[str], tokens: tuple[Token, ...]) -> list[int]:
        """The positions to explain in one row, given the winning label of each."""
        ...
