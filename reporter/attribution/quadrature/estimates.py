"""What the integral on a panel may be off: how far rules differ there, by how much its sum is known to be, and jumps.

How fast a panel converges is measured, not believed: the gradients are continued into it from both sides, with four
orders. Where a higher one leaves as much as a lower one, they jump (in networks with ReLU they do): rules then agree by
symmetry alone, and what a jump anywhere on that panel may do is its error.
"""

import numpy as np

from reporter.attribution.quadrature.rules import Array

_USUAL, _ROUGHEST = 1.9, 1.5  # the most that roughness is on what is smooth, and the most over it that counts
_UNDECIDED = 1.1  # what the third order leaves over what the second does, where it speaks neither for jumps nor against
_AGAINST, _FOR = 0.7, 1.4  # the least and the most that this counts
_FLOOR = 0.15  # a feature's estimate on a panel is no less than this share of the panel's, by how much it moves there
_SURPRISE = 0.8  # how far estimates follow a defect that exceeds them: 0 not at all, 1 all the way


def estimate(apart: Array, defects: Array, gradients: Array) -> Array:
    """Each panel's error of each feature: how far rules are apart there, raised where the defect shows more.

    All are paths panels (or nodes) features. A defect is the sum of the features' errors; if those are independent,
    each is about the defect over the root of their number. No feature is taken for exact because its rules happen to
    agree: it gets a share by how it moves. Features that are 0 everywhere do not count.
    """
    alive = np.abs(gradients).max(1, keepdims=True) > 0
    count = np.maximum(1, alive.sum(2, keepdims=True))
    typical = np.sqrt((apart**2).sum(2, keepdims=True) / count)
    seen = np.abs(defects)[:, :, None] / np.sqrt(count)
    moves = np.abs(np.diff(gradients, axis=1))
    usual = np.sqrt((moves**2).sum(2, keepdims=True) / count)
    moves = alive * _over(moves + moves.sum(2, keepdims=True) / count, usual)
    raised = np.maximum(typical, seen) ** _SURPRISE * typical ** (1 - _SURPRISE)
    share = _over(raised, typical)
    errors: Array = np.maximum(np.hypot(apart, _FLOOR * typical * moves) * share, 0.1 * _FLOOR * seen * moves)
    return errors


def find_jumps(seen: Array) -> Array:
    """By how much each feature jumps on each panel, paths panels features, as seen with some orders (second axis).

    What is smooth there looks smaller with each order, or changes its sign; a jump looks the same with all of them. So
    the least counts, where all have one sign, and none where they differ (minmod: Gelb and Tadmor, Adaptive Edge
    Detectors for Piecewise Smooth Data Based on the Minmod Limiter, Journal of Scientific Computing, 2006). The highest
    two need not agree: the more nodes one takes, the more often there is another jump among them.
    """
    return np.maximum(*(_agree(np.stack([seen[:, 0], seen[:, 1], seen[:, more]])) for more in (2, 3)))


def _agree(seen: Array) -> Array:
    """The least size where all signs are the same, and 0 elsewhere."""
    alike = (seen > 0).all(0) | (seen < 0).all(0)
    least: Array = np.where(alike, np.abs(seen).min(0), 0.0)
    return least


def measure_roughness(sizes: Array) -> Array:
    """By how much more jumps seem to do with the highest order than with the middle one, over what is usual, each path.

    `sizes` (paths orders) is what they seem to do with each order, over all panels and features.
    With each order less is left of what is smooth, and more of what is not: there, a higher order only adds to it.
    """
    return np.clip(_over(sizes[:, -1], _USUAL * sizes[:, 1]), 1.0, _ROUGHEST)


def measure_evidence(sizes: Array) -> Array:
    """How much what jumps do is to count on each path: more where the third order leaves more than the second does.

    On kinked paths that are well resolved it leaves about twice as much, on smooth ones as much or less.
    `sizes` are as above.
    """
    return np.clip(_over(sizes[:, 2], _UNDECIDED * sizes[:, 1]), _AGAINST, _FOR)


def _over(values: Array, whole: Array) -> Array:
    """Values over a whole, and 1 where there is none."""
    shares: Array = np.divide(values, whole, out=np.ones_like(values), where=whole > 0)
    return shares
