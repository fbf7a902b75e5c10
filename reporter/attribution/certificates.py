"""Completeness: what became of the claim of an attribution that its scores add up."""

import math
from dataclasses import dataclass

from reporter.records import Certificate, Claim, Verdict, round_values


@dataclass(frozen=True)
class Ends:
    """The target's score at both ends of the path, F(input) and F(baseline), and by how much their difference is off.

    All in units of the score; `noise` is what the arithmetic that computed them adds or takes away.
    """

    input: float
    baseline: float
    noise: float

    @property
    def change(self) -> float:
        """What a complete method has to share out: F(input) - F(baseline)."""
        return self.input - self.baseline


@dataclass(frozen=True)
class Effort:
    """What was promised and what it took: the claim, its tolerance, the rule and the passes through the network.

    `error` is what all scores together may be off, as a share of the sum of their sizes; None where nobody knows.
    `path` holds the share of the way and F at each node, where a path was followed, and `sliver` which part of it, if
    any, is too narrow to be followed.
    """

    claim: Claim
    tolerance: float
    rule: str
    evaluations: int
    error: float | None = None
    path: tuple[tuple[float, float], ...] = ()
    sliver: tuple[float, float] | None = None


def certify(total: float, ends: Ends, effort: Effort) -> Certificate:
    """Hold a sum of scores against F(input) - F(baseline); raises `ValueError` if one of the three is not finite."""
    if not all(map(math.isfinite, (total, ends.input, ends.baseline))):
        raise ValueError("the scores, F(input) or F(baseline) are not finite numbers.")
    residual = total - ends.change
    held = effort.claim == "complete"
    numbers = round_values([ends.input, ends.baseline, total, residual])
    return Certificate(
        claim=effort.claim,
        input=numbers[0],
        baseline=numbers[1],
        sum=numbers[2],
        residual=numbers[3],
        relative=round_values([abs(residual / ends.change)])[0] if ends.change else None,
        error=None if effort.error is None else round_values([effort.error])[0],
        noise=round_values([ends.noise])[0] if held else None,
        tolerance=effort.tolerance if held else None,
        evaluations=effort.evaluations,
        rule=effort.rule,
        verdict=_judge(residual, ends, effort) if held else "not claimed",
        path=effort.path,
        sliver=effort.sliver,
    )


def _judge(residual: float, ends: Ends, effort: Effort) -> Verdict:
    """A tolerance finer than the noise cannot be checked, whatever the residual."""
    allowed = effort.tolerance * abs(ends.change)
    if allowed <= ends.noise:
        return "unresolvable"
    exact = effort.error is None or effort.error <= effort.tolerance
    return "met" if abs(residual) <= allowed and exact else "not met"
