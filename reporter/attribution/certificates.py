"""Certificates of completeness: whether the scores of an attribution sum to F(input) - F(baseline)."""

import math
from dataclasses import dataclass

from reporter.records import Certificate, Claim, Verdict, round_values


@dataclass(frozen=True)
class Ends:
    """F(input) and F(baseline), the target's score at both ends of the path, in units of the score.

    `noise` bounds the rounding error of their difference.
    """

    input: float
    baseline: float
    noise: float

    @property
    def change(self) -> float:
        """F(input) - F(baseline), the sum that a complete method must reach."""
        return self.input - self.baseline


@dataclass(frozen=True)
class Effort:
    """The claim of a method, its tolerance, the rule by which it was computed and the passes through the network.

    `error` is the error of the sum of all scores as a share of the sum of their sizes, None where it is not known.
    `path` holds the position on the path (0 to 1) and F at each node, where a path was followed, and `sliver` the part
    of it, from and to, that is too narrow to be resolved.
    """

    claim: Claim
    tolerance: float
    rule: str
    evaluations: int
    error: float | None = None
    path: tuple[tuple[float, float], ...] = ()
    sliver: tuple[float, float] | None = None


def certify(total: float, ends: Ends, effort: Effort) -> Certificate:
    """The certificate of a sum of scores: its residual against F(input) - F(baseline), and the verdict.

    Completeness is an axiom of Sundararajan, Taly and Yan, ICML 2017. Raises `ValueError` if the sum, F(input) or
    F(baseline) is not finite.
    """
    if not all(map(math.isfinite, (total, ends.input, ends.baseline))):
        raise ValueError("the scores, F(input) or F(baseline) are not finite numbers.")
    residual = total - ends.change
    is_claimed = effort.claim == "complete"
    numbers = round_values([ends.input, ends.baseline, total, residual])
    return Certificate(
        claim=effort.claim,
        input=numbers[0],
        baseline=numbers[1],
        sum=numbers[2],
        residual=numbers[3],
        relative=round_values([abs(residual / ends.change)])[0] if ends.change else None,
        error=None if effort.error is None else round_values([effort.error])[0],
        noise=round_values([ends.noise])[0] if is_claimed else None,
        tolerance=effort.tolerance if is_claimed else None,
        evaluations=effort.evaluations,
        rule=effort.rule,
        verdict=_judge(residual, ends, effort) if is_claimed else "not claimed",
        path=effort.path,
        sliver=effort.sliver,
    )


def _judge(residual: float, ends: Ends, effort: Effort) -> Verdict:
    """The verdict on a residual; a tolerance below the rounding error cannot be checked."""
    allowed = effort.tolerance * abs(ends.change)
    if allowed <= ends.noise:
        return "unresolvable"
    exact = effort.error is None or effort.error <= effort.tolerance
    return "met" if abs(residual) <= allowed and exact else "not met"
