"""Integrated Gradients: the gradient gathered along the straight path from the baseline to the text."""

from dataclasses import dataclass
from typing import ClassVar

from captum.attr import IntegratedGradients as CaptumIntegratedGradients

from reporter.cases import Cases
from reporter.methods import Scores
from reporter.network import Network
from reporter.records import Description


@dataclass(frozen=True)
class IntegratedGradients:
    """The path integral of the gradient times the way travelled, by Gauss-Legendre quadrature with `steps` nodes."""

    steps: int = 50

    description: ClassVar[Description] = Description(
        name="integrated_gradients",
        title="Integrated Gradients",
        signed=True,
        claim="complete",
        idea="Words fade in together from the baseline to the text; each is credited with the slope it met on the way.",
        formula="sᵢ = (xᵢ − x′ᵢ) · ∫₀¹ ∂F/∂xᵢ(x′ + a(x − x′)) da, so that Σᵢ sᵢ = F(x) − F(x′)",
        cost="One forward and one backward pass for each node of the quadrature.",
        limits="The scores depend on the baseline, and the texts along the path are no texts. A small residual shows "
        "that the sum is right, not that every score is.",
        source="Sundararajan, Taly and Yan, Axiomatic Attribution for Deep Networks, ICML 2017.",
    )

    def objection(self, network: Network) -> str | None:  # noqa: ARG002
        """It serves every network."""
        return None

    def attribute(self, cases: Cases) -> Scores:
        """Integrate from the baseline to the text and sum over the embedding's width."""
        found = CaptumIntegratedGradients(cases.score).attribute(
            cases.embeddings,
            cases.baselines,
            additional_forward_args=(cases.rows,),
            n_steps=self.steps,
            method="gausslegendre",
            internal_batch_size=cases.width,
        )
        return Scores(found.detach().sum(-1), evaluations=self.steps, rule=f"Gauss-Legendre, {self.steps} nodes")
