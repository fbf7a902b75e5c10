"""Attention x gradient: relevance that flows along attention where the score depends on it, through all layers."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor

from reporter.attribution import Cases
from reporter.methods import FixedCost, Needs, Scores
from reporter.models import Network, multiply_shares
from reporter.records import Description


@dataclass(frozen=True)
class AttentionGradient(FixedCost):
    """Attention times its gradient, negatives left out, mean over heads, added up along all ways through the layers."""

    description: ClassVar[Description] = Description(
        name="attention_gradient",
        title="Attention × gradient",
        signed=False,
        claim="none",
        idea="How much of each token reaches the answer along attention, counting only what raises the score.",
        formula="sᵢ = (R − I)[r, i], R = ∏ₗ (I + meanₕ (A⁽ˡ⁾ₕ ⊙ ∂F/∂A⁽ˡ⁾ₕ)⁺), with r where the answer is read from",
        cost="One forward and one backward pass.",
        limits="It follows attention and residual connections only. What lowers the score is left out rather than "
        "subtracted, so a word that counts against the answer looks like one without effect.",
        source="Chefer, Gur and Wolf, Generic Attention-Model Explainability, ICCV 2021 (equations 5 and 6).",
    )
    needs: ClassVar[Needs] = Needs(attention=True)

    def objection(self, network: Network) -> str | None:
        """It needs a network that shows its attention weights."""
        return network.attention_gap

    def attribute(self, batches: Sequence[Cases]) -> list[Scores]:
        """Walk from the answer down through the layers, from the last to the first."""
        for cases in batches:  # a network does one thing at a time, so this is not left to those who share
            _ = cases.attention
        replicas = batches[0].network.replicas
        values = replicas.share(lambda network, cases: _walk(cases, cases.slope_attention(network)), batches[::-1])[
            ::-1
        ]
        return [Scores(scores, [1] * len(scores)) for scores in values]


def _walk(cases: Cases, gradients: Tensor) -> Tensor:
    """The identity is left out at the end: that the answer is read from a token is not yet a word about it."""
    readout = reach = cases.attention.readout
    for weights, gradient in reversed(list(zip(cases.attention.weights, gradients, strict=True))):
        reach = reach + multiply_shares(reach, (weights * gradient).clamp_min(0).mean(1))
    return torch.where(cases.attention_mask, reach - readout, 0.0)
