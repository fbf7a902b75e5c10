"""Neighbours: the words of a vocabulary whose embeddings point most nearly where that of a given word does."""

from collections.abc import Sequence

import torch
from torch import Tensor

from reporter.models.network import Network

_MARKS = "#▁Ġ"  # what tokenizers write at the head of a piece, by whether it begins a word
_INSIDE = "#"


class Vocabulary:
    """The pieces of a network's vocabulary that can stand for a whole word: letters only, and the head of a word."""

    def __init__(self, network: Network) -> None:
        """Read all pieces once; `find` then costs one product with the embedding table."""
        names = network.tokenizer.convert_ids_to_tokens(range(len(network.table)))
        special = set(network.tokenizer.all_special_ids)
        heads, bodies = dict[str, int](), dict[str, int]()
        self._heads, self._bodies = [], []
        for number, name in enumerate(names):
            head, body = _part("" if name is None or number in special else name)
            whole = body.isalpha() and _INSIDE not in head
            self._heads.append(heads.setdefault(head, len(heads)) if whole else -1)
            self._bodies.append(bodies.setdefault(body.casefold(), len(bodies)))
        self._network = network

    def find(self, pieces: Sequence[int], count: int) -> dict[int, list[int]]:
        """For each of some pieces the `count` nearest by cosine, nearest first; none for what is no whole word.

        They stand where it stands in a word, and are more than the same letters in another case.
        """
        asked = [piece for piece in dict.fromkeys(pieces) if self._heads[piece] >= 0]
        table = self._network.table
        place = table.device
        heads, bodies = (torch.tensor(one, device=place) for one in (self._heads, self._bodies))
        lengths = table.norm(dim=1).clamp_min(torch.finfo(table.dtype).tiny)
        found: dict[int, list[int]] = {piece: [] for piece in pieces}
        for piece in asked:
            fit = (heads == heads[piece]) & (bodies != bodies[piece])
            near = (table @ table[piece] / lengths).masked_fill(~fit, -torch.inf)
            found[piece] = _best(near, count)
        return found

    def spell(self, piece: int) -> str:
        """A piece as it is written in a text."""
        text: str = self._network.tokenizer.decode([piece])
        return text.strip()


def _part(name: str) -> tuple[str, str]:
    """The marks at the head of a piece, and what follows them."""
    body = name.lstrip(_MARKS)
    return name[: len(name) - len(body)], body


def _best(near: Tensor, count: int) -> list[int]:
    """The places of the largest finite numbers, the largest first; the earlier of equals."""
    order = near.argsort(descending=True, stable=True)[:count]
    best: list[int] = order[near[order].isfinite()].tolist()
    return best
