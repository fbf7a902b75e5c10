"""Baseline sensitivity: the scores of one method recomputed from every baseline."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import count

import numpy as np

from reporter.attribution import BASELINES, Array, Explainer, TargetQuery, check_baseline
from reporter.evidence.attempts import attempt
from reporter.evidence.levels import find_level
from reporter.evidence.rankings import add_up
from reporter.methods import Method
from reporter.models import Network
from reporter.records import Section, Sensitivity, UserError, add_by_word, round_values


def vary_baseline(
    explainer: Explainer,
    methods: Sequence[Method],
    *,
    batches: Sequence[Sequence[TargetQuery]],
    sections: Sequence[Section],
) -> list[Sensitivity | None]:
    """The range of each section's word scores over all baselines, by its first method that claims completeness.

    Only such methods explain the difference from a baseline. None where the settings do not ask for it.
    """
    varied: list[Sensitivity | None] = [None] * len(sections)
    if not find_level(explainer.settings.evidence).baselines:
        return varied
    others = [name for name in BASELINES if name != explainer.settings.baseline and _is_served(name, explainer.network)]
    for method in (candidate for candidate in methods if candidate.description.claim == "complete"):
        name, counter = method.description.name, count()
        numbered = [[(next(counter), query) for query in queries] for queries in batches]
        lead_batches = [[pair for pair in batch if _lead_method(sections[pair[0]]) == name] for batch in numbered]
        lead_queries = [[query for _, query in batch] for batch in lead_batches if batch]
        scores_by_baseline = (
            {other: _score_from(explainer, method, other, lead_queries) for other in others} if lead_queries else {}
        )
        for place, number in enumerate(number for batch in lead_batches for number, _ in batch):
            rows = {other: scores[place] for other, scores in scores_by_baseline.items()}
            varied[number] = _record(explainer, sections[number], rows)
    return varied


def _lead_method(section: Section) -> str | None:
    """The method of a section that is shown first, if it claims completeness."""
    lead = section.lead
    return None if lead is None or lead.certificate.claim != "complete" else lead.method


def _is_served(name: str, network: Network) -> bool:
    try:
        check_baseline(name, network)
    except UserError:
        return False
    return True


def _score_from(
    explainer: Explainer, method: Method, baseline: str, batches: Sequence[Sequence[TargetQuery]]
) -> list[Array | None]:
    """The word scores of every query (words), from another baseline; None where the method fails there."""
    other = replace(explainer, settings=replace(explainer.settings, baseline=baseline))
    return add_up(batches, attempt(method, [other.make_cases(queries) for queries in batches]))


def _record(explainer: Explainer, section: Section, others: Mapping[str, Array | None]) -> Sensitivity:
    """The record of a section's range, from the word scores of its first method at its own and at other baselines."""
    lead = section.lead
    assert lead is not None, "a method is varied that is not there"
    lead_scores = add_by_word(section.tokens, lead.scores)
    scores_by_baseline = {explainer.settings.baseline: lead_scores} | {
        name: scores for name, scores in others.items() if scores is not None
    }
    scores = np.stack(list(scores_by_baseline.values()))
    low, high = scores.min(0), scores.max(0)
    flips = np.flatnonzero((low < 0) & (high > 0)).tolist()
    return Sensitivity(
        method=lead.method,
        baselines=tuple(scores_by_baseline),
        low=round_values(low),
        high=round_values(high),
        flips=tuple(flips),
    )
