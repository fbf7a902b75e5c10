"""Forward and backward passes: the score of a target, its gradient, and the attention weights on the way."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import torch
from torch import Tensor

from reporter.tasks import Cells


@dataclass(frozen=True)
class Pass:
    """A forward and backward pass: `answer` rows choices, `score` rows, `gradient` of the score rows tokens width."""

    answer: Tensor
    score: Tensor
    gradient: Tensor

    def pick(self, row: int) -> "Pass":
        """The pass of one row, as a batch of one."""
        return Pass(*(part[row : row + 1] for part in (self.answer, self.score, self.gradient)))


@dataclass(frozen=True)
class AttentionWeights:
    """Attention weights, layers rows heads tokens tokens, and where the answer is read, rows tokens.

    `readout` is each position's share of the norm of the gradient of the score by the last hidden states, so that no
    method needs to know at which position a classification head reads. Each of its rows sums to 1.
    """

    weights: Tensor
    readout: Tensor

    @cached_property
    def rows(self) -> Tensor:
        """Attention from the positions where the answer is read, weighted by `readout`: rows layers heads tokens."""
        return torch.einsum("bq,lbhqk->blhk", self.readout, self.weights)

    def pick(self, row: int) -> "AttentionWeights":
        """The weights of one row, as a batch of one."""
        return AttentionWeights(self.weights[:, row : row + 1], self.readout[row : row + 1])


@dataclass
class KnownPasses:
    """The cache of a batch: embeddings of the text and of the baseline, rows tokens width, and the pass at each.

    What is None has not been computed.
    """

    embeddings: Tensor | None = None
    baselines: Tensor | None = None
    input_pass: Pass | None = None
    baseline_pass: Pass | None = None
    attention: AttentionWeights | None = None

    def take(self, other: "KnownPasses", row: int) -> None:
        """Copy the passes of one row of another batch, into the cache of a batch of that row alone."""
        self.input_pass = other.input_pass and other.input_pass.pick(row)
        self.baseline_pass = other.baseline_pass and other.baseline_pass.pick(row)
        self.attention = other.attention and other.attention.pick(row)


def differentiate(answer: Callable[[Tensor], Tensor], embeddings: Tensor, cells: Cells, choices: Cells) -> Pass:
    """The pass at these word embeddings (rows tokens width): `answer` gives the table, and `cells` are the targets."""
    points = embeddings.detach().requires_grad_()
    with torch.enable_grad():
        table = answer(points)
        score = cells.read(table)
        (gradient,) = torch.autograd.grad(score.sum(), points)
    return Pass(choices.read_choices(table), score.detach(), gradient)
