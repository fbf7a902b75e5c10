"""Nodes, refinement and error estimates for integrals along a path: pure arithmetic, no model (weights: `rules.py`).

The integrand is a vector, one gradient per feature, and their sum is the derivative of a total F that is known
at every node. So every panel between two nodes tells two things about itself: how far rules differ on each feature's
integral, and by how much the sum of the features is known to be off (its defect), which shows structure between the
nodes that every rule overlooks. The whole integral tells a third: how far it moves by other rules, and with half of the
nodes. What a panel may be off by all that is in `estimates.py`. Rules, nodes and constants were chosen by measuring on
trained models; tests/benchmarks/certificates.py holds them against a float64 reference.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from reporter.attribution.quadrature.estimates import estimate, find_jumps, measure_evidence, measure_roughness
from reporter.attribution.quadrature.rules import Array, Rules, find_rules

START: Array = np.array([0, 5, 13, 25, 42, 64, 92, 128, 180, 256], dtype=np.float64) / 256
"""The first nodes: closer together near the baseline, where networks with normalised layers bend most."""

START_HASTY: Array = np.array([0, 3, 8, 14, 22, 32, 45, 60, 78, 99, 125, 158, 200, 256], dtype=np.float64) / 256
"""As many of them as many texts need, along the same curve."""

_MARGIN = 2.12  # of a feature's error over its estimate, for 99 in 100 tokens, where `_ease` is 1
_CLOSER = 1 / 3  # the power of `_ease` by which that is less elsewhere
_SUM = 0.63  # of the error of all features over the sum of their estimates, by which `_ease` goes
_WHOLE = 0.5  # the same, for the verdict, beside what jumps do
_COARSE, _EASE, _LEAST = 0.01, 0.15, 0.6  # below that share of the scores, the power and the least of `_ease`
_ANYWHERE = 12**-0.5  # of the error of a panel over its width times a jump, which may be anywhere on it
_KINKED = 2.1  # of what jumps do, to a feature or to all, over the estimate: a single one does no more than 1.73
_SHARED = 2.5  # of a feature's error, at least, over its share of what jumps do to all, by how much its gradients move
_STRICT = 0.8  # the share of the tolerance at which refinement stops, so that the verdict stands on firm ground
_LEFT = 0.7  # the share of the tolerance that may be left to the panels that a round does not halve
_FEW = 8  # a round adds one node, and one more for so many that there are beyond the first: few, where they are needed
_CLOSEST = 2.0**-22  # a panel narrower than this is not halved: float32 hardly tells its two ends apart
_SPENT = 2.0  # how much of the tolerance a panel is thought to take, over its estimate


@dataclass(frozen=True)
class Goal:
    """When to stop: the tolerance as a share, the most evaluations, and the unit roundoff of the numbers.

    `few_rounds` is for devices on which a round takes longer than its evaluations: few rounds then, with more of these.
    """

    tolerance: float = 0.01
    max_evaluations: int = 512
    unit_roundoff: float = 2.0**-23
    few_rounds: bool = False


@dataclass(frozen=True)
class Samples:
    """An integrand where it is known: `nodes` (n, increasing from 0 to 1), `totals` F (n), `gradients` (n features)."""

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
        """What the integral over all features adds up to: F(1) - F(0)."""
        return float(self.totals[-1] - self.totals[0])

    @property
    def path(self) -> tuple[Array, Array]:
        """The nodes and F at each of them."""
        return self.nodes, self.totals

    def noise(self, unit: float) -> float:
        """What rounding alone may do to a sum, from the unit roundoff and the size of what is added up."""
        return 2 * unit * max(float(np.abs(self.totals).max()), float(np.abs(self.gradients).sum(1).mean()))


@dataclass(frozen=True)
class Integral:
    """The integral over [0, 1] of each feature.

    `values` and `errors` are per feature: the true integral lies within the error for 99 in 100 tokens. `whole` bounds
    the sum of all true errors (they average out, so it is less than the sum of `errors`), `rounding` is that part of it
    which no further node mends. `panels` (n - 1) says what each panel adds to that sum, and `defects` (n - 1) what its
    values are known to be off in sum.
    """

    values: Array
    errors: Array
    whole: float
    rounding: float
    panels: Array
    defects: Array

    @property
    def residual(self) -> float:
        """How far the values are from adding up to the change of F."""
        return float(self.defects.sum())

    @property
    def size(self) -> float:
        """The sum of the sizes of the values."""
        return float(np.abs(self.values).sum())


def integrate(paths: Sequence[Samples], goal: Goal, rules: Sequence[Rules] | None = None) -> list[Integral]:
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
    estimates = estimate(apart, defects, gradients)
    moved = np.stack([rule.whole for rule in weights]) @ gradients
    errors = np.sqrt((estimates**2).sum(1) + (moved**2).sum(1))
    widths = np.diff([path.nodes for path in paths], axis=1)
    seen = widths[:, None, :, None] * (np.stack([rule.jumps for rule in weights]) @ gradients[:, None])
    sizes = np.abs(seen).sum((2, 3))
    kinks = _ANYWHERE * find_jumps(seen)
    judged = zip(estimates.sum(2), kinks, defects, measure_roughness(sizes), measure_evidence(sizes), strict=True)
    facts = zip(paths, panels.sum(1), errors, judged, strict=True)
    return [_conclude(path, goal, *measured) for path, *measured in facts]


def _stack(rows: Sequence[Array]) -> Array:
    """Gradients (nodes features) of paths, side by side: paths nodes features, 0 where a path has fewer features."""
    stacked = np.zeros((len(rows), len(rows[0]), max(row.shape[1] for row in rows)))
    for place, row in zip(stacked, rows, strict=True):
        place[:, : row.shape[1]] = row
    return stacked


def _conclude(samples: Samples, goal: Goal, values: Array, errors: Array, judged: tuple[Array, ...]) -> Integral:
    """What values (features) come to, by their errors (features) and how panels are judged.

    Of each panel these are the sum of its estimates, what its jumps may do to each feature, and its defect; and of all
    of them how rough the integrand is, 1 where it is smooth, and how much what jumps do is to count for the verdict.
    """
    estimates, kinks, defects, rough, evidence = judged
    count = samples.gradients.shape[1]
    values, size = values[:count], float(np.abs(values).sum())
    errors = errors[:count] * (ease := _ease(_SUM * float(errors.sum()) / (size or 1.0)))
    together = kinks.sum(1)
    jumps = _KINKED * float(np.sqrt((together**2).sum()))
    own = np.hypot(_MARGIN * ease**_CLOSER * rough**3 * errors, _KINKED * np.sqrt((kinks[:, :count] ** 2).sum(0)))
    bounds = np.hypot(own, _SHARED * jumps * _share(samples.gradients))
    bounds += samples.noise(goal.unit_roundoff) * np.abs(values) / (size or 1.0)
    rounding = 2 * goal.unit_roundoff * size
    whole = float(np.hypot(_WHOLE * rough**2 * errors.sum(), evidence * jumps)) + rounding
    return Integral(values, bounds, whole, rounding, np.hypot(estimates, together), defects)


def _share(gradients: Array) -> Array:
    """Of all that gradients (nodes features) move along the path, each feature's share: a jump may hide behind it."""
    moves: Array = np.abs(np.diff(gradients, axis=0)).sum(0)
    return moves / (float(moves.sum()) or 1.0)


def _ease(share: float) -> float:
    """What to multiply estimates with that add up to this share of the scores: the smaller, the more they exceed it."""
    return min(1.0, max(_LEAST, float((share / _COARSE) ** _EASE)))


def refine(samples: Samples, integral: Integral, goal: Goal) -> Array:
    """The nodes to add: midpoints of the panels with the largest errors; empty when the goal is reached.

    Empty as well where the evaluations are spent, or where finer nodes could mend nothing.
    """
    change, size = _allow(samples, integral, goal)
    if abs(integral.residual) <= _STRICT * change and integral.whole <= max(
        size, samples.noise(goal.unit_roundoff) + integral.rounding
    ):
        return np.empty(0)
    if find_sliver(samples, integral, goal):
        return np.empty(0)
    worst = np.maximum(_SPENT * integral.panels / (size or 1.0), np.abs(integral.defects) / (2 * (change or 1.0)))
    worst[_narrow(samples)] = 0.0
    order = np.argsort(-worst, kind="stable")
    left = np.sqrt(np.maximum((worst**2).sum() - np.cumsum(worst[order] ** 2), 0.0))
    few = len(samples.nodes) if goal.few_rounds else max(1, (len(samples.nodes) - 8) // _FEW)
    few = min(few, goal.max_evaluations - len(samples.nodes))
    marked = np.sort(order[: min(int(np.argmax(left <= _LEFT)) + 1, max(0, few))])
    marked = marked[worst[marked] > 0]
    middles: Array = (samples.nodes[marked] + samples.nodes[marked + 1]) / 2
    return middles


def find_sliver(samples: Samples, integral: Integral, goal: Goal) -> tuple[float, float] | None:
    """The part of the path, from where to where, that is too narrow to be followed and alone exceeds the goal."""
    narrow, (change, size) = _narrow(samples), _allow(samples, integral, goal)
    unknown = float(np.sqrt((integral.panels[narrow] ** 2).sum()))
    if unknown <= size and abs(integral.defects[narrow].sum()) <= change:
        return None
    places = np.flatnonzero(narrow)
    return float(samples.nodes[places[0]]), float(samples.nodes[places[-1] + 1])


def _narrow(samples: Samples) -> NDArray[np.bool_]:
    """Which panels (n - 1) cannot be halved."""
    narrow: NDArray[np.bool_] = np.diff(samples.nodes) < 2 * _CLOSEST
    return narrow


def _allow(samples: Samples, integral: Integral, goal: Goal) -> tuple[float, float]:
    """How far the sum may be off, and all scores together, in units of the score; never less than the noise."""
    noise = samples.noise(goal.unit_roundoff)
    return max(goal.tolerance * abs(samples.change), noise), max(goal.tolerance * integral.size, noise)
