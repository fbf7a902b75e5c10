"""Infidelity of every method, over random sets of words at the baseline that are the same for all methods.

Its control is the infidelity of the same scores permuted over the words.
"""

from collections.abc import Iterator, Sequence

import numpy as np

from reporter.attribution import BatchRows, Cases, Explainer, PassBatch, TargetQuery, draw_sets, score_coalitions
from reporter.evidence.levels import find_level, load_metrics
from reporter.evidence.metrics import Observations
from reporter.evidence.rankings import compare_with_random, rank_scores, rank_words, shuffle
from reporter.records import Diagnostic, Section

SETS = 50
_NAME = "infidelity"


def measure_infidelity(
    explainer: Explainer, batches: Sequence[Cases], *, queries: Sequence[TargetQuery], sections: Sequence[Section]
) -> list[tuple[Diagnostic, ...]]:
    """The infidelity of each section's methods, if the settings ask for it; a text without words has none."""
    level = find_level(explainer.settings.evidence)
    if _NAME not in level.perturbation:
        return [() for _ in sections]
    randoms = [np.random.default_rng(explainer.seed(query, _NAME)) for query in queries]
    coalitions_by_row = [draw_sets(query.words, SETS, random) for query, random in zip(queries, randoms, strict=True)]
    scores = iter(score_coalitions(BatchRows(batches), coalitions_by_row, PassBatch.score))
    ends = (path.totals[1] for cases in batches for path in cases.ends)
    losses = [
        end - np.array([next(scores) for _ in coalitions])
        for end, coalitions in zip(ends, coalitions_by_row, strict=True)
    ]
    diagnostics = []
    for query, section, coalitions, row_losses in zip(queries, sections, coalitions_by_row, losses, strict=True):
        orders = shuffle(query.words, level.draws, explainer.seed(query, _NAME))
        observed = Observations(removed=~coalitions, losses=row_losses)
        diagnostics.append(tuple(_judge(section, observed, [order.words for order in orders])) if query.words else ())
    return diagnostics


def _judge(section: Section, observed: Observations, orders: Sequence[Sequence[int]]) -> Iterator[Diagnostic]:
    """The infidelity of every method, with that of its scores permuted over the words as control."""
    (metric,) = load_metrics((_NAME,))
    for attribution in section.attributions:
        ranking = rank_words(section.tokens, attribution)
        control = [metric.judge(rank_scores(ranking.by_word[list(order)]), observed) for order in orders]
        yield from compare_with_random(_NAME, attribution.method, metric.judge(ranking, observed), control)
