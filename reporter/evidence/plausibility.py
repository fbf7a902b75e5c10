"""Plausibility: whether the strongest words are those that people marked, where a document comes with a rationale.

The model is not asked. Words are ranked by what they add to the target, as ERASER and ferret rank scores as they are:
people mark what speaks for an answer, so a word that speaks against it comes last, however strongly. What has no sign
is ranked by size.
"""

from collections.abc import Iterator, Sequence

from reporter.evidence.levels import find_level, load_metrics
from reporter.evidence.metrics import PLAUSIBILITY, Observations, Ranking
from reporter.evidence.rankings import compare_with_random, rank_words, shuffle
from reporter.records import (
    Diagnostic,
    Document,
    Explanation,
    Section,
    Settings,
    count_words,
    find_marked_words,
    make_seed,
)

DRAWS = 99
"""Random orders that every number is held against: they cost no pass."""


def measure_plausibility(
    settings: Settings, documents: Sequence[Document], sections: Sequence[Section]
) -> list[tuple[Diagnostic, ...]]:
    """The agreement of each section's methods with the rationale of its document: token F1, IOU F1 and AUPRC.

    Nothing where that is undefined: where no word that the model read is marked, or every one.
    """
    if not find_level(settings.evidence).plausibility:
        return [() for _ in sections]
    pairs = zip(documents, sections, strict=True)
    return [tuple(judge_section(document, section, settings.seed)) for document, section in pairs]


def judge_section(document: Document | Explanation, section: Section, seed: int) -> Iterator[Diagnostic]:
    """Every plausibility metric of every method, with random orders as control; nothing where it is undefined."""
    marked = find_marked_words(section.tokens, document.text, document.rationale or ())
    words = count_words(section.tokens, 0)
    if not 0 < len(marked) < words:
        return
    draws = shuffle(words, DRAWS, make_seed(document, seed, "plausibility"))
    rankings = {
        attribution.method: _keep_first_segment(rank_words(section.tokens, attribution), words)
        for attribution in section.attributions
    }
    observed = Observations(marked=marked)
    for metric in load_metrics(PLAUSIBILITY):
        control = [metric.judge(order, observed) for order in draws]
        for method, order in rankings.items():
            yield from compare_with_random(metric.about.name, method, metric.judge(order, observed), control)


def _keep_first_segment(ranking: Ranking, words: int) -> Ranking:
    """The ranking without the words of the second segment, which have larger numbers."""
    pairs = [pair for pair in zip(ranking.words, ranking.scores, strict=True) if pair[0] < words]
    return Ranking(tuple(word for word, _ in pairs), tuple(score for _, score in pairs), ranking.signed)
