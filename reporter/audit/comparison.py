"""Comparison of a record that was computed again with the saved one: to the last bit, or else within tolerances.

Another processor, version or batch adds float32 numbers in another order, so every number may change a little, and a
path may be integrated through other nodes. What follows from other numbers of a record (agreement, consensus, sums) is
not compared here: `recomputed` derives it from the saved numbers.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import chain

from reporter.records import (
    Attribution,
    Certificate,
    Change,
    Counterfactual,
    Diagnostic,
    Erasure,
    Explanation,
    Prediction,
    Section,
    Sensitivity,
)

TOLERANCE = 1e-4
"""By how much a number may differ, as a share of the largest number of its kind."""
ROUNDING = 2.0**-20
"""By how much an answer may, as a share of F, the larger score of the text and the baseline.

A float32 is rounded by up to 2^-24 of its size. Sums of as many numbers as a layer is wide are rounded as often, by
errors that have no side, which add up like a random walk: to sqrt(256) 2^-24 = 2^-20 of the answer for 256 of them. A
score that is a difference of answers, and far smaller than they are, is off by that much of *them*, not of itself.
"""
_HEADS = 0.0015  # by how much a share of attention may, which has three digits
_NOISE = 1e-5  # by how much what arithmetic is thought to move may, as a share of F: it is a rounding error itself
_ERRORS = 0.02  # by how much an error may, as a share of the largest, beside what its score may
_NODES = 2.0  # by which factor errors and evaluations may, where a path was followed through other nodes


def compare_records(saved: Explanation, now: Explanation) -> Iterator[str]:
    """One sentence for every difference between two records that is beyond its tolerance."""
    if _strip(saved) == _strip(now):
        return
    yield from _compare_facts(saved, now)
    if saved.prediction is not None and now.prediction is not None:
        yield from _compare_answers(saved.prediction, now.prediction)
    if [_identify(section) for section in saved.sections] != [_identify(section) for section in now.sections]:
        yield "other targets, tokens or methods were explained."
        return
    if [section.omissions for section in saved.sections] != [section.omissions for section in now.sections]:
        yield "other methods failed on it, or for another reason."
    for section, other in zip(saved.sections, now.sections, strict=True):
        yield from (f"{section.target.label}: {fault}" for fault in _compare_sections(section, other))


def is_same(saved: Explanation, now: Explanation) -> bool:
    """Whether two records are the same to the last bit, training examples aside."""
    return _strip(saved) == _strip(now)


def _strip(explanation: Explanation) -> Explanation:
    """A record without its training examples, which are compared separately."""
    return replace(explanation, sections=tuple(replace(section, influence=None) for section in explanation.sections))


def _compare_facts(saved: Explanation, now: Explanation) -> Iterator[str]:
    if (saved.status, saved.error) != (now.status, now.error):
        yield f"it was {saved.status} ({saved.error}), and is {now.status} ({now.error})."
    if saved.seen != now.seen:
        yield "it was read to another place."
    for name in ("source", "group", "text", "text_pair", "label", "labels", "rationale"):
        if getattr(saved, name) != getattr(now, name):
            yield f"its {name} is another."


def _compare_answers(saved: Prediction, now: Prediction) -> Iterator[str]:
    facts = [(answer.positions, answer.labels, answer.label, answer.answers) for answer in (saved, now)]
    if facts[0] != facts[1]:
        yield f"the answer was {saved.label}, and is {now.label}."
    yield from compare_numbers("logits", saved.logits, now.logits)
    yield from compare_numbers("probabilities", saved.probabilities or (), now.probabilities or (), floor=1.0)


def _identify(section: Section) -> tuple[object, ...]:
    target = section.target
    methods = tuple((attribution.method, attribution.signed) for attribution in section.attributions)
    return target.position, target.label, target.against, section.tokens, methods


def _compare_sections(saved: Section, now: Section) -> Iterator[str]:
    ends = [[saved.target.score, *_list_ends(saved)], [now.target.score, *_list_ends(now)]]
    yield from compare_numbers("the scores of the text and the baseline", *ends)
    if (saved.baseline.kind, saved.baseline.label) != (now.baseline.kind, now.baseline.label):
        yield f"the answer to the baseline was {saved.baseline.label}, and is {now.baseline.label}."
    shares = [[section.target.probability or 0.0, section.baseline.probability or 0.0] for section in (saved, now)]
    yield from compare_numbers("the probabilities of the text and the baseline", *shares, floor=1.0)
    for attribution, other in zip(saved.attributions, now.attributions, strict=True):
        yield from _compare_attributions(attribution, other)
    yield from _compare_heads(saved, now)
    size = max(map(abs, chain(*ends)), default=1.0)
    yield from _compare_diagnostics(saved.diagnostics, now.diagnostics, ROUNDING * max(1.0, size))
    yield from _compare_erasures(saved.erasure, now.erasure, size)
    yield from _compare_counterfactuals(saved.counterfactual, now.counterfactual, size)
    errors = [
        max(attribution.errors or (), default=0.0) for attribution in now.attributions if attribution.certificate.path
    ]
    yield from _compare_sensitivities(saved.sensitivity, now.sensitivity, max(errors, default=0.0))


def _list_ends(section: Section) -> Iterator[float]:
    for attribution in section.attributions:
        yield from (attribution.certificate.input, attribution.certificate.baseline)


def _compare_attributions(saved: Attribution, now: Attribution) -> Iterator[str]:
    """Scores along the same nodes differ by rounding alone, along others by what they are off at most as well.

    Those with a sign are shares of a difference of answers, and rounded as those are.
    """
    name, a, b = saved.method, saved.certificate, now.certificate
    same = [share for share, _ in a.path] == [share for share, _ in b.path]
    least = ROUNDING * max(abs(b.input), abs(b.baseline)) if now.signed else 0.0
    off = [least + (0.0 if same else 2 * error) for error in now.errors or (0.0,) * len(now.scores)]
    yield from compare_numbers(f"the scores by {name}", saved.scores, now.scores, allowed=off)
    if (saved.errors is None) != (now.errors is None):
        yield f"the errors by {name} are not there in one of the two."
    size, largest = max(map(abs, now.scores), default=0.0), max(now.errors or (), default=0.0)
    room = [TOLERANCE * size + (_ERRORS if same else _NODES - 1) * largest] * len(now.errors or ())
    yield from compare_numbers(f"the errors by {name}", saved.errors or (), now.errors or (), allowed=room)
    yield from (f"{fault} by {name}." for fault in _compare_certificates(a, b, same=same))


def _compare_certificates(saved: Certificate, now: Certificate, *, same: bool) -> Iterator[str]:
    size = max(abs(now.input), abs(now.baseline))
    if saved.verdict != now.verdict:
        yield f"the verdict was '{saved.verdict}', and is '{now.verdict}'"
    for name, value, other in (("claim", saved.claim, now.claim), ("rule", saved.rule, now.rule)):
        if value != other:
            yield f"the {name} was '{value}', and is '{other}'"
    if saved.tolerance != now.tolerance:
        yield f"the tolerance was {saved.tolerance}, and is {now.tolerance}"
    factor = 1.0 if same else _NODES
    if not now.evaluations / factor <= saved.evaluations <= now.evaluations * factor:
        yield f"the evaluations were {saved.evaluations}, and are {now.evaluations}"
    error, other_error = saved.error or 0.0, now.error or 0.0
    if abs(error - other_error) > TOLERANCE + (_ERRORS if same else _NODES - 1) * other_error:
        yield f"the error of all scores was {error:.3g}, and is {other_error:.3g}"
    if abs((saved.noise or 0.0) - (now.noise or 0.0)) > _NOISE * size:
        yield f"the noise was {saved.noise}, and is {now.noise}"
    known, path = dict(now.path), dict(saved.path)
    if any(abs(path[share] - known[share]) > TOLERANCE * size for share in path.keys() & known.keys()):
        yield "the score along the path was another"


def _compare_heads(saved: Section, now: Section) -> Iterator[str]:
    a, b = saved.heads, now.heads
    if (a and a.stretches) != (b and b.stretches):
        yield "the stretches of its attention heads are others."
    elif a and b:
        flat = [[share for layer in heads.shares for head in layer for share in head] for heads in (a, b)]
        yield from compare_numbers("the shares of attention", *flat, allowed=[_HEADS] * len(flat[1]))


def _compare_diagnostics(saved: Sequence[Diagnostic], now: Sequence[Diagnostic], least: float) -> Iterator[str]:
    """Diagnostics that are differences of answers are off by at `least` what those are rounded by."""
    keys = [
        [(diagnostic.name, diagnostic.method, diagnostic.draws) for diagnostic in diagnostics]
        for diagnostics in (saved, now)
    ]
    if keys[0] != keys[1]:
        yield "other diagnostics were measured."
        return
    for name in dict.fromkeys(diagnostic.name for diagnostic in now):
        numbers = [[value or 0.0 for diagnostic in diagnostics if diagnostic.name == name
                    for value in (diagnostic.value, diagnostic.control, diagnostic.low, diagnostic.high)]
                   for diagnostics in (saved, now)]  # fmt: skip
        yield from compare_numbers(f"its {name}", *numbers, allowed=[least] * len(numbers[1]))


def _compare_erasures(saved: Erasure | None, now: Erasure | None, size: float) -> Iterator[str]:
    """Curves and bands in their unit, and effects in that of the score, of which `size` is the largest."""
    if saved is None or now is None:
        if saved is not now:
            yield "what the model says without words is not there in one of the two."
        return
    kinds = [_list_kinds(erasure) for erasure in (saved, now)]
    if kinds[0] != kinds[1] or saved.unit != now.unit:
        yield "other words were taken away."
        return
    answers = [[erasure.whole, *(value for curve in erasure.curves for value in curve.values),
              *(value for band in erasure.bands for line in (band.median, band.low, band.high) for value in line)]
             for erasure in (saved, now)]  # fmt: skip
    yield from compare_numbers("the answers without words", *answers, floor=1.0 if now.unit == "probability" else size)
    effects = [
        [value for effect in erasure.effects for value in (effect.claimed, effect.measured)] for erasure in (saved, now)
    ]
    yield from compare_numbers("the effects of words", *effects, floor=size)


def _list_kinds(erasure: Erasure) -> list[tuple[object, ...]]:
    """Which words were taken away in which orders, and which of them alone."""
    curves = [(curve.kind, curve.words, curve.method) for curve in erasure.curves]
    bands = [(band.kind, band.words, band.draws) for band in erasure.bands]
    return [*curves, *bands, *((effect.method, effect.word) for effect in erasure.effects)]


def _compare_counterfactuals(saved: Counterfactual | None, now: Counterfactual | None, size: float) -> Iterator[str]:
    changes = [_list_changes(counterfactual) for counterfactual in (saved, now)]
    names = [[(change.words, change.by, change.label) for change in listed] for listed in changes]
    facts = [each and (each.method, each.tried, each.most, each.flip is None) for each in (saved, now)]
    if names[0] != names[1] or facts[0] != facts[1]:
        yield "other words were changed, or their change gave other labels."
        return
    numbers = [
        [value or 0.0 for change in listed for value in (change.score, change.probability)] for listed in changes
    ]
    yield from compare_numbers("the answers to changed words", *numbers, floor=max(1.0, size))


def _list_changes(counterfactual: Counterfactual | None) -> list[Change]:
    if counterfactual is None:
        return []
    flip = [] if counterfactual.flip is None else [counterfactual.flip]
    return [*counterfactual.removals, *counterfactual.replacements, *flip]


def _compare_sensitivities(saved: Sensitivity | None, now: Sensitivity | None, error: float) -> Iterator[str]:
    if (saved and (saved.method, saved.baselines)) != (now and (now.method, now.baselines)):
        yield "it was explained from other baselines."
    elif saved and now:
        bounds = [(*sensitivity.low, *sensitivity.high) for sensitivity in (saved, now)]
        yield from compare_numbers("the scores from all baselines", *bounds, allowed=[2 * error] * len(bounds[1]))


def compare_numbers(
    name: str, saved: Sequence[float], now: Sequence[float], *, allowed: Sequence[float] = (), floor: float = 0.0
) -> Iterator[str]:
    """One sentence if the two differ anywhere by more than is allowed, naming the largest difference."""
    if len(saved) != len(now):
        yield f"{name} were {len(saved)} numbers, and are {len(now)}."
        return
    size = max(floor, *map(abs, now), 0.0)
    extra = allowed or [0.0] * len(saved)
    beyond = [
        abs(a - b) for a, b, more in zip(saved, now, extra, strict=True) if not abs(a - b) <= TOLERANCE * size + more
    ]
    if beyond:
        yield f"{name} differ by up to {max(beyond):.3g}, of {size:.3g} at most."
