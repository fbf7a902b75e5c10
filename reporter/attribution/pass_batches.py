"""The rows of several batches as one list, so that rows of different batches can share passes."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import groupby, islice
from operator import itemgetter
from typing import TypeVar

import torch
from torch import Tensor
from torch.nn.functional import pad

from reporter.attribution.cases import Cases
from reporter.attribution.passes import Pass, differentiate
from reporter.models import Network
from reporter.tasks import Cells

Result = TypeVar("Result")


@dataclass(frozen=True)
class PassBatch:
    """Rows of any batches as one batch of equal width, ready for a pass by `network`.

    `inputs` are rows tokens, `baselines` and `embeddings` rows tokens width; `cells` and `choices` are as in `Cases`.
    """

    network: Network
    inputs: dict[str, Tensor]
    baselines: Tensor
    embeddings: Tensor
    cells: Cells
    choices: Cells

    def score(self, points: Tensor) -> Tensor:
        """F of each row (rows) with these word embeddings, rows tokens width."""
        return self.cells.read(self._answer(points))

    def differentiate(self, points: Tensor) -> Pass:
        """The forward and backward pass with these word embeddings, rows tokens width."""
        return differentiate(self._answer, points, self.cells, self.choices)

    def _answer(self, points: Tensor) -> Tensor:
        return self.network.answer(self.inputs, points)


@dataclass(frozen=True)
class BatchRows:
    """All rows of some batches, numbered consecutively."""

    batches: Sequence[Cases]

    def share(self, work: Callable[[PassBatch, list[int]], Sequence[Result]], rows: Sequence[int]) -> list[Result]:
        """The results of `work` for each of `rows` (which may repeat), in their order.

        `work` gets the rows that share a pass, and their places in `rows`.
        """
        for cases in self.batches:  # computed here, since replicas must not compute them at the same time
            _ = cases.baselines, cases.embeddings

        def evaluate(network: Network, items: list[int]) -> Sequence[Result]:
            return work(self._gather(network, [rows[at] for at in items]), items)

        lengths = [self.lengths[row] for row in rows]
        return self.batches[0].network.share(evaluate, lengths, budget=self.batches[0].budget)

    @cached_property
    def lengths(self) -> list[int]:
        """How many tokens each row has."""
        return [length for cases in self.batches for length in cases.lengths]

    @property
    def seeds(self) -> list[int]:
        """The seed of each row's random numbers."""
        return [seed for cases in self.batches for seed in cases.seeds]

    @cached_property
    def words(self) -> list[list[int]]:
        """The word of each token of each row, padding left out."""
        padded = [row_words for cases in self.batches for row_words in cases.words.tolist()]
        return [row_words[:length] for row_words, length in zip(padded, self.lengths, strict=True)]

    @property
    def counts(self) -> list[int]:
        """How many words each row has."""
        return [max(row_words, default=-1) + 1 for row_words in self.words]

    @cached_property
    def _places(self) -> list[tuple[int, int]]:
        """The batch of each row, and its row there."""
        return [(number, row) for number, cases in enumerate(self.batches) for row in range(len(cases.cells))]

    def _gather(self, network: Network, rows: list[int]) -> PassBatch:
        """These rows of any batches as one batch."""
        width = network.fit(max(self.lengths[row] for row in rows))
        parts: list[tuple[Cases, Tensor]] = []
        for number, index in groupby((self._places[row] for row in rows), key=itemgetter(0)):
            cases = self.batches[number]
            parts.append((cases, torch.tensor([row for _, row in index], device=cases.cells.device)))
        padding = network.padding
        inputs = {
            name: torch.cat([_resize(cases.inputs[name][index], width, padding.get(name, 0)) for cases, index in parts])
            for name in self.batches[0].inputs
        }
        baselines, embeddings = (
            torch.cat([_resize(getattr(cases, side)[index], width, 0) for cases, index in parts])
            for side in ("baselines", "embeddings")
        )
        cells, choices = (
            Cells.join([getattr(cases, kind)[index] for cases, index in parts]) for kind in ("cells", "choices")
        )
        return PassBatch(network, inputs, baselines, embeddings, cells, choices)


def compute_ends(batches: Sequence[Cases], *, texts: bool = False) -> None:
    """Fill the passes at all baselines, and with `texts` those at the texts; rows with equal baselines share one."""
    rows = BatchRows(batches)
    keys = [key for cases in batches for key in cases.baseline_keys]
    distinct_rows = list({key: row for row, key in enumerate(keys)}.values())
    wanted = [*((row, False) for row in distinct_rows), *((row, True) for row in range(len(keys)) if texts)]

    def differentiate(gathered: PassBatch, items: list[int]) -> Sequence[Pass]:
        """The pass of each row at its text or at its baseline, whichever is wanted."""
        at_input = torch.tensor([wanted[at][1] for at in items], device=gathered.cells.device).view(-1, 1, 1)
        result = gathered.differentiate(torch.where(at_input, gathered.embeddings, gathered.baselines))
        return [Pass(*parts) for parts in zip(result.answer, result.score, result.gradient, strict=True)]

    passes = rows.share(differentiate, [row for row, _ in wanted])
    passes_by_key = dict(zip((keys[row] for row in distinct_rows), passes, strict=False))
    baseline_passes, input_passes = iter([passes_by_key[key] for key in keys]), iter(passes[len(distinct_rows) :])
    for cases in batches:
        cases.known.baseline_pass = _stack_passes(list(islice(baseline_passes, len(cases.cells))), cases)
        if texts:
            cases.known.input_pass = _stack_passes(list(islice(input_passes, len(cases.cells))), cases)


def _stack_passes(passes: list[Pass], cases: Cases) -> Pass:
    """The passes of the rows of a batch as one."""
    answers, scores = (
        torch.stack(part) for part in zip(*((row_pass.answer, row_pass.score) for row_pass in passes), strict=True)
    )
    gradients = [_resize(row_pass.gradient[None], cases.attention_mask.shape[1], 0)[0] for row_pass in passes]
    return Pass(answers, scores, torch.stack(gradients))


def _resize(values: Tensor, width: int, absent: int) -> Tensor:
    """Rows tokens (...), cut or padded to `width` tokens."""
    missing = width - values.shape[1]
    if missing <= 0:
        return values[:, :width]
    return pad(values, (*(0, 0) * (values.dim() - 2), 0, missing), value=absent)
