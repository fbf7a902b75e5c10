"""Attribute: some documents become their explanations. The unit of work, whoever runs it."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import torch

from reporter.agreement import compare_all
from reporter.batches import Budget, batch
from reporter.cases import Cases
from reporter.diagnostics import Effort, Ends, certify
from reporter.encoding import Encoded, check_served
from reporter.labels import find_label
from reporter.methods import Method, Scores
from reporter.network import Network, is_out_of_memory
from reporter.records import (
    SCHEMA,
    Attribution,
    Baseline,
    Description,
    Document,
    Explanation,
    Prediction,
    Section,
    Target,
)
from reporter.rounding import rounded
from reporter.settings import Settings
from reporter.targets import choose, predict, read_baseline, winners
from reporter.tasks import Task

_ATTENTION_BYTES = 2**28
_SAME = 1e-4
_CLEAR = 2.0**-13  # a change of F that is resolved to this share of F is far above what float32 adds or takes away


@dataclass(frozen=True)
class _Question:
    """One target of one document of the batch."""

    document: int
    encoded: Encoded
    target: Target

    @property
    def length(self) -> int:
        return len(self.encoded.tokens)


@dataclass(frozen=True)
class Attribute:
    """Explains batches of documents with one network, one task and some methods, within a budget of tokens a pass."""

    network: Network
    task: Task
    methods: tuple[Method, ...]
    settings: Settings
    budget: Budget

    def __call__(self, documents: Sequence[Encoded]) -> list[Explanation]:
        """The explanation of each document; one that cannot be explained costs the others nothing.

        Where the memory is too small the budget is halved, for these documents and all that follow.
        """
        try:
            return self._explain(documents)
        except (ValueError, RuntimeError, MemoryError) as error:
            problem = error
        if is_out_of_memory(problem) and self.budget.halve():
            return self(documents)
        if len(documents) == 1:
            return [fail(documents[0].document, f"The model could not explain this text: {_first_line(problem)}")]
        return [explanation for document in documents for explanation in self([document])]

    def _explain(self, documents: Sequence[Encoded]) -> list[Explanation]:
        predictions = [self._predict(encoded) for encoded in documents]
        pairs = enumerate(zip(documents, predictions, strict=True))
        questions = [_Question(n, encoded, t) for n, (encoded, answer) in pairs for t in self._choose(encoded, answer)]
        sections: list[list[Section]] = [[] for _ in documents]
        for some in batch(questions, lambda question: question.length, budget=self._budget(questions)):
            for question, section in zip(some, self._measure(some), strict=True):
                sections[question.document].append(section)
        found = zip(documents, predictions, sections, strict=True)
        return [_succeed(encoded, answer, _in_order(parts)) for encoded, answer, parts in found]

    def _predict(self, encoded: Encoded) -> Prediction:
        """What the model says to this text alone, served plainly."""
        check_served(encoded, self.network)
        with torch.no_grad():
            logits = self.network.run(self.network.pad([encoded.inputs])).logits
        return predict(self.task.table(logits)[0].cpu(), self.network.facts.labels, self.network.problem)

    def _choose(self, encoded: Encoded, answer: Prediction) -> list[Target]:
        table = torch.tensor(answer.logits).view(answer.positions, -1)
        positions = self.task.positions(winners(table, answer.labels), encoded.tokens)
        return choose(answer, positions, self.settings.target, self.settings.against, encoded.document.label)

    def _budget(self, questions: Sequence[_Question]) -> int:
        """The token budget, less where many layers and heads of attention over long texts would fill the memory."""
        longest = max((question.length for question in questions), default=1)
        return max(1, min(self.budget.tokens, _ATTENTION_BYTES // (4 * self.network.heads * longest)))

    def _measure(self, questions: Sequence[_Question]) -> list[Section]:
        cases = self._ask(questions)
        ends = self._measure_ends(cases, questions)
        columns = [self._attribute(method, cases, ends) for method in self.methods]
        rows = zip(*columns, strict=True) if columns else [()] * len(questions)
        found = zip(questions, cases.start.table.cpu(), rows, strict=True)
        return [_gather(question, self._read_baseline(question, table), row) for question, table, row in found]

    def _read_baseline(self, question: _Question, table: torch.Tensor) -> Baseline:
        facts = self.network.facts.labels, self.network.problem
        return read_baseline(self.settings.baseline, table[question.target.position], *facts)

    def _ask(self, questions: Sequence[_Question]) -> Cases:
        inputs = self.network.pad([question.encoded.inputs for question in questions])
        width = inputs["input_ids"].shape[1]
        flags = [[[True, not token.special] for token in question.encoded.tokens] for question in questions]
        marks = torch.tensor([row + [[False, False]] * (width - len(row)) for row in flags], device=self.network.device)
        cells = [self._locate(question.target) for question in questions]
        return Cases(
            network=self.network,
            task=self.task,
            inputs=inputs,
            real=marks[..., 0],
            ordinary=marks[..., 1],
            cells=torch.tensor(cells, device=self.network.device),
            baseline=self.settings.baseline,
            budget=self.budget.tokens,
            dtype=getattr(torch, self.settings.dtype),
        )

    def _locate(self, target: Target) -> tuple[int, int, int]:
        other = None if target.against is None else find_label(target.against, self.network.facts.labels)
        return target.position, target.index, -1 if other is None else other

    def _measure_ends(self, cases: Cases, questions: Sequence[_Question]) -> list[Ends]:
        """F(input) and F(baseline) of every case; raises `ValueError` where F(input) is not the served score.

        By how much they are off is measured where it could matter, and is one unit in the last place at least.
        """
        ends = []
        for row, (question, path) in enumerate(zip(questions, cases.ends, strict=True)):
            score, start = float(path.totals[1]), float(path.totals[0])
            if not abs(score - question.target.score) <= _SAME * max(1.0, abs(score)):
                raise ValueError(f"its explained score {score:.6g} is not the served one, {question.target.score:.6g}.")
            size = max(abs(score), abs(start))
            close = self.settings.tolerance * abs(score - start) < _CLEAR * size
            ends.append(Ends(score, start, max(cases.noise[row] if close else 0.0, torch.finfo().eps * size)))
        return ends

    def _attribute(self, method: Method, cases: Cases, ends: Sequence[Ends]) -> list[Attribution]:
        found = method.attribute(cases)
        assert found.values.shape == cases.real.shape, f"{method} gave {tuple(found.values.shape)}"
        return [
            self._record(method.description, found, row, both, length)
            for row, (both, length) in enumerate(zip(ends, cases.lengths, strict=True))
        ]

    def _record(self, what: Description, found: Scores, row: int, ends: Ends, length: int) -> Attribution:
        values = found.values[row, :length].cpu().double()
        size = float(values.abs().sum())
        error = None if found.whole is None else found.whole[row] / size if size else 0.0
        effort = Effort(what.claim, self.settings.tolerance, found.rule, found.evaluations[row], error)
        return Attribution(
            method=what.name,
            signed=what.signed,
            scores=rounded(values),
            errors=None if found.errors is None else rounded(found.errors[row, :length].cpu().double()),
            certificate=certify(float(values.sum()), ends, effort),
        )


def fail(document: Document, sentence: str) -> Explanation:
    """The record of a document that was not explained, with the reason."""
    return _record(document, error=sentence)


def _succeed(encoded: Encoded, answer: Prediction, sections: tuple[Section, ...]) -> Explanation:
    return _record(encoded.document, encoded=encoded, answer=answer, sections=sections)


def _record(
    document: Document,
    *,
    error: str | None = None,
    encoded: Encoded | None = None,
    answer: Prediction | None = None,
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
        status="failed" if error else "explained",
        error=error,
        seen=encoded.seen if encoded else None,
        prediction=answer,
        sections=sections,
    )


def _gather(question: _Question, baseline: Baseline, attributions: Iterable[Attribution]) -> Section:
    found = tuple(attributions)
    return Section(
        target=question.target,
        baseline=baseline,
        tokens=question.encoded.tokens,
        attributions=found,
        diagnostics=(),
        agreement=tuple(compare_all(question.encoded.tokens, found)),
    )


def _in_order(sections: Iterable[Section]) -> tuple[Section, ...]:
    return tuple(sorted(sections, key=lambda section: (section.target.position, section.target.index)))


def _first_line(error: Exception) -> str:
    return (str(error).strip() or type(error).__name__).splitlines()[0]
