"""The ways from baseline to text of many cases: evaluated together at any node, whichever batches they come from."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import groupby
from operator import itemgetter

import numpy as np
import torch
from torch import Tensor
from torch.nn.functional import pad

from reporter.batches import batch
from reporter.cases import Cases, read_cells, to_array
from reporter.network import Network
from reporter.quadrature import Array, Samples


@dataclass(frozen=True)
class Paths:
    """All rows of some batches, numbered through; the passes that they share compute in `dtype`."""

    batches: Sequence[Cases]
    dtype: torch.dtype

    @cached_property
    def ends(self) -> list[Samples]:
        """Each path as far as it is known without integrating: at its two ends."""
        return [samples for cases in self.batches for samples in cases.ends]

    def sample(self, rows: list[int], nodes: list[float]) -> tuple[Array, list[Array]]:
        """The score `nodes` of the way from the baseline to the text in each of `rows`, and each token's slope there.

        A token's slope is that of the score along its own part of the way; they sum to the slope of the score.
        """
        totals, slopes = np.empty(len(rows)), [np.empty(0)] * len(rows)
        shortest_first = batch(range(len(rows)), lambda at: self._lengths[rows[at]], budget=self.batches[0].budget)
        passes = list(shortest_first)[::-1]

        def evaluate(network: Network, some: list[int]) -> tuple[Array, Array]:
            return self._evaluate(network, [rows[at] for at in some], [nodes[at] for at in some])

        for some, (total, slope) in zip(passes, self._network.crew.share(evaluate, passes), strict=True):
            for place, at in enumerate(some):
                totals[at], slopes[at] = total[place], slope[place, : self._lengths[rows[at]]]
        return totals, slopes

    @cached_property
    def _places(self) -> list[tuple[int, int]]:
        """The batch of every row, and its place there."""
        return [(number, row) for number, cases in enumerate(self.batches) for row in range(len(cases.cells))]

    @cached_property
    def _lengths(self) -> list[int]:
        return [length for cases in self.batches for length in cases.lengths]

    @property
    def _network(self) -> Network:
        return self.batches[0].network

    def _evaluate(self, network: Network, rows: list[int], nodes: list[float]) -> tuple[Array, Array]:
        task = self.batches[0].task
        inputs, start, end, cells = self._gather(rows)
        share = torch.tensor(nodes, device=end.device, dtype=end.dtype).view(-1, 1, 1)
        points = torch.lerp(start, end, share).requires_grad_()
        reduced = self.dtype != torch.float32
        with torch.enable_grad(), torch.autocast(end.device.type, dtype=self.dtype, enabled=reduced):
            score = read_cells(task.table(network.run(inputs, points).logits), cells)
            (slope,) = torch.autograd.grad(score.sum(), points)
        return to_array(score), to_array((slope * (end - start)).sum(-1))

    def _gather(self, rows: list[int]) -> tuple[dict[str, Tensor], Tensor, Tensor, Tensor]:
        """Inputs, baselines, embeddings and cells of rows that come, in order of their length, from several batches."""
        width = self._network.fit(max(self._lengths[row] for row in rows))
        parts: list[tuple[Cases, Tensor]] = []
        for number, run in groupby((self._places[row] for row in rows), key=itemgetter(0)):
            cases = self.batches[number]
            parts.append((cases, torch.tensor([row for _, row in run], device=cases.cells.device)))
        absent = self._network.padding
        names = self.batches[0].inputs
        inputs = {
            name: torch.cat([_wide(cases.inputs[name][run], width, absent.get(name, 0)) for cases, run in parts])
            for name in names
        }
        start, end = (
            torch.cat([_wide(getattr(cases, side)[run], width, 0) for cases, run in parts])
            for side in ("baselines", "embeddings")
        )
        return inputs, start, end, torch.cat([cases.cells[run] for cases, run in parts])


def _wide(values: Tensor, width: int, absent: int) -> Tensor:
    """Rows tokens (...), cut or padded to `width` tokens."""
    missing = width - values.shape[1]
    if missing <= 0:
        return values[:, :width]
    return pad(values, (*(0, 0) * (values.dim() - 2), 0, missing), value=absent)
