"""Nodes, weights, refinement and error estimates for integrals along a path: pure arithmetic, no model.

The integrand is a vector, one slope per feature, and the sum of the slopes is the derivative of a total F that is known
at every node. So every panel between two nodes tells two things about itself: how far rules differ on each feature's
integral, and by how much the sum of the features is known to be off (its defect), which shows structure between the
nodes that every rule overlooks. The whole integral tells a third: how far it moves by other rules, and with half of the
nodes. Rules, nodes and constants were chosen by measuring on trained models; tests/benchmarks/certificates.py holds
them against a float64 reference.
"""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from scipy.interpolate import CubicSpline

Array = NDArray[np.float64]

START: Array = np.array([0, 5, 13, 25, 42, 64, 92, 128, 180, 256], dtype=np.float64) / 256
"""The first nodes: closer together near the baseline, where networks with normalised layers bend most."""

SCALES = np.array([[1.0], [1.0], [0.2], [0.2]])
"""Of the error of an integral over how far it is from two other rules, and from those over every second node."""

_MARGIN = 2.12  # of a feature's error over its estimate, for 99 in 100 tokens, where `_ease` is 1
_CLOSER = 1 / 3  # the power of `_ease` by which that is less elsewhere
_WHOLE = 0.7  # of the error of all features together over the sum of their estimates
_COARSE, _EASE, _LEAST = 0.01, 0.15, 0.6  # below that share of the scores, the power and the least of `_ease`
_FLOOR = 0.15  # a feature's estimate on a panel is no less than this share of the panel's, by how much it moves there
_SURPRISE = 0.8  # how far estimates follow a defect that exceeds them: 0 not at all, 1 all the way
_STRICT = 0.8  # the share of the tolerance at which refinement stops, so that the verdict stands on firm ground
_LEFT = 0.7  # the share of the tolerance that may be left to the panels that a round does not halve
_FEW = 8  # a round adds one node, and one more for so many that there are beyond the first: few, where they are needed
_CLOSEST = 2.0**-20  # a panel narrower than this is not halved
_WIDEST = 16.0  # the most by which a panel's estimate is raised for being wider than its neighbours
_COMMON = 64  # nodes up to which their rules are remembered
_SPENT = 2.0  # how much of the tolerance a panel is thought to take, over its estimate
_POINTS, _WEIGHTS = np.polynomial.legendre.leggauss(3)


@dataclass(frozen=True)
class Goal:
    """When to stop: the tolerance as a share, the most evaluations, and the unit roundoff of the numbers."""

    tolerance: float = 0.01
    most: int = 512
    unit: float = 2.0**-23


@dataclass(frozen=True)
class Samples:
    """An integrand where it is known: `nodes` (n, increasing from 0 to 1), `totals` F (n), `slopes` (n features)."""

    nodes: Array
    totals: Array
    slopes: Array

    def merge(self, more: "Samples") -> "Samples":
        """These samples and more, in the order of their nodes."""
        nodes = np.concatenate([self.nodes, more.nodes])
        order = np.argsort(nodes, kind="stable")
        totals = np.concatenate([self.totals, more.totals])[order]
        return Samples(nodes[order], totals, np.concatenate([self.slopes, more.slopes])[order])

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
        return 2 * unit * max(float(np.abs(self.totals).max()), float(np.abs(self.slopes).sum(1).mean()))


@dataclass(frozen=True)
class Integral:
    """The integral over [0, 1] of each feature.

    `values` and `errors` are per feature: the true integral lies within the error for 99 in 100 tokens. `whole` bounds
    the sum of all true errors (they average out, so it is less than the sum of `errors`). `panels` (n - 1) says what
    each panel adds to that sum, and `defects` (n - 1) what its values are known to be off in sum.
    """

    values: Array
    errors: Array
    whole: float
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


@dataclass(frozen=True)
class Rules:
    """Weights of some nodes: panels x nodes for the values and for how far other rules are from each other.

    `whole` (others x nodes) says how far the whole integral by other rules is from the sum of the values.
    """

    values: Array
    apart: tuple[Array, Array]
    whole: Array


def integrate(samples: Samples, goal: Goal) -> Integral:
    """The integral of each feature, halfway between a cubic spline and local polynomials, with its error."""
    alive = np.flatnonzero(np.abs(samples.slopes).max(0))
    if not len(alive):
        nothing = np.zeros(samples.slopes.shape[1])
        return Integral(nothing, nothing, 0.0, np.zeros(len(samples.nodes) - 1), -np.diff(samples.totals))
    rules, slopes = find_rules(samples.nodes), samples.slopes[:, alive]
    panels = rules.values @ slopes
    defects = panels.sum(1) - np.diff(samples.totals)
    estimates = estimate(np.hypot(*(weights @ slopes for weights in rules.apart)), defects, slopes)
    values, errors = np.zeros((2, samples.slopes.shape[1]))
    values[alive] = panels.sum(0)
    errors[alive] = np.sqrt((estimates**2).sum(0) + ((rules.whole @ slopes) ** 2).sum(0))
    ease = _ease(_WHOLE * float(errors.sum()) / (float(np.abs(values).sum()) or 1.0))
    errors *= ease
    rounding = samples.noise(goal.unit) * np.abs(values) / (np.abs(values).sum() or 1.0)
    bounds = _MARGIN * ease**_CLOSER * errors + rounding
    return Integral(values, bounds, _WHOLE * float(errors.sum()), estimates.sum(1), defects)


def _ease(share: float) -> float:
    """What to multiply estimates with that add up to this share of the scores: the smaller, the more they exceed it."""
    return min(1.0, max(_LEAST, float((share / _COARSE) ** _EASE)))


def find_rules(nodes: Array) -> Rules:
    """The rules at these nodes; those of few nodes are remembered, for many paths have the same ones."""
    return _remember(nodes.tobytes()) if len(nodes) <= _COMMON else _weigh_all(nodes)


@lru_cache(maxsize=128)
def _remember(places: bytes) -> Rules:
    return _weigh_all(np.frombuffer(places))


def _weigh_all(nodes: Array) -> Rules:
    numbers = np.arange(len(nodes))
    ends = (numbers == 0) | (numbers == len(nodes) - 1)
    smooth, local, coarse = weigh_spline(nodes), weigh(nodes, 6, before=2), weigh(nodes, 4, before=1)
    values = (smooth + local) / 2
    sides = [weigh(nodes, 5, before=before).sum(0) for before in (1, 2)]
    halves = [weigh_spline(nodes, ends | (numbers % 2 == odd)).sum(0) for odd in (0, 1)]
    whole = SCALES * (np.stack([*sides, *halves]) - values.sum(0))
    wider = _compare_widths(nodes)
    return Rules(values, (wider * (local - smooth), wider * (local - coarse) / 4), whole)


def _compare_widths(nodes: Array) -> Array:
    """By how much to raise what rules differ by on a panel that is wider than both its neighbours, panels x 1.

    These were halved because they had to be, so if its own rules agree that well, it may be by chance.
    """
    widths = np.diff(nodes)
    beside = np.pad(widths, 1, constant_values=np.inf)
    wider: Array = widths / np.maximum(beside[:-2], beside[2:])
    return np.clip(wider**2, 1.0, _WIDEST)[:, None]


def weigh_spline(nodes: Array, kept: slice | NDArray[np.bool_] = slice(None)) -> Array:
    """Weights, panels x nodes: the integrals of the cubic spline through the nodes that are kept, between these."""
    spline = CubicSpline(nodes[kept], np.eye(len(nodes))[kept])
    weights: Array = np.diff(spline.antiderivative()(nodes[kept]), axis=0)
    return weights


def estimate(apart: Array, defects: Array, slopes: Array) -> Array:
    """Each panel's error of each feature: how far rules are apart there, raised where the defect shows more.

    A defect is the sum of the features' errors; if those are independent, each is about the defect over the root of
    their number. No feature is taken for exact because its rules happen to agree: it gets a share by how it moves.
    """
    typical = np.sqrt((apart**2).mean(1, keepdims=True))
    seen = np.abs(defects)[:, None] / np.sqrt(max(1, slopes.shape[1]))
    moves = np.abs(np.diff(slopes, axis=0))
    moves = _over(moves + moves.mean(1, keepdims=True), np.sqrt((moves**2).mean(1, keepdims=True)))
    raised = np.maximum(typical, seen) ** _SURPRISE * typical ** (1 - _SURPRISE)
    share = _over(raised, typical)
    found: Array = np.maximum(np.hypot(apart, _FLOOR * typical * moves) * share, 0.1 * _FLOOR * seen * moves)
    return found


def _over(values: Array, whole: Array) -> Array:
    """Values over a whole, and 1 where there is none."""
    found: Array = np.divide(values, whole, out=np.ones_like(values), where=whole > 0)
    return found


def weigh(nodes: Array, order: int, *, before: int) -> Array:
    """Weights, panels x nodes: each panel's integral of the polynomial through `order` nodes around it.

    So many of them lie `before` the panel, or fewer or more near an end.

    The Lagrange polynomials of the nodes are integrated by three Gauss points a panel, exact up to order 6.
    """
    order = min(order, len(nodes))
    first = np.clip(np.arange(len(nodes) - 1) - before, 0, len(nodes) - order)
    places = first[:, None] + np.arange(order)
    near = nodes[places]
    middle, half = (nodes[1:] + nodes[:-1]) / 2, np.diff(nodes) / 2
    points = middle[:, None] + half[:, None] * _POINTS
    own = np.eye(order, dtype=bool)
    above = np.where(own, 1.0, points[:, :, None, None] - near[:, None, None, :])
    below = np.where(own, 1.0, near[:, :, None] - near[:, None, :])
    basis = above.prod(-1) / below.prod(-1)[:, None, :]
    weights = np.zeros((len(nodes) - 1, len(nodes)))
    np.put_along_axis(weights, places, half[:, None] * np.einsum("g,pgk->pk", _WEIGHTS, basis), axis=1)
    return weights


def refine(samples: Samples, integral: Integral, goal: Goal) -> Array:
    """The nodes to add: middles of the panels that stand most in the way of the goal; empty when it is reached.

    Empty as well where the evaluations are spent, or where finer nodes could mend nothing.
    """
    noise = samples.noise(goal.unit)
    change, size = (max(goal.tolerance * part, noise) for part in (abs(samples.change), integral.size))
    if abs(integral.residual) <= _STRICT * change and integral.whole <= size:
        return np.empty(0)
    worst = np.maximum(_SPENT * integral.panels / (size or 1.0), np.abs(integral.defects) / (2 * (change or 1.0)))
    worst[np.diff(samples.nodes) < 2 * _CLOSEST] = 0.0
    order = np.argsort(-worst, kind="stable")
    left = np.sqrt(np.maximum((worst**2).sum() - np.cumsum(worst[order] ** 2), 0.0))
    few = min(max(1, (len(samples.nodes) - 8) // _FEW), goal.most - len(samples.nodes))
    marked = np.sort(order[: min(int(np.argmax(left <= _LEFT)) + 1, max(0, few))])
    marked = marked[worst[marked] > 0]
    found: Array = (samples.nodes[marked] + samples.nodes[marked + 1]) / 2
    return found
