"""What is asked of the network about a document: its own answer first, then one question for each cell to explain."""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass

import torch

from reporter.batches import Budget
from reporter.cases import Cases
from reporter.encoding import Encoded, check_served
from reporter.labels import find_label
from reporter.network import Network
from reporter.records import Baseline, Document, Prediction, Target
from reporter.settings import Settings
from reporter.targets import choose, predict, read_baseline, winners
from reporter.tasks import Task

ATTENTION_BYTES = 2**28
"""How much attention may be held at a time."""


@dataclass(frozen=True)
class Question:
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
class Asking:
    """How questions are put: to which network, about which task, by which settings, how many tokens at a time."""

    network: Network
    task: Task
    settings: Settings
    budget: Budget

    def predict(self, encoded: Encoded) -> Prediction:
        """What the model says to this text alone, served plainly; raises `ValueError` if it says no number."""
        check_served(encoded, self.network)
        with torch.no_grad():
            logits = self.network.run(self.network.serve(encoded.inputs)).logits
        return predict(self.task.table(logits)[0].cpu(), self.network.facts.labels, self.network.problem)

    def choose(self, encoded: Encoded, answer: Prediction) -> list[Question]:
        """The questions that the settings ask about this answer; raises `ValueError` if the document allows none."""
        table = torch.tensor(answer.logits).view(answer.positions, -1)
        positions = self.task.positions(winners(table, answer.labels), encoded.tokens)
        targets = choose(answer, positions, self.settings.target, self.settings.against, encoded.document.label)
        everywhere = answer.positions > 1
        return [Question(encoded, target, everywhere) for target in targets]

    def attention_bytes(self, question: Question) -> int:
        """What the attention weights of a question take, in all layers together."""
        return 4 * self.network.heads * question.length**2

    def tokens(self, questions: Sequence[Question]) -> int:
        """The token budget of a pass, less where attention over long texts would fill the memory."""
        longest = max(questions, key=lambda question: question.length)
        fitting = ATTENTION_BYTES * longest.length // self.attention_bytes(longest)
        return max(1, min(self.budget.tokens, fitting))

    def pose(self, questions: Sequence[Question]) -> Cases:
        """Questions of like length as one batch of cases."""
        inputs = self.network.pad([question.encoded.inputs for question in questions])
        width = inputs["input_ids"].shape[1]
        flags = [[[True, not token.special] for token in question.encoded.tokens] for question in questions]
        marks = torch.tensor([row + [[False, False]] * (width - len(row)) for row in flags], device=self.network.device)
        words = [[-1 if one.word is None else one.word for one in question.encoded.tokens] for question in questions]
        cells = [self.locate(question.target, question.target.position) for question in questions]
        return Cases(
            network=self.network,
            task=self.task,
            inputs=inputs,
            real=marks[..., 0],
            ordinary=marks[..., 1],
            words=torch.tensor([row + [-1] * (width - len(row)) for row in words], device=self.network.device),
            cells=torch.tensor(cells, device=self.network.device),
            seeds=[self.seed(question) for question in questions],
            baseline=self.settings.baseline,
            budget=self.budget.tokens,
        )

    def seed(self, question: Question, use: str = "") -> int:
        """What the random numbers of a question start from; other ones for another `use`."""
        return make_seed(question.encoded.document, self.settings.seed, use)

    def read_baseline(self, answer: torch.Tensor) -> Baseline:
        """What the model says at the baseline, from its answer there (choices)."""
        return read_baseline(self.settings.baseline, answer, self.network.facts.labels, self.network.problem)

    def locate(self, target: Target, position: int) -> tuple[int, int, int]:
        """The cell of a target that stands at this position: position, choice, choice it is set against or -1."""
        other = None if target.against is None else find_label(target.against, self.network.facts.labels)
        return position, target.index, -1 if other is None else other


def make_seed(document: Document, seed: int, use: str = "") -> int:
    """What a document's random numbers start from: its content, the run's seed and their `use`, wherever it stands."""
    facts = json.dumps((seed, use, document.text, document.text_pair))
    return int.from_bytes(hashlib.sha256(facts.encode()).digest()[:8], "big")
