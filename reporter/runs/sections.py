"""From measurements to records: the section of every target, and the explanation of every document."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from math import isfinite

import torch

from reporter.attribution import Cases, Effort, Ends, Explainer, TargetQuery, certify, to_array
from reporter.evidence import agree_on_words, compare_all, describe_failure
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
    """A document with the model's answer to it and its target queries."""

    encoded: Encoded
    prediction: Prediction
    queries: list[TargetQuery]


@dataclass(frozen=True)
class Recorder:
    """Turns scores of some methods into records, with the settings of `explainer`."""

    explainer: Explainer
    methods: tuple[Method, ...]

    def record(
        self, queries: list[TargetQuery], cases: Cases, results: Sequence[Sequence[Scores | str]]
    ) -> list[Section]:
        """The section of each query, from the scores of every method, or the sentence that says why it has none."""
        ends, answers = self._measure_ends(queries, cases), cases.baseline_pass.answer.cpu()
        rows = zip(queries, ends, answers, self._summarize_heads(queries, cases), results, strict=True)
        return [self._record_query(*row) for row in rows]

    def _record_query(
        self,
        query: TargetQuery,
        ends: Ends,
        answer: torch.Tensor,
        heads: Heads | None,
        outcomes: Sequence[Scores | str],
    ) -> Section:
        """The section of one query; `answer` (choices) is that at the baseline."""
        tokens, pairs = query.encoded.tokens, zip(self.methods, outcomes, strict=True)
        records = [self._attribute(method.description, outcome, ends, query.length) for method, outcome in pairs]
        attributions = tuple(record for record in records if isinstance(record, Attribution))
        seed = self.explainer.seed(query, "agreement")
        names = {attribution.method for attribution in attributions}
        return Section(
            target=query.target,
            baseline=self.explainer.read_baseline(query, answer),
            tokens=tokens,
            attributions=attributions,
            diagnostics=(),
            agreement=tuple(compare_all(tokens, attributions, seed=seed)),
            heads=heads if names & self.attentive else None,
            consensus=agree_on_words(tokens, attributions),
            omissions=tuple(record for record in records if isinstance(record, Omission)),
        )

    @cached_property
    def attentive(self) -> set[str]:
        """The names of the methods that read attention weights."""
        return {method.description.name for method in self.methods if method.needs.attention}

    def _summarize_heads(self, queries: Sequence[TargetQuery], cases: Cases) -> list[Heads | None]:
        if not self.attentive:
            return [None] * len(queries)
        words = [[token.word for token in query.encoded.tokens] for query in queries]
        rows = zip(to_array(cases.attention.rows), words, strict=True)
        return [summarize_heads(row[..., : len(token_words)], token_words) for row, token_words in rows]

    def _measure_ends(self, queries: Sequence[TargetQuery], cases: Cases) -> list[Ends]:
        """F(input) and F(baseline) of every case; raises `ValueError` where F(input) is not the served score.

        Their rounding error is measured where it could matter, and is at least one unit in the last place.
        """
        ends = []
        for row, (query, path) in enumerate(zip(queries, cases.ends, strict=True)):
            at_input, at_baseline = float(path.totals[1]), float(path.totals[0])
            served = query.target.score
            if not isfinite(at_baseline):
                raise ValueError("its score at the baseline is not a finite number")
            if not abs(at_input - served) <= _SAME * max(1.0, abs(at_input)):
                raise ValueError(f"its explained score {at_input:.6g} is not the served one, {served:.6g}")
            size = max(abs(at_input), abs(at_baseline))
            is_close = self.explainer.settings.tolerance * abs(at_input - at_baseline) < _CLEAR * size
            noise = max(cases.measure_noise(row) if is_close else 0.0, torch.finfo().eps * size)
            ends.append(Ends(at_input, at_baseline, noise))
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
            return Omission(method=description.name, reason=describe_failure(error))

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


def make_failure(document: Document, sentence: str) -> Explanation:
    """The record of a document that was not explained, with the reason."""
    return _fill_explanation(document, error=sentence)


def make_explanation(answered: Answered, sections: Iterable[Section]) -> Explanation:
    """The record of a document with these sections; one that no method could explain has failed."""
    ordered = sorted(sections, key=lambda section: (section.target.position, section.target.index))
    lost = next((section.omissions[0] for section in ordered if section.omissions and not section.attributions), None)
    if lost is not None:
        return make_failure(
            answered.encoded.document, f"Every method failed on this text; {lost.method} first. {lost.reason}"
        )
    return _fill_explanation(answered.encoded.document, answered=answered, sections=tuple(ordered))


def _fill_explanation(
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
