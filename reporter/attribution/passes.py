"""A pass forward and back, what it shows of attention, and what is read of the table that it answers."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import torch
from torch import Tensor

from reporter.tasks import Cells


@dataclass(frozen=True)
class Pass:
    """A pass forward and back: scores rows, gradients rows tokens width.

    The answer has what could be said in the target's place, rows choices.
    """

    answer: Tensor
    score: Tensor
    gradient: Tensor

    def pick(self, row: int) -> "Pass":
        """That of one row alone."""
        return Pass(*(part[row : row + 1] for part in (self.answer, self.score, self.gradient)))


@dataclass(frozen=True)
class Attention:
    """Attention weights, layers rows heads tokens tokens, and which positions the answer is read from, rows tokens.

    `readout` is the share of each position in the gradient of the score with respect to the last hidden state:
    measured, so that no method needs to know where a head reads. Each of its rows sums to 1.
    """

    weights: Tensor
    readout: Tensor

    @cached_property
    def rows(self) -> Tensor:
        """Attention from where the answer is read, rows layers heads tokens."""
        return torch.einsum("bq,lbhqk->blhk", self.readout, self.weights)

    def pick(self, row: int) -> "Attention":
        """That of one row alone."""
        return Attention(self.weights[:, row : row + 1], self.readout[row : row + 1])


@dataclass
class Known:
    """What was computed of a batch already, whoever did it; None is computed when it is asked for.

    Embeddings are rows tokens width: of the text and, as `baselines`, of the absent text; so are the two passes.
    """

    embeddings: Tensor | None = None
    baselines: Tensor | None = None
    input_pass: Pass | None = None
    baseline_pass: Pass | None = None
    attention: Attention | None = None

    def take(self, other: "Known", row: int) -> None:
        """Take over the passes of one row of another batch, for a batch of that row alone."""
        self.input_pass = other.input_pass and other.input_pass.pick(row)
        self.baseline_pass = other.baseline_pass and other.baseline_pass.pick(row)
        self.attention = other.attention and other.attention.pick(row)


def differentiate(answer: Callable[[Tensor], Tensor], embeddings: Tensor, cells: Cells, choices: Cells) -> Pass:
    """The pass at these word embeddings (rows tokens width) of what `answer` makes a table of, towards these cells."""
    points = embeddings.detach().requires_grad_()
    with torch.enable_grad():
        table = answer(points)
        score = cells.read(table)
        (gradient,) = torch.autograd.grad(score.sum(), points)
    return Pass(choices.read_choices(table), score.detach(), gradient)
