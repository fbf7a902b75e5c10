"""Explain documents: answers, attributions and evidence of a batch, wherever the unit of work runs."""

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
from reporter.runs.sections import Answered, Recorder, conclude, fail
from reporter.runs.stopwatch import Stopwatch

ANSWERS, ENDS, EVIDENCE = "answers", "both ends", "evidence"
"""What is watched beside the methods: the answers, what all methods share, and what checks them."""


@dataclass(frozen=True)
class Attribute:
    """Explains documents by some methods with the settings of `explainer`; `watch` notes the seconds spent."""

    explainer: Explainer
    methods: tuple[Method, ...]
    watch: Stopwatch = field(default_factory=Stopwatch, compare=False)

    def __call__(self, documents: Sequence[Encoded]) -> list[Explanation]:
        """The explanation of each document; one that cannot be explained costs the others nothing."""
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
            sentence = _sentence(error)
        if len(documents) == 1:
            return [fail(documents[0].document, sentence)]
        return work_in_halves(partial(self._answer, network), documents)

    def _explain(self, answered: list[Answered]) -> list[Explanation]:
        """Explain all of them together, or else in halves; with a smaller budget if the memory is too small."""
        try:
            sections = self._measure([question for text in answered for question in text.questions])
            return [conclude(text, [sections.pop(0) for _ in text.questions]) for text in answered]
        except UserError:
            raise
        except Exception as error:
            exhausted, sentence = is_out_of_memory(error), _sentence(error)
        if exhausted:
            drop_frames()
            if self.explainer.budget.halve():
                return self._explain(answered)
        if len(answered) == 1:
            return [fail(answered[0].encoded.document, sentence)]
        return work_in_halves(self._explain, answered)

    def _measure(self, questions: list[TargetQuery]) -> list[Section]:
        """The section of every question, in their order."""
        sections_by_number: dict[int, Section] = {}
        numbered = sorted(enumerate(questions), key=lambda pair: pair[1].length)
        explainer = self.explainer
        held = {"budget": explainer.attention_limit, "most": explainer.crowd}
        for pool in pool_by_cost(numbered, lambda pair: explainer.attention_bytes(pair[1]), **held):
            budget = explainer.tokens([question for _, question in pool])
            batches = list(make_batches(pool, self._fit, budget=budget, filled=explainer.network.filled))
            sections = self._measure_together([[question for _, question in rows] for rows in batches])
            sections_by_number |= dict(zip((number for rows in batches for number, _ in rows), sections, strict=True))
        return [sections_by_number[number] for number in range(len(questions))]

    def _fit(self, pair: tuple[int, TargetQuery]) -> int:
        return self.explainer.network.fit(pair[1].length)

    def _measure_together(self, batches: list[list[TargetQuery]]) -> list[Section]:
        """The sections of some batches, in their order; every method sees all of the batches at once."""
        posed = [self.explainer.make_cases(questions) for questions in batches]
        recorder = Recorder(self.explainer, self.methods)
        with self.watch.on(ENDS):
            if recorder.attentive:
                self.explainer.network.replicas.share(lambda network, cases: cases.look(network), posed[::-1])
            compute_ends(posed, texts=not recorder.attentive)
        scores = [self._attribute(method, posed) for method in self.methods]
        rows = zip(*scores, strict=True) if scores else iter([()] * sum(map(len, batches)))
        pairs = zip(batches, posed, strict=True)
        sections = [
            section
            for questions, cases in pairs
            for section in recorder.record(questions, cases, list(islice(rows, len(questions))))
        ]
        with self.watch.on(EVIDENCE):
            return self._examine(batches, posed, sections)

    def _attribute(self, method: Method, posed: Sequence[Cases]) -> list[Scores | str]:
        with self.watch.on(method.description.name):
            return attempt(method, posed)

    def _examine(self, batches: list[list[TargetQuery]], posed: list[Cases], sections: list[Section]) -> list[Section]:
        """The sections with the evidence that the settings ask for; each part of it is found from the bare sections."""
        explainer, asked = self.explainer, [question for questions in batches for question in questions]
        documents = [question.encoded.document for question in asked]
        measured = zip(
            sections,
            measure_deletion(explainer, asked, sections),
            measure_plausibility(explainer.settings, documents, sections),
            measure_infidelity(explainer, posed, questions=asked, sections=sections),
            measure_sensitivity(explainer, self.methods, batches=batches, sections=sections),
            find_counterfactuals(explainer, asked, sections),
            vary_baseline(explainer, self.methods, batches=batches, sections=sections),
            strict=True,
        )
        return [
            replace(
                section,
                diagnostics=(*faithful, *plausible, *infidelity, *near),
                erasure=erasure,
                counterfactual=counterfactual,
                sensitivity=sensitivity,
            )
            for section, (faithful, erasure), plausible, infidelity, near, counterfactual, sensitivity in measured
        ]


def _sentence(error: Exception) -> str:
    if isinstance(error, DocumentError):
        return str(error)
    return f"The model could not explain this text: {quote_error(error)}."
