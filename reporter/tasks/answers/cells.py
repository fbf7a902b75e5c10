"""Weighted sums of cells of a model's answer: all that a method ever sees of a task."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import reduce

import torch
from torch import Tensor
from torch.nn.functional import pad


@dataclass(frozen=True)
class Cells:
    """Weighted sums of cells of a table positions choices, (... terms): one for each row, or several (rows choices).

    One term is a cell, two of opposite weights a difference, more are a span; a term of weight 0 adds nothing.
    """

    positions: Tensor
    choices: Tensor
    weights: Tensor

    @classmethod
    def single(cls, positions: Sequence[int], choices: Sequence[int]) -> "Cells":
        """Every one of some choices at every one of some positions: positions choices 1."""
        size = (len(positions), len(choices), 1)
        rows, columns = torch.tensor(positions).view(-1, 1, 1), torch.tensor(choices).view(1, -1, 1)
        return cls(rows.expand(size), columns.expand(size), torch.ones(1).expand(size))

    @classmethod
    def stack(cls, rows: Sequence["Cells"]) -> "Cells":
        """Some of these as rows, filled up with terms of weight 0 to the largest."""
        size = [max(sizes) for sizes in zip(*(row.weights.shape for row in rows), strict=True)]
        return cls(
            *(torch.stack([_pad(tensor, size) for tensor in part]) for part in zip(*map(_parts, rows), strict=True))
        )

    @classmethod
    def join(cls, parts: Sequence["Cells"]) -> "Cells":
        """The rows of several of these, one after another."""
        size = [max(sizes) for sizes in zip(*(part.weights.shape[1:] for part in parts), strict=True)]
        whole = [[_pad(tensor, [len(tensor), *size]) for tensor in _parts(part)] for part in parts]
        return cls(*map(torch.cat, zip(*whole, strict=True)))

    def __len__(self) -> int:
        """How many rows there are."""
        return len(self.weights)

    def __getitem__(self, rows: int | slice | Tensor) -> "Cells":
        """Some of the rows, or one."""
        return Cells(*(part[rows] for part in _parts(self)))

    @property
    def device(self) -> torch.device:
        """Where they are."""
        return self.weights.device

    def to(self, device: torch.device) -> "Cells":
        """The same on another device."""
        return Cells(*(part.to(device) for part in _parts(self)))

    def repeat(self, times: int) -> "Cells":
        """The rows, so many times."""
        return Cells(*(part.repeat(times, *[1] * (part.dim() - 1)) for part in _parts(self)))

    def minus(self, other: "Cells") -> "Cells":
        """The difference of each from another."""
        parts = zip(_parts(self), (other.positions, other.choices, -other.weights), strict=True)
        return Cells(*(torch.cat(pair, -1) for pair in parts))

    def move(self, places: Tensor) -> "Cells":
        """The same cells where each position now stands at its entry in `places`; a sum with one at -1 is void.

        All terms of such a sum have weight 0.
        """
        positions = places[self.positions]
        is_void = ((positions < 0) & (self.weights != 0)).any(-1, keepdim=True)
        return Cells(positions.clamp_min(0), self.choices, self.weights.masked_fill(is_void, 0.0))

    def read(self, table: Tensor) -> Tensor:
        """What they come to in a table rows positions choices: one number for each sum of each row.

        Terms are added one by one, so that those of weight 0 change nothing.
        """
        rows = torch.arange(len(table), device=table.device).view(-1, *[1] * (self.weights.dim() - 1))
        terms = table[rows, self.positions, self.choices] * self.weights
        return reduce(torch.add, terms.unbind(-1))

    def read_choices(self, table: Tensor) -> Tensor:
        """What each row's choices come to, rows choices, detached; -inf where a row has fewer than others."""
        return self.read(table.detach()).masked_fill((self.weights == 0).all(-1), -torch.inf)


def _parts(cells: Cells) -> tuple[Tensor, Tensor, Tensor]:
    return cells.positions, cells.choices, cells.weights


def _pad(values: Tensor, size: Sequence[int]) -> Tensor:
    """Values with zeros after them, to this size."""
    if list(values.shape) == list(size):
        return values
    missing = [(0, wanted - present) for wanted, present in zip(size, values.shape, strict=True)]
    return pad(values, [side for pair in reversed(missing) for side in pair])
