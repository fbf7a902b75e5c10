"""Evidence of a section: agreement, consensus and all else that follows from its scores and measurements."""

from collections.abc import Iterator, Sequence
from dataclasses import fields
from math import fsum

import numpy as np

from reporter.audit.recomputed.removal import find_removal_faults
from reporter.evidence import Level, agree_on_words, compare_all, find_level, judge_section
from reporter.records import (
    Agreement,
    Diagnostic,
    Explanation,
    Influence,
    Provenance,
    Section,
    add_by_word,
    make_seed,
    summarize_heads,
)

_PRINTED = 2e-6  # what seven significant digits leave open, of the size of a number
_DIGITS = 0.0005  # what three digits leave open in a share of attention
_ATTENTIVE = "attention"  # what the names of methods that read attention begin with

Number = Agreement | Diagnostic


def find_evidence_faults(explanation: Explanation, section: Section, run: Provenance) -> Iterator[str]:
    """Where the evidence of a section is not what follows from its scores, texts and settings: a sentence each."""
    level, seed = find_level(str(run.settings.get("evidence"))), _read_seed(run)
    pairs = tuple(compare_all(section.tokens, section.attributions, seed=make_seed(explanation, seed, "agreement")))
    if not _are_alike(section.agreement, pairs):
        yield "how far its methods agree is not what their scores say."
    if section.consensus != agree_on_words(section.tokens, section.attributions):
        yield "the words on which its methods agree are not those that their scores say."
    yield from _find_heads_faults(section)
    yield from find_removal_faults(section, level)
    people = tuple(judge_section(explanation, section, seed)) if level.plausibility else ()
    judged = tuple(diagnostic for diagnostic in section.diagnostics if diagnostic.name in level.plausibility)
    if not _are_alike(judged, people):
        yield "how far people point at the same words is not what its scores and its rationale say."
    yield from _find_other_faults(section, level)
    yield from _find_sensitivity_faults(section, level, run)
    if (section.influence is None) != (run.training is None):
        yield "it is traced to training examples and the run is not, or the run is and it is not."
    if section.influence is not None and not _is_ordered(section.influence):
        yield f"the training examples of {section.target.label} are not in the order of their influence."


def _read_seed(run: Provenance) -> int:
    seed = run.settings.get("seed")
    return seed if isinstance(seed, int) else 0


def _are_alike(saved: Sequence[Number], expected: Sequence[Number]) -> bool:
    """Whether numbers are the same but for what another machine adds up otherwise."""
    if len(saved) != len(expected):
        return False
    return all(
        _is_near(getattr(number, fact.name), getattr(other, fact.name))
        for number, other in zip(saved, expected, strict=True)
        for fact in fields(number)
    )


def _is_near(value: object, other: object) -> bool:
    if isinstance(value, float) and isinstance(other, float):
        return abs(value - other) <= _PRINTED * max(1.0, abs(value), abs(other))
    return value == other


def _find_heads_faults(section: Section) -> Iterator[str]:
    """Faults of attention heads: missing, not summing to 1, or contradicting the last layer's attention."""
    methods = [attribution.method for attribution in section.attributions]
    heads = section.heads
    if (heads is None) != (not any(name.startswith(_ATTENTIVE) for name in methods)):
        yield "its attention heads are missing, or are those of no method."
    if heads is None:
        return
    words = [token.word for token in section.tokens]
    expected = summarize_heads(np.zeros((1, 1, len(words))), words).stretches
    shares = [share for layer in heads.shares for share in layer]
    slack = _DIGITS * (len(expected) + 2)
    whole = all(len(share) == len(expected) + 1 and abs(fsum(share) - 1) <= slack for share in shares)
    if heads.stretches != expected or not shares or not whole or min(map(min, shares)) < 0:
        yield "the shares of its attention heads are not those of its tokens, or not shares."
    elif last := next(
        (attribution.scores for attribution in section.attributions if attribution.method == "attention"), None
    ):
        means = np.array(heads.shares[-1]).mean(0)[1:]
        sums = [fsum(value for value, word in list(zip(last, words, strict=True))[a:b] if word is not None)
                for a, b in expected]  # fmt: skip
        if np.abs(means - sums).max(initial=0.0) > 2 * _DIGITS:
            yield "its attention is not that of its heads."


def _find_other_faults(section: Section, level: Level) -> Iterator[str]:
    """Faults of diagnostics: not asked for by the level, twice for a method, or with bounds in the wrong order."""
    names = {*level.diagnostics, *level.plausibility, *level.perturbation}
    methods = {attribution.method for attribution in section.attributions}
    keys = [(diagnostic.name, diagnostic.method) for diagnostic in section.diagnostics]
    if len(set(keys)) < len(keys) or any(name not in names or method not in methods for name, method in keys):
        yield "it has a diagnostic that nobody asked for, or one twice."
    for diagnostic in section.diagnostics:
        controls = (diagnostic.control, diagnostic.low, diagnostic.high)
        if diagnostic.draws < 0 or any((value is None) != (diagnostic.draws == 0) for value in controls):
            draws = f"{diagnostic.draws} random orders"
            yield f"its {diagnostic.name} is held against {draws}, and against numbers of others."
        elif diagnostic.low is not None and diagnostic.high is not None and diagnostic.low > diagnostic.high:
            yield f"its {diagnostic.name} is held against random orders whose bounds are the wrong way round."


def _find_sensitivity_faults(section: Section, level: Level, run: Provenance) -> Iterator[str]:
    """Faults of baseline sensitivity: scores outside of their bounds, or sign changes that do not follow from them."""
    sensitivity = section.sensitivity
    lead = next(
        (attribution for attribution in section.attributions if attribution.certificate.claim == "complete"), None
    )
    if (sensitivity is None) != (not level.baselines or lead is None):
        yield "what its scores are from other baselines is missing, or was not asked for."
    if sensitivity is None or lead is None:
        return
    lead_scores = add_by_word(section.tokens, lead.scores)
    low, high = np.array(sensitivity.low), np.array(sensitivity.high)
    slack = _PRINTED * (np.abs(lead_scores).max(initial=0.0) + 1e-12)
    fits = len(low) == len(high) == len(lead_scores) and bool(
        np.all((low <= lead_scores + slack) & (lead_scores - slack <= high))
    )
    flips = tuple(np.flatnonzero((low < 0) & (high > 0)).tolist()) if fits else ()
    if not fits or sensitivity.flips != flips or sensitivity.method != lead.method:
        yield "its scores are not among those from all baselines, or other words change their sign."
    if not sensitivity.baselines or sensitivity.baselines[0] != run.settings.get("baseline"):
        yield "its scores are held against those from other baselines than its own."


def _is_ordered(influence: Influence) -> bool:
    """Whether the examples that support come strongest first and are over zero, and those that oppose below."""
    sides = (
        [example.influence for example in influence.supporting],
        [-example.influence for example in influence.opposing],
    )
    sums = (influence.support, -influence.opposition)
    return all(
        side == sorted(side, reverse=True) and min(side, default=1.0) > 0 and fsum(side) <= whole * (1 + _PRINTED)
        for side, whole in zip(sides, sums, strict=True)
    )
