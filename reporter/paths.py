"""The ways from baseline to text of many cases: evaluated together at any node, whichever batches they come from."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import torch

from reporter.cases import Cases, to_array
from reporter.formats import computing
from reporter.quadrature import Samples
from reporter.rows import Gathered, Rows
from reporter.rules import Array


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
        """The score `nodes` of the way from the baseline to the text in each of `rows`, and each token's slope there.

        A token's slope is that of the score along its own part of the way; they sum to the slope of the score.
        """
        lengths = self._rows.lengths

        def evaluate(gathered: Gathered, some: list[int]) -> list[tuple[float, Array]]:
            totals, slopes = self._evaluate(gathered, [nodes[at] for at in some])
            return [(total, slope[: lengths[rows[at]]]) for total, slope, at in zip(totals, slopes, some, strict=True)]

        found = self._rows.share(evaluate, rows)
        return np.array([total for total, _ in found]), [slope for _, slope in found]

    @cached_property
    def _rows(self) -> Rows:
        return Rows(self.batches)

    def _evaluate(self, gathered: Gathered, nodes: list[float]) -> tuple[Array, Array]:
        start, end = gathered.baselines, gathered.embeddings
        share = torch.tensor(nodes, device=end.device, dtype=end.dtype).view(-1, 1, 1)
        with computing(self.dtype, end.device):
            found = gathered.differentiate(torch.lerp(start, end, share))
        return to_array(found.score), to_array((found.slope * (end - start)).sum(-1))
