"""The rows of many batches as one list: whatever is computed of them shares passes, whichever batches they are from."""

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
    """Some rows as one batch, ready for a pass by `network`: what a `Cases` knows of them, cut to the same width."""

    network: Network
    inputs: dict[str, Tensor]
    baselines: Tensor
    embeddings: Tensor
    cells: Cells
    choices: Cells

    def score(self, points: Tensor) -> Tensor:
        """The target's score of each row with these word embeddings, rows tokens width."""
        return self.cells.read(self._answer(points))

    def differentiate(self, points: Tensor) -> Pass:
        """The pass with these word embeddings, rows tokens width."""
        return differentiate(self._answer, points, self.cells, self.choices)

    def _answer(self, points: Tensor) -> Tensor:
        return self.network.answer(self.inputs, points)


@dataclass(frozen=True)
class Rows:
    """All rows of some batches, numbered through."""

    batches: Sequence[Cases]

    def share(self, work: Callable[[PassBatch, list[int]], Sequence[Result]], rows: Sequence[int]) -> list[Result]:
        """What `work` makes of each of `rows` (which may repeat), in their order.

        `work` is called with some of them at a time, as many as share a pass, and with their places in `rows`.
        """
        for cases in self.batches:  # a network does one thing at a time, so they are not left to those who share
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
        """What each row's random numbers start from."""
        return [seed for cases in self.batches for seed in cases.seeds]

    @cached_property
    def words(self) -> list[list[int]]:
        """The word of each token of each row, padding left out."""
        lines = [line for cases in self.batches for line in cases.words.tolist()]
        return [line[:length] for line, length in zip(lines, self.lengths, strict=True)]

    @property
    def counts(self) -> list[int]:
        """How many words each row has."""
        return [max(line, default=-1) + 1 for line in self.words]

    @cached_property
    def _places(self) -> list[tuple[int, int]]:
        """The batch of every row, and its place there."""
        return [(number, row) for number, cases in enumerate(self.batches) for row in range(len(cases.cells))]

    def _gather(self, network: Network, rows: list[int]) -> PassBatch:
        """Rows that come, in order of their length, from several batches."""
        width = network.fit(max(self.lengths[row] for row in rows))
        parts: list[tuple[Cases, Tensor]] = []
        for number, run in groupby((self._places[row] for row in rows), key=itemgetter(0)):
            cases = self.batches[number]
            parts.append((cases, torch.tensor([row for _, row in run], device=cases.cells.device)))
        absent = network.padding
        inputs = {
            name: torch.cat([_wide(cases.inputs[name][run], width, absent.get(name, 0)) for cases, run in parts])
            for name in self.batches[0].inputs
        }
        baselines, embeddings = (
            torch.cat([_wide(getattr(cases, side)[run], width, 0) for cases, run in parts])
            for side in ("baselines", "embeddings")
        )
        cells, choices = (
            Cells.join([getattr(cases, kind)[run] for cases, run in parts]) for kind in ("cells", "choices")
        )
        return PassBatch(network, inputs, baselines, embeddings, cells, choices)


def compute_ends(batches: Sequence[Cases], *, texts: bool = False) -> None:
    """Compute the passes at all baselines now, and those at the texts if nobody did; what rows share, once."""
    rows = Rows(batches)
    marks = [mark for cases in batches for mark in cases.marks]
    once = list({mark: row for row, mark in enumerate(marks)}.values())
    wanted = [*((row, False) for row in once), *((row, True) for row in range(len(marks)) if texts)]

    def differentiate(gathered: PassBatch, items: list[int]) -> Sequence[Pass]:
        written = torch.tensor([wanted[at][1] for at in items], device=gathered.cells.device).view(-1, 1, 1)
        result = gathered.differentiate(torch.where(written, gathered.embeddings, gathered.baselines))
        return [Pass(*parts) for parts in zip(result.answer, result.score, result.gradient, strict=True)]

    passes = rows.share(differentiate, [row for row, _ in wanted])
    known = dict(zip((marks[row] for row in once), passes, strict=False))
    starts, ends = iter([known[mark] for mark in marks]), iter(passes[len(once) :])
    for cases in batches:
        cases.known.baseline_pass = _join(list(islice(starts, len(cases.cells))), cases)
        if texts:
            cases.known.input_pass = _join(list(islice(ends, len(cases.cells))), cases)


def _join(passes: list[Pass], cases: Cases) -> Pass:
    """The passes of the rows of a batch as one."""
    answers, scores = (
        torch.stack(part) for part in zip(*((row_pass.answer, row_pass.score) for row_pass in passes), strict=True)
    )
    gradients = [_wide(row_pass.gradient[None], cases.attention_mask.shape[1], 0)[0] for row_pass in passes]
    return Pass(answers, scores, torch.stack(gradients))


def _wide(values: Tensor, width: int, absent: int) -> Tensor:
    """Rows tokens (...), cut or padded to `width` tokens."""
    missing = width - values.shape[1]
    if missing <= 0:
        return values[:, :width]
    return pad(values, (*(0, 0) * (values.dim() - 2), 0, missing), value=absent)
