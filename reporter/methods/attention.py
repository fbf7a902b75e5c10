"""Attention weights of the last layer, averaged over heads, from the position where the answer is read."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from torch import Tensor

from reporter.attribution import Cases
from reporter.methods import FixedCost, Needs, Scores
from reporter.models import Network, multiply_shares
from reporter.records import Description


@dataclass(frozen=True)
class Attention(FixedCost):
    """The last layer's attention from the position that the answer is read from, mean over heads; sums to 1."""

    description: ClassVar[Description] = Description(
        name="attention",
        title="Attention, last layer",
        short="Attention",
        signed=False,
        claim="none",
        idea="How much the position from which the answer is read attends to each token in the last layer.",
        formula="sᵢ = meanₕ A⁽ᴸ⁾ₕ[r, i], with r the position that the answer is read from",
        cost="One forward pass.",
        limits="Attention is not explanation: it says where the model looks, not what the answer depends on. It has no "
        "sign, mixes in what earlier layers moved between tokens, and often rests on special tokens.",
        source="Vaswani et al., Attention Is All You Need, 2017; Jain and Wallace, Attention is not Explanation, 2019.",
    )
    needs: ClassVar[Needs] = Needs(attention=True)

    def objection(self, network: Network) -> str | None:
        """It needs a network that shows its attention weights."""
        return network.attention_gap

    def attribute(self, batches: Sequence[Cases]) -> list[Scores]:
        """The last layer's weights (Vaswani et al., 2017), mean over heads, weighted by where the answer is read."""
        return [Scores(_read(cases), [1] * len(cases.cells)) for cases in batches]


def _read(cases: Cases) -> Tensor:
    """The scores, rows tokens."""
    last = cases.attention.weights[-1].mean(1)
    return multiply_shares(cases.attention.readout, last)
