"""What is asked of the network about a document: its own answer first, then one question for each cell to explain."""

from collections.abc import Sequence
from dataclasses import dataclass

import torch

from reporter.attribution.cases import Cases
from reporter.attribution.targets import choose, predict, read_baseline, winners
from reporter.models import ATTENTION_BYTES, DEAR, POOL, Budget, Encoded, Network, check_served, make_batches
from reporter.records import Baseline, Prediction, Settings, Target, find_label, make_seed
from reporter.tasks import Task


@dataclass(frozen=True)
class TargetQuery:
    """One target of one document; `everywhere` says that the answer has a position for every token."""

    encoded: Encoded
    target: Target
    everywhere: bool = False

    @property
    def length(self) -> int:
        """Its tokens."""
        return len(self.encoded.tokens)

    @property
    def words(self) -> int:
        """Its words, which are numbered from 0."""
        return 1 + max((token.word for token in self.encoded.tokens if token.word is not None), default=-1)


@dataclass(frozen=True)
class Explainer:
    """How questions are put: to which network, about which task, by which settings, how many tokens at a time."""

    network: Network
    task: Task
    settings: Settings
    budget: Budget

    def predict(self, documents: Sequence[Encoded]) -> list[Prediction]:
        """What the model says to these texts, served plainly; raises `ValueError` if it says no number to one."""
        for encoded in documents:
            check_served(encoded, self.network)
        rows = [encoded.inputs for encoded in documents]
        with torch.no_grad():
            found = self.network.run(self.network.pad(rows) if len(rows) > 1 else self.network.serve(rows[0]))
        tables = [
            table[: len(one.tokens)] for table, one in zip(self.task.table(found.logits).cpu(), documents, strict=True)
        ]
        return [predict(table, self.network.facts.labels, self.network.problem) for table in tables]

    def part(self, documents: Sequence[Encoded]) -> list[list[int]]:
        """The numbers of texts that are served together: each alone, but where passes are dear and company is free."""
        if not (self.network.roomy and self.network.pads_freely):
            return [[number] for number in range(len(documents))]
        lengths = [len(encoded.tokens) for encoded in documents]
        filled = self.network.filled
        return list(make_batches(range(len(documents)), lengths.__getitem__, budget=self.budget.tokens, filled=filled))

    def choose(self, encoded: Encoded, answer: Prediction) -> list[TargetQuery]:
        """The questions that the settings ask about this answer; raises `ValueError` if the document allows none."""
        table = torch.tensor(answer.logits).view(answer.positions, -1)
        positions = self.task.positions(winners(table, answer.labels), encoded.tokens)
        targets = choose(answer, positions, self.settings.target, self.settings.against, encoded.document)
        everywhere = answer.positions > 1
        return [TargetQuery(encoded, target, everywhere) for target in targets]

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
        words = [[-1 if one.word is None else one.word for one in question.encoded.tokens] for question in questions]
        numbers = torch.tensor([row + [-1] * (width - len(row)) for row in words], device=self.network.device)
        cells = [self.locate(question.target, question.target.position) for question in questions]
        return Cases(
            network=self.network,
            task=self.task,
            inputs=inputs,
            attention_mask=torch.arange(width, device=lengths.device) < lengths,
            content_mask=numbers >= 0,
            words=numbers,
            cells=torch.tensor(cells, device=self.network.device),
            seeds=[self.seed(question) for question in questions],
            baseline=self.settings.baseline,
            budget=self.budget.tokens,
        )

    def seed(self, question: TargetQuery, use: str = "") -> int:
        """What the random numbers of a question start from; other ones for another `use`."""
        return make_seed(question.encoded.document, self.settings.seed, use)

    def read_baseline(self, answer: torch.Tensor) -> Baseline:
        """What the model says at the baseline, from its answer there (choices)."""
        return read_baseline(self.settings.baseline, answer, self.network.facts.labels, self.network.problem)

    def locate(self, target: Target, position: int) -> tuple[int, int, int]:
        """The cell of a target that stands at this position: position, choice, choice it is set against or -1."""
        other = None if target.against is None else find_label(target.against, self.network.facts.labels)
        return position, target.index, -1 if other is None else other
