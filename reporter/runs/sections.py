"""Turn measurements into records: the section of every target, and the explanation of every document."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from math import isfinite

import torch

from reporter.attribution import Cases, Effort, Ends, Explainer, TargetQuery, certify, to_array
from reporter.evidence import agree_on_words, compare_all, tell_failure
from reporter.methods import Method, Scores
from reporter.models import Encoded, is_out_of_memory
from reporter.records import (
    SCHEMA,
    Attribution,
    Description,
    Document,
    Explanation,
    Heads,
    Omission,
    Prediction,
    Section,
    round_values,
    summarize_heads,
)

_SAME = 1e-4
_CLEAR = 2.0**-13  # a change of F that is resolved to this share of F is far above what float32 adds or takes away


@dataclass(frozen=True)
class Answered:
    """A document with the model's answer to it and the questions that are asked about that."""

    encoded: Encoded
    prediction: Prediction
    questions: list[TargetQuery]


@dataclass(frozen=True)
class Recorder:
    """Makes the records of the scores of some methods, with the settings of `explainer`."""

    explainer: Explainer
    methods: tuple[Method, ...]

    def record(
        self, questions: list[TargetQuery], cases: Cases, results: Sequence[Sequence[Scores | str]]
    ) -> list[Section]:
        """The section of each question, from what every method found of it, or why it found nothing."""
        ends, answers = self._measure_ends(questions, cases), cases.baseline_pass.answer.cpu()
        looks = self._survey(questions, cases)
        sections = []
        for question, both, answer, look, scores in zip(questions, ends, answers, looks, results, strict=True):
            tokens, pairs = question.encoded.tokens, zip(self.methods, scores, strict=True)
            records = [self._attribute(method.description, outcome, both, question.length) for method, outcome in pairs]
            attributions = tuple(record for record in records if isinstance(record, Attribution))
            seed = self.explainer.seed(question, "agreement")
            names = {attribution.method for attribution in attributions}
            sections.append(
                Section(
                    target=question.target,
                    baseline=self.explainer.read_baseline(question, answer),
                    tokens=tokens,
                    attributions=attributions,
                    diagnostics=(),
                    agreement=tuple(compare_all(tokens, attributions, seed=seed)),
                    heads=look if names & self.attentive else None,
                    consensus=agree_on_words(tokens, attributions),
                    omissions=tuple(record for record in records if isinstance(record, Omission)),
                )
            )
        return sections

    @cached_property
    def attentive(self) -> set[str]:
        """The methods among them that read attention weights."""
        return {method.description.name for method in self.methods if method.needs.attention}

    def _survey(self, questions: Sequence[TargetQuery], cases: Cases) -> list[Heads | None]:
        if not self.attentive:
            return [None] * len(questions)
        words = [[token.word for token in question.encoded.tokens] for question in questions]
        rows = zip(to_array(cases.attention.rows), words, strict=True)
        return [summarize_heads(row[..., : len(line)], line) for row, line in rows]

    def _measure_ends(self, questions: Sequence[TargetQuery], cases: Cases) -> list[Ends]:
        """F(input) and F(baseline) of every case; raises `ValueError` where F(input) is not the served score.

        By how much they are off is measured where it could matter, and is one unit in the last place at least.
        """
        ends = []
        for row, (question, path) in enumerate(zip(questions, cases.ends, strict=True)):
            score, start = float(path.totals[1]), float(path.totals[0])
            if not isfinite(start):
                raise ValueError("its score at the baseline is not a finite number")
            if not abs(score - question.target.score) <= _SAME * max(1.0, abs(score)):
                raise ValueError(f"its explained score {score:.6g} is not the served one, {question.target.score:.6g}")
            size = max(abs(score), abs(start))
            close = self.explainer.settings.tolerance * abs(score - start) < _CLEAR * size
            ends.append(Ends(score, start, max(cases.measure_noise(row) if close else 0.0, torch.finfo().eps * size)))
        return ends

    def _attribute(
        self, description: Description, outcome: Scores | str, ends: Ends, length: int
    ) -> Attribution | Omission:
        """The attribution of one row's scores, or the omission of a method that has none, or none that are numbers."""
        if isinstance(outcome, str):
            return Omission(method=description.name, reason=outcome)
        try:
            return self._certify(description, outcome, ends, length)
        except Exception as error:  # what a method from outside hands over may be anything
            if is_out_of_memory(error):
                raise
            return Omission(method=description.name, reason=tell_failure(error))

    def _certify(self, description: Description, scores: Scores, ends: Ends, length: int) -> Attribution:
        values = scores.values[0, :length].cpu().double()
        if len(values) != length or not values.isfinite().all():
            raise ValueError("its scores are not one number for each token")
        size = float(values.abs().sum())
        error = None if scores.whole is None else scores.whole[0] / size if size else 0.0
        effort = Effort(
            description.claim,
            self.explainer.settings.tolerance,
            "" if scores.rules is None else scores.rules[0],
            scores.evaluations[0],
            error,
            path=() if scores.paths is None else scores.paths[0],
            sliver=None if scores.slivers is None else scores.slivers[0],
        )
        return Attribution(
            method=description.name,
            signed=description.signed,
            scores=round_values(values),
            errors=None if scores.errors is None else round_values(scores.errors[0, :length].cpu().double()),
            certificate=certify(float(values.sum()), ends, effort),
        )


def fail(document: Document, sentence: str) -> Explanation:
    """The record of a document that was not explained, with the reason."""
    return _explanation(document, error=sentence)


def conclude(answered: Answered, sections: Iterable[Section]) -> Explanation:
    """The record of a document with these sections; one that no method could explain has failed."""
    ordered = sorted(sections, key=lambda section: (section.target.position, section.target.index))
    lost = next((section.omissions[0] for section in ordered if section.omissions and not section.attributions), None)
    if lost is not None:
        return fail(answered.encoded.document, f"Every method failed on this text; {lost.method} first. {lost.reason}")
    return _explanation(answered.encoded.document, answered=answered, sections=tuple(ordered))


def _explanation(
    document: Document,
    *,
    error: str | None = None,
    answered: Answered | None = None,
    sections: tuple[Section, ...] = (),
) -> Explanation:
    return Explanation(
        schema=SCHEMA,
        id=document.id,
        source=document.source,
        group=document.group,
        text=document.text,
        text_pair=document.text_pair,
        label=document.label,
        labels=document.labels,
        status="failed" if error else "explained",
        error=error,
        seen=answered.encoded.seen if answered else None,
        prediction=answered.prediction if answered else None,
        sections=sections,
        rationale=document.rationale,
    )
