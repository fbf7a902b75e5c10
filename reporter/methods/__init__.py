"""A method turns cases into one score per token; one file each, named after `--methods`. To add one, add a file.

Promises, kept by a test over every file here: padding, batch mates and order change no score; special tokens get a
score like any other; `description` says what is claimed, and a claim of completeness is held against a certificate.
"""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Any, ClassVar, Protocol, Self

from torch import Tensor

from reporter.attribution import Cases
from reporter.models import Network
from reporter.records import Description


@dataclass(frozen=True)
class Scores:
    """One score per token (`values`, rows tokens), and the passes through the network for each row (`evaluations`).

    A method that knows them gives the error of each score, rows tokens, and that of the sum of a row's scores
    (`whole`); one that follows a path gives its nodes (0 to 1) with F at each (`paths`), and the part of a path, if
    any, that is too narrow to be resolved (`slivers`). `rules` say how each row was computed.
    """

    values: Tensor
    evaluations: Sequence[int]
    errors: Tensor | None = None
    whole: Sequence[float] | None = None
    rules: Sequence[str] | None = None
    paths: Sequence[tuple[tuple[float, float], ...]] | None = None
    slivers: Sequence[tuple[float, float] | None] | None = None

    def pick(self, row: int) -> "Scores":
        """The scores of one row, as a batch of one."""
        known: dict[str, Any] = {field.name: getattr(self, field.name) for field in fields(self)}
        return Scores(**{name: values[row : row + 1] for name, values in known.items() if values is not None})


@dataclass(frozen=True)
class Needs:
    """What a method needs beside the passes at text and baseline, by which a run plans its work.

    `attention` says that it reads attention weights; `copies` is about how many perturbed copies of a text it runs.
    """

    attention: bool = False
    copies: int = 0


class Method(Protocol):
    """An attribution method: it divides the score of a target among the tokens; its fields are its options."""

    description: ClassVar[Description]

    @property
    def needs(self) -> Needs:
        """What it needs and costs."""
        ...

    def bounded(self, evaluations: int) -> "Method":
        """The same method with at most this many evaluations of a text, where it refines until a tolerance is met."""
        ...

    def objection(self, network: Network) -> str | None:
        """Why this method cannot serve this network, or None if it can."""
        ...

    def attribute(self, batches: Sequence[Cases]) -> list[Scores]:
        """The scores of every case, batch by batch; a method may let the cases of all batches share its passes."""
        ...


class FixedCost:
    """A base for methods whose cost follows from their options, and which by default serve any network."""

    def bounded(self, evaluations: int) -> Self:  # noqa: ARG002
        """The same method."""
        return self

    def objection(self, network: Network) -> str | None:  # noqa: ARG002
        """None: the method serves every network."""
        return None
