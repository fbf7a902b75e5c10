"""Checks of one attribution: what became of its claim that the scores add up."""

import math
from dataclasses import dataclass

from reporter.records import Certificate, Claim, Verdict
from reporter.rounding import rounded

_NOISE = 16 * 2.0**-23


@dataclass(frozen=True)
class Ends:
    """The target's score at both ends of the path: F(input) and F(baseline), in units of the score."""

    input: float
    baseline: float

    @property
    def change(self) -> float:
        """What a complete method has to share out: F(input) - F(baseline)."""
        return self.input - self.baseline

    @property
    def noise(self) -> float:
        """How far float32 arithmetic may move the change: sixteen units in the last place of the larger score."""
        return _NOISE * max(1.0, abs(self.input), abs(self.baseline))


@dataclass(frozen=True)
class Effort:
    """What was promised and what it took: the claim, its tolerance, the rule and the passes through the network."""

    claim: Claim
    tolerance: float
    rule: str
    evaluations: int


def certify(total: float, ends: Ends, effort: Effort) -> Certificate:
    """Hold a sum of scores against F(input) - F(baseline); raises `ValueError` if one of the three is not finite."""
    if not all(map(math.isfinite, (total, ends.input, ends.baseline))):
        raise ValueError("The scores, F(input) or F(baseline) are not finite numbers.")
    residual = total - ends.change
    held = effort.claim == "complete"
    numbers = rounded([ends.input, ends.baseline, total, residual])
    return Certificate(
        claim=effort.claim,
        input=numbers[0],
        baseline=numbers[1],
        sum=numbers[2],
        residual=numbers[3],
        relative=rounded([abs(residual / ends.change)])[0] if ends.change else None,
        tolerance=effort.tolerance if held else None,
        evaluations=effort.evaluations,
        rule=effort.rule,
        verdict=_judge(residual, ends, effort.tolerance) if held else "not claimed",
    )


def _judge(residual: float, ends: Ends, tolerance: float) -> Verdict:
    """A tolerance finer than float noise cannot be checked, whatever the residual."""
    allowed = tolerance * abs(ends.change)
    if allowed < ends.noise:
        return "unresolvable"
    return "met" if abs(residual) <= allowed else "not met"
