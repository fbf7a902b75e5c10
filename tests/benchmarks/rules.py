"""Which rule needs the fewest evaluations? What was tried, on the integrands of a trained model.

    python -m tests.benchmarks.rules TEXTS MODEL [--count 48] [--tolerance 0.01 0.001] [--baseline pad]

Each text's integrand is evaluated once at 513 nodes in float32; every rule reads its nodes from there (a cubic spline
in between), so all rules see the same numbers. "Evaluations" is the mean over texts. Rules with a fixed number of
steps are given the smallest number, text by text, at which their sum is within the tolerance: no user could choose it
so well. "Missed" counts texts of which the scores themselves are off by more than the tolerance (L1, as a share of
their size) where the rule stopped, "95 %" and "worst" are that error over the tolerance. The scores' true values are
those of Richardson's extrapolation over all 513 nodes.
"""

from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, replace
from functools import partial
from unittest.mock import patch

import numpy as np
from scipy.interpolate import CubicSpline

from reporter.attribution.paths import Paths
from reporter.attribution.quadrature import integration, refinement
from reporter.attribution.quadrature.refinement import START, Goal
from reporter.attribution.quadrature.rules import SCALES, Array, Rules, find_rules, weigh_polynomials, weigh_spline
from reporter.models.precision import EXACT
from reporter.models.tokenization import Encoded
from reporter.runs.explain import Attribute
from reporter.runs.preparation import prepare
from tests.benchmarks.texts import deal, integrating, options

PANELS = 512
ALONE = 2.0  # what `_WHOLE` must be for verdicts that are as safe, if nothing but the panels tells of the error
Weights = Callable[[Array], Array]
"""The weights of some nodes for the integral over each panel, panels x nodes."""


@dataclass(frozen=True)
class Known:
    """An integrand that is known everywhere: its total and slopes as splines, and the true integrals."""

    total: CubicSpline
    gradients: CubicSpline
    truth: Array

    @property
    def change(self) -> float:
        """F(1) - F(0)."""
        return float(self.total(1.0) - self.total(0.0))


def observe(attribute: Attribute, document: Encoded) -> Known:
    """Evaluate one text's path at 513 nodes."""
    explainer = attribute.explainer
    question = explainer.choose(document, *explainer.predict([document]))[0]
    nodes = np.linspace(0.0, 1.0, PANELS + 1)
    totals, rows = Paths([explainer.make_cases([question])], EXACT).sample([0] * len(nodes), [*nodes])
    gradients = np.stack(rows)
    coarse, middle, fine = (
        (part.sum(0) - (part[0] + part[-1]) / 2) * step / PANELS for step in (4, 2, 1) for part in [gradients[::step]]
    )
    first, second = (4 * middle - coarse) / 3, (4 * fine - middle) / 3
    return Known(CubicSpline(nodes, totals), CubicSpline(nodes, gradients), (16 * second - first) / 15)


def gauss(known: Known, tolerance: float) -> tuple[int, Array]:
    """Gauss-Legendre with the smallest number of steps that will do, as Captum places its nodes."""
    for count in range(4, 200):
        places, weights = np.polynomial.legendre.leggauss(count)
        values = weights / 2 @ known.gradients((places + 1) / 2)
        if abs(values.sum() - known.change) <= tolerance * abs(known.change):
            break
    return count, values


def midpoints(known: Known, tolerance: float) -> tuple[int, Array]:
    """Midpoints, the smallest number that will do."""
    for count in range(4, 500):
        values = known.gradients((np.arange(count) + 0.5) / count).mean(0)
        if abs(values.sum() - known.change) <= tolerance * abs(known.change):
            break
    return count, values


def nested(known: Known, tolerance: float, *, simpson: bool) -> tuple[int, Array]:
    """Trapezoids (or Simpson's rule) from 17 even nodes, halved until the sum is within the tolerance."""
    for panels in (16, 32, 64, 128, 256, 512):
        gradients = known.gradients(np.linspace(0.0, 1.0, panels + 1))
        weights = np.ones(panels + 1)
        weights[[0, -1]] = 0.5
        if simpson:
            weights = np.where(np.arange(panels + 1) % 2, 4 / 3, 2 / 3)
            weights[[0, -1]] = 1 / 3
        values = weights @ gradients / panels
        if abs(values.sum() - known.change) <= tolerance * abs(known.change):
            break
    return panels + 1, values


def adaptive(
    known: Known, tolerance: float, *, weights: Weights | None = None, start: Array = START, alone: bool = False
) -> tuple[int, Array]:
    """The reports' own rule, with other weights for the values, other first nodes, or panels judged `alone`."""

    def find(places: list[Array]) -> list[Rules]:
        (nodes,), (usual,) = places, find_rules(places)
        values = usual.values if weights is None else weights(nodes)
        whole = usual.whole + SCALES * (usual.values - values).sum(0)
        return [replace(usual, values=values, whole=np.zeros_like(whole) if alone else whole)]

    def sample(_rows: list[int], nodes: list[float]) -> tuple[Array, list[Array]]:
        return known.total(nodes), list(known.gradients(nodes))

    with ExitStack() as stack:
        stack.enter_context(patch.multiple(integration, START=start, find_rules=find))
        if alone:
            stack.enter_context(patch.multiple(refinement, _WHOLE=ALONE, _EASE=0.0))
        (journey,) = integration.integrate_paths(sample, [None], Goal(tolerance))
    return journey.evaluations, journey.integral.values


RULES: dict[str, Callable[[Known, float], tuple[int, Array]]] = {
    "midpoints, fewest": midpoints,
    "Gauss-Legendre, fewest": gauss,
    "nested trapezoid from 17": partial(nested, simpson=False),
    "nested Simpson from 17": partial(nested, simpson=True),
    "adaptive, half spline, half local (the reports' rule)": adaptive,
    "the same, panels judged alone": partial(adaptive, alone=True),
    "adaptive, through 4 nodes": partial(adaptive, weights=partial(weigh_polynomials, order=4, before=1)),
    "adaptive, through 6 nodes": partial(adaptive, weights=partial(weigh_polynomials, order=6, before=2)),
    "adaptive, cubic spline": partial(adaptive, weights=weigh_spline),
    "the reports' rule, 10 even first nodes": partial(adaptive, start=np.linspace(0.0, 1.0, 10)),
    "the reports' rule, 14 graded first nodes": partial(adaptive, start=np.linspace(0.0, 1.0, 14) ** 1.6),
}


def main() -> None:
    """Print a table for each tolerance."""
    parser = options(__doc__, least=8)
    parser.add_argument("--baseline", default="pad")
    parser.set_defaults(count=48, most=64)
    given = parser.parse_args()
    settings = integrating(given.model, baseline=given.baseline)
    attribute, _ = prepare(settings, created="")
    documents = deal(given.texts, attribute.explainer.network, given.count, least=given.least, most=given.most)
    known = [observe(attribute, document) for document in documents]
    for tolerance in given.tolerance:
        print(f"\n{given.model}, baseline {given.baseline}, {len(known)} texts, tolerance {tolerance:g}")
        print("| rule | evaluations | missed | 95 % | worst |\n|---|---|---|---|---|")
        for name, rule in RULES.items():
            found = [rule(one, tolerance) for one in known]
            off = [
                float(np.abs(values - one.truth).sum() / np.abs(one.truth).sum()) / tolerance
                for one, (_, values) in zip(known, found, strict=True)
            ]
            spent = np.mean([count for count, _ in found])
            missed = sum(share > 1 for share in off)
            print(f"| {name} | {spent:.1f} | {missed} | {np.quantile(off, 0.95):.2f} | {max(off):.2f} |", flush=True)


if __name__ == "__main__":
    main()
