"""Explaining documents: the answers, attributions and evidence of a batch of them."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from itertools import islice
from operator import itemgetter

from reporter.attribution import Cases, Explainer, TargetQuery, compute_ends
from reporter.evidence import (
    attempt,
    find_counterfactuals,
    measure_deletion,
    measure_infidelity,
    measure_plausibility,
    measure_sensitivity,
    vary_baseline,
)
from reporter.methods import Method, Scores
from reporter.models import Encoded, Network, drop_frames, is_out_of_memory, make_batches, pool_by_cost, work_in_halves
from reporter.records import DocumentError, Explanation, Section, UserError, quote_error
from reporter.runs.sections import Answered, Recorder, make_explanation, make_failure
from reporter.runs.stopwatch import Stopwatch

ANSWERS, ENDS, EVIDENCE = "answers", "both ends", "evidence"
"""The names under which time is recorded besides the methods': answers, passes that methods share, evidence."""


@dataclass(frozen=True)
class Attribute:
    """Explains documents by some methods, with the settings of `explainer`; `watch` records the seconds spent."""

    explainer: Explainer
    methods: tuple[Method, ...]
    watch: Stopwatch = field(default_factory=Stopwatch, compare=False)

    def __call__(self, documents: Sequence[Encoded]) -> list[Explanation]:
        """The explanation of each document; one that cannot be explained does not affect the others."""
        with self.explainer.network.replicas.at_work():
            with self.watch.on(ANSWERS):
                answered = self._answer_all(documents)
            explained = iter(self._explain([outcome for outcome in answered if isinstance(outcome, Answered)]))
        return [next(explained) if isinstance(outcome, Answered) else outcome for outcome in answered]

    def _answer_all(self, documents: Sequence[Encoded]) -> list[Answered | Explanation]:
        groups = self.explainer.part(documents)
        answers_by_group = self.explainer.network.replicas.share(
            self._answer, [[documents[at] for at in group] for group in groups]
        )
        pairs = (
            pair
            for group, answers in zip(groups, answers_by_group, strict=True)
            for pair in zip(group, answers, strict=True)
        )
        return [answer for _, answer in sorted(pairs, key=itemgetter(0))]

    def _answer(self, network: Network, documents: list[Encoded]) -> list[Answered | Explanation]:
        try:
            answers = replace(self.explainer, network=network).predict(documents)
            pairs = zip(documents, answers, strict=True)
            return [
                Answered(document, answer.prediction, self.explainer.choose(document, answer))
                for document, answer in pairs
            ]
        except UserError:
            raise
        except Exception as error:  # a network from outside may raise any, and one bad document harms nobody else
            sentence = _describe_failure(error)
        if len(documents) == 1:
            return [make_failure(documents[0].document, sentence)]
        return work_in_halves(partial(self._answer, network), documents)

    def _explain(self, answered: list[Answered]) -> list[Explanation]:
        """Explain all of them together, or in halves if that fails; with a smaller budget if memory runs out."""
        try:
            sections = self._measure([query for text in answered for query in text.queries])
            return [make_explanation(text, [sections.pop(0) for _ in text.queries]) for text in answered]
        except UserError:
            raise
        except Exception as error:
            exhausted, sentence = is_out_of_memory(error), _describe_failure(error)
        if exhausted:
            drop_frames()
            if self.explainer.budget.halve():
                return self._explain(answered)
        if len(answered) == 1:
            return [make_failure(answered[0].encoded.document, sentence)]
        return work_in_halves(self._explain, answered)

    def _measure(self, queries: list[TargetQuery]) -> list[Section]:
        """The section of every query, in their order."""
        sections_by_number: dict[int, Section] = {}
        numbered = sorted(enumerate(queries), key=lambda pair: pair[1].length)
        explainer = self.explainer
        limits = {"budget": explainer.attention_limit, "most": explainer.pool_size}
        for pool in pool_by_cost(numbered, lambda pair: explainer.attention_bytes(pair[1]), **limits):
            budget = explainer.tokens([query for _, query in pool])
            batches = list(make_batches(pool, self._fit, budget=budget, filled=explainer.network.filled))
            sections = self._measure_together([[query for _, query in rows] for rows in batches])
            sections_by_number |= dict(zip((number for rows in batches for number, _ in rows), sections, strict=True))
        return [sections_by_number[number] for number in range(len(queries))]

    def _fit(self, pair: tuple[int, TargetQuery]) -> int:
        return self.explainer.network.fit(pair[1].length)

    def _measure_together(self, batches: list[list[TargetQuery]]) -> list[Section]:
        """The sections of some batches, in their order; every method sees all of the batches at once."""
        case_batches = [self.explainer.make_cases(queries) for queries in batches]
        recorder = Recorder(self.explainer, self.methods)
        with self.watch.on(ENDS):
            if recorder.attentive:
                self.explainer.network.replicas.share(
                    lambda network, cases: cases.compute_input_pass(network), case_batches[::-1]
                )
            compute_ends(case_batches, texts=not recorder.attentive)
        scores = [self._attribute(method, case_batches) for method in self.methods]
        rows = zip(*scores, strict=True) if scores else iter([()] * sum(map(len, batches)))
        pairs = zip(batches, case_batches, strict=True)
        sections = [
            section
            for queries, cases in pairs
            for section in recorder.record(queries, cases, list(islice(rows, len(queries))))
        ]
        with self.watch.on(EVIDENCE):
            return self._examine(batches, case_batches, sections)

    def _attribute(self, method: Method, case_batches: Sequence[Cases]) -> list[Scores | str]:
        with self.watch.on(method.description.name):
            return attempt(method, case_batches)

    def _examine(
        self, batches: list[list[TargetQuery]], case_batches: list[Cases], sections: list[Section]
    ) -> list[Section]:
        """The sections with the evidence that the settings ask for, each part of which is measured by itself."""
        explainer, queries = self.explainer, [query for batch in batches for query in batch]
        documents = [query.encoded.document for query in queries]
        measured = zip(
            sections,
            measure_deletion(explainer, queries, sections),
            measure_plausibility(explainer.settings, documents, sections),
            measure_infidelity(explainer, case_batches, queries=queries, sections=sections),
            measure_sensitivity(explainer, self.methods, batches=batches, sections=sections),
            find_counterfactuals(explainer, queries, sections),
            vary_baseline(explainer, self.methods, batches=batches, sections=sections),
            strict=True,
        )
        return [
            replace(
                section,
                diagnostics=(*faithfulness, *plausibility, *infidelity, *stability),
                erasure=erasure,
                counterfactual=counterfactual,
                sensitivity=baselines,
            )
            for section, (faithfulness, erasure), plausibility, infidelity, stability, counterfactual, baselines in (
                measured
            )
        ]


def _describe_failure(error: Exception) -> str:
    if isinstance(error, DocumentError):
        return str(error)
    return f"The model could not explain this text: {quote_error(error)}."
