"""Deletion in a record: curves, effects, diagnostics and counterfactuals are recomputed from saved answers."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import isfinite, nan

import numpy as np

from reporter.evidence import TOP, Level, load_metrics, rank_words, strongest
from reporter.evidence.metrics import Cut, Metric, Observations, Ranking, TargetAnswer
from reporter.records import Change, Erasure, Section, round_values

_NEAR = 2e-5  # what rounded answers leave open in what is computed of them
_VARIES = 1e-4  # of the largest effect: those that differ by less say nothing about their correlation
_CHANGED, _REPLACED = 5, 3  # words that are changed one by one, and what each is changed to


def find_removal_faults(section: Section, level: Level) -> Iterator[str]:
    """Where curves, effects, diagnostics or counterfactuals are not what follows from scores and answers."""
    lead = section.lead
    rankings = (
        {attribution.method: rank_words(section.tokens, attribution) for attribution in section.attributions}
        if lead
        else {}
    )
    first = lead.method if lead else ""
    measured_rankings = {name: ranking for name, ranking in rankings.items() if not level.lead or name == first}
    words = any(len(ranking.words) for ranking in rankings.values())
    if (section.erasure is None) != (not level.diagnostics or not words):
        yield "what the model says without words is missing, or was not asked for."
    if section.erasure is not None:
        yield from _find_erasure_faults(section, section.erasure, measured_rankings, level)
    if (section.counterfactual is None) != (not level.reach or not words):
        yield "what would change the answer is missing, or was not asked for."
    if section.counterfactual is not None and lead is not None:
        yield from _find_change_faults(section, rankings[lead.method], level)


def _find_erasure_faults(
    section: Section, erasure: Erasure, rankings: Mapping[str, Ranking], level: Level
) -> Iterator[str]:
    target = section.target
    whole = target.score if target.probability is None else target.probability
    if erasure.whole != whole or erasure.unit != ("score" if target.probability is None else "probability"):
        yield "what the model says to the whole text is not its answer."
    if ({curve.method for curve in erasure.curves} | {effect.method for effect in erasure.effects}) - set(rankings):
        yield "words were taken away in the order of a method that is not there."
    if any(band.draws != level.draws for band in erasure.bands) or any(
        not low <= middle <= high
        for band in erasure.bands
        for low, middle, high in zip(band.low, band.median, band.high, strict=False)
    ):
        yield "words were taken away in other random orders than those asked for."
    for method, ranking in rankings.items():
        if fault := _find_effect_fault(method, erasure, ranking, level):
            yield fault
        saved_answers = _SavedAnswers.read(erasure, method, ranking, target.score)
        given = {diagnostic.name: diagnostic.value for diagnostic in section.diagnostics if diagnostic.method == method}
        for metric in load_metrics(level.diagnostics):
            name = metric.about.name
            if not saved_answers.bears_out(metric, given.get(name)):
                yield f"its {name} by {method} is not what the answers without words say."


def _find_effect_fault(method: str, erasure: Erasure, ranking: Ranking, level: Level) -> str | None:
    """What a method claims of its strongest words is its score for them."""
    claimed = [(effect.word, effect.claimed) for effect in erasure.effects if effect.method == method]
    expected = strongest(ranking)[:TOP] if "effect" in level.diagnostics else []
    if claimed != [(word, round_values([score])[0]) for word, score in expected]:
        return f"the effects that {method} claims of words are not its scores."
    return None


@dataclass(frozen=True)
class _SavedAnswers:
    """The saved answers to texts with words deleted, in one method's order."""

    ranking: Ranking
    values: Mapping[Cut, TargetAnswer]
    scores: Mapping[Cut, TargetAnswer]

    @classmethod
    def read(cls, erasure: Erasure, method: str, ranking: Ranking, score: float) -> "_SavedAnswers":
        """The answers on curves, and those to texts without one word."""
        sides = {"deletion": ranking.without, "insertion": ranking.only}
        values = {frozenset[int](): TargetAnswer(erasure.whole, score)}
        for curve in (curve for curve in erasure.curves if curve.method == method):
            pairs = zip(curve.words, curve.values, strict=False)
            values |= {sides[curve.kind](count): TargetAnswer(value, nan) for count, value in pairs}
        effects = (effect for effect in erasure.effects if effect.method == method)
        single = {frozenset((effect.word,)): TargetAnswer(nan, score - effect.measured) for effect in effects}
        return cls(ranking, values, {frozenset(): TargetAnswer(erasure.whole, score), **single})

    def bears_out(self, metric: Metric, saved: float | None) -> bool:
        """Whether a metric, computed from these answers, is the number `saved`."""
        answers = self.scores if metric.about.name == "effect" else self.values
        try:
            value = metric.judge(self.ranking, Observations(answers=answers))
        except KeyError:  # an answer that it takes was not saved
            return False
        value = value if value is not None and isfinite(value) else None
        if metric.about.name == "effect" and self._is_faint(saved is None):
            return True
        if value is None or saved is None:
            return value is None and saved is None
        return abs(value - saved) <= _NEAR * max(1.0, abs(value))

    def _is_faint(self, undefined: bool) -> bool:
        """Whether effects hardly differ, so that rounding alone may decide over their correlation."""
        sizes = [self.scores[frozenset()].score - answer.score for cut, answer in self.scores.items() if cut]
        spread = float(np.ptp(sizes)) if sizes else 0.0
        return spread <= _VARIES * max(map(abs, sizes), default=0.0) and (len(sizes) > 2 or undefined)


def _find_change_faults(section: Section, ranking: Ranking, level: Level) -> Iterator[str]:
    """The strongest words were removed one by one, some replaced, and a flip is another label."""
    counterfactual = section.counterfactual
    assert counterfactual is not None
    places = [place for place, token in enumerate(section.tokens) if token.word is not None]
    expected = [(word,) for word, _ in strongest(ranking)]
    removed = [change.words for change in counterfactual.removals]
    if (
        counterfactual.method != (section.lead and section.lead.method)
        or not _is_among(removed, expected, spared=_count_spared(section))
        or not places
    ):
        yield "the words that were removed one by one are not the strongest."
    if any(change.words not in removed for change in counterfactual.replacements) or len(
        counterfactual.replacements
    ) > _REPLACED * len(removed):
        yield "words were replaced that are not among the strongest."
    if counterfactual.tried > min(level.reach, len(ranking.words)) or counterfactual.most > counterfactual.tried:
        yield "more words were tried for a flip than the settings allow."
    flip = () if counterfactual.flip is None else (counterfactual.flip,)
    if any(change.label == section.target.label or len(change.words) > counterfactual.most for change in flip):
        yield "its flip does not change the label, or takes more words than were tried."
    sure = section.target.probability is not None
    changes: Sequence[Change] = (*counterfactual.removals, *counterfactual.replacements, *flip)
    if any((change.probability is not None) != sure or not 0 <= (change.probability or 0.0) <= 1 for change in changes):
        yield "an answer without words has a probability that is none."


def _is_among(removed: Sequence[tuple[int, ...]], expected: Sequence[tuple[int, ...]], *, spared: int) -> bool:
    """Whether the removed words are the strongest in order; up to so many, at which the answer is read, are spared."""
    left = [words for words in expected if words in removed]
    return list(removed) == left and len(removed) >= min(_CHANGED, len(expected) - spared)


def _count_spared(section: Section) -> int:
    """The most words at which an answer is read: a token, or the ends of a span and of the one it is set against."""
    return (2 if section.target.span else 1) * (2 if section.target.against else 1)
