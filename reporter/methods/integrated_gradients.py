"""Integrated Gradients: the gradient gathered along the straight path from the baseline to the text."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice
from typing import ClassVar

import numpy as np
import torch
from torch import Tensor

from reporter.cases import Cases
from reporter.integration import Journey, travel
from reporter.methods import Scores
from reporter.network import Network
from reporter.paths import Paths
from reporter.quadrature import Array, Goal
from reporter.records import Description
from reporter.rounding import rounded


@dataclass(frozen=True)
class IntegratedGradients:
    """The path integral of the gradient times the way travelled, refined for each text until it is known."""

    tolerance: float = 0.01
    max_evaluations: int = 512
    dtype: str = "float32"

    description: ClassVar[Description] = Description(
        name="integrated_gradients",
        title="Integrated Gradients",
        signed=True,
        claim="complete",
        idea="Words fade in together from the baseline to the text; each is credited with the slope it met on the way.",
        formula="sᵢ = (xᵢ − x′ᵢ) · ∫₀¹ ∂F/∂xᵢ(x′ + a(x − x′)) da, so that Σᵢ sᵢ = F(x) − F(x′)",
        cost="One forward and one backward pass for each node: 10 at least, and as many more as this text needs to be "
        "within the tolerance, in its sum and in its scores.",
        limits="The scores depend on the baseline, and the texts along the path are no texts. The errors are "
        "estimated: about one score in a hundred is further off than it says.",
        source="Sundararajan, Taly and Yan, Axiomatic Attribution for Deep Networks, ICML 2017.",
    )

    def objection(self, network: Network) -> str | None:  # noqa: ARG002
        """It serves every network."""
        return None

    def attribute(self, batches: Sequence[Cases]) -> list[Scores]:
        """Integrate each text's slopes along its own part of the way from the baseline."""
        kind = getattr(torch, self.dtype)
        paths = Paths(batches, kind)
        goal = Goal(self.tolerance, self.max_evaluations, unit=torch.finfo(kind).eps)
        found = iter(travel(paths.sample, paths.ends, goal))
        return [_score(list(islice(found, len(cases.cells))), cases) for cases in batches]


def _score(journeys: list[Journey], cases: Cases) -> Scores:
    return Scores(
        values=_padded([journey.integral.values for journey in journeys], cases),
        evaluations=[journey.evaluations for journey in journeys],
        errors=_padded([journey.integral.errors for journey in journeys], cases),
        whole=[journey.integral.whole for journey in journeys],
        rule="a spline and local polynomials, through nodes placed where they are needed",
        paths=[tuple(zip(*map(rounded, journey.samples.path), strict=True)) for journey in journeys],
    )


def _padded(rows: list[Array], cases: Cases) -> Tensor:
    """Rows of different lengths as one tensor, rows tokens."""
    width = cases.real.shape[1]
    return torch.from_numpy(np.stack([np.pad(row, (0, width - len(row))) for row in rows]))
