"""Attribute: some documents become their explanations. The unit of work, whoever runs it."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from operator import itemgetter

import torch

from reporter.agreement import agree, compare_all
from reporter.batches import batch, in_halves, pool
from reporter.cases import Cases, to_array
from reporter.completeness import Effort, Ends, certify
from reporter.counterfactuals import probe
from reporter.encoding import Encoded
from reporter.erasure import examine
from reporter.errors import UserError
from reporter.heads import Heads, survey
from reporter.infidelity import measure_infidelity
from reporter.memory import give_up, is_out_of_memory
from reporter.methods import Method, Scores, is_attentive
from reporter.network import Network
from reporter.plausibility import compare_with_people
from reporter.questions import Asking, Question
from reporter.records import SCHEMA, Attribution, Description, Document, Explanation, Prediction, Section
from reporter.rounding import rounded
from reporter.rows import begin
from reporter.sensitivity import vary_baseline
from reporter.stability import measure_sensitivity
from reporter.stopwatch import Stopwatch

ANSWERS, ENDS, EVIDENCE = "answers", "both ends", "evidence"
"""What is watched beside the methods: the answers, what all methods share, and what checks them."""

_SAME = 1e-4
_CLEAR = 2.0**-13  # a change of F that is resolved to this share of F is far above what float32 adds or takes away


@dataclass(frozen=True)
class Answered:
    """A document with the model's answer to it and the questions that are asked about that."""

    encoded: Encoded
    prediction: Prediction
    questions: list[Question]


@dataclass(frozen=True)
class Attribute:
    """Explains documents by some methods, asking as `asking` says; `watch` hears what that takes."""

    asking: Asking
    methods: tuple[Method, ...]
    watch: Stopwatch = field(default_factory=Stopwatch, compare=False)

    def __call__(self, documents: Sequence[Encoded]) -> list[Explanation]:
        """The explanation of each document; one that cannot be explained costs the others nothing."""
        with self.asking.network.crew.at_work():
            with self.watch.on(ANSWERS):
                found = self._answer_all(documents)
            explained = iter(self._explain([one for one in found if isinstance(one, Answered)]))
        return [next(explained) if isinstance(one, Answered) else one for one in found]

    def _answer_all(self, documents: Sequence[Encoded]) -> list[Answered | Explanation]:
        groups = self.asking.part(documents)
        found = self.asking.network.crew.share(self._answer, [[documents[at] for at in some] for some in groups])
        pairs = (pair for some, answers in zip(groups, found, strict=True) for pair in zip(some, answers, strict=True))
        return [answer for _, answer in sorted(pairs, key=itemgetter(0))]

    def _answer(self, network: Network, documents: list[Encoded]) -> list[Answered | Explanation]:
        try:
            predictions = replace(self.asking, network=network).predict(documents)
            pairs = zip(documents, predictions, strict=True)
            return [Answered(one, prediction, self.asking.choose(one, prediction)) for one, prediction in pairs]
        except UserError:
            raise
        except Exception as error:  # a network from outside may raise any, and one bad document harms nobody else
            sentence = _sentence(error)
        if len(documents) == 1:
            return [fail(documents[0].document, sentence)]
        return in_halves(partial(self._answer, network), documents)

    def _explain(self, answered: list[Answered]) -> list[Explanation]:
        """Explain all of them together, or else in halves; with a smaller budget if the memory is too small."""
        try:
            sections = self._measure([question for one in answered for question in one.questions])
            return [_succeed(one, [sections.pop(0) for _ in one.questions]) for one in answered]
        except UserError:
            raise
        except Exception as error:
            exhausted, sentence = is_out_of_memory(error), _sentence(error)
        if exhausted:
            give_up()
            if self.asking.budget.halve():
                return self._explain(answered)
        if len(answered) == 1:
            return [fail(answered[0].encoded.document, sentence)]
        return in_halves(self._explain, answered)

    def _measure(self, questions: list[Question]) -> list[Section]:
        """The section of every question, in their order."""
        found: dict[int, Section] = {}
        numbered = sorted(enumerate(questions), key=lambda pair: pair[1].length)
        asking = self.asking
        held = {"budget": asking.attention_limit, "most": asking.crowd}
        for some in pool(numbered, lambda pair: asking.attention_bytes(pair[1]), **held):
            budget = asking.tokens([question for _, question in some])
            batches = list(batch(some, self._fit, budget=budget, filled=asking.network.filled))
            sections = self._measure_together([[question for _, question in rows] for rows in batches])
            found |= dict(zip((number for rows in batches for number, _ in rows), sections, strict=True))
        return [found[number] for number in range(len(questions))]

    def _fit(self, pair: tuple[int, Question]) -> int:
        return self.asking.network.fit(pair[1].length)

    def _measure_together(self, batches: list[list[Question]]) -> list[Section]:
        """The sections of some batches, in their order; every method sees all of the batches at once."""
        posed = [self.asking.pose(questions) for questions in batches]
        with self.watch.on(ENDS):
            if self._attentive:
                self.asking.network.crew.share(lambda network, cases: cases.look(network), posed[::-1])
            begin(posed, texts=not self._attentive)
        scores = [self._attribute(method, posed) for method in self.methods]
        columns = list(zip(*scores, strict=True)) if scores else [()] * len(posed)
        facts = zip(batches, posed, columns, strict=True)
        sections = [section for questions, cases, found in facts for section in self._record(questions, cases, found)]
        with self.watch.on(EVIDENCE):
            return self._examine(batches, posed, sections)

    @property
    def _attentive(self) -> bool:
        return any(map(is_attentive, self.methods))

    def _attribute(self, method: Method, posed: Sequence[Cases]) -> list[Scores]:
        with self.watch.on(method.description.name):
            return method.attribute(posed)

    def _examine(self, batches: list[list[Question]], posed: list[Cases], sections: list[Section]) -> list[Section]:
        """The sections with the evidence that the settings ask for."""
        asked = [question for questions in batches for question in questions]
        sections = probe(self.asking, asked, examine(self.asking, asked, sections))
        sections = compare_with_people(self.asking.settings, [one.encoded.document for one in asked], sections)
        sections = measure_infidelity(self.asking, posed, questions=asked, sections=sections)
        sections = measure_sensitivity(self.asking, self.methods, batches=batches, sections=sections)
        return vary_baseline(self.asking, self.methods, batches=batches, sections=sections)

    def _record(self, questions: list[Question], cases: Cases, found: Sequence[Scores]) -> list[Section]:
        ends, answers = self._measure_ends(questions, cases), cases.start.answer.cpu()
        looks = self._survey(questions, cases)
        sections = []
        for row, (question, both, answer) in enumerate(zip(questions, ends, answers, strict=True)):
            pairs = zip((method.description for method in self.methods), found, strict=True)
            attributions = tuple(self._attribution(what, scores, row, both, question.length) for what, scores in pairs)
            sections.append(
                Section(
                    target=question.target,
                    baseline=self.asking.read_baseline(answer),
                    tokens=question.encoded.tokens,
                    attributions=attributions,
                    diagnostics=(),
                    agreement=tuple(
                        compare_all(question.encoded.tokens, attributions, seed=self.asking.seed(question, "agreement"))
                    ),
                    heads=looks[row],
                    consensus=agree(question.encoded.tokens, attributions),
                )
            )
        return sections

    def _survey(self, questions: Sequence[Question], cases: Cases) -> list[Heads | None]:
        if not self._attentive:
            return [None] * len(questions)
        words = [[token.word for token in question.encoded.tokens] for question in questions]
        rows = zip(to_array(cases.attention.rows), words, strict=True)
        return [survey(row[..., : len(line)], line) for row, line in rows]

    def _measure_ends(self, questions: Sequence[Question], cases: Cases) -> list[Ends]:
        """F(input) and F(baseline) of every case; raises `ValueError` where F(input) is not the served score.

        By how much they are off is measured where it could matter, and is one unit in the last place at least.
        """
        ends = []
        for row, (question, path) in enumerate(zip(questions, cases.ends, strict=True)):
            score, start = float(path.totals[1]), float(path.totals[0])
            if not abs(score - question.target.score) <= _SAME * max(1.0, abs(score)):
                raise ValueError(f"its explained score {score:.6g} is not the served one, {question.target.score:.6g}.")
            size = max(abs(score), abs(start))
            close = self.asking.settings.tolerance * abs(score - start) < _CLEAR * size
            ends.append(Ends(score, start, max(cases.measure_noise(row) if close else 0.0, torch.finfo().eps * size)))
        return ends

    def _attribution(self, what: Description, found: Scores, row: int, ends: Ends, length: int) -> Attribution:
        values = found.values[row, :length].cpu().double()
        size = float(values.abs().sum())
        error = None if found.whole is None else found.whole[row] / size if size else 0.0
        effort = Effort(
            what.claim,
            self.asking.settings.tolerance,
            "" if found.rules is None else found.rules[row],
            found.evaluations[row],
            error,
            path=() if found.paths is None else found.paths[row],
            sliver=None if found.slivers is None else found.slivers[row],
        )
        return Attribution(
            method=what.name,
            signed=what.signed,
            scores=rounded(values),
            errors=None if found.errors is None else rounded(found.errors[row, :length].cpu().double()),
            certificate=certify(float(values.sum()), ends, effort),
        )


def fail(document: Document, sentence: str) -> Explanation:
    """The record of a document that was not explained, with the reason."""
    return _explanation(document, error=sentence)


def _succeed(answered: Answered, sections: Iterable[Section]) -> Explanation:
    ordered = sorted(sections, key=lambda section: (section.target.position, section.target.index))
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


def _sentence(error: Exception) -> str:
    return f"The model could not explain this text: {(str(error).strip() or type(error).__name__).splitlines()[0]}"
