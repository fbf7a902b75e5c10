"""Integration along many paths at once: each goes as far as it needs, and all that is still wanted shares passes."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from reporter.attribution.quadrature.refinement import (
    START,
    START_HASTY,
    Goal,
    Integral,
    Samples,
    find_sliver,
    integrate,
    refine,
)
from reporter.attribution.quadrature.rules import Array, find_rules
from reporter.models import QUADRATURE_WEIGHTS, make_batches

Sampler = Callable[[list[int], list[float]], tuple[Array, list[Array]]]
"""Evaluates pairs of a row and a node on its path: the total F of each, and the gradients (features) there."""


@dataclass(frozen=True)
class Integration:
    """What one row's integration came to."""

    samples: Samples
    integral: Integral

    @property
    def evaluations(self) -> int:
        """Forward-and-backward passes for this row, those at its two ends included."""
        return len(self.samples.nodes)

    def sliver(self, goal: Goal) -> tuple[float, float] | None:
        """The part of the path, from where to where, that is too narrow to be followed and for which it misses."""
        return find_sliver(self.samples, self.integral, goal) if self.misses(goal) else None

    def misses(self, goal: Goal) -> bool:
        """Whether it ended, by what is known, outside the tolerance."""
        known = abs(self.integral.residual) <= goal.tolerance * abs(self.samples.change)
        return not (known and self.integral.whole <= goal.tolerance * self.integral.size)


def integrate_paths(sample: Sampler, known: Sequence[Samples | None], goal: Goal) -> list[Integration]:
    """Integrate every row, starting from what is `known` of it; rows that have arrived take no further part.

    Raises `ValueError` for a row whose total or gradients are not finite numbers somewhere on its path.
    """
    wanted = {row: _first(samples, goal) for row, samples in enumerate(known)}
    paths = {row: samples for row, samples in enumerate(known) if samples is not None}
    done: dict[int, Integration] = {}
    while wanted:
        paths |= {row: _join(paths.get(row), more) for row, more in _ask(sample, wanted).items()}
        done |= _integrate({row: paths[row] for row in wanted}, goal)
        wanted = {row: refine(done[row].samples, done[row].integral, goal) for row in wanted}
        wanted = {row: nodes for row, nodes in wanted.items() if len(nodes)}
    return [done[row] for row in range(len(known))]


def _integrate(paths: dict[int, Samples], goal: Goal) -> dict[int, Integration]:
    """What the integrals come to; the rules for as many nodes are found together."""
    integrations: dict[int, Integration] = {}
    for rows in make_batches(paths, lambda row: len(paths[row].nodes) ** 2, budget=QUADRATURE_WEIGHTS):
        rules = dict(zip(rows, find_rules([paths[row].nodes for row in rows]), strict=True))
        for together in (
            [rows] if goal.few_rounds else [[row] for row in rows]
        ):  # one by one, no number depends on the others
            integrals = integrate([paths[row] for row in together], goal, [rules[row] for row in together])
            integrations.update(
                (row, Integration(paths[row], integral)) for row, integral in zip(together, integrals, strict=True)
            )
    return integrations


def _first(samples: Samples | None, goal: Goal) -> Array:
    """The first nodes: the usual ones, or fewer where the evaluations allow no more; always with 0 and 1."""
    first = START_HASTY if goal.few_rounds and goal.max_evaluations >= len(START_HASTY) else START
    if goal.max_evaluations < len(first):
        first = np.linspace(0.0, 1.0, max(2, goal.max_evaluations))
    return first if samples is None else np.setdiff1d(first, samples.nodes)


def _ask(sample: Sampler, wanted: dict[int, Array]) -> dict[int, Samples]:
    rows = [row for row, nodes in wanted.items() for _ in nodes]
    totals, gradients = sample(rows, [node for nodes in wanted.values() for node in nodes.tolist()])
    samples, at = {}, 0
    for row, nodes in wanted.items():
        here = slice(at, at + len(nodes))
        samples[row] = Samples(nodes, totals[here], np.array(gradients[here]).reshape(len(nodes), -1))
        at = here.stop
    return samples


def _join(before: Samples | None, more: Samples) -> Samples:
    return _check_finite(more if before is None else before.merge(more))


def _check_finite(samples: Samples) -> Samples:
    for what, values in (("score", samples.totals[:, None]), ("gradient of the score", samples.gradients)):
        bad = ~np.isfinite(values).all(1)
        if bad.any():
            share = f"{samples.nodes[bad][0] * 100:.3g} %"
            raise ValueError(f"the {what} is not a finite number {share} of the way from the baseline to the text.")
    return samples
