"""A batch of cases (a document with one target each), and all that a method may ask of them."""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import torch
from torch import Tensor

from reporter.attribution.baselines import find_piece
from reporter.attribution.passes import Pass, differentiate, read_cells, read_places
from reporter.attribution.quadrature.refinement import Samples
from reporter.attribution.quadrature.rules import Array
from reporter.models import Network
from reporter.tasks import Task


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


@dataclass(frozen=True)
class Cases:
    """Rows of a batch, each an input with one target cell; special tokens and padding are the same in every baseline.

    `inputs` are rows tokens; `attention_mask` marks what is not padding and `content_mask` what is neither padding nor
    special, both rows tokens; `words` numbers the words of each row from 0, rows tokens, -1 for what is no content;
    `cells` are rows x (position, choice, choice it is set against or -1). `seeds` are what a row's random numbers start
    from. `budget` is how many tokens may share a pass. `shift`, rows tokens width, is added to the text's embeddings.
    """

    network: Network
    task: Task
    inputs: dict[str, Tensor]
    attention_mask: Tensor
    content_mask: Tensor
    words: Tensor
    cells: Tensor
    seeds: Sequence[int]
    baseline: str
    budget: int
    shift: Tensor | None = None

    @property
    def rows(self) -> Tensor:
        """The row numbers: what `score` needs beside embeddings, and what repeats along with them."""
        return torch.arange(len(self.cells), device=self.cells.device)

    @cached_property
    def lengths(self) -> list[int]:
        """How many tokens each row has."""
        counts: list[int] = self.attention_mask.sum(1).tolist()
        return counts

    @cached_property
    def embeddings(self) -> Tensor:
        """The word embeddings as served, or shifted from there, rows tokens width."""
        return self._embed()

    @cached_property
    def baselines(self) -> Tensor:
        """The word embeddings of the absent text, rows tokens width: ordinary tokens replaced, all others as served."""
        return self._leave_out()

    def _embed(self) -> Tensor:
        served = self.network.embed(self.inputs)
        return served if self.shift is None else served + self.shift

    def _leave_out(self) -> Tensor:
        return torch.where(self.content_mask.unsqueeze(-1), self._absent, self.embeddings)

    @property
    def _absent(self) -> Tensor:
        if self.baseline == "mean":
            return self.network.table.mean(0)
        if self.baseline == "zero":
            return torch.zeros_like(self.embeddings[0, 0])
        piece = find_piece(self.network, self.baseline)
        inputs = {**self.inputs, "input_ids": self.inputs["input_ids"].masked_fill(self.content_mask, piece)}
        return self.network.embed(inputs)

    def score(self, embeddings: Tensor, rows: Tensor) -> Tensor:
        """The target's score, one per row, with these word embeddings (rows tokens width) in the cases `rows`."""
        return read_cells(self._answer(embeddings, rows), self.cells[rows])

    @cached_property
    def end(self) -> Pass:
        """The pass at the text itself, shared by everything that looks at it as it is."""
        return self._looked[0]

    @property
    def attention(self) -> Attention:
        """The attention weights of that pass, and where the answer is read; only where the network shows them."""
        shown = self._looked[1]
        assert shown is not None, "a method asked for attention without looking at `attention_gap`"
        return shown

    def slope_attention(self, network: Network) -> Tensor:
        """The gradient of the score by each attention weight, layers rows heads tokens tokens, by a pass of `network`.

        It may be the same one on another core, once `attention` is known: that is not looked up there.
        """
        inputs, points, cells = self._accompanied
        with torch.enable_grad(), network.eager():
            found = network.run(inputs, points, output_attentions=True)
            score = read_cells(self.task.table(found.logits), cells)
            return torch.stack(torch.autograd.grad(score.sum(), found.attentions))[:, : len(self.cells)]

    @cached_property
    def start(self) -> Pass:
        """The pass at the baseline."""
        return self._pass(self.baselines)

    @property
    def marks(self) -> list[bytes]:
        """What the pass at a row's baseline depends on, row by row: where these are the same, so is the pass."""
        served = [values for name, values in self.inputs.items() if name != "input_ids"]
        ids = self.inputs["input_ids"]
        left = ids.masked_fill(self.content_mask & ~torch.isin(ids, self.network.marked), -1)
        moved = [] if self.shift is None else [self.shift.masked_fill(self.content_mask.unsqueeze(-1), 0.0).flatten(1)]
        facts = [self.cells, self.attention_mask, *served, left, *moved]
        rows = zip(*([one.numpy().tobytes() for one in fact.cpu()] for fact in facts), strict=True)
        return [b"".join((self.baseline.encode(), *row)) for row in rows]

    @cached_property
    def ends(self) -> list[Samples]:
        """Each row's path from baseline (0) to text (1), as far as it is known without integrating."""
        way = self.embeddings - self.baselines
        totals = to_array(torch.stack([self.start.score, self.end.score], 1))
        gradients = to_array(torch.stack([(one.gradient * way).sum(-1) for one in (self.start, self.end)], 1))
        rows = zip(totals, gradients, self.lengths, strict=True)
        return [Samples(np.array([0.0, 1.0]), total, gradient[:, :length]) for total, gradient, length in rows]

    def measure_noise(self, row: int) -> float:
        """By how much F(input) - F(baseline) of a row is off, by float64 of it alone; all of it if that fails."""
        ends = self.end.score[row].cpu(), self.start.score[row].cpu()
        with torch.no_grad(), suppress(Exception):
            exact = self.pick(row, self.network.exact)
            points = exact.embeddings, exact.baselines
            off = [exact.score(one, exact.rows).cpu() - end for one, end in zip(points, ends, strict=True)]
            return float(sum(abs(one.item()) for one in off))
        return float((self.end.score - self.start.score)[row].abs())

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
                for name in ("attention_mask", "content_mask", "words", "cells")
            },
        )

    def part(self) -> list["Cases"]:
        """Every row alone, with the passes that are known of it."""
        rows = [self.pick(row) for row in range(len(self.cells))]
        known = {name: value for name, value in vars(self).items() if name in ("start", "end")}
        for row, cases in enumerate(rows):
            cases.know(**{name: value.pick(row) for name, value in known.items()})
            if "_looked" in vars(self):
                end, shown = self._looked
                cases.know(_looked=(end.pick(row), None if shown is None else shown.pick(row)))
        return rows

    def look(self, network: Network) -> None:
        """Compute the pass at the text now, with `network`: it may be the same one on another core."""
        # cached properties are not used on the way, since up to Python 3.11 all instances wait for each other there
        there = replace(self, network=network)
        there.know(embeddings=there._embed())
        self.know(embeddings=there.embeddings, baselines=there._leave_out(), _looked=there._look())

    def know(self, **facts: object) -> None:
        """Take what was computed elsewhere for what would be computed here when it is asked for."""
        self.__dict__.update(facts)

    def _pass(self, embeddings: Tensor) -> Pass:
        return differentiate(lambda points: self._answer(points, self.rows), embeddings, self.cells)

    @cached_property
    def _looked(self) -> tuple[Pass, Attention | None]:
        return self._look()

    def _look(self) -> tuple[Pass, Attention | None]:
        """One pass at the text itself, which shows its attention weights if the network can."""
        if self.network.attention_gap is not None:
            return self._pass(self.embeddings), None
        inputs, points, cells = self._accompanied
        with torch.enable_grad(), self.network.eager():
            found = self.network.run(inputs, points, output_attentions=True, output_hidden_states=True)
            table = self.task.table(found.logits)
            score = read_cells(table, cells)
            pull, gradient = torch.autograd.grad(score.sum(), (found.hidden_states[-1], points))
        own = slice(len(self.cells))
        size = pull[own].norm(dim=-1)
        weights = torch.stack([layer.detach()[own] for layer in found.attentions])
        readout = size / size.sum(-1, keepdim=True).clamp_min(torch.finfo(size.dtype).tiny)
        answer = read_places(table, cells[:, 0]).detach()
        return Pass(answer[own], score.detach()[own], gradient[own]), Attention(weights, readout)

    @property
    def _accompanied(self) -> tuple[dict[str, Tensor], Tensor, Tensor]:
        """Inputs, embeddings to be differentiated by, and cells; a row that is alone stands there twice.

        Attention that shows its weights lays out a single row otherwise than several, and adds up in another order.
        """
        times = 2 if len(self.cells) == 1 else 1
        inputs = {name: values.repeat(times, 1) for name, values in self.inputs.items()}
        return inputs, self.embeddings.repeat(times, 1, 1).requires_grad_(), self.cells.repeat(times, 1)

    def _answer(self, embeddings: Tensor, rows: Tensor) -> Tensor:
        inputs = {name: values[rows] for name, values in self.inputs.items()}
        return self.task.table(self.network.run(inputs, embeddings).logits)


def to_array(values: Tensor) -> Array:
    """Numbers on their way from the device to the arithmetic."""
    found: Array = values.detach().cpu().double().numpy()
    return found
