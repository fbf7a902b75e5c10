"""Erasure: words are deleted, the model answers again, and metrics are computed from its answers.

The deletions that all methods, metrics and random orders need are collected first; equal ones are computed once; and
all of them share forward passes.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import islice
from typing import Literal

import numpy as np

from reporter.attribution import Explainer, TargetQuery
from reporter.evidence.levels import Level, find_level, load_metrics
from reporter.evidence.metrics import GRID, SHARES, Cut, Metric, Observations, Ranking, TargetAnswer
from reporter.evidence.metrics.effect import strongest
from reporter.evidence.rankings import compare_with_random, rank_words, shuffle
from reporter.evidence.word_removal import answer_texts, delete_words, read_answers, replace_words
from reporter.records import Band, Curve, Diagnostic, Effect, Erasure, Section, Target, round_values

Unit = Literal["probability", "score"]
Side = Callable[[Ranking, int], Cut]

_WHOLE: Cut = frozenset()
_SIDES: dict[Literal["deletion", "insertion"], Side] = {"deletion": Ranking.without, "insertion": Ranking.only}


@dataclass(frozen=True)
class Probe:
    """The deletions to measure for one target: rankings of its words, by method and at random, and the cuts of each."""

    query: TargetQuery
    level: Level
    rankings: Mapping[str, Ranking]
    draws: Sequence[Ranking]

    @cached_property
    def cuts(self) -> list[Cut]:
        """All sets of words to delete, each once; the empty set, whose answer is known, is left out."""
        wanted = [cut for metric in self._metrics for order in self._orders(metric) for cut in metric.cuts(order)]
        return list(dict.fromkeys(cut for cut in wanted if cut))

    @property
    def _metrics(self) -> tuple[Metric, ...]:
        return load_metrics(self.level.diagnostics)

    def _orders(self, metric: Metric) -> list[Ranking]:
        """The orders for which a metric is asked."""
        return [*self.rankings.values(), *(self.draws if self._controlled(metric) else ())]

    def _controlled(self, metric: Metric) -> bool:
        return metric.shuffled and metric.about.name in self.level.controlled

    def find(self, answers: Mapping[Cut, TargetAnswer]) -> Iterator[Diagnostic]:
        """The diagnostics: every metric of every method, where it is defined."""
        observed = Observations(answers=answers)
        for metric in self._metrics:
            control = [metric.judge(order, observed) for order in self.draws] if self._controlled(metric) else []
            for method, order in self.rankings.items():
                yield from compare_with_random(metric.about.name, method, metric.judge(order, observed), control)

    def record(self, answers: Mapping[Cut, TargetAnswer], unit: Unit) -> Erasure:
        """The record of the curves, of their random bands, and of the effects of single words."""
        return Erasure(
            unit=unit,
            whole=round_values([answers[_WHOLE].value])[0],
            curves=tuple(self._curves(answers)),
            bands=tuple(self._bands(answers)),
            effects=tuple(self._effects(answers)) if "effect" in self.level.diagnostics else (),
        )

    def _curves(self, answers: Mapping[Cut, TargetAnswer]) -> Iterator[Curve]:
        for kind, side in _SIDES.items():
            for method, order in self.rankings.items():
                values = _read_curve(order, side, answers)
                if len(values) > 1:
                    yield Curve(kind=kind, method=method, words=tuple(values), values=round_values(values.values()))

    def _bands(self, answers: Mapping[Cut, TargetAnswer]) -> Iterator[Band]:
        """The quantiles of the random orders' curves; all of them have the same places."""
        for kind, side in _SIDES.items():
            curves = [_read_curve(order, side, answers) for order in self.draws]
            places = [count for count in curves[0] if all(count in curve for curve in curves)] if curves else []
            if len(places) < 2:
                continue
            values = [[curve[count] for count in places] for curve in curves]
            low, median, high = np.quantile(values, (0.05, 0.5, 0.95), axis=0)
            yield Band(
                kind=kind,
                words=tuple(places),
                median=round_values(median),
                low=round_values(low),
                high=round_values(high),
                draws=len(curves),
            )

    def _effects(self, answers: Mapping[Cut, TargetAnswer]) -> Iterator[Effect]:
        whole = answers[_WHOLE].score
        for method, order in self.rankings.items():
            for word, score in strongest(order):
                claimed, measured = round_values([score, whole - answers[frozenset((word,))].score])
                yield Effect(method=method, word=word, claimed=claimed, measured=measured)


def measure_deletion(
    explainer: Explainer, queries: Sequence[TargetQuery], sections: Sequence[Section]
) -> list[tuple[tuple[Diagnostic, ...], Erasure | None]]:
    """What the settings ask of each section with words deleted: metrics and curves; nothing where it has none."""
    level = find_level(explainer.settings.evidence)
    if not level.diagnostics:
        return [((), None) for _ in sections]
    probes = [_prepare(explainer, level, *pair) for pair in zip(queries, sections, strict=True)]
    answers = answer_cuts(
        explainer, [(probe.query, cut) for probe in probes if probe is not None for cut in probe.cuts]
    )
    remaining = iter(answers)
    examined: list[tuple[tuple[Diagnostic, ...], Erasure | None]] = []
    for probe, section in zip(probes, sections, strict=True):
        if probe is None:
            examined.append(((), None))
            continue
        answers_by_cut = {_WHOLE: _answer_to_whole(section.target)} | dict(
            zip(probe.cuts, islice(remaining, len(probe.cuts)), strict=True)
        )
        unit: Unit = "score" if section.target.probability is None else "probability"
        examined.append((tuple(probe.find(answers_by_cut)), probe.record(answers_by_cut, unit)))
    return examined


def _answer_to_whole(target: Target) -> TargetAnswer:
    return TargetAnswer(target.score if target.probability is None else target.probability, target.score)


def _prepare(explainer: Explainer, level: Level, query: TargetQuery, section: Section) -> Probe | None:
    words = query.words
    candidates = (section.lead,) if level.lead else section.attributions
    attributions = [attribution for attribution in candidates if attribution is not None]
    if not attributions or not words:
        return None
    rankings = {attribution.method: rank_words(section.tokens, attribution) for attribution in attributions}
    return Probe(query, level, rankings, shuffle(words, level.draws, explainer.seed(query, "orders")))


def answer_cuts(
    explainer: Explainer, cuts: Sequence[tuple[TargetQuery, Cut]], *, token_id: int | None = None
) -> list[TargetAnswer]:
    """The model's answers to texts with words deleted, or with `token_id` written over them, in their order."""
    texts = [delete_words(*text_cut) if token_id is None else replace_words(*text_cut, token_id) for text_cut in cuts]
    return read_answers(explainer, answer_texts(explainer, texts), [query for query, _ in cuts])


def _read_curve(order: Ranking, side: Side, answers: Mapping[Cut, TargetAnswer]) -> dict[int, float]:
    """The answer by the number of words deleted or inserted, where it was measured."""
    total = len(order.words)
    places = sorted({0, *order.counts(SHARES), *order.counts(GRID), total})
    return {count: answers[cut].value for count in places for cut in [side(order, count)] if cut in answers}
