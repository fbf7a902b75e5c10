"""Attribute: some documents become their explanations. The unit of work, whoever runs it."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from itertools import islice
from operator import itemgetter

from reporter.attempts import attempt
from reporter.batches import batch, in_halves, pool
from reporter.cases import Cases
from reporter.counterfactuals import probe
from reporter.encoding import Encoded
from reporter.erasure import examine
from reporter.errors import UserError, quote_error
from reporter.infidelity import measure_infidelity
from reporter.memory import give_up, is_out_of_memory
from reporter.methods import Method, Scores, is_attentive
from reporter.network import Network
from reporter.plausibility import compare_with_people
from reporter.questions import Asking, Question
from reporter.records import Explanation, Section
from reporter.rows import begin
from reporter.sections import Answered, Recorder, conclude, fail
from reporter.sensitivity import vary_baseline
from reporter.stability import measure_sensitivity
from reporter.stopwatch import Stopwatch

ANSWERS, ENDS, EVIDENCE = "answers", "both ends", "evidence"
"""What is watched beside the methods: the answers, what all methods share, and what checks them."""


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
            return [conclude(one, [sections.pop(0) for _ in one.questions]) for one in answered]
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
        attentive = any(map(is_attentive, self.methods))
        with self.watch.on(ENDS):
            if attentive:
                self.asking.network.crew.share(lambda network, cases: cases.look(network), posed[::-1])
            begin(posed, texts=not attentive)
        scores = [self._attribute(method, posed) for method in self.methods]
        rows = zip(*scores, strict=True) if scores else iter([()] * sum(map(len, batches)))
        recorder, pairs = Recorder(self.asking, self.methods), zip(batches, posed, strict=True)
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

    def _examine(self, batches: list[list[Question]], posed: list[Cases], sections: list[Section]) -> list[Section]:
        """The sections with the evidence that the settings ask for."""
        asked = [question for questions in batches for question in questions]
        sections = probe(self.asking, asked, examine(self.asking, asked, sections))
        sections = compare_with_people(self.asking.settings, [one.encoded.document for one in asked], sections)
        sections = measure_infidelity(self.asking, posed, questions=asked, sections=sections)
        sections = measure_sensitivity(self.asking, self.methods, batches=batches, sections=sections)
        return vary_baseline(self.asking, self.methods, batches=batches, sections=sections)


def _sentence(error: Exception) -> str:
    return f"The model could not explain this text: {quote_error(error)}."
