"""A batch of cases (a document with one target each), and all that a method may ask of them."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import torch
from torch import Tensor

from reporter.errors import UserError
from reporter.network import Network
from reporter.tasks import Task

BASELINES = ("pad", "mask", "zero", "mean")


@dataclass(frozen=True)
class Attention:
    """Attention weights, layers rows heads tokens tokens, and which positions the answer is read from, rows tokens.

    `readout` is the share of each position in the gradient of the score with respect to the last hidden state:
    measured, so that no method needs to know where a head reads. Each of its rows sums to 1.
    """

    weights: Tensor
    readout: Tensor


@dataclass(frozen=True)
class Cases:
    """Rows of a batch, each an input with one target cell; special tokens and padding are the same in every baseline.

    `inputs` are rows tokens; `real` marks what is not padding and `ordinary` what is neither padding nor special, both
    rows tokens; `cells` are rows x (position, choice, choice it is set against or -1).
    """

    network: Network
    task: Task
    inputs: dict[str, Tensor]
    real: Tensor
    ordinary: Tensor
    cells: Tensor
    baseline: str
    budget: int

    @property
    def rows(self) -> Tensor:
        """The row numbers: what `score` needs beside embeddings, and what repeats along with them."""
        return torch.arange(len(self.cells), device=self.cells.device)

    @property
    def width(self) -> int:
        """Rows that fit into one pass under the token budget, at least one for each case."""
        return max(len(self.cells), self.budget // self.real.shape[1])

    @cached_property
    def embeddings(self) -> Tensor:
        """The word embeddings as served, rows tokens width."""
        return self.network.embed(self.inputs)

    @cached_property
    def baselines(self) -> Tensor:
        """The word embeddings of the absent text, rows tokens width: ordinary tokens replaced, all others as served."""
        return torch.where(self.ordinary.unsqueeze(-1), self._absent, self.embeddings)

    @property
    def _absent(self) -> Tensor:
        if self.baseline == "mean":
            return self.network.table.mean(0)
        if self.baseline == "zero":
            return torch.zeros(self.embeddings.shape[-1], device=self.embeddings.device)
        piece = _piece(self.network, self.baseline)
        inputs = {**self.inputs, "input_ids": self.inputs["input_ids"].masked_fill(self.ordinary, piece)}
        return self.network.embed(inputs)

    def score(self, embeddings: Tensor, rows: Tensor) -> Tensor:
        """The target's score, one per row, with these word embeddings (rows tokens width) in the cases `rows`."""
        inputs = {name: values[rows] for name, values in self.inputs.items()}
        return self._read(self.network.run(inputs, embeddings).logits, rows)

    @cached_property
    def attention(self) -> Attention:
        """The attention weights of one eager pass, and where the answer is read."""
        embeddings = self.embeddings.clone().requires_grad_()
        with torch.enable_grad(), self.network.eager():
            found = self.network.run(self.inputs, embeddings, output_attentions=True, output_hidden_states=True)
            score = self._read(found.logits, self.rows).sum()
            (slope,) = torch.autograd.grad(score, found.hidden_states[-1])
        pull = slope.norm(dim=-1)
        weights = torch.stack([layer.detach() for layer in found.attentions])
        return Attention(weights, pull / pull.sum(-1, keepdim=True).clamp_min(torch.finfo(pull.dtype).tiny))

    def _read(self, logits: Tensor, rows: Tensor) -> Tensor:
        table = self.task.table(logits)
        position, choice, against = self.cells[rows].unbind(-1)
        here = torch.arange(len(rows), device=rows.device)
        score = table[here, position, choice]
        return score - torch.where(against >= 0, table[here, position, against.clamp_min(0)], 0.0)


def check_baseline(name: str, network: Network) -> None:
    """Raise `UserError` unless there is such a baseline and this network's tokenizer can serve it."""
    if name not in BASELINES:
        raise UserError(f"There is no baseline '{name}'; choose from: {', '.join(BASELINES)}.")
    if name in ("pad", "mask") and _piece(network, name) is None:
        raise UserError(f"The tokenizer has no {name} token; choose --baseline zero or mean, which need none.")


def _piece(network: Network, name: str) -> Any:  # noqa: ANN401
    """The vocabulary number of the token that stands for an absent word, or None."""
    return getattr(network.tokenizer, f"{name}_token_id")
