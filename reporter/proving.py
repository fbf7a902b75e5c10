"""Records prove themselves: a certificate is computed again from the scores, the answer and the ends beside it."""

from collections.abc import Iterator
from math import fsum

from reporter.lineage import Influence
from reporter.records import Attribution, Certificate, Explanation, Prediction, Section, Target

_PRINTED = 1e-6  # what seven significant digits leave open, of the sizes that go into a sum
_SERVED = 1e-4  # by how much the explained score may differ from the served one, of its size


def find_faults(explanation: Explanation) -> Iterator[str]:
    """What in a record contradicts itself: a sentence each."""
    answer = explanation.prediction
    if (explanation.status == "explained") != (answer is not None and explanation.error is None):
        yield f"{explanation.id} is {explanation.status}, and its answer and its error say otherwise."
    if answer is not None and len(answer.logits) != answer.positions * len(answer.labels):
        yield f"{explanation.id} has {len(answer.logits)} logits for {answer.positions} × {len(answer.labels)} cells."
    elif answer is not None:
        for section in explanation.sections:
            yield from (f"{explanation.id}: {fault}" for fault in _find_section_faults(section, answer))


def _find_section_faults(section: Section, answer: Prediction) -> Iterator[str]:
    expected = _read_cell(section.target, answer)
    if expected is None or _differ(expected, section.target.score, _PRINTED * max(map(abs, answer.logits))):
        yield f"the score of {section.target.label} is not that of the answer."
    if section.influence is not None and not _is_ordered(section.influence):
        yield f"the training examples of {section.target.label} are not in the order of their influence."
    for one in section.attributions:
        name = one.method
        if len(one.scores) != len(section.tokens) or (one.errors and len(one.errors) != len(section.tokens)):
            yield f"{name} has not one score for each token."
        elif fault := _find_certificate_fault(one):
            yield f"{name} {fault}"
        if _differ(one.certificate.input, section.target.score, _SERVED * max(1.0, abs(section.target.score))):
            yield f"{name} explains another score than that of {section.target.label}."


def _is_ordered(what: Influence) -> bool:
    """Whether the examples that support come strongest first and are over zero, and those that oppose below."""
    sides = ([one.influence for one in what.supporting], [-one.influence for one in what.opposing])
    sums = (what.support, -what.opposition)
    return all(
        side == sorted(side, reverse=True) and min(side, default=1.0) > 0 and fsum(side) <= whole * (1 + _PRINTED)
        for side, whole in zip(sides, sums, strict=True)
    )


def _read_cell(target: Target, answer: Prediction) -> float | None:
    """The target's score, as the answer has it; None for a cell that is not there."""
    row = answer.logits[target.position * len(answer.labels) :][: len(answer.labels)]
    if not 0 <= target.index < len(row) or answer.labels[target.index] != target.label:
        return None
    if target.against is None:
        return row[target.index]
    return row[target.index] - row[answer.labels.index(target.against)] if target.against in answer.labels else None


def _find_certificate_fault(one: Attribution) -> str | None:
    """What is wrong with a certificate, None if nothing is."""
    what, size = one.certificate, fsum(map(abs, one.scores))
    change = what.input - what.baseline
    slack = _PRINTED * (size + abs(what.sum) + abs(what.input) + abs(what.baseline))
    if _differ(what.sum, fsum(one.scores), slack):
        return f"has scores that add up to {fsum(one.scores):.7g}, and its certificate says {what.sum:.7g}."
    if _differ(what.residual, what.sum - change, slack):
        return f"has a residual of {what.residual:.7g}, and its sum and its ends say {what.sum - change:.7g}."
    wide = slack + (what.relative or 0.0) * _PRINTED * (abs(what.input) + abs(what.baseline))
    if what.relative is not None and _differ(what.relative * abs(change), abs(what.residual), wide):
        return f"has a relative residual of {what.relative:.7g}, which is not its residual over the change."
    return _find_verdict_fault(what, change, slack)


def _find_verdict_fault(what: Certificate, change: float, slack: float) -> str | None:
    if (what.verdict == "not claimed") != (what.claim == "none"):
        return f"claims {what.claim}, and its verdict is '{what.verdict}'."
    if what.verdict != "met":
        return None
    tolerance = what.tolerance or 0.0
    if abs(what.residual) > tolerance * abs(change) + slack or (what.error or 0.0) > tolerance:
        return f"is said to meet its claim within {tolerance:g}, and does not."
    return None


def _differ(one: float, other: float, slack: float) -> bool:
    return not abs(one - other) <= slack
