"""Straight paths from baseline to text, for the rows of several batches, evaluated at any nodes in shared passes."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import torch

from reporter.attribution.cases import Cases, to_array
from reporter.attribution.pass_batches import BatchRows, PassBatch
from reporter.attribution.quadrature.refinement import Samples
from reporter.attribution.quadrature.rules import Array
from reporter.models import compute_in


@dataclass(frozen=True)
class Paths:
    """The paths of all rows of some batches, numbered consecutively; passes compute in `dtype`."""

    batches: Sequence[Cases]
    dtype: str

    @cached_property
    def ends(self) -> list[Samples]:
        """Each path sampled at its two ends."""
        return [samples for cases in self.batches for samples in cases.ends]

    def sample(self, rows: list[int], nodes: list[float]) -> tuple[Array, list[Array]]:
        """F at `nodes` (0 baseline, 1 text) on the paths of `rows`, and the gradient of each token there (tokens).

        A token's gradient is the inner product of dF/dx with its input - baseline; over tokens they sum to dF/dnode.
        """
        lengths = self._rows.lengths

        def evaluate(gathered: PassBatch, items: list[int]) -> list[tuple[float, Array]]:
            """F and the gradients, padding left out, of the rows that share a pass."""
            totals, gradients = self._evaluate(gathered, [nodes[at] for at in items])
            return [
                (total, gradient[: lengths[rows[at]]])
                for total, gradient, at in zip(totals, gradients, items, strict=True)
            ]

        evaluated = self._rows.share(evaluate, rows)
        return np.array([total for total, _ in evaluated]), [gradient for _, gradient in evaluated]

    @cached_property
    def _rows(self) -> BatchRows:
        return BatchRows(self.batches)

    def _evaluate(self, gathered: PassBatch, nodes: list[float]) -> tuple[Array, Array]:
        baselines, embeddings = gathered.baselines, gathered.embeddings
        share = torch.tensor(nodes, device=embeddings.device, dtype=embeddings.dtype).view(-1, 1, 1)
        with compute_in(self.dtype, embeddings.device):
            result = gathered.differentiate(torch.lerp(baselines, embeddings, share))
        return to_array(result.score), to_array((result.gradient * (embeddings - baselines)).sum(-1))
