"""What the tasks have in common whose answer is one of very many: a few candidates are kept, with log-probabilities."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

from torch import Tensor


@dataclass(frozen=True)
class Candidates:
    """A model whose cells are log-probabilities of candidates; it has no list of labels."""

    keeps_mask: ClassVar[bool] = False
    labels: tuple[str, ...] = ()
    problem: None = None

    def inspect(self, folder: Path, config: dict[str, Any]) -> None:
        """Find nothing wrong: the configuration names no answers."""

    def apart(self, width: int) -> bool:  # noqa: ARG002
        """Whether each candidate has a probability of its own: they exclude each other."""
        return False

    def probabilities(self, choices: Tensor) -> Tensor:
        """The exponentials of log-probabilities (... choices)."""
        return choices.exp()
