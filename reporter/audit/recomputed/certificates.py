"""Certificates of a section: sums, residuals and verdicts from its scores, and everything else from the settings."""

from collections.abc import Iterator
from itertools import pairwise
from math import fsum, isfinite

from reporter.records import Attribution, Certificate, Provenance, Section

_PRINTED = 1e-6  # what seven significant digits leave open, of the sizes that go into a sum
_SERVED = 1e-4  # by how much the explained score may differ from the served one, of its size
_ROUNDED = 1e-4  # of an error, for all that is rounded on the way to it
_UNIT = 2.0**-23
_PATHS = ("integrated_gradients",)  # methods that follow a path


def find_certificate_faults(section: Section, run: Provenance) -> Iterator[str]:
    """Where the attributions of a section contradict themselves, each other or the settings: a sentence each."""
    gone = [omission.method for omission in section.omissions]
    described = [(method.name, method.signed, method.claim) for method in run.methods if method.name not in gone]
    if [
        (attribution.method, attribution.signed, attribution.certificate.claim) for attribution in section.attributions
    ] != described:
        yield f"the methods of {section.target.label} are not those of the run, or claim other things."
    if gone != [method.name for method in run.methods if method.name in gone] or not all(
        omission.reason for omission in section.omissions
    ):
        yield f"{section.target.label} names methods that failed which are not those of the run, or no reason."
    if gone and not section.attributions:
        yield f"{section.target.label} is explained by no method."
    ends = {(attribution.certificate.input, attribution.certificate.baseline) for attribution in section.attributions}
    if len(ends) > 1:
        yield f"the methods of {section.target.label} start or end at different scores."
    for attribution in section.attributions:
        what = attribution.certificate
        if _differ(what.input, section.target.score, _SERVED * max(1.0, abs(section.target.score))):
            yield f"{attribution.method} explains another score than that of {section.target.label}."
        yield from (f"{attribution.method} {fault}" for fault in _find_faults(attribution, run))


def _find_faults(attribution: Attribution, run: Provenance) -> Iterator[str]:
    for fault in (_find_sum_fault(attribution), _find_error_fault(attribution), _find_path_fault(attribution, run)):
        if fault is not None:
            yield fault
    what, wanted = attribution.certificate, run.settings.get("tolerance")
    if what.tolerance != (wanted if what.claim == "complete" else None):
        yield f"is held to a tolerance of {what.tolerance}, and the settings ask for {wanted}."


def _find_sum_fault(attribution: Attribution) -> str | None:
    what, size = attribution.certificate, fsum(map(abs, attribution.scores))
    change = what.input - what.baseline
    slack = _PRINTED * (size + abs(what.sum) + abs(what.input) + abs(what.baseline))
    if _differ(what.sum, fsum(attribution.scores), slack):
        return f"has scores that add up to {fsum(attribution.scores):.7g}, and its certificate says {what.sum:.7g}."
    if _differ(what.residual, what.sum - change, slack):
        return f"has a residual of {what.residual:.7g}, and its sum and its ends say {what.sum - change:.7g}."
    wide = slack + (what.relative or 0.0) * _PRINTED * (abs(what.input) + abs(what.baseline))
    if what.relative is None and abs(change) > slack:
        return "has no relative residual, and its ends differ."
    if what.relative is not None and _differ(what.relative * abs(change), abs(what.residual), wide):
        return f"has a relative residual of {what.relative:.7g}, which is not its residual over the change."
    return _find_verdict_fault(what, change, slack)


def _find_verdict_fault(what: Certificate, change: float, slack: float) -> str | None:
    """What is wrong with a verdict; numbers so near a bound that they were rounded over it are left alone."""
    if (what.verdict == "not claimed") != (what.claim == "none") or (what.noise is None) != (what.claim == "none"):
        return f"claims {what.claim}, and its verdict is '{what.verdict}'."
    if what.claim == "none":
        return None
    noise, tolerance = what.noise or 0.0, what.tolerance or 0.0
    allowed, size = tolerance * abs(change), max(abs(what.input), abs(what.baseline))
    if noise < _UNIT * size * (1 - _ROUNDED):
        return f"says that arithmetic moves it by {noise:.3g}, which is less than it can."
    if _is_apart(allowed, noise, slack) and (allowed < noise) != (what.verdict == "unresolvable"):
        return f"has the verdict '{what.verdict}', and {allowed:.3g} is asked of it where arithmetic moves {noise:.3g}."
    if what.verdict == "unresolvable" or not _is_apart(abs(what.residual), allowed, slack):
        return None
    exact = what.error is None or what.error <= tolerance
    if (abs(what.residual) <= allowed and exact) != (what.verdict == "met"):
        return f"has the verdict '{what.verdict}' for a tolerance of {tolerance:g}, which its numbers do not bear out."
    return None


def _find_error_fault(attribution: Attribution) -> str | None:
    """Errors are sizes; where all scores together have one, those of the single scores come to more."""
    share, size = attribution.certificate.error, fsum(map(abs, attribution.scores))
    if not all(isfinite(error) and error >= 0 for error in (*(attribution.errors or ()), share or 0.0)):
        return "has an error that is no size."
    if share is not None and attribution.errors is None:
        return "knows the error of all scores together, and of none."
    if share is not None and share * size > fsum(attribution.errors or ()) * (1 + _ROUNDED) + _PRINTED * size:
        return "has errors that come to less than all scores together are off."
    return None


def _find_path_fault(attribution: Attribution, run: Provenance) -> str | None:
    """A path leads from the baseline to the text, and each of its nodes was paid for."""
    what, shares = attribution.certificate, [share for share, _ in attribution.certificate.path]
    if what.evaluations < 0:
        return "took less than no evaluation."
    if bool(shares) != (attribution.method in _PATHS):
        return "says that it followed a path, or that it did not."
    if not shares:
        return None
    if shares[0] != 0 or shares[-1] != 1 or any(a >= b for a, b in pairwise(shares)):
        return "followed a path that does not lead from the baseline to the text."
    slack = _PRINTED * (abs(what.input) + abs(what.baseline))
    if _differ(what.path[0][1], what.baseline, slack) or _differ(what.path[-1][1], what.input, slack):
        return "followed a path that has other ends than its certificate."
    exact, most = run.settings.get("dtype") == "float32", run.settings.get("max_evaluations")
    if (exact and what.evaluations != len(shares)) or what.evaluations < len(shares):
        return f"took {what.evaluations} evaluations, and its path has {len(shares)} nodes."
    if isinstance(most, int) and what.evaluations > max(most, 2):
        return f"took {what.evaluations} evaluations, and the settings allow {most}."
    return None


def _is_apart(value: float, other: float, slack: float) -> bool:
    """Whether one of two numbers is larger beyond doubt."""
    return abs(value - other) > slack + _ROUNDED * max(value, other)


def _differ(value: float, other: float, slack: float) -> bool:
    return not abs(value - other) <= slack
