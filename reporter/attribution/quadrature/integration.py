"""Integration along many paths at once: each is refined until it meets the goal, and all share passes."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from reporter.attribution.quadrature.refinement import (
    START,
    START_FEW_ROUNDS,
    Goal,
    Integral,
    Samples,
    find_sliver,
    integrate_samples,
    refine,
)
from reporter.attribution.quadrature.rules import Array, find_rules
from reporter.models import QUADRATURE_WEIGHTS, make_batches

Sampler = Callable[[list[int], list[float]], tuple[Array, list[Array]]]
"""Evaluates pairs of a row and a node on its path: the total F of each, and the gradients (features) there."""


@dataclass(frozen=True)
class Integration:
    """The integration of one row: the samples of its integrand, and the integral."""

    samples: Samples
    integral: Integral

    @property
    def evaluations(self) -> int:
        """Forward-and-backward passes for this row, those at its two ends included."""
        return len(self.samples.nodes)

    def sliver(self, goal: Goal) -> tuple[float, float] | None:
        """The part of the path, from and to, that is too narrow to be resolved, if the goal is missed by that."""
        return find_sliver(self.samples, self.integral, goal) if self.misses(goal) else None

    def misses(self, goal: Goal) -> bool:
        """Whether the sum, or the error of all scores, is outside the tolerance."""
        sum_met = abs(self.integral.residual) <= goal.tolerance * abs(self.samples.change)
        return not (sum_met and self.integral.whole <= goal.tolerance * self.integral.size)


def integrate_paths(sample: Sampler, known: Sequence[Samples | None], goal: Goal) -> list[Integration]:
    """Integrate every row, starting from the samples that are `known` of it, until each meets the goal.

    Raises `ValueError` for a row whose total or gradients are not finite numbers somewhere on its path.
    """
    wanted = {row: _choose_first_nodes(samples, goal) for row, samples in enumerate(known)}
    paths = {row: samples for row, samples in enumerate(known) if samples is not None}
    done: dict[int, Integration] = {}
    while wanted:
        paths |= {row: _merge(paths.get(row), more) for row, more in _sample(sample, wanted).items()}
        done |= _integrate({row: paths[row] for row in wanted}, goal)
        wanted = {row: refine(done[row].samples, done[row].integral, goal) for row in wanted}
        wanted = {row: nodes for row, nodes in wanted.items() if len(nodes)}
    return [done[row] for row in range(len(known))]


def _integrate(paths: dict[int, Samples], goal: Goal) -> dict[int, Integration]:
    """The integrals of all rows; the rules of rows with as many nodes are computed together."""
    integrations: dict[int, Integration] = {}
    for rows in make_batches(paths, lambda row: len(paths[row].nodes) ** 2, budget=QUADRATURE_WEIGHTS):
        rules = dict(zip(rows, find_rules([paths[row].nodes for row in rows]), strict=True))
        for together in (
            [rows] if goal.few_rounds else [[row] for row in rows]
        ):  # one by one, no number depends on the others
            integrals = integrate_samples([paths[row] for row in together], goal, [rules[row] for row in together])
            integrations.update(
                (row, Integration(paths[row], integral)) for row, integral in zip(together, integrals, strict=True)
            )
    return integrations


def _choose_first_nodes(samples: Samples | None, goal: Goal) -> Array:
    """The first nodes: the usual ones, or fewer where the evaluations allow no more; always with 0 and 1."""
    first = START_FEW_ROUNDS if goal.few_rounds and goal.max_evaluations >= len(START_FEW_ROUNDS) else START
    if goal.max_evaluations < len(first):
        first = np.linspace(0.0, 1.0, max(2, goal.max_evaluations))
    return first if samples is None else np.setdiff1d(first, samples.nodes)


def _sample(sample: Sampler, wanted: dict[int, Array]) -> dict[int, Samples]:
    rows = [row for row, nodes in wanted.items() for _ in nodes]
    totals, gradients = sample(rows, [node for nodes in wanted.values() for node in nodes.tolist()])
    samples, at = {}, 0
    for row, nodes in wanted.items():
        index = slice(at, at + len(nodes))
        samples[row] = Samples(nodes, totals[index], np.array(gradients[index]).reshape(len(nodes), -1))
        at = index.stop
    return samples


def _merge(known: Samples | None, added: Samples) -> Samples:
    return _check_finite(added if known is None else known.merge(added))


def _check_finite(samples: Samples) -> Samples:
    for name, values in (("score", samples.totals[:, None]), ("gradient of the score", samples.gradients)):
        invalid = ~np.isfinite(values).all(1)
        if invalid.any():
            position = f"{samples.nodes[invalid][0] * 100:.3g} %"
            raise ValueError(f"the {name} is not a finite number {position} of the way from the baseline to the text.")
    return samples
