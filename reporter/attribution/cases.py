"""A batch of cases (a document with one target each), and all that a method may ask of them."""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np
import torch
from torch import Tensor

from reporter.attribution.baselines import find_piece
from reporter.attribution.passes import Attention, Known, Pass, differentiate
from reporter.attribution.quadrature.refinement import Samples
from reporter.attribution.quadrature.rules import Array
from reporter.models import Network
from reporter.tasks import Cells


@dataclass(frozen=True)
class Cases:
    """Rows of a batch, each an input with one target; special tokens and padding are the same in every baseline.

    `inputs` are rows tokens; `attention_mask` marks what is not padding and `content_mask` what is neither padding nor
    special, both rows tokens; `words` numbers the words of each row from 0, rows tokens, -1 for what is no content;
    `cells` are what each target is made of, rows terms, and `choices` what could be said in its place, rows choices
    terms. `seeds` are what a row's random numbers start from. `budget` is how many tokens may share a pass. `shift`,
    rows tokens width, is added to the text's embeddings.
    `known` is filled as the batch is worked on; a batch that is made from this one by `replace` starts with nothing.
    """

    network: Network
    inputs: dict[str, Tensor]
    attention_mask: Tensor
    content_mask: Tensor
    words: Tensor
    cells: Cells
    choices: Cells
    seeds: Sequence[int]
    baseline: str
    budget: int
    shift: Tensor | None = None
    known: Known = field(default_factory=Known, init=False, repr=False, compare=False)

    @property
    def rows(self) -> Tensor:
        """The row numbers, which `score` needs with the embeddings."""
        return torch.arange(len(self.cells), device=self.cells.device)

    @cached_property
    def lengths(self) -> list[int]:
        """How many tokens each row has."""
        counts: list[int] = self.attention_mask.sum(1).tolist()
        return counts

    @property
    def embeddings(self) -> Tensor:
        """The word embeddings as served, or shifted from there, rows tokens width."""
        if self.known.embeddings is None:
            served = self.network.embed(self.inputs)
            self.known.embeddings = served if self.shift is None else served + self.shift
        return self.known.embeddings

    @property
    def baselines(self) -> Tensor:
        """The word embeddings of the absent text, rows tokens width: ordinary tokens replaced, all others as served."""
        if self.known.baselines is None:
            self.known.baselines = torch.where(self.content_mask.unsqueeze(-1), self._absent, self.embeddings)
        return self.known.baselines

    @property
    def _absent(self) -> Tensor:
        if self.baseline == "mean":
            return self.network.table.mean(0)
        if self.baseline == "zero":
            return torch.zeros_like(self.embeddings[0, 0])
        token_id = find_piece(self.network, self.baseline)
        inputs = {**self.inputs, "input_ids": self.inputs["input_ids"].masked_fill(self.content_mask, token_id)}
        return self.network.embed(inputs)

    def score(self, embeddings: Tensor, rows: Tensor) -> Tensor:
        """The target's score, one per row, with these word embeddings (rows tokens width) in the cases `rows`."""
        return self.cells[rows].read(self._answer(embeddings, rows))

    @property
    def input_pass(self) -> Pass:
        """The pass at the text itself, shared by everything that looks at it as it is."""
        if self.known.input_pass is None:
            self.known.input_pass, self.known.attention = self._look()
        return self.known.input_pass

    @property
    def attention(self) -> Attention:
        """The attention weights of that pass, and where the answer is read; only where the network shows them."""
        if self.known.attention is None:
            looked, self.known.attention = self._look()
            self.known.input_pass = self.known.input_pass or looked
        assert self.known.attention is not None, "a method asked for attention without looking at `attention_gap`"
        return self.known.attention

    def slope_attention(self, network: Network) -> Tensor:
        """The gradient of the score by each attention weight, layers rows heads tokens tokens, by a pass of `network`.

        It may be the same one on another core, once `attention` is known: that is not looked up there.
        """
        inputs, points, cells = self._accompanied
        with torch.enable_grad(), network.eager():
            output = network.run(inputs, points, output_attentions=True)
            score = cells.read(network.task.table(output))
            return torch.stack(torch.autograd.grad(score.sum(), output.attentions))[:, : len(self.cells)]

    @property
    def baseline_pass(self) -> Pass:
        """The pass at the baseline."""
        if self.known.baseline_pass is None:
            self.known.baseline_pass = self._pass(self.baselines)
        return self.known.baseline_pass

    @property
    def marks(self) -> list[bytes]:
        """What the pass at a row's baseline depends on, row by row: where these are the same, so is the pass."""
        served = [values for name, values in self.inputs.items() if name != "input_ids"]
        ids = self.inputs["input_ids"]
        left = ids.masked_fill(self.content_mask & ~torch.isin(ids, self.network.marked), -1)
        moved = [] if self.shift is None else [self.shift.masked_fill(self.content_mask.unsqueeze(-1), 0.0).flatten(1)]
        sums = [
            values.flatten(1)
            for summed in (self.cells, self.choices)
            for values in (summed.positions, summed.choices, summed.weights)
        ]
        facts = [*sums, self.attention_mask, *served, left, *moved]
        rows = zip(*([values.numpy().tobytes() for values in fact.cpu()] for fact in facts), strict=True)
        return [b"".join((self.baseline.encode(), *row)) for row in rows]

    @cached_property
    def ends(self) -> list[Samples]:
        """Each row's path from baseline (0) to text (1), as far as it is known without integrating."""
        delta, passes = self.embeddings - self.baselines, (self.baseline_pass, self.input_pass)
        totals = to_array(torch.stack([end_pass.score for end_pass in passes], 1))
        gradients = to_array(torch.stack([(end_pass.gradient * delta).sum(-1) for end_pass in passes], 1))
        rows = zip(totals, gradients, self.lengths, strict=True)
        return [Samples(np.array([0.0, 1.0]), total, gradient[:, :length]) for total, gradient, length in rows]

    def measure_noise(self, row: int) -> float:
        """By how much F(input) - F(baseline) of a row is off, by float64 of it alone; all of it if that fails."""
        ends = self.input_pass.score[row].cpu(), self.baseline_pass.score[row].cpu()
        with torch.no_grad(), suppress(Exception):
            exact = self.pick(row, self.network.exact)
            points = exact.embeddings, exact.baselines
            off = [
                exact.score(embeddings, exact.rows).cpu() - score
                for embeddings, score in zip(points, ends, strict=True)
            ]
            return float(sum(abs(difference.item()) for difference in off))
        return float((self.input_pass.score - self.baseline_pass.score)[row].abs())

    def pick(self, row: int, network: Network | None = None) -> "Cases":
        """One row alone, of which nothing is known yet, over the same network or another of its kind."""
        member = network or self.network
        own, place = slice(row, row + 1), member.device
        return replace(
            self,
            network=member,
            inputs={name: values[own].to(place) for name, values in self.inputs.items()},
            seeds=self.seeds[own],
            shift=None if self.shift is None else self.shift[own].to(place),
            **{
                name: getattr(self, name)[own].to(place)
                for name in ("attention_mask", "content_mask", "words", "cells", "choices")
            },
        )

    def part(self) -> list["Cases"]:
        """Every row alone, with the passes that are known of it."""
        rows = [self.pick(row) for row in range(len(self.cells))]
        for row, cases in enumerate(rows):
            cases.known.take(self.known, row)
        return rows

    def look(self, network: Network) -> None:
        """Compute the pass at the text now, with `network`: it may be the same one on another core."""
        there, own = replace(self, network=network), self.known
        own.embeddings, own.baselines = there.embeddings, there.baselines
        own.input_pass, own.attention = there._look()

    def _pass(self, embeddings: Tensor) -> Pass:
        return differentiate(lambda points: self._answer(points, self.rows), embeddings, self.cells, self.choices)

    def _look(self) -> tuple[Pass, Attention | None]:
        """One pass at the text itself, which shows its attention weights if the network can."""
        if self.network.attention_gap is not None:
            return self._pass(self.embeddings), None
        inputs, points, cells = self._accompanied
        with torch.enable_grad(), self.network.eager():
            output = self.network.run(inputs, points, output_attentions=True, output_hidden_states=True)
            table = self.network.task.table(output)
            score = cells.read(table)
            pull, gradient = torch.autograd.grad(score.sum(), (output.hidden_states[-1], points))
        own = slice(len(self.cells))
        size = pull[own].norm(dim=-1)
        weights = torch.stack([layer.detach()[own] for layer in output.attentions])
        readout = size / size.sum(-1, keepdim=True).clamp_min(torch.finfo(size.dtype).tiny)
        return Pass(self.choices.read_choices(table[own]), score.detach()[own], gradient[own]), Attention(
            weights, readout
        )

    @property
    def _accompanied(self) -> tuple[dict[str, Tensor], Tensor, Cells]:
        """Inputs, embeddings to be differentiated by, and cells; a row that is alone stands there twice.

        Attention that shows its weights lays out a single row otherwise than several, and adds up in another order.
        """
        times = 2 if len(self.cells) == 1 else 1
        inputs = {name: values.repeat(times, 1) for name, values in self.inputs.items()}
        return inputs, self.embeddings.repeat(times, 1, 1).requires_grad_(), self.cells.repeat(times)

    def _answer(self, embeddings: Tensor, rows: Tensor) -> Tensor:
        inputs = {name: values[rows] for name, values in self.inputs.items()}
        return self.network.answer(inputs, embeddings)


def to_array(values: Tensor) -> Array:
    """A tensor from any device as a float64 array."""
    array: Array = values.detach().cpu().double().numpy()
    return array
