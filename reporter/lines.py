"""Rows of different lengths in one line, without padding, where each attends to itself alone.

On a processor they are looked at one after another, so that what a row gets does not depend on the rows beside it;
elsewhere many at once, for there every call has its price.
"""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from math import prod

import torch
from torch import Tensor
from torch.nn.functional import scaled_dot_product_attention

_NARROWEST = 16


class Line(ABC):
    """Rows in one line, of these `lengths`: `places` are its tokens' places in the rows, `firsts` where rows begin."""

    def __init__(self, seen: Tensor) -> None:
        """`seen` marks what is not padding, rows tokens."""
        counts = seen.sum(1)
        self.places = seen.flatten().nonzero().flatten()
        self.firsts = counts.cumsum(0) - counts
        self.lengths: list[int] = counts.tolist()

    @abstractmethod
    def attend(self, query: Tensor, key: Tensor, value: Tensor) -> Tensor:
        """What every token gathers from its own row, tokens heads width, as are the three it is made of."""

    @abstractmethod
    def mix(self, asking: Tensor, hidden: Tensor) -> Tensor:
        """What each row gathers of its own part of `hidden` (tokens width), asking so: rows heads width."""


class Apart(Line):
    """Rows that are looked at one after another, those of one length together."""

    def __init__(self, seen: Tensor) -> None:
        """`seen` marks what is not padding, rows tokens."""
        super().__init__(seen)
        self._runs = [(len(list(some)), length) for length, some in groupby(self.lengths)]

    def attend(self, query: Tensor, key: Tensor, value: Tensor) -> Tensor:
        """Run by run."""
        parts = zip(*(torch.split(one, [prod(run) for run in self._runs]) for one in (query, key, value)), strict=True)
        pairs = zip(parts, self._runs, strict=True)
        rows = ((one.unflatten(0, run).transpose(1, 2) for one in part) for part, run in pairs)
        return torch.cat([scaled_dot_product_attention(*some).transpose(1, 2).flatten(0, 1) for some in rows])

    def mix(self, asking: Tensor, hidden: Tensor) -> Tensor:
        """Row by row."""
        rows = zip(asking, torch.split(hidden, self.lengths), strict=False)
        return torch.stack([(ask @ row.mT).softmax(-1) @ row for ask, row in rows])


class Beside(Line):
    """Rows that are looked at in blocks of about the same length, with padding after them."""

    def __init__(self, seen: Tensor) -> None:
        """`seen` marks what is not padding, rows tokens."""
        super().__init__(seen)
        self._blocks = [_Block.of(list(some), width, seen.device) for width, some in groupby(self.lengths, key=_widen)]
        self._tokens = [len(block.slots) for block in self._blocks]

    def attend(self, query: Tensor, key: Tensor, value: Tensor) -> Tensor:
        """Block by block."""
        parts = torch.split(torch.stack((query, key, value), 1), self._tokens)
        return torch.cat([block.attend(part) for block, part in zip(self._blocks, parts, strict=True)])

    def mix(self, asking: Tensor, hidden: Tensor) -> Tensor:
        """Block by block."""
        parts = torch.split(hidden, self._tokens)
        rows = torch.split(asking[: len(self.firsts)], [block.rows for block in self._blocks])
        return torch.cat([block.mix(*both) for block, *both in zip(self._blocks, rows, parts, strict=True)])


@dataclass(frozen=True)
class _Block:
    """Rows of one width: where their tokens stand in it, and what to add to weights, which closes all other places."""

    rows: int
    width: int
    slots: Tensor
    closed: Tensor

    @classmethod
    def of(cls, lengths: Sequence[int], width: int, device: torch.device) -> "_Block":
        """The block of rows of these lengths."""
        seen = torch.arange(width) < torch.tensor(lengths).unsqueeze(1)
        slots = seen.flatten().nonzero().flatten()
        return cls(len(lengths), width, slots.to(device), seen.float().log().unsqueeze(1).to(device))

    def attend(self, line: Tensor) -> Tensor:
        """What tokens gather, tokens heads width; of queries, keys and values, tokens 3 heads width."""
        query, key, value = self._part(line).permute(2, 0, 3, 1, 4)
        closed = self.closed.to(query.dtype).unsqueeze(1)
        found = scaled_dot_product_attention(query, key, value, attn_mask=closed)
        return found.transpose(1, 2).flatten(0, 1).index_select(0, self.slots)

    def mix(self, asking: Tensor, line: Tensor) -> Tensor:
        """What rows gather of their tokens (tokens width) by asking, rows heads width."""
        rows = self._part(line)
        weights = (asking @ rows.mT + self.closed).softmax(-1)
        return weights.to(rows.dtype) @ rows

    def _part(self, line: Tensor) -> Tensor:
        """What stands in line (tokens ...) as rows width ..., with 0 where nothing is."""
        places = line.new_zeros(self.rows * self.width, *line.shape[1:])
        return places.index_copy(0, self.slots, line).view(self.rows, self.width, *line.shape[1:])


def _widen(length: int) -> int:
    """The width of the block that takes rows of `length` tokens."""
    return max(_NARROWEST, 1 << (length - 1).bit_length())
