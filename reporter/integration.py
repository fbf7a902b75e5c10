"""Integration along many paths at once: each goes as far as it needs, and all that is still wanted shares passes."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from reporter.quadrature import START, Array, Goal, Integral, Samples, integrate, refine

Sampler = Callable[[list[int], list[float]], tuple[Array, list[Array]]]
"""Evaluates pairs of a row and a node on its path: the total F of each, and the slopes (features) there."""


@dataclass(frozen=True)
class Journey:
    """What one row's integration came to."""

    samples: Samples
    integral: Integral

    @property
    def evaluations(self) -> int:
        """Forward-and-backward passes for this row, those at its two ends included."""
        return len(self.samples.nodes)


def travel(sample: Sampler, known: Sequence[Samples | None], goal: Goal) -> list[Journey]:
    """Integrate every row, starting from what is `known` of it; rows that have arrived take no further part.

    Raises `ValueError` for a row whose total or slopes are not finite numbers somewhere on its path.
    """
    paths = list(known)
    wanted = {row: _first(samples, goal) for row, samples in enumerate(paths)}
    done: dict[int, Journey] = {}
    while wanted:
        for row, more in _ask(sample, wanted).items():
            before = paths[row]
            path = paths[row] = _check_finite(more if before is None else before.merge(more))
            done[row] = Journey(path, integrate(path, goal))
        wanted = {row: refine(done[row].samples, done[row].integral, goal) for row in wanted}
        wanted = {row: nodes for row, nodes in wanted.items() if len(nodes)}
    return [done[row] for row in range(len(paths))]


def _first(samples: Samples | None, goal: Goal) -> Array:
    """The nodes to begin with: as many of the usual ones as may be spent, always with both ends."""
    start = START if goal.most >= len(START) else np.linspace(0.0, 1.0, max(2, goal.most))
    return start if samples is None else np.setdiff1d(start, samples.nodes)


def _ask(sample: Sampler, wanted: dict[int, Array]) -> dict[int, Samples]:
    rows = [row for row, nodes in wanted.items() for _ in nodes]
    totals, slopes = sample(rows, [node for nodes in wanted.values() for node in nodes.tolist()])
    found, at = {}, 0
    for row, nodes in wanted.items():
        here = slice(at, at + len(nodes))
        found[row] = Samples(nodes, totals[here], np.array(slopes[here]).reshape(len(nodes), -1))
        at = here.stop
    return found


def _check_finite(samples: Samples) -> Samples:
    for what, values in (("score", samples.totals[:, None]), ("gradient of the score", samples.slopes)):
        bad = ~np.isfinite(values).all(1)
        if bad.any():
            share = f"{samples.nodes[bad][0] * 100:.3g} %"
            raise ValueError(f"the {what} is not a finite number {share} of the way from the baseline to the text.")
    return samples
