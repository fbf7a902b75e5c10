"""Rows of different lengths, concatenated without padding, each of which attends to itself only.

On a processor attention is computed row by row, so that no row's numbers depend on the others; on an accelerator in
blocks of rows, as every call has a cost there.
"""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from itertools import groupby
from math import prod

import torch
from torch import Tensor
from torch.nn.functional import scaled_dot_product_attention

from reporter.models.batching import BLOCK_STEP, BLOCK_WIDTH


class PackedRows(ABC):
    """Concatenated rows of these `lengths`; `places` are tokens' indices in padded rows, `firsts` where rows begin."""

    _runs: list[tuple[int, int]]  # of consecutive rows that are computed together: how many, and their width

    def __init__(self, seen: Tensor) -> None:
        """`seen` marks what is not padding, rows tokens."""
        counts = seen.sum(1)
        self.places = seen.flatten().nonzero().flatten()
        self.firsts = counts.cumsum(0) - counts
        self.lengths: list[int] = counts.tolist()

    @abstractmethod
    def attend(self, query: Tensor, key: Tensor, value: Tensor) -> Tensor:
        """Attention of every token within its row, tokens heads width, as are query, key and value."""

    @abstractmethod
    def mix(self, queries: Tensor, hidden: Tensor) -> Tensor:
        """Attention of one query per row and head (rows heads width) over its row's `hidden` (tokens width)."""

    def _split(self, places: Tensor) -> list[Tensor]:
        """The values at all positions of the runs, in order, as rows width (...) of each run."""
        parts = torch.split(places, [prod(run) for run in self._runs])
        return [part.view(*run, *part.shape[1:]) for part, run in zip(parts, self._runs, strict=True)]


class RowByRow(PackedRows):
    """Packed rows whose attention is computed row by row, consecutive ones of one length together."""

    def __init__(self, seen: Tensor) -> None:
        """`seen` marks what is not padding, rows tokens."""
        super().__init__(seen)
        self._runs = _count_runs(self.lengths)

    def attend(self, query: Tensor, key: Tensor, value: Tensor) -> Tensor:
        """Run by run."""
        runs = zip(*map(self._split, (query, key, value)), strict=True)
        rows = ((part.transpose(1, 2) for part in run) for run in runs)
        return torch.cat([scaled_dot_product_attention(*run_parts).transpose(1, 2).flatten(0, 1) for run_parts in rows])

    def mix(self, queries: Tensor, hidden: Tensor) -> Tensor:
        """Row by row."""
        rows = zip(queries, torch.split(hidden, self.lengths), strict=False)
        return torch.stack([(query @ row.mT).softmax(-1) @ row for query, row in rows])


class Blocked(PackedRows):
    """Packed rows whose attention is computed in padded blocks of about the same length.

    As much as possible is done for all blocks at once, as launching a kernel takes longer than its work.
    """

    def __init__(self, seen: Tensor) -> None:
        """`seen` marks what is not padding, rows tokens."""
        super().__init__(seen)
        lengths, widths = torch.tensor(self.lengths), torch.tensor(_choose_widths(self.lengths))
        rows = torch.arange(len(lengths)).repeat_interleave(widths)
        columns = torch.arange(len(rows)) - (widths.cumsum(0) - widths)[rows]
        inside = columns < lengths[rows]
        tokens = (lengths.cumsum(0) - lengths)[rows] + torch.minimum(columns, lengths[rows] - 1)
        self._runs = _count_runs(widths.tolist())
        self._tokens = tokens.to(seen.device)  # what stands in each place of the blocks; in padding, some of its row
        self._slots = inside.nonzero().flatten().to(seen.device)  # the place where each token stands
        self._closed = self._split(inside.float().log().to(seen.device))  # added to weights: -inf in padding

    def attend(self, query: Tensor, key: Tensor, value: Tensor) -> Tensor:
        """Block by block."""
        blocks = self._split(torch.stack((query, key, value), 1).index_select(0, self._tokens))
        attended = []
        for block, closed in zip(blocks, self._closed, strict=True):
            mask = closed[:, None, None].to(query.dtype)
            run_queries, keys, values = block.permute(2, 0, 3, 1, 4)
            result = scaled_dot_product_attention(run_queries, keys, values, attn_mask=mask)
            attended.append(result.transpose(1, 2).flatten(0, 1))
        return torch.cat(attended).index_select(0, self._slots)

    def mix(self, queries: Tensor, hidden: Tensor) -> Tensor:
        """Block by block."""
        blocks = self._split(hidden.index_select(0, self._tokens))
        queries_by_run = torch.split(queries[: len(self.lengths)], [rows for rows, _ in self._runs])
        mixed = []
        for run_queries, rows, closed in zip(queries_by_run, blocks, self._closed, strict=True):
            weights = (run_queries @ rows.mT + closed[:, None]).softmax(-1)
            mixed.append(weights.to(rows.dtype) @ rows)
        return torch.cat(mixed)


def _count_runs(widths: Sequence[int]) -> list[tuple[int, int]]:
    """The runs of consecutive equal widths: their length, and the width."""
    return [(len(list(run)), width) for width, run in groupby(widths)]


def _choose_widths(lengths: Sequence[int]) -> list[int]:
    """The width of each row's block: few different ones, as each block has a cost, and so has padding."""
    widths = [_round(max(lengths))]
    while widths[-1] > BLOCK_WIDTH:
        widths.append(_round(-(-widths[-1] // BLOCK_STEP)))
    return [min(width for width in widths if width >= length) for length in lengths]


def _round(length: int) -> int:
    """The length rounded up to a multiple of the narrowest block."""
    return -(-length // BLOCK_WIDTH) * BLOCK_WIDTH
