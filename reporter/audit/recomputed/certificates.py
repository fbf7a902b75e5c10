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
    omitted = [omission.method for omission in section.omissions]
    described = [(method.name, method.signed, method.claim) for method in run.methods if method.name not in omitted]
    if [
        (attribution.method, attribution.signed, attribution.certificate.claim) for attribution in section.attributions
    ] != described:
        yield f"the methods of {section.target.label} are not those of the run, or claim other things."
    if omitted != [method.name for method in run.methods if method.name in omitted] or not all(
        omission.reason for omission in section.omissions
    ):
        yield f"{section.target.label} names methods that failed which are not those of the run, or no reason."
    if omitted and not section.attributions:
        yield f"{section.target.label} is explained by no method."
    ends = {(attribution.certificate.input, attribution.certificate.baseline) for attribution in section.attributions}
    if len(ends) > 1:
        yield f"the methods of {section.target.label} start or end at different scores."
    for attribution in section.attributions:
        certificate = attribution.certificate
        if _differ(certificate.input, section.target.score, _SERVED * max(1.0, abs(section.target.score))):
            yield f"{attribution.method} explains another score than that of {section.target.label}."
        yield from (f"{attribution.method} {fault}" for fault in _find_faults(attribution, run))


def _find_faults(attribution: Attribution, run: Provenance) -> Iterator[str]:
    for fault in (_find_sum_fault(attribution), _find_error_fault(attribution), _find_path_fault(attribution, run)):
        if fault is not None:
            yield fault
    certificate, wanted = attribution.certificate, run.settings.get("tolerance")
    if certificate.tolerance != (wanted if certificate.claim == "complete" else None):
        yield f"is held to a tolerance of {certificate.tolerance}, and the settings ask for {wanted}."


def _find_sum_fault(attribution: Attribution) -> str | None:
    certificate = attribution.certificate
    size, total = fsum(map(abs, attribution.scores)), fsum(attribution.scores)
    change = certificate.input - certificate.baseline
    slack = _PRINTED * (size + abs(certificate.sum) + abs(certificate.input) + abs(certificate.baseline))
    if _differ(certificate.sum, total, slack):
        return f"has scores that add up to {total:.7g}, and its certificate says {certificate.sum:.7g}."
    residual, relative = certificate.residual, certificate.relative
    if _differ(residual, certificate.sum - change, slack):
        return f"has a residual of {residual:.7g}, and its sum and its ends say {certificate.sum - change:.7g}."
    wide = slack + (relative or 0.0) * _PRINTED * (abs(certificate.input) + abs(certificate.baseline))
    if relative is None and abs(change) > slack:
        return "has no relative residual, and its ends differ."
    if relative is not None and _differ(relative * abs(change), abs(residual), wide):
        return f"has a relative residual of {relative:.7g}, which is not its residual over the change."
    return _find_verdict_fault(certificate, change, slack)


def _find_verdict_fault(certificate: Certificate, change: float, slack: float) -> str | None:
    """What is wrong with a verdict; numbers so near a bound that they were rounded over it are left alone."""
    verdict, claimed = certificate.verdict, certificate.claim != "none"
    if (verdict == "not claimed") == claimed or (certificate.noise is None) == claimed:
        return f"claims {certificate.claim}, and its verdict is '{verdict}'."
    if not claimed:
        return None
    noise, tolerance = certificate.noise or 0.0, certificate.tolerance or 0.0
    allowed, size = tolerance * abs(change), max(abs(certificate.input), abs(certificate.baseline))
    if noise < _UNIT * size * (1 - _ROUNDED):
        return f"says that arithmetic moves it by {noise:.3g}, which is less than it can."
    if _is_apart(allowed, noise, slack) and (allowed < noise) != (verdict == "unresolvable"):
        return f"has the verdict '{verdict}', and {allowed:.3g} is asked of it where arithmetic moves {noise:.3g}."
    if verdict == "unresolvable" or not _is_apart(abs(certificate.residual), allowed, slack):
        return None
    exact = certificate.error is None or certificate.error <= tolerance
    if (abs(certificate.residual) <= allowed and exact) != (verdict == "met"):
        return f"has the verdict '{verdict}' for a tolerance of {tolerance:g}, which its numbers do not bear out."
    return None


def _find_error_fault(attribution: Attribution) -> str | None:
    """What is wrong with errors: one is negative, or the error of the sum exceeds the sum of the errors."""
    share, size = attribution.certificate.error, fsum(map(abs, attribution.scores))
    if not all(isfinite(error) and error >= 0 for error in (*(attribution.errors or ()), share or 0.0)):
        return "has an error that is no size."
    if share is not None and attribution.errors is None:
        return "knows the error of all scores together, and of none."
    if share is not None and share * size > fsum(attribution.errors or ()) * (1 + _ROUNDED) + _PRINTED * size:
        return "has errors that come to less than all scores together are off."
    return None


def _find_path_fault(attribution: Attribution, run: Provenance) -> str | None:
    """What is wrong with a path: it must lead from the baseline to the text, with an evaluation for each node."""
    certificate, shares = attribution.certificate, [share for share, _ in attribution.certificate.path]
    if certificate.evaluations < 0:
        return "took less than no evaluation."
    if bool(shares) != (attribution.method in _PATHS):
        return "says that it followed a path, or that it did not."
    if not shares:
        return None
    if shares[0] != 0 or shares[-1] != 1 or any(a >= b for a, b in pairwise(shares)):
        return "followed a path that does not lead from the baseline to the text."
    slack = _PRINTED * (abs(certificate.input) + abs(certificate.baseline))
    start, end = certificate.path[0][1], certificate.path[-1][1]
    if _differ(start, certificate.baseline, slack) or _differ(end, certificate.input, slack):
        return "followed a path that has other ends than its certificate."
    exact, most = run.settings.get("dtype") == "float32", run.settings.get("max_evaluations")
    if (exact and certificate.evaluations != len(shares)) or certificate.evaluations < len(shares):
        return f"took {certificate.evaluations} evaluations, and its path has {len(shares)} nodes."
    if isinstance(most, int) and certificate.evaluations > max(most, 2):
        return f"took {certificate.evaluations} evaluations, and the settings allow {most}."
    return None


def _is_apart(value: float, other: float, slack: float) -> bool:
    """Whether one of two numbers is larger beyond doubt."""
    return abs(value - other) > slack + _ROUNDED * max(value, other)


def _differ(value: float, other: float, slack: float) -> bool:
    return not abs(value - other) <= slack
