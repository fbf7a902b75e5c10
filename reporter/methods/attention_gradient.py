"""Attention x gradient: attention rollout with each layer's weights multiplied by the gradient of the score."""

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
    """The positive part of attention times its gradient, mean over heads, multiplied up through the layers."""

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
        """Equations 5 and 6 of Chefer, Gur and Wolf, ICCV 2021, from the last layer down to the first."""
        for cases in batches:  # computed here, since replicas must not compute it at the same time
            _ = cases.attention
        replicas = batches[0].network.replicas
        values = replicas.share(
            lambda network, cases: _walk(cases, cases.differentiate_attention(network)), batches[::-1]
        )[::-1]
        return [Scores(scores, [1] * len(scores)) for scores in values]


def _walk(cases: Cases, gradients: Tensor) -> Tensor:
    """The relevance of each token, rows tokens, from `gradients` (layers rows heads tokens tokens).

    The identity, by which the position of the answer is relevant to itself, is subtracted at the end.
    """
    readout = reach = cases.attention.readout
    for weights, gradient in reversed(list(zip(cases.attention.weights, gradients, strict=True))):
        reach = reach + multiply_shares(reach, (weights * gradient).clamp_min(0).mean(1))
    return torch.where(cases.attention_mask, reach - readout, 0.0)
