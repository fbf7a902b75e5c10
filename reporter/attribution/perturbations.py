"""Perturbed texts: some words at the baseline, scored by forward passes that rows of several batches share."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import islice

import numpy as np
import torch
from torch import Tensor

from reporter.attribution.cases import Cases, to_array
from reporter.attribution.coalitions import Coalitions, CoalitionScores, WordValues
from reporter.attribution.pass_batches import BatchRows, PassBatch
from reporter.attribution.quadrature.rules import Array

Draw = Callable[[int, np.random.Generator], Coalitions]
"""Draws the coalitions of a text, coalitions words, from its number of words and its random generator."""

Estimate = Callable[[CoalitionScores], WordValues]
"""Estimates the values of the words of one text from the scores of its coalitions."""

Read = Callable[[PassBatch, Tensor], Tensor]
"""Reads one number or several for each row of a pass with these word embeddings (rows tokens width)."""


@dataclass(frozen=True)
class TokenValues:
    """The values of a batch's tokens, rows tokens, their errors, and how many texts were scored for each row, rows."""

    values: Tensor
    errors: Tensor | None
    evaluations: Sequence[int]


def attribute_by_coalitions(batches: Sequence[Cases], draw: Draw, estimate: Estimate) -> list[TokenValues]:
    """Score each text with the coalitions that `draw` gives, `estimate` word values, and divide each over its tokens.

    A word's tokens get equal parts; special tokens, which stay in every coalition, get 0. Raises `ValueError` where F
    is not a finite number.
    """
    rows = BatchRows(batches)
    counts = rows.counts
    drawn = [draw(count, np.random.default_rng(seed)) for count, seed in zip(counts, rows.seeds, strict=True)]
    scores = iter(score_coalitions(rows, drawn, PassBatch.score))
    ends = [path.totals for cases in batches for path in cases.ends]
    scored = [
        CoalitionScores(coalitions, np.array(list(islice(scores, len(coalitions)))), *path_ends)
        for coalitions, path_ends in zip(drawn, ends, strict=True)
    ]
    estimates = [_divide_among_tokens(estimate(row), words) for row, words in zip(scored, rows.words, strict=True)]
    attributed, at = [], 0
    for cases in batches:
        batch_rows = slice(at, at := at + len(cases.cells))
        values, errors = zip(*estimates[batch_rows], strict=True)
        padded_errors = None if any(error is None for error in errors) else cases.pad(errors)
        evaluations = [len(row.coalitions) + 2 for row in scored[batch_rows]]
        attributed.append(TokenValues(cases.pad(values), padded_errors, evaluations))
    return attributed


def score_coalitions(rows: BatchRows, drawn: Sequence[Coalitions], read: Read) -> list[Array]:
    """What `read` gives for every row with each of its coalitions, row after row.

    Raises `ValueError` where that is not a finite number.
    """
    row_numbers = [row for row, coalitions in enumerate(drawn) for _ in coalitions]
    coalitions = [coalition for row in drawn for coalition in row]

    @torch.no_grad()
    def evaluate(gathered: PassBatch, items: list[int]) -> list[Array]:
        """What is read of the rows that share a pass, each with its coalition."""
        embeddings, baselines = gathered.embeddings, gathered.baselines
        keeps_token = np.ones((len(items), embeddings.shape[1]), dtype=bool)
        for place, at in enumerate(items):
            words = rows.words[row_numbers[at]]
            keeps_token[place, : len(words)] = np.append(coalitions[at], True)[words]  # what is of no word (-1) stays
        is_kept = torch.from_numpy(keeps_token).to(embeddings.device).unsqueeze(-1)
        return list(to_array(read(gathered, torch.where(is_kept, embeddings, baselines))))

    scores: list[Array] = rows.share(evaluate, row_numbers)
    if not np.isfinite(scores).all():
        raise ValueError("the score of the text with some of its words at the baseline is not a finite number.")
    return scores


def _divide_among_tokens(values: WordValues, words: list[int]) -> tuple[Array, Array | None]:
    """The value of each token, an equal part of its word's, and its error (both tokens)."""
    sizes = np.bincount([word for word in words if word >= 0], minlength=len(values.values))
    errors = None if values.errors is None else np.append(values.errors / sizes, 0.0)[words]
    return np.append(values.values / sizes, 0.0)[words], errors
