"""A batch of cases (a document with one target each), and all that a method may ask of them."""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np
import torch
from torch import Tensor

from reporter.attribution.baselines import find_baseline_token
from reporter.attribution.passes import AttentionWeights, KnownPasses, Pass, differentiate
from reporter.attribution.quadrature.refinement import Samples
from reporter.attribution.quadrature.rules import Array
from reporter.models import Network, tabulate_output
from reporter.tasks import Cells


@dataclass(frozen=True)
class Cases:
    """A batch of rows, each an input with one target; special tokens and padding stay as served in every baseline.

    `inputs` are rows tokens; `attention_mask` is true where there is no padding and `content_mask` where there is
    neither padding nor a special token, both rows tokens; `words` has the number of each token's word, rows tokens,
    from 0, and -1 outside of words; `cells` are the weighted sums that are the targets, rows terms, and `choices` the
    alternatives to each, rows choices terms. `seeds` are the seeds of the rows' random numbers, `budget` is how many
    tokens may share a pass, and `shift`, rows tokens width, is added to the text's embeddings.
    `known` caches what was computed of the batch; a copy made by `replace` starts with an empty one.
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
    known: KnownPasses = field(default_factory=KnownPasses, init=False, repr=False, compare=False)

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
        """The word embeddings of the baseline, rows tokens width: content tokens replaced, all others as served."""
        if self.known.baselines is None:
            self.known.baselines = torch.where(self.content_mask.unsqueeze(-1), self._baseline_vectors, self.embeddings)
        return self.known.baselines

    @property
    def _baseline_vectors(self) -> Tensor:
        if self.baseline == "mean":
            return self.network.table.mean(0)
        if self.baseline == "zero":
            return torch.zeros_like(self.embeddings[0, 0])
        token_id = find_baseline_token(self.network, self.baseline)
        inputs = {**self.inputs, "input_ids": self.inputs["input_ids"].masked_fill(self.content_mask, token_id)}
        return self.network.embed(inputs)

    def score(self, embeddings: Tensor, rows: Tensor) -> Tensor:
        """F, the target's score, of each of the cases `rows` (rows) with these word embeddings (rows tokens width)."""
        return self.cells[rows].read(self._answer(embeddings, rows))

    @property
    def input_pass(self) -> Pass:
        """The forward and backward pass at the text itself, computed once for all methods."""
        if self.known.input_pass is None:
            self.known.input_pass, self.known.attention = self._run_input_pass()
        return self.known.input_pass

    @property
    def attention(self) -> AttentionWeights:
        """The attention weights of `input_pass` and its readout; only for a network without an `attention_gap`."""
        if self.known.attention is None:
            input_pass, self.known.attention = self._run_input_pass()
            self.known.input_pass = self.known.input_pass or input_pass
        assert self.known.attention is not None, "a method asked for attention without looking at `attention_gap`"
        return self.known.attention

    def differentiate_attention(self, network: Network) -> Tensor:
        """The gradient of F by each attention weight, layers rows heads tokens tokens, from a pass of `network`.

        `network` is this one or a replica of it; `attention` must have been computed before.
        """
        inputs, points, cells = self._doubled_inputs
        with torch.enable_grad(), network.eager():
            output = network.run(inputs, points, output_attentions=True)
            score = cells.read(tabulate_output(network.task, output, inputs))
            return torch.stack(torch.autograd.grad(score.sum(), output.attentions))[:, : len(self.cells)]

    @property
    def baseline_pass(self) -> Pass:
        """The forward and backward pass at the baseline."""
        if self.known.baseline_pass is None:
            self.known.baseline_pass = self._run_pass(self.baselines)
        return self.known.baseline_pass

    @property
    def baseline_keys(self) -> list[bytes]:
        """A key for each row's pass at the baseline, made of everything it depends on: equal keys, equal passes."""
        served = [values for name, values in self.inputs.items() if name != "input_ids"]
        ids = self.inputs["input_ids"]
        fixed_ids = ids.masked_fill(self.content_mask & ~torch.isin(ids, self.network.special_ids), -1)
        shifts = [] if self.shift is None else [self.shift.masked_fill(self.content_mask.unsqueeze(-1), 0.0).flatten(1)]
        terms = [
            values.flatten(1)
            for summed in (self.cells, self.choices)
            for values in (summed.positions, summed.choices, summed.weights)
        ]
        facts = [*terms, self.attention_mask, *served, fixed_ids, *shifts]
        rows = zip(*([values.numpy().tobytes() for values in fact.cpu()] for fact in facts), strict=True)
        return [b"".join((self.baseline.encode(), *row)) for row in rows]

    @cached_property
    def ends(self) -> list[Samples]:
        """Each row's path from baseline (0) to text (1), sampled at its two ends: F and the gradient of each token."""
        delta, passes = self.embeddings - self.baselines, (self.baseline_pass, self.input_pass)
        totals = to_array(torch.stack([end_pass.score for end_pass in passes], 1))
        gradients = to_array(torch.stack([(end_pass.gradient * delta).sum(-1) for end_pass in passes], 1))
        rows = zip(totals, gradients, self.lengths, strict=True)
        return [Samples(np.array([0.0, 1.0]), total, gradient[:, :length]) for total, gradient, length in rows]

    def measure_noise(self, row: int) -> float:
        """The rounding error of F(input) - F(baseline) of a row, against float64; its whole size where that fails."""
        ends = self.input_pass.score[row].cpu(), self.baseline_pass.score[row].cpu()
        with torch.no_grad(), suppress(Exception):
            exact = self.pick(row, self.network.exact)
            points = exact.embeddings, exact.baselines
            differences = [
                exact.score(embeddings, exact.rows).cpu() - score
                for embeddings, score in zip(points, ends, strict=True)
            ]
            return float(sum(abs(difference.item()) for difference in differences))
        return float((self.input_pass.score - self.baseline_pass.score)[row].abs())

    def pick(self, row: int, network: Network | None = None) -> "Cases":
        """A batch of one row with an empty cache, over the same network or another with the same inputs."""
        network_or_own = network or self.network
        index, device = slice(row, row + 1), network_or_own.device
        return replace(
            self,
            network=network_or_own,
            inputs={name: values[index].to(device) for name, values in self.inputs.items()},
            seeds=self.seeds[index],
            shift=None if self.shift is None else self.shift[index].to(device),
            **{
                name: getattr(self, name)[index].to(device)
                for name in ("attention_mask", "content_mask", "words", "cells", "choices")
            },
        )

    def split(self) -> list["Cases"]:
        """Every row as a batch of its own, with the passes that are known of it."""
        rows = [self.pick(row) for row in range(len(self.cells))]
        for row, cases in enumerate(rows):
            cases.known.take(self.known, row)
        return rows

    def pad(self, rows: Sequence[Array]) -> Tensor:
        """Arrays (tokens) of the rows as one tensor, rows tokens, with 0 in padding."""
        width = self.attention_mask.shape[1]
        return torch.from_numpy(np.stack([np.pad(row, (0, width - len(row))) for row in rows]))

    def compute_input_pass(self, network: Network) -> None:
        """Fill `input_pass` and `attention` by `network`, which is this one or a replica of it."""
        replica_cases, known = replace(self, network=network), self.known
        known.embeddings, known.baselines = replica_cases.embeddings, replica_cases.baselines
        known.input_pass, known.attention = replica_cases._run_input_pass()

    def _run_pass(self, embeddings: Tensor) -> Pass:
        return differentiate(lambda points: self._answer(points, self.rows), embeddings, self.cells, self.choices)

    def _run_input_pass(self) -> tuple[Pass, AttentionWeights | None]:
        """The pass at the text, with its attention weights where the network shows them."""
        if self.network.attention_gap is not None:
            return self._run_pass(self.embeddings), None
        inputs, points, cells = self._doubled_inputs
        with torch.enable_grad(), self.network.eager():
            output = self.network.run(inputs, points, output_attentions=True, output_hidden_states=True)
            table = tabulate_output(self.network.task, output, inputs)
            score = cells.read(table)
            hidden_gradient, gradient = torch.autograd.grad(score.sum(), (output.hidden_states[-1], points))
        rows = slice(len(self.cells))
        norms = hidden_gradient[rows].norm(dim=-1)
        weights = torch.stack([layer.detach()[rows] for layer in output.attentions])
        readout = norms / norms.sum(-1, keepdim=True).clamp_min(torch.finfo(norms.dtype).tiny)
        return Pass(self.choices.read_choices(table[rows]), score.detach()[rows], gradient[rows]), AttentionWeights(
            weights, readout
        )

    @property
    def _doubled_inputs(self) -> tuple[dict[str, Tensor], Tensor, Cells]:
        """Inputs, embeddings to differentiate by, and cells; a single row is repeated.

        Eager attention has another memory layout, and another order of additions, for one row than for several.
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
