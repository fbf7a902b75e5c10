"""A pass forward and back, and what is read of the table that it answers."""

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor


@dataclass(frozen=True)
class Pass:
    """A pass forward and back: answers at the target's place rows choices, scores rows, gradients rows tokens width."""

    answer: Tensor
    score: Tensor
    gradient: Tensor

    def pick(self, row: int) -> "Pass":
        """That of one row alone."""
        return Pass(*(part[row : row + 1] for part in (self.answer, self.score, self.gradient)))


def differentiate(answer: Callable[[Tensor], Tensor], embeddings: Tensor, cells: Tensor) -> Pass:
    """The pass at these word embeddings (rows tokens width) of what `answer` makes a table of, towards these cells."""
    points = embeddings.detach().requires_grad_()
    with torch.enable_grad():
        table = answer(points)
        score = read_cells(table, cells)
        (gradient,) = torch.autograd.grad(score.sum(), points)
    return Pass(read_places(table, cells[:, 0]).detach(), score.detach(), gradient)


def read_cells(table: Tensor, cells: Tensor) -> Tensor:
    """The score of each row of a table rows positions choices: one cell of it, or the difference of two."""
    position, choice, against = cells.unbind(-1)
    here = torch.arange(len(cells), device=cells.device)
    score = table[here, position, choice]
    return score - torch.where(against >= 0, table[here, position, against.clamp_min(0)], 0.0)


def read_places(table: Tensor, places: Tensor) -> Tensor:
    """All that a table rows positions choices answers at one position of each row, rows choices."""
    return table[torch.arange(len(places), device=places.device), places]
