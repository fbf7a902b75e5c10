"""Error estimates of the integral on a panel: from the difference of rules, from its known defect, and from jumps.

Convergence is measured: the gradients are extrapolated into each panel from both sides, with four orders. Where a
higher order leaves as large a difference as a lower one, they jump (in networks with ReLU they do): rules then agree by
symmetry alone, and the error is that of a jump anywhere on the panel.
"""

import numpy as np

from reporter.attribution.quadrature.rules import Array

_USUAL, _ROUGHEST = 1.9, 1.5  # the largest roughness of smooth integrands, and the largest multiple of it that counts
_UNDECIDED = 1.1  # the ratio of jumps by the third order to those by the second that is no evidence either way
_AGAINST, _FOR = 0.7, 1.4  # the least and the largest factor of that evidence
_FLOOR = 0.15  # a feature's estimate on a panel is no less than this share of the panel's, by how much it moves there
_SURPRISE = 0.8  # how far estimates follow a defect that exceeds them: 0 not at all, 1 all the way


def estimate_errors(apart: Array, defects: Array, gradients: Array) -> Array:
    """The error of each feature on each panel: the difference of rules there, raised where the defect is larger.

    `apart` is paths panels features, `defects` paths panels, `gradients` paths nodes features; the result is like
    `apart`. A defect is the sum of the features' errors; if those are independent, each is about the defect over the
    root of their number. A feature whose rules happen to agree gets an error by how much its gradient changes. Features
    that are 0 everywhere do not count.
    """
    alive = np.abs(gradients).max(1, keepdims=True) > 0
    count = np.maximum(1, alive.sum(2, keepdims=True))
    typical = np.sqrt((apart**2).sum(2, keepdims=True) / count)
    by_defect = np.abs(defects)[:, :, None] / np.sqrt(count)
    movements = np.abs(np.diff(gradients, axis=1))
    usual = np.sqrt((movements**2).sum(2, keepdims=True) / count)
    movements = alive * _divide(movements + movements.sum(2, keepdims=True) / count, usual)
    raised = np.maximum(typical, by_defect) ** _SURPRISE * typical ** (1 - _SURPRISE)
    scale = _divide(raised, typical)
    errors: Array = np.maximum(
        np.hypot(apart, _FLOOR * typical * movements) * scale, 0.1 * _FLOOR * by_defect * movements
    )
    return errors


def find_jumps(jumps: Array) -> Array:
    """The jump of each feature on each panel, paths panels features, from estimates by several orders (second axis).

    On smooth integrands estimates shrink with each order, or change their sign; a jump is the same by all of them. So
    the smallest counts where all signs are the same, and 0 where they differ (minmod: Gelb and Tadmor, Adaptive Edge
    Detectors for Piecewise Smooth Data Based on the Minmod Limiter, Journal of Scientific Computing, 2006). The highest
    two orders need not agree: with more nodes there is more often another jump among them.
    """
    return np.maximum(*(_minmod(np.stack([jumps[:, 0], jumps[:, 1], jumps[:, order]])) for order in (2, 3)))


def _minmod(jumps: Array) -> Array:
    """The least size where all signs are the same, and 0 elsewhere."""
    same_sign = (jumps > 0).all(0) | (jumps < 0).all(0)
    least: Array = np.where(same_sign, np.abs(jumps).min(0), 0.0)
    return least


def measure_roughness(sizes: Array) -> Array:
    """The roughness of each path's integrand (paths), 1 where it is smooth: jumps by the highest order over the second.

    `sizes` (paths orders) are the sums of estimated jumps by each order, over all panels and features. A higher order
    leaves less of a smooth integrand, and more of a rough one.
    """
    return np.clip(_divide(sizes[:, -1], _USUAL * sizes[:, 1]), 1.0, _ROUGHEST)


def measure_evidence(sizes: Array) -> Array:
    """The factor (paths) by which jumps count on each path: larger where the third order leaves more than the second.

    On kinked paths that are well resolved it leaves about twice as much, on smooth ones as much or less. `sizes` are as
    in `measure_roughness`.
    """
    return np.clip(_divide(sizes[:, 2], _UNDECIDED * sizes[:, 1]), _AGAINST, _FOR)


def _divide(values: Array, whole: Array) -> Array:
    """The quotient of two arrays, and 1 where the second is 0."""
    shares: Array = np.divide(values, whole, out=np.ones_like(values), where=whole > 0)
    return shares
