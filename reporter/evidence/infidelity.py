"""Infidelity of every method, over random sets of words at the baseline that are the same for all methods.

Beside it stands that of the same scores on other words: an attribution of the same length that knows nothing.
"""

from collections.abc import Iterator, Sequence

import numpy as np

from reporter.attribution import Cases, Explainer, PassBatch, Rows, TargetQuery, draw_sets, score_coalitions
from reporter.evidence.levels import find_level, load_metrics
from reporter.evidence.metrics import Observed
from reporter.evidence.rankings import beside_random, rank, rank_words, shuffle
from reporter.records import Diagnostic, Section

SETS = 50
_NAME = "infidelity"


def measure_infidelity(
    explainer: Explainer, batches: Sequence[Cases], *, questions: Sequence[TargetQuery], sections: Sequence[Section]
) -> list[tuple[Diagnostic, ...]]:
    """The infidelity of each section's methods, if the settings ask for it; a text without words has none."""
    level = find_level(explainer.settings.evidence)
    if _NAME not in level.perturbation:
        return [() for _ in sections]
    randoms = [np.random.default_rng(explainer.seed(question, _NAME)) for question in questions]
    drawn = [draw_sets(question.words, SETS, random) for question, random in zip(questions, randoms, strict=True)]
    scores = iter(score_coalitions(Rows(batches), drawn, PassBatch.score))
    ends = (path.totals[1] for cases in batches for path in cases.ends)
    lost = [end - np.array([next(scores) for _ in kept]) for end, kept in zip(ends, drawn, strict=True)]
    diagnostics = []
    for question, section, kept, missed in zip(questions, sections, drawn, lost, strict=True):
        orders = shuffle(question.words, level.draws, explainer.seed(question, _NAME))
        observed = Observed(gone=~kept, lost=missed)
        diagnostics.append(
            tuple(_judge(section, observed, [order.words for order in orders])) if question.words else ()
        )
    return diagnostics


def _judge(section: Section, observed: Observed, orders: Sequence[Sequence[int]]) -> Iterator[Diagnostic]:
    """Every method's, beside that of its scores on other words."""
    (metric,) = load_metrics((_NAME,))
    for attribution in section.attributions:
        ranking = rank_words(section.tokens, attribution)
        control = [metric.judge(rank(ranking.by_word[list(order)]), observed) for order in orders]
        yield from beside_random(_NAME, attribution.method, metric.judge(ranking, observed), control)
