"""Attention rollout: the product of all layers' attention weights, each averaged with the identity."""

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
class AttentionRollout(FixedCost):
    """The product over layers of half attention (mean over heads) and half identity, read where the answer is read."""

    description: ClassVar[Description] = Description(
        name="attention_rollout",
        title="Attention rollout",
        short="Rollout",
        signed=False,
        claim="none",
        idea="How much of each token reaches the answer if it flows along attention and residual connections only.",
        formula="sᵢ = (∏ₗ (½ Ā⁽ˡ⁾ + ½ I))[r, i], with Ā the mean over heads and r where the answer is read from",
        cost="One forward pass, shared with attention.",
        limits="It knows nothing of values, feed-forward layers or the target: all targets get the same scores.",
        source="Abnar and Zuidema, Quantifying Attention Flow in Transformers, ACL 2020.",
    )
    needs: ClassVar[Needs] = Needs(attention=True)

    def objection(self, network: Network) -> str | None:
        """It needs a network that shows its attention weights."""
        return network.attention_gap

    def attribute(self, batches: Sequence[Cases]) -> list[Scores]:
        """Rollout of Abnar and Zuidema, ACL 2020, from the position of the answer down to the first layer."""
        return [Scores(_walk(cases), [1] * len(cases.cells)) for cases in batches]


def _walk(cases: Cases) -> Tensor:
    """The scores, rows tokens."""
    reach = cases.attention.readout
    for layer in reversed(cases.attention.weights.mean(2)):
        reach = 0.5 * multiply_shares(reach, layer) + 0.5 * reach
    return torch.where(cases.attention_mask, reach, 0.0)
