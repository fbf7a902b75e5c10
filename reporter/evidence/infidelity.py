"""Infidelity of every method: the model is asked about random sets of words at the baseline, the same for all methods.

Beside it stands that of the same scores on other words: an attribution of the same length that knows nothing.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np

from reporter.attribution import (
    Array,
    Cases,
    Coalitions,
    Explainer,
    PassBatch,
    Rows,
    TargetQuery,
    draw_sets,
    score_coalitions,
)
from reporter.evidence.agreement import add_by_word
from reporter.evidence.levels import find_level
from reporter.evidence.metrics.infidelity import Infidelity
from reporter.evidence.rankings import beside_random, shuffle
from reporter.records import Diagnostic, Section

SETS = 50


def measure_infidelity(
    explainer: Explainer, batches: Sequence[Cases], *, questions: Sequence[TargetQuery], sections: Sequence[Section]
) -> list[Section]:
    """The sections with the infidelity of their methods, if the settings ask for it; a text without words has none."""
    level = find_level(explainer.settings.evidence)
    if Infidelity.about.name not in level.perturbation:
        return list(sections)
    randoms = [np.random.default_rng(explainer.seed(one, "infidelity")) for one in questions]
    drawn = [draw_sets(one.words, SETS, random) for one, random in zip(questions, randoms, strict=True)]
    scores = iter(score_coalitions(Rows(batches), drawn, PassBatch.score))
    ends = (path.totals[1] for cases in batches for path in cases.ends)
    lost = [end - np.array([next(scores) for _ in kept]) for end, kept in zip(ends, drawn, strict=True)]
    found = []
    for question, section, kept, missed in zip(questions, sections, drawn, lost, strict=True):
        orders = shuffle(question.words, level.draws, explainer.seed(question, "infidelity"))
        more = _judge(section, ~kept, missed, [order.words for order in orders]) if question.words else ()
        found.append(replace(section, diagnostics=(*section.diagnostics, *more)))
    return found


def _judge(section: Section, gone: Coalitions, lost: Array, orders: Sequence[Sequence[int]]) -> Iterator[Diagnostic]:
    """Every method's, from the words that are gone, sets words, and what the score loses without each set."""
    measure = Infidelity()
    for one in section.attributions:
        scores = add_by_word(section.tokens, one.scores)
        control = [measure.judge(gone @ scores[list(order)], lost) for order in orders]
        yield beside_random(measure.about.name, one.method, measure.judge(gone @ scores, lost), control)
