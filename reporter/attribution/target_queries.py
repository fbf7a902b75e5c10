"""Target queries: the predictions of documents, and the targets of each that are to be explained."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import torch

from reporter.attribution.cases import Cases
from reporter.models import (
    ACCELERATOR_FACTOR,
    ATTENTION_BYTES,
    POOL,
    Budget,
    Encoded,
    Network,
    check_served,
    make_batches,
)
from reporter.records import NONE, Baseline, Prediction, Settings, Target, count_words, make_seed, round_values
from reporter.tasks import Cells, Plan, Task, find_columns, list_said, predict


@dataclass(frozen=True)
class TargetQuery:
    """One target of one document, with the alternatives to it: `labels`, and `choices` (choices terms) of the table.

    `per_token` says that the table has a position for each token, so tokens that are read must stay in the text.
    """

    encoded: Encoded
    target: Target
    labels: tuple[str, ...]
    choices: Cells
    per_token: bool = False

    @property
    def columns(self) -> tuple[int, int | None]:
        """The column of the target among the choices, and that of the label it is set against, if any."""
        return find_columns(self.target, self.labels)

    @property
    def cells(self) -> Cells:
        """The weighted sum of cells that is the target: its choice, less the one that it is set against."""
        index, other = self.columns
        return self.choices[index] if other is None else self.choices[index].minus(self.choices[other])

    @cached_property
    def fixed(self) -> frozenset[int]:
        """The tokens at which the target is read, which no perturbation may remove; none for one label per text."""
        return frozenset(self.cells.positions[self.cells.weights != 0].tolist()) if self.per_token else frozenset()

    @property
    def length(self) -> int:
        """The number of tokens."""
        return len(self.encoded.tokens)

    @property
    def words(self) -> int:
        """The number of words."""
        return count_words(self.encoded.tokens)


@dataclass(frozen=True)
class KeptAnswer:
    """The model's answer to a text: the plan of what is kept of the table, and the prediction made of that."""

    plan: Plan
    prediction: Prediction


@dataclass(frozen=True)
class Explainer:
    """A network with its task, the settings of a run, and the token budget of a pass."""

    network: Network
    task: Task
    settings: Settings
    budget: Budget

    def predict(self, documents: Sequence[Encoded]) -> list[KeptAnswer]:
        """The answers to these texts, served as by a pipeline; raises `ValueError` where one is not finite."""
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
        """The answer to one text from its table, positions choices."""
        plan = self.task.plan(table, encoded)
        kept_answer = Cells.stack([plan.choices]).read(table.unsqueeze(0))[0]
        return KeptAnswer(plan, predict(kept_answer, plan, self.task))

    def part(self, documents: Sequence[Encoded]) -> list[list[int]]:
        """The numbers of the texts of each pass: one each on a processor, batches of like length on a GPU."""
        if not (self.network.on_accelerator and self.network.pads_freely):
            return [[number] for number in range(len(documents))]
        lengths = [len(encoded.tokens) for encoded in documents]
        filled = self.network.filled
        return list(make_batches(range(len(documents)), lengths.__getitem__, budget=self.budget.tokens, filled=filled))

    def choose(self, encoded: Encoded, answer: KeptAnswer) -> list[TargetQuery]:
        """The target queries that the settings ask for; raises `ValueError` if the document allows none."""
        plan, targets = answer.plan, self.task.targets(answer.prediction, encoded, self.settings)
        if plan.spans:
            targets = [replace(target, span=plan.spans[target.index]) for target in targets]
        return [
            TargetQuery(encoded, target, plan.labels, plan.choices[target.position], plan.per_token)
            for target in targets
        ]

    @property
    def pool_size(self) -> int:
        """The most texts that are explained together: more where each pass is expensive, as on a GPU."""
        return POOL * (ACCELERATOR_FACTOR if self.network.on_accelerator else 1)

    @property
    def attention_limit(self) -> int:
        """The most bytes of attention weights in memory."""
        return ATTENTION_BYTES * (ACCELERATOR_FACTOR if self.network.on_accelerator else 1)

    def attention_bytes(self, query: TargetQuery) -> int:
        """The bytes of a query's attention weights, all layers together."""
        return 4 * self.network.heads * query.length**2

    def tokens(self, queries: Sequence[TargetQuery]) -> int:
        """The token budget of a pass, smaller where attention over long texts would exceed `attention_limit`."""
        longest = max(queries, key=lambda query: query.length)
        fitting = self.attention_limit * longest.length // self.attention_bytes(longest)
        return max(1, min(self.budget.tokens, fitting))

    def make_cases(self, queries: Sequence[TargetQuery]) -> Cases:
        """Target queries of like length as one batch of cases."""
        inputs = self.network.pad([query.encoded.inputs for query in queries])
        width = inputs["input_ids"].shape[1]
        lengths = torch.tensor([[query.length] for query in queries], device=self.network.device)
        words = [[-1 if token.word is None else token.word for token in query.encoded.tokens] for query in queries]
        numbers = torch.tensor([row + [-1] * (width - len(row)) for row in words], device=self.network.device)
        return Cases(
            network=self.network,
            inputs=inputs,
            attention_mask=torch.arange(width, device=lengths.device) < lengths,
            content_mask=numbers >= 0,
            words=numbers,
            cells=Cells.stack([query.cells for query in queries]).to(self.network.device),
            choices=Cells.stack([query.choices for query in queries]).to(self.network.device),
            seeds=[self.seed(query) for query in queries],
            baseline=self.settings.baseline,
            budget=self.budget.tokens,
        )

    def seed(self, query: TargetQuery, use: str = "") -> int:
        """The seed of a query's random numbers, a different one for each `use`."""
        return make_seed(query.encoded.document, self.settings.seed, use)

    def read_baseline(self, query: TargetQuery, answer: torch.Tensor) -> Baseline:
        """The record of the baseline, from the model's answer there in the target's place (choices)."""
        labels, best = query.labels, int(answer.argmax())
        said = list_said(answer, labels, self.task)
        probabilities = self.task.probabilities(answer.double()) if said == (labels[best],) else None
        return Baseline(
            kind=self.settings.baseline,
            label=", ".join(said) or NONE,
            probability=None if probabilities is None else round_values([float(probabilities[best])])[0],
        )
