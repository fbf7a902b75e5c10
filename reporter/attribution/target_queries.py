"""Asks the network about a document: first for its own answer, then for one query per target to explain."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import torch

from reporter.attribution.cases import Cases
from reporter.models import ATTENTION_BYTES, DEAR, POOL, Budget, Encoded, Network, check_served, make_batches
from reporter.records import NONE, Baseline, Prediction, Settings, Target, count_words, make_seed, round_values
from reporter.tasks import Cells, Plan, Task, find_columns, list_said, predict


@dataclass(frozen=True)
class TargetQuery:
    """One target of one document, with what could be said in its place: the choices by their labels.

    `per_token` says that these are read at tokens of the text, which then stay where words are removed.
    """

    encoded: Encoded
    target: Target
    labels: tuple[str, ...]
    choices: Cells
    per_token: bool = False

    @property
    def columns(self) -> tuple[int, int | None]:
        """The choice that is explained, and the one that it is set against, if any."""
        return find_columns(self.target, self.labels)

    @property
    def cells(self) -> Cells:
        """What the target is made of: its choice, less the one that it is set against."""
        index, other = self.columns
        return self.choices[index] if other is None else self.choices[index].minus(self.choices[other])

    @cached_property
    def fixed(self) -> frozenset[int]:
        """The tokens that its choices are read at, none where they are read of the text as a whole."""
        return frozenset(self.choices.positions.flatten().tolist()) if self.per_token else frozenset()

    @property
    def length(self) -> int:
        """Its tokens."""
        return len(self.encoded.tokens)

    @property
    def words(self) -> int:
        """Its words, which are numbered from 0."""
        return count_words(self.encoded.tokens)


@dataclass(frozen=True)
class KeptAnswer:
    """What the model says to a text: what is planned to be kept of it, and that."""

    plan: Plan
    prediction: Prediction


@dataclass(frozen=True)
class Explainer:
    """How questions are put: to which network, about which task, by which settings, how many tokens at a time."""

    network: Network
    task: Task
    settings: Settings
    budget: Budget

    def predict(self, documents: Sequence[Encoded]) -> list[KeptAnswer]:
        """What the model says to these texts, served plainly; raises `ValueError` if it says no number to one."""
        for encoded in documents:
            check_served(encoded, self.network)
        rows = [encoded.inputs for encoded in documents]
        with torch.no_grad():
            tables = self.network.answer(self.network.pad(rows) if len(rows) > 1 else self.network.serve(rows[0]))
        return [
            self._keep(table[: len(document.tokens)].cpu(), document)
            for table, document in zip(tables, documents, strict=True)
        ]

    def _keep(self, table: torch.Tensor, encoded: Encoded) -> KeptAnswer:
        """What is kept of the answer to one text, of a table positions choices."""
        plan = self.task.plan(table, encoded)
        kept = Cells.stack([plan.choices]).read(table.unsqueeze(0))[0]
        return KeptAnswer(plan, predict(kept, plan.labels, self.task))

    def part(self, documents: Sequence[Encoded]) -> list[list[int]]:
        """The numbers of texts that are served together: each alone, but where passes are dear and company is free."""
        if not (self.network.roomy and self.network.pads_freely):
            return [[number] for number in range(len(documents))]
        lengths = [len(encoded.tokens) for encoded in documents]
        filled = self.network.filled
        return list(make_batches(range(len(documents)), lengths.__getitem__, budget=self.budget.tokens, filled=filled))

    def choose(self, encoded: Encoded, answer: KeptAnswer) -> list[TargetQuery]:
        """The questions that the settings ask about this answer; raises `ValueError` if the document allows none."""
        plan, targets = answer.plan, self.task.targets(answer.prediction, encoded, self.settings)
        return [
            TargetQuery(encoded, target, plan.labels, plan.choices[target.position], plan.per_token)
            for target in targets
        ]

    @property
    def crowd(self) -> int:
        """How many texts are explained together at most: as many as share passes, where few passes are wanted."""
        return POOL * (DEAR if self.network.roomy else 1)

    @property
    def attention_limit(self) -> int:
        """How many bytes of attention weights may be held at a time."""
        return ATTENTION_BYTES * (DEAR if self.network.roomy else 1)

    def attention_bytes(self, question: TargetQuery) -> int:
        """What the attention weights of a question take, in all layers together."""
        return 4 * self.network.heads * question.length**2

    def tokens(self, questions: Sequence[TargetQuery]) -> int:
        """The token budget of a pass, less where attention over long texts would fill the memory."""
        longest = max(questions, key=lambda question: question.length)
        fitting = self.attention_limit * longest.length // self.attention_bytes(longest)
        return max(1, min(self.budget.tokens, fitting))

    def make_cases(self, questions: Sequence[TargetQuery]) -> Cases:
        """Questions of like length as one batch of cases."""
        inputs = self.network.pad([question.encoded.inputs for question in questions])
        width = inputs["input_ids"].shape[1]
        lengths = torch.tensor([[question.length] for question in questions], device=self.network.device)
        words = [
            [-1 if token.word is None else token.word for token in question.encoded.tokens] for question in questions
        ]
        numbers = torch.tensor([row + [-1] * (width - len(row)) for row in words], device=self.network.device)
        return Cases(
            network=self.network,
            inputs=inputs,
            attention_mask=torch.arange(width, device=lengths.device) < lengths,
            content_mask=numbers >= 0,
            words=numbers,
            cells=Cells.stack([question.cells for question in questions]).to(self.network.device),
            choices=Cells.stack([question.choices for question in questions]).to(self.network.device),
            seeds=[self.seed(question) for question in questions],
            baseline=self.settings.baseline,
            budget=self.budget.tokens,
        )

    def seed(self, question: TargetQuery, use: str = "") -> int:
        """What the random numbers of a question start from; other ones for another `use`."""
        return make_seed(question.encoded.document, self.settings.seed, use)

    def read_baseline(self, question: TargetQuery, answer: torch.Tensor) -> Baseline:
        """What the model says at the baseline in the target's place, from its answer there (choices)."""
        labels = question.labels
        shares, best = self.task.probabilities(answer.double()), int(answer.argmax())
        over = list_said(answer, labels, self.task)
        told = shares is not None and over == (labels[best],)
        return Baseline(
            kind=self.settings.baseline,
            label=", ".join(over) or NONE,
            probability=round_values([float(shares[best])])[0] if shares is not None and told else None,
        )
