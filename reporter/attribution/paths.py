"""Straight paths from baseline to text of many cases, evaluated together at any node, across batches."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import torch

from reporter.attribution.cases import Cases, to_array
from reporter.attribution.pass_batches import PassBatch, Rows
from reporter.attribution.quadrature.refinement import Samples
from reporter.attribution.quadrature.rules import Array
from reporter.models import compute_in


@dataclass(frozen=True)
class Paths:
    """All rows of some batches, numbered through; the passes that they share compute in `dtype`."""

    batches: Sequence[Cases]
    dtype: str

    @cached_property
    def ends(self) -> list[Samples]:
        """Each path as far as it is known without integrating: at its two ends."""
        return [samples for cases in self.batches for samples in cases.ends]

    def sample(self, rows: list[int], nodes: list[float]) -> tuple[Array, list[Array]]:
        """The score `nodes` of the path from the baseline to the text in each row, and each token's gradient there.

        A token's gradient is that of the score along its own part of the way; they sum to the gradient of the score.
        """
        lengths = self._rows.lengths

        def evaluate(gathered: PassBatch, items: list[int]) -> list[tuple[float, Array]]:
            totals, gradients = self._evaluate(gathered, [nodes[at] for at in items])
            return [
                (total, gradient[: lengths[rows[at]]])
                for total, gradient, at in zip(totals, gradients, items, strict=True)
            ]

        evaluated = self._rows.share(evaluate, rows)
        return np.array([total for total, _ in evaluated]), [gradient for _, gradient in evaluated]

    @cached_property
    def _rows(self) -> Rows:
        return Rows(self.batches)

    def _evaluate(self, gathered: PassBatch, nodes: list[float]) -> tuple[Array, Array]:
        baselines, embeddings = gathered.baselines, gathered.embeddings
        share = torch.tensor(nodes, device=embeddings.device, dtype=embeddings.dtype).view(-1, 1, 1)
        with compute_in(self.dtype, embeddings.device):
            result = gathered.differentiate(torch.lerp(baselines, embeddings, share))
        return to_array(result.score), to_array((result.gradient * (embeddings - baselines)).sum(-1))
