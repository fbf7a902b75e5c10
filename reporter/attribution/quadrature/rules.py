"""Quadrature rules: weights of nodes on [0, 1], for the values of an integral and for its differences by other rules.

All arrays may hold several sets of as many nodes: `...` below are the sets.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

SCALES = np.array([[1.0], [1.0], [0.2], [0.2]])
"""The error of an integral over its difference from two other rules, and from those over every second node."""

ORDERS = (1, 2, 3, 4)
"""The numbers of nodes by which an integrand is extrapolated into a panel from each side, to measure convergence."""

_WIDEST = 16.0  # the most by which a panel's estimate is raised for being wider than its neighbours
_POINTS, _WEIGHTS = np.polynomial.legendre.leggauss(3)


@dataclass(frozen=True)
class Rules:
    """Weights of a set of nodes: `values` (panels nodes), and `apart`, two differences of rules (panels nodes each).

    `whole` (rules nodes) gives the difference of the whole integral by other rules from the sum of the values, `jumps`
    (orders panels nodes) the estimated jump of the integrand on each panel, by each of `ORDERS`.
    """

    values: Array
    apart: tuple[Array, Array]
    whole: Array
    jumps: Array


def find_rules(places: Sequence[Array]) -> list[Rules]:
    """The rules of each of these sets of as many nodes; equal sets are computed once."""
    distinct = {nodes.tobytes(): nodes for nodes in places}
    known = dict(zip(distinct, _compute_rules(np.stack([*distinct.values()])), strict=True))
    return [known[nodes.tobytes()] for nodes in places]


def _compute_rules(nodes: Array) -> list[Rules]:
    """The rules at sets of nodes, sets nodes."""
    numbers = np.arange(nodes.shape[-1])
    ends = (numbers == 0) | (numbers == len(numbers) - 1)
    smooth, local, coarse = (
        weigh_spline(nodes),
        weigh_polynomials(nodes, 6, before=2),
        weigh_polynomials(nodes, 4, before=1),
    )
    values = (smooth + local) / 2
    others = [weigh_polynomials(nodes, 5, before=before).sum(-2) for before in (1, 2)]
    for odd in (0, 1):
        subset = np.flatnonzero(ends | (numbers % 2 == odd))
        others.append(np.zeros(nodes.shape))
        others[-1][..., subset] = weigh_spline(nodes[..., subset]).sum(-2)
    whole = SCALES * (np.stack(others, -2) - values.sum(-2, keepdims=True))
    wider = _compare_widths(nodes)
    jumps = np.stack([weigh_jumps(nodes, order) for order in ORDERS], axis=-3)
    differences = zip(wider * (local - smooth), wider * (local - coarse) / 4, strict=True)
    return list(map(Rules, values, differences, whole, jumps))


def _compare_widths(nodes: Array) -> Array:
    """The factor of rule differences on a panel that is wider than both its neighbours, ... panels 1.

    The neighbours had to be halved, so if the rules agree well on the panel between them, that may be by chance.
    """
    widths = np.diff(nodes)
    edge = np.full((*widths.shape[:-1], 1), np.inf)
    neighbours = np.concatenate([edge, widths, edge], axis=-1)
    wider: Array = widths / np.maximum(neighbours[..., :-2], neighbours[..., 2:])
    return np.clip(wider**2, 1.0, _WIDEST)[..., None]


def weigh_spline(nodes: Array) -> Array:
    """Weights, ... panels nodes: the integrals of the cubic spline through the nodes (... nodes), "not a knot".

    It is found by its gradients at nodes: de Boor, A Practical Guide to Splines, 1978, chapter IV. Through fewer than
    four nodes it is a polynomial.
    """
    count = nodes.shape[-1]
    if count < 4:
        return weigh_polynomials(nodes, count, before=0)
    identity = np.eye(count)
    widths = np.diff(nodes)[..., None]
    rises = np.diff(identity, axis=0) / widths
    before, after = widths[..., :-1, :], widths[..., 1:, :]
    system = after * identity[:-2] + 2 * (before + after) * identity[1:-1] + before * identity[2:]
    given = 3 * (after * rises[..., :-1, :] + before * rises[..., 1:, :])
    first = _end_condition(widths[..., :2, :], rises[..., :2, :], identity[:2])
    last = _end_condition(widths[..., :-3:-1, :], rises[..., :-3:-1, :], identity[:-3:-1])
    gradients = np.linalg.solve(
        np.concatenate([first[0], system, last[0]], axis=-2), np.concatenate([first[1], given, last[1]], axis=-2)
    )
    spline: Array = widths / 2 * (identity[:-1] + identity[1:]) - widths**2 / 12 * np.diff(gradients, axis=-2)
    return spline


def _end_condition(widths: Array, rises: Array, identity: Array) -> tuple[Array, Array]:
    """The "not a knot" equation at an end: the first two panels there share one polynomial."""
    outer, inner = widths[..., :1, :], widths[..., 1:, :]
    sum_of_widths = outer + inner
    given = ((outer + 2 * sum_of_widths) * inner * rises[..., :1, :] + outer**2 * rises[..., 1:, :]) / sum_of_widths
    return inner * identity[:1] + sum_of_widths * identity[1:], given


def weigh_polynomials(nodes: Array, order: int, *, before: int) -> Array:
    """Weights, ... panels nodes: each panel's integral of the polynomial through `order` of the nodes around it.

    So many of them lie `before` the panel, or fewer or more near an end.

    The Lagrange polynomials of the nodes are integrated by three Gauss points a panel, exact up to order 6.
    """
    count = nodes.shape[-1]
    order = min(order, count)
    first = np.clip(np.arange(count - 1) - before, 0, count - order)
    places = first[:, None] + np.arange(order)
    near = nodes[..., places]
    middle, half = (nodes[..., 1:] + nodes[..., :-1]) / 2, np.diff(nodes)[..., None] / 2
    points = middle[..., None] + half * _POINTS
    is_own = np.eye(order, dtype=bool)
    above = np.where(is_own, 1.0, points[..., None, None] - near[..., None, None, :])
    below = np.where(is_own, 1.0, near[..., :, None] - near[..., None, :])
    basis = above.prod(-1) / below.prod(-1)[..., None, :]
    weights = np.zeros((*nodes.shape[:-1], count - 1, count))
    parts = half * np.einsum("g,...gk->...k", _WEIGHTS, basis)
    np.put_along_axis(weights, np.broadcast_to(places, parts.shape), parts, axis=-1)
    return weights


def weigh_jumps(nodes: Array, order: int) -> Array:
    """Weights, ... panels nodes: the estimated jump of an integrand on each panel.

    It is the difference, in the middle of the panel, of the polynomials through the `order` nodes on either side, or as
    many as there are; where a side has one node only, the difference is taken there.
    """
    count = nodes.shape[-1]
    panels, is_own = np.arange(count - 1), np.eye(order, dtype=bool)
    point = (nodes[..., 1:] + nodes[..., :-1]) / 2
    if order > 1:
        point = np.where(panels == 0, nodes[..., :-1], np.where(panels == count - 2, nodes[..., 1:], point))
    weights: Array = np.zeros((*nodes.shape[:-1], count - 1, count))
    for sign, first in ((1.0, panels + 1), (-1.0, panels - order + 1)):
        places = first[:, None] + np.arange(order)
        exists = (places >= 0) & (places < count)
        near = nodes[..., places.clip(0, count - 1)]
        others = exists[:, None, :] & exists[:, :, None] & ~is_own
        above = np.where(others, point[..., None, None] - near[..., None, :], 1.0)
        below = np.where(others, near[..., :, None] - near[..., None, :], 1.0)
        parts = sign * exists * (above / below).prod(-1)
        weights += np.einsum("...pk,pkn->...pn", parts, places[..., None] == np.arange(count))
    return weights
