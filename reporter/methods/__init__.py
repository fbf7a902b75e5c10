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
    """One score per token, rows tokens, and passes through the network, rows.

    A method that knows them gives the error of each score, rows tokens, and what those of a row sum up to (`whole`);
    one that follows a path gives the share of the way and F at each node, by row, and which part of the way, if any,
    is too narrow to be followed (`slivers`); `rules` say how each was found.
    """

    values: Tensor
    evaluations: Sequence[int]
    errors: Tensor | None = None
    whole: Sequence[float] | None = None
    rules: Sequence[str] | None = None
    paths: Sequence[tuple[tuple[float, float], ...]] | None = None
    slivers: Sequence[tuple[float, float] | None] | None = None

    def pick(self, row: int) -> "Scores":
        """Those of one row alone."""
        known: dict[str, Any] = {field.name: getattr(self, field.name) for field in fields(self)}
        return Scores(**{name: values[row : row + 1] for name, values in known.items() if values is not None})


@dataclass(frozen=True)
class Needs:
    """What a method needs beside the passes at text and baseline, so that a run can prepare it and plan its work.

    `attention` says that it reads attention weights, which are shown only where a method does; `copies` is about how
    many changed copies of each text it runs, whatever the text is.
    """

    attention: bool = False
    copies: int = 0


class Method(Protocol):
    """A way to share the score of a target out among the tokens; its fields are its options."""

    description: ClassVar[Description]

    @property
    def needs(self) -> Needs:
        """What it needs and costs."""
        ...

    def bounded(self, evaluations: int) -> "Method":
        """The same method with at most so many evaluations of a text, where it goes on until it is exact enough."""
        ...

    def objection(self, network: Network) -> str | None:
        """Why this method cannot serve this network, or None if it can."""
        ...

    def attribute(self, batches: Sequence[Cases]) -> list[Scores]:
        """The scores of every case, batch by batch; a method may let the cases of all batches share its passes."""
        ...


class FixedCost:
    """What methods have in common whose options say what they cost: no bound changes it, and any network will do."""

    def bounded(self, evaluations: int) -> Self:  # noqa: ARG002
        """The same method."""
        return self

    def objection(self, network: Network) -> str | None:  # noqa: ARG002
        """Nothing, unless the method needs what some networks have not."""
        return None
