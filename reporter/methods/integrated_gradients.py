"""Integrated Gradients: the integral of the gradient along the straight path from the baseline to the text."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import islice
from typing import ClassVar

from reporter.attribution import START, Array, Cases, Goal, Integration, Paths, integrate_paths
from reporter.methods import Needs, Scores
from reporter.models import EXACT, FORMATS, Network
from reporter.records import Description, round_values

_TRIED = 48  # evaluations in a coarse number format, after which a text is integrated in float32


@dataclass(frozen=True)
class IntegratedGradients:
    """The path integral of the gradient times (input - baseline), refined for each text to a tolerance."""

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
        limits="The scores depend on the baseline, and intermediate points are not real texts. The errors are "
        "estimated: about one score in a hundred is further off than it says.",
        source="Sundararajan, Taly and Yan, Axiomatic Attribution for Deep Networks, ICML 2017.",
    )
    needs: ClassVar[Needs] = Needs()

    def bounded(self, evaluations: int) -> "IntegratedGradients":
        """The same method, which stops after so many evaluations even if the tolerance is not met."""
        return replace(self, max_evaluations=evaluations)

    def objection(self, network: Network) -> str | None:  # noqa: ARG002
        """None: it serves every network."""
        return None

    def attribute(self, batches: Sequence[Cases]) -> list[Scores]:
        """Integrate the gradients of each text from its baseline (Sundararajan, Taly and Yan, ICML 2017)."""
        dtype = self.dtype if 2 * FORMATS[self.dtype] < self.tolerance else EXACT
        exact = Goal(self.tolerance, self.max_evaluations, FORMATS[EXACT], few_rounds=batches[0].network.on_accelerator)
        most = exact.max_evaluations if dtype == EXACT else min(exact.max_evaluations, _TRIED)
        paths = Paths(batches, dtype)
        integrations = integrate_paths(
            paths.sample, paths.ends, replace(exact, unit_roundoff=FORMATS[dtype], max_evaluations=most)
        )
        measurements = [Measurement(integration, dtype) for integration in integrations]
        if dtype != EXACT:
            _repeat_in_float32(measurements, batches, exact)
        rows = iter(measurements)
        return [self._score(list(islice(rows, len(cases.cells))), cases) for cases in batches]

    def _score(self, measurements: list["Measurement"], cases: Cases) -> Scores:
        integrals = [measurement.integration.integral for measurement in measurements]
        rule = "a spline and local polynomials, through nodes placed where they are needed"
        return Scores(
            values=cases.pad([integral.values for integral in integrals]),
            evaluations=[measurement.discarded + measurement.integration.evaluations for measurement in measurements],
            errors=cases.pad([integral.errors for integral in integrals]),
            whole=[integral.whole for integral in integrals],
            rules=[rule if self.dtype == EXACT else f"{rule}, in {measurement.dtype}" for measurement in measurements],
            paths=[
                tuple(zip(*map(round_values, measurement.integration.samples.path), strict=True))
                for measurement in measurements
            ],
            slivers=[
                measurement.integration.sliver(Goal(self.tolerance, unit_roundoff=FORMATS[measurement.dtype]))
                for measurement in measurements
            ],
        )


@dataclass(frozen=True)
class Measurement:
    """An integration, the dtype of its passes, and how many evaluations in another dtype were discarded."""

    integration: Integration
    dtype: str
    discarded: int = 0


def _repeat_in_float32(measurements: list[Measurement], batches: Sequence[Cases], goal: Goal) -> None:
    """Integrate again, in float32, the rows that missed the goal in a coarser format, if evaluations are left."""
    left = replace(goal, max_evaluations=goal.max_evaluations - _TRIED)
    if left.max_evaluations < len(START):
        return
    rows = [row for row, measurement in enumerate(measurements) if measurement.integration.misses(goal)]
    exact = Paths(batches, EXACT)

    def sample(items: list[int], nodes: list[float]) -> tuple[Array, list[Array]]:
        return exact.sample([rows[at] for at in items], nodes)

    for row, again in zip(rows, integrate_paths(sample, [exact.ends[row] for row in rows], left), strict=True):
        measurements[row] = Measurement(again, EXACT, discarded=measurements[row].integration.evaluations - 2)
