"""Nodes, refinement and error bounds for integrals along a path: arithmetic without a model (weights: `rules.py`).

The integrand is a vector, one gradient per feature, and their sum is the derivative of a total F that is known at every
node. So each panel between two nodes has two error indicators: how far rules differ on each feature's integral, and the
known error of the sum over features (its defect), which reveals structure between the nodes that every rule misses. The
whole integral has a third: how far it changes by other rules, and with half of the nodes. `estimates.py` turns them
into errors. Rules, nodes and constants were chosen by measuring on trained models; tests/benchmarks/certificates.py
compares them with a float64 reference.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from reporter.attribution.quadrature.estimates import estimate_errors, find_jumps, measure_evidence, measure_roughness
from reporter.attribution.quadrature.rules import Array, Rules, find_rules

START: Array = np.array([0, 5, 13, 25, 42, 64, 92, 128, 180, 256], dtype=np.float64) / 256
"""The first nodes: closer together near the baseline, where networks with normalised layers bend most."""

START_FEW_ROUNDS: Array = np.array([0, 3, 8, 14, 22, 32, 45, 60, 78, 99, 125, 158, 200, 256], dtype=np.float64) / 256
"""The first nodes where few rounds are wanted: as many as many texts need, along the same curve."""

_MARGIN = 2.12  # a feature's error over its estimate, for 99 in 100 tokens, where `_ease` is 1
_CLOSER = 1 / 3  # the power of `_ease` by which that factor is smaller elsewhere
_SUM = 0.63  # the error of all features over the sum of their estimates, on which `_ease` depends
_WHOLE = 0.5  # the same, for the verdict, without the effect of jumps
_COARSE, _EASE, _LEAST = 0.01, 0.15, 0.6  # the share of the scores below which `_ease` is less than 1, power, minimum
_ANYWHERE = 12**-0.5  # the standard error of a panel over its width times a jump that may be anywhere on it
_KINKED = 2.1  # the error by jumps, of a feature or of all, over its estimate: a single jump reaches 1.73 at most
_SHARED = 2.5  # a feature's least error over its share of the error of all by jumps, by how much its gradients change
_STRICT = 0.8  # the share of the tolerance at which refinement stops, so that the verdict is robust
_LEFT = 0.7  # the share of the tolerance that may be left to the panels that a round does not halve
_FEW = 8  # a round adds one node for every 8 there are beyond the first 8, and at least one
_CLOSEST = 2.0**-22  # half the width below which a panel is not halved, as float32 hardly resolves its ends
_SPENT = 2.0  # the share of the tolerance that a panel is assumed to take, over its estimate


@dataclass(frozen=True)
class Goal:
    """When to stop: the tolerance as a share, the most evaluations, and the unit roundoff of the number format.

    `few_rounds` asks for few rounds with more evaluations each, for devices on which a round is expensive.
    """

    tolerance: float = 0.01
    max_evaluations: int = 512
    unit_roundoff: float = 2.0**-23
    few_rounds: bool = False


@dataclass(frozen=True)
class Samples:
    """Samples of an integrand: `nodes` (n, increasing from 0 to 1), `totals` F (n), `gradients` (n features)."""

    nodes: Array
    totals: Array
    gradients: Array

    def merge(self, more: "Samples") -> "Samples":
        """These samples and more, in the order of their nodes."""
        nodes = np.concatenate([self.nodes, more.nodes])
        order = np.argsort(nodes, kind="stable")
        totals = np.concatenate([self.totals, more.totals])[order]
        return Samples(nodes[order], totals, np.concatenate([self.gradients, more.gradients])[order])

    @property
    def change(self) -> float:
        """F(1) - F(0), the exact sum of the integrals of all features."""
        return float(self.totals[-1] - self.totals[0])

    @property
    def path(self) -> tuple[Array, Array]:
        """The nodes and F at each of them."""
        return self.nodes, self.totals

    def noise(self, unit: float) -> float:
        """A bound on the rounding error of the sum, from the unit roundoff and the size of its terms."""
        return 2 * unit * max(float(np.abs(self.totals).max()), float(np.abs(self.gradients).sum(1).mean()))


@dataclass(frozen=True)
class Integral:
    """The integral over [0, 1] of each feature.

    `values` and `errors` are per feature: the true integral lies within the error for 99 in 100 tokens. `whole` bounds
    the sum of all true errors (they average out, so it is less than the sum of `errors`); `rounding` is the part of it
    that more nodes cannot reduce. `panels` (n - 1) is what each panel adds to that sum, and `defects` (n - 1) the known
    error of the sum of its values.
    """

    values: Array
    errors: Array
    whole: float
    rounding: float
    panels: Array
    defects: Array

    @property
    def residual(self) -> float:
        """The sum of the values less F(1) - F(0)."""
        return float(self.defects.sum())

    @property
    def size(self) -> float:
        """The sum of the sizes of the values."""
        return float(np.abs(self.values).sum())


def integrate_samples(paths: Sequence[Samples], goal: Goal, rules: Sequence[Rules] | None = None) -> list[Integral]:
    """The integrals along paths of as many nodes each, halfway between a spline and local polynomials, with errors.

    `rules` are those of each path's nodes, if they are known.
    """
    weights = rules or find_rules([path.nodes for path in paths])
    gradients = _stack([path.gradients for path in paths])
    panels = np.stack([rule.values for rule in weights]) @ gradients
    defects = panels.sum(2) - np.diff([path.totals for path in paths], axis=1)
    apart = np.hypot(
        *(np.stack(differences) @ gradients for differences in zip(*(rule.apart for rule in weights), strict=True))
    )
    estimates = estimate_errors(apart, defects, gradients)
    rule_differences = np.stack([rule.whole for rule in weights]) @ gradients
    errors = np.sqrt((estimates**2).sum(1) + (rule_differences**2).sum(1))
    widths = np.diff([path.nodes for path in paths], axis=1)
    jumps = widths[:, None, :, None] * (np.stack([rule.jumps for rule in weights]) @ gradients[:, None])
    jump_sizes = np.abs(jumps).sum((2, 3))
    kinks = _ANYWHERE * find_jumps(jumps)
    rough, evidence = measure_roughness(jump_sizes), measure_evidence(jump_sizes)
    judged = zip(estimates.sum(2), kinks, defects, rough, evidence, strict=True)
    facts = zip(paths, panels.sum(1), errors, judged, strict=True)
    return [_bound_errors(path, goal, *measured) for path, *measured in facts]


def _stack(rows: Sequence[Array]) -> Array:
    """Gradients (nodes features) of paths, side by side: paths nodes features, 0 where a path has fewer features."""
    stacked = np.zeros((len(rows), len(rows[0]), max(row.shape[1] for row in rows)))
    for place, row in zip(stacked, rows, strict=True):
        place[:, : row.shape[1]] = row
    return stacked


def _bound_errors(samples: Samples, goal: Goal, values: Array, errors: Array, judged: tuple[Array, ...]) -> Integral:
    """The integral of `values` (features) with error bounds, from `errors` (features) and the judgment of panels.

    `judged` holds, for each panel, the sum of its estimates, the errors by jumps (features) and its defect; and for the
    path its roughness, 1 where it is smooth, and the factor by which jumps count for the verdict.
    """
    estimates, kinks, defects, rough, evidence = judged
    count = samples.gradients.shape[1]
    values, size = values[:count], float(np.abs(values).sum())
    errors = errors[:count] * (ease := _ease(_SUM * float(errors.sum()) / (size or 1.0)))
    all_kinks = kinks.sum(1)
    jumps = _KINKED * float(np.sqrt((all_kinks**2).sum()))
    own_kinks = np.sqrt((kinks[:, :count] ** 2).sum(0))
    own_bounds = np.hypot(_MARGIN * ease**_CLOSER * rough**3 * errors, _KINKED * own_kinks)
    bounds = np.hypot(own_bounds, _SHARED * jumps * _share_variation(samples.gradients))
    bounds += samples.noise(goal.unit_roundoff) * np.abs(values) / (size or 1.0)
    rounding = 2 * goal.unit_roundoff * size
    whole = float(np.hypot(_WHOLE * rough**2 * errors.sum(), evidence * jumps)) + rounding
    return Integral(values, bounds, whole, rounding, np.hypot(estimates, all_kinks), defects)


def _share_variation(gradients: Array) -> Array:
    """Each feature's share (features) of the total variation of gradients (nodes features), which may hide a jump."""
    movements: Array = np.abs(np.diff(gradients, axis=0)).sum(0)
    return movements / (float(movements.sum()) or 1.0)


def _ease(share: float) -> float:
    """The factor of estimates that add up to this share of the scores; small estimates are too large by more."""
    return min(1.0, max(_LEAST, float((share / _COARSE) ** _EASE)))


def refine(samples: Samples, integral: Integral, goal: Goal) -> Array:
    """The nodes to add: midpoints of the panels with the largest errors; empty when the goal is reached.

    Also empty when the evaluations are used up, or where finer nodes cannot reduce the error.
    """
    change, size = _allowed_errors(samples, integral, goal)
    if abs(integral.residual) <= _STRICT * change and integral.whole <= max(
        size, samples.noise(goal.unit_roundoff) + integral.rounding
    ):
        return np.empty(0)
    if find_sliver(samples, integral, goal):
        return np.empty(0)
    shares = np.maximum(_SPENT * integral.panels / (size or 1.0), np.abs(integral.defects) / (2 * (change or 1.0)))
    shares[_find_narrow_panels(samples)] = 0.0
    order = np.argsort(-shares, kind="stable")
    remaining = np.sqrt(np.maximum((shares**2).sum() - np.cumsum(shares[order] ** 2), 0.0))
    limit = len(samples.nodes) if goal.few_rounds else max(1, (len(samples.nodes) - 8) // _FEW)
    limit = min(limit, goal.max_evaluations - len(samples.nodes))
    marked = np.sort(order[: min(int(np.argmax(remaining <= _LEFT)) + 1, max(0, limit))])
    marked = marked[shares[marked] > 0]
    middles: Array = (samples.nodes[marked] + samples.nodes[marked + 1]) / 2
    return middles


def find_sliver(samples: Samples, integral: Integral, goal: Goal) -> tuple[float, float] | None:
    """The part of the path, from and to, that is too narrow to be resolved and alone exceeds the goal; None if none."""
    narrow, (change, size) = _find_narrow_panels(samples), _allowed_errors(samples, integral, goal)
    unknown = float(np.sqrt((integral.panels[narrow] ** 2).sum()))
    if unknown <= size and abs(integral.defects[narrow].sum()) <= change:
        return None
    places = np.flatnonzero(narrow)
    return float(samples.nodes[places[0]]), float(samples.nodes[places[-1] + 1])


def _find_narrow_panels(samples: Samples) -> NDArray[np.bool_]:
    """Which panels (n - 1) cannot be halved."""
    narrow: NDArray[np.bool_] = np.diff(samples.nodes) < 2 * _CLOSEST
    return narrow


def _allowed_errors(samples: Samples, integral: Integral, goal: Goal) -> tuple[float, float]:
    """The errors allowed of the sum, and of all scores together, in units of the score; not less than the noise."""
    noise = samples.noise(goal.unit_roundoff)
    return max(goal.tolerance * abs(samples.change), noise), max(goal.tolerance * integral.size, noise)
