"""Input x gradient: the first-order effect of each token's embedding on the score."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from reporter.attribution import Cases
from reporter.methods import FixedCost, Needs, Scores
from reporter.records import Description


@dataclass(frozen=True)
class InputXGradient(FixedCost):
    """The inner product of each token's word embedding with the gradient of the score."""

    description: ClassVar[Description] = Description(
        name="input_x_gradient",
        title="Input × gradient",
        signed=True,
        claim="none",
        idea="What each token would contribute if the model were linear with the slope it has at this text.",
        formula="sᵢ = xᵢ · ∂F/∂xᵢ",
        cost="One forward and one backward pass, shared with other methods.",
        limits="The model is not linear: the scores do not add up to the answer, and they measure against an "
        "embedding of zeros, which is no word.",
        source="Shrikumar et al., Not Just a Black Box, 2016; Kindermans et al., 2016.",
    )
    needs: ClassVar[Needs] = Needs()

    def attribute(self, batches: Sequence[Cases]) -> list[Scores]:
        """The sum of input times gradient over the embedding's width (Shrikumar et al., 2016)."""
        return [
            Scores((cases.embeddings * cases.input_pass.gradient).sum(-1), [1] * len(cases.cells)) for cases in batches
        ]
