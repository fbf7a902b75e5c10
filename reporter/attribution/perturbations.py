"""Texts with some of their words at the baseline: scored together, forward only, whichever batches they come from."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import islice

import numpy as np
import torch
from torch import Tensor

from reporter.attribution.cases import Cases, to_array
from reporter.attribution.coalitions import Coalitions, Observed, Worth
from reporter.attribution.pass_batches import PassBatch, Rows
from reporter.attribution.quadrature.rules import Array

Draw = Callable[[int, np.random.Generator], Coalitions]
"""The coalitions to look at, coalitions words, for a text of so many words and with its own random numbers."""

Estimate = Callable[[Observed], Worth]
"""What the words of one text are worth, by what was seen of it."""

Read = Callable[[PassBatch, Tensor], Tensor]
"""What to read of some rows with these word embeddings: one number or several for each."""


@dataclass(frozen=True)
class Weighed:
    """The tokens of a batch by what their words are worth, rows tokens, their errors, and the texts looked at, rows."""

    values: Tensor
    errors: Tensor | None
    evaluations: Sequence[int]


def weigh_words(batches: Sequence[Cases], draw: Draw, estimate: Estimate) -> list[Weighed]:
    """Score every text with the coalitions that are drawn for it, and share each word's worth among its tokens evenly.

    Special tokens get 0, as they stay in every coalition. Raises `ValueError` where F is not a finite number.
    """
    rows = Rows(batches)
    counts = rows.counts
    drawn = [draw(count, np.random.default_rng(seed)) for count, seed in zip(counts, rows.seeds, strict=True)]
    scores = iter(score_coalitions(rows, drawn, PassBatch.score))
    ends = [path.totals for cases in batches for path in cases.ends]
    seen = [
        Observed(kept, np.array(list(islice(scores, len(kept)))), none=path_ends[0], all=path_ends[1])
        for kept, path_ends in zip(drawn, ends, strict=True)
    ]
    estimates = [_spread(estimate(observed), line) for observed, line in zip(seen, rows.words, strict=True)]
    weighed, at = [], 0
    for cases in batches:
        here = slice(at, at := at + len(cases.cells))
        values, errors = zip(*estimates[here], strict=True)
        known = None if any(error is None for error in errors) else _padded(errors, cases)
        weighed.append(Weighed(_padded(values, cases), known, [len(observed.kept) + 2 for observed in seen[here]]))
    return weighed


def score_coalitions(rows: Rows, drawn: Sequence[Coalitions], read: Read) -> list[Array]:
    """What is read of every row with each of its coalitions, row after row.

    Raises `ValueError` where that is not a finite number.
    """
    which = [row for row, kept in enumerate(drawn) for _ in kept]
    kept = [coalition for row in drawn for coalition in row]

    @torch.no_grad()
    def evaluate(gathered: PassBatch, items: list[int]) -> list[Array]:
        embeddings, baselines = gathered.embeddings, gathered.baselines
        marks = np.ones((len(items), embeddings.shape[1]), dtype=bool)
        for place, at in enumerate(items):
            words = rows.words[which[at]]
            marks[place, : len(words)] = np.append(kept[at], True)[words]  # what is of no word (-1) stays
        here = torch.from_numpy(marks).to(embeddings.device).unsqueeze(-1)
        return list(to_array(read(gathered, torch.where(here, embeddings, baselines))))

    scores: list[Array] = rows.share(evaluate, which)
    if not np.isfinite(scores).all():
        raise ValueError("the score of the text with some of its words at the baseline is not a finite number.")
    return scores


def _spread(worth: Worth, words: list[int]) -> tuple[Array, Array | None]:
    """Each word's worth, and its error, evenly on its tokens."""
    sizes = np.bincount([word for word in words if word >= 0], minlength=len(worth.values))
    errors = None if worth.errors is None else np.append(worth.errors / sizes, 0.0)[words]
    return np.append(worth.values / sizes, 0.0)[words], errors


def _padded(rows: Sequence[Array], cases: Cases) -> Tensor:
    """Rows of different lengths as one tensor, rows tokens."""
    width = cases.attention_mask.shape[1]
    return torch.from_numpy(np.stack([np.pad(row, (0, width - len(row))) for row in rows]))
