"""Gradient norm: the size of the gradient of the score with respect to each token's embedding."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from reporter.attribution import Cases
from reporter.methods import FixedCost, Needs, Scores
from reporter.records import Description


@dataclass(frozen=True)
class Gradient(FixedCost):
    """The Euclidean norm of the gradient of the score with respect to each token's word embedding."""

    description: ClassVar[Description] = Description(
        name="gradient",
        title="Gradient norm",
        short="Gradient",
        signed=False,
        claim="none",
        idea="How strongly the score reacts to a small change of each token's embedding.",
        formula="sᵢ = ‖∂F/∂xᵢ‖₂",
        cost="One forward and one backward pass, shared with other methods.",
        limits="Local: where the model is sure of itself the gradient is flat, whatever made it so. It has no sign.",
        source="Simonyan, Vedaldi and Zisserman, Deep Inside Convolutional Networks, 2014; Li et al., NAACL 2016.",
    )
    needs: ClassVar[Needs] = Needs()

    def attribute(self, batches: Sequence[Cases]) -> list[Scores]:
        """The norm over the embedding's width (saliency of Simonyan et al., 2014; for texts, Li et al., NAACL 2016)."""
        return [Scores(cases.input_pass.gradient.norm(dim=-1), [1] * len(cases.cells)) for cases in batches]
