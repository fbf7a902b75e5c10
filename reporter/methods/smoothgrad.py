"""SmoothGrad: the gradient averaged over noisy copies of the text's embeddings."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice
from typing import ClassVar

import numpy as np
import torch
from torch import Tensor
from torch.nn.functional import pad

from reporter.attribution import BatchRows, Cases, PassBatch
from reporter.methods import FixedCost, Needs, Scores
from reporter.models import HELD_PASSES, pool_by_cost
from reporter.records import Description


@dataclass(frozen=True)
class Smoothgrad(FixedCost):
    """The Euclidean norm of the mean gradient over copies of the text with normal noise on its ordinary tokens.

    The noise has half the standard deviation of the text's own embeddings. A tenth of their range, as is usual for
    images, would be three such deviations and leave nothing of a text.
    """

    copies: int = 48
    level: float = 0.5

    description: ClassVar[Description] = Description(
        name="smoothgrad",
        title="SmoothGrad",
        signed=False,
        claim="none",
        idea="How strongly the score reacts to each token's embedding, on average near the text rather than at it.",
        formula="sᵢ = ‖mean over k of ∂F/∂xᵢ(x + εₖ)‖₂, εₖ ~ N(0, σ²), σ half the standard deviation of the text’s "
        "embeddings",
        cost="48 forward and backward passes, shared with other texts.",
        limits="How much noise is right is a convention. A mean of few copies is longer than that of many, and the "
        "errors allow for it. It has no sign.",
        source="Smilkov, Thorat, Kim, Viégas and Wattenberg, SmoothGrad: removing noise by adding noise, 2017.",
    )

    @property
    def needs(self) -> Needs:
        """One noisy copy of the text after another."""
        return Needs(copies=self.copies)

    def attribute(self, batches: Sequence[Cases]) -> list[Scores]:
        """Average the gradients of all noisy copies, a batch of copies at a time (Smilkov et al., 2017)."""
        rows = BatchRows(batches)
        sums, squares = ([torch.tensor(0.0)] * len(rows.lengths) for _ in range(2))
        items = [(row, copy) for row in range(len(rows.lengths)) for copy in range(self.copies)]
        for copies in pool_by_cost(items, lambda item: rows.lengths[item[0]], budget=HELD_PASSES * batches[0].budget):
            for (row, _), gradient in zip(copies, self._differentiate(rows, copies), strict=True):
                sums[row] = sums[row] + gradient
                squares[row] = squares[row] + gradient.square().sum(-1)
        measured = iter([self._measure(*pair) for pair in zip(sums, squares, strict=True)])
        return [
            self._join(list(islice(measured, len(cases.cells))), cases.attention_mask.shape[1]) for cases in batches
        ]

    def _differentiate(self, rows: BatchRows, items: list[tuple[int, int]]) -> list[Tensor]:
        """The gradient at each of these (row, copy) items, tokens width."""

        def work(gathered: PassBatch, numbers: list[int]) -> list[Tensor]:
            """The gradient of each of the copies that share a pass, padding left out."""
            noise = [self._draw(gathered.embeddings[place], rows, *items[at]) for place, at in enumerate(numbers)]
            gradients = gathered.differentiate(gathered.embeddings + torch.stack(noise)).gradient
            return [gradient[: rows.lengths[items[at][0]]] for gradient, at in zip(gradients, numbers, strict=True)]

        return rows.share(work, [row for row, _ in items])

    def _draw(self, embeddings: Tensor, rows: BatchRows, row: int, copy: int) -> Tensor:
        """The noise of one copy, tokens width, the same in any batch; 0 on special tokens and padding."""
        content_mask = torch.tensor([word >= 0 for word in rows.words[row]], device=embeddings.device).unsqueeze(-1)
        size = (
            self.level * embeddings[: len(content_mask)].masked_select(content_mask).std()
            if content_mask.any()
            else 0.0
        )
        drawn = np.random.default_rng((rows.seeds[row], copy)).standard_normal((len(content_mask), embeddings.shape[1]))
        noise = torch.zeros_like(embeddings)
        noise[: len(content_mask)] = torch.from_numpy(drawn).to(embeddings) * size * content_mask
        return noise

    def _measure(self, total: Tensor, square: Tensor) -> tuple[Tensor, Tensor]:
        """The norm of every token's mean gradient, and its error: twice the expected error of that mean."""
        values = (total / self.copies).norm(dim=-1)
        spread = (square / self.copies - values.square()).clamp_min(0) / (self.copies - 1)
        return values, 2 * spread.sqrt()

    def _join(self, measured: list[tuple[Tensor, Tensor]], width: int) -> Scores:
        rows = ([pad(row, (0, width - len(row))) for row in part] for part in zip(*measured, strict=True))
        values, errors = map(torch.stack, rows)
        return Scores(values, [self.copies] * len(measured), errors)
