"""Norm-weighted attention: the norms of the last layer's attention-weighted value vectors."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor

from reporter.attribution import Cases, find_projection_gap, project_values
from reporter.methods import FixedCost, Needs, Scores
from reporter.models import Network, multiply_shares
from reporter.records import Description


@dataclass(frozen=True)
class AttentionNorm(FixedCost):
    """The norm of each token's attention-weighted value vectors, all heads together, at the last layer."""

    description: ClassVar[Description] = Description(
        name="attention_norm",
        title="Norm-weighted attention",
        short="Attention norm",
        signed=False,
        claim="none",
        idea="How long the vector is that attention carries from each token to where the answer is read, in the last "
        "layer: a large weight on a short vector carries little.",
        formula="sᵢ = ‖Σₕ A⁽ᴸ⁾ₕ[r, i] (yᵢ Wᵛₕ + bᵛₕ) Wᵒₕ‖₂, with y what enters the layer and r where the answer is "
        "read from",
        cost="One forward pass.",
        limits="It knows nothing of the target, of the feed-forward layer or of the residual connection, and by the "
        "last layer a token’s vector already holds others.",
        source="Kobayashi, Kuribayashi, Yokoi and Inui, Attention is Not Only a Weight, EMNLP 2020.",
    )
    needs: ClassVar[Needs] = Needs(attention=True)

    def objection(self, network: Network) -> str | None:
        """It needs a network that shows its attention weights and what they weigh."""
        return find_projection_gap(network)

    def attribute(self, batches: Sequence[Cases]) -> list[Scores]:
        """The norms of Kobayashi et al., EMNLP 2020, at the last layer, weighted by where the answer is read."""
        return [Scores(_measure(cases), [1] * len(cases.cells)) for cases in batches]


def _measure(cases: Cases) -> Tensor:
    """The norms, rows tokens, from inner products of the heads' vectors: no vector for each pair of tokens is held."""
    carried, weights = project_values(cases), cases.attention.weights[-1]
    vectors = torch.einsum("rjhs,whs->rjhw", carried.values, carried.output)
    products = torch.einsum("rjhw,rjkw->rjhk", vectors, vectors)
    squares = torch.einsum("rhij,rjhk,rkij->rij", weights, products, weights)
    norms = squares.clamp_min(0).sqrt()
    return torch.where(cases.attention_mask, multiply_shares(cases.attention.readout, norms), 0.0)
