"""Embedding neighbours: the words of a vocabulary with the largest cosine similarity to a given word's embedding."""

from collections.abc import Sequence

import torch
from torch import Tensor

from reporter.models.network import Network

_MARKS = "#▁Ġ"  # what tokenizers write at the head of a piece, by whether it begins a word
_INSIDE = "#"


class Vocabulary:
    """The tokens of a network's vocabulary that can replace a whole word: letters only, at the head of a word."""

    def __init__(self, network: Network) -> None:
        """Read the vocabulary once; `find` then costs one product with the embedding table."""
        names = network.tokenizer.convert_ids_to_tokens(range(len(network.table)))
        special = set(network.tokenizer.all_special_ids)
        heads, bodies = dict[str, int](), dict[str, int]()
        self._heads, self._bodies = [], []
        for number, name in enumerate(names):
            head, body = _split_marks("" if name is None or number in special else name)
            whole = body.isalpha() and _INSIDE not in head
            self._heads.append(heads.setdefault(head, len(heads)) if whole else -1)
            self._bodies.append(bodies.setdefault(body.casefold(), len(bodies)))
        self._network = network

    def find(self, token_ids: Sequence[int], count: int) -> dict[int, list[int]]:
        """The `count` tokens nearest to each by cosine, nearest first; none for a token that is no whole word.

        They stand where it stands in a word, and are more than the same letters in another case.
        """
        whole_words = [token_id for token_id in dict.fromkeys(token_ids) if self._heads[token_id] >= 0]
        table = self._network.table
        place = table.device
        heads, bodies = (torch.tensor(numbers, device=place) for numbers in (self._heads, self._bodies))
        lengths = table.norm(dim=1).clamp_min(torch.finfo(table.dtype).tiny)
        neighbours: dict[int, list[int]] = {token_id: [] for token_id in token_ids}
        for token_id in whole_words:
            fit = (heads == heads[token_id]) & (bodies != bodies[token_id])
            near = (table @ table[token_id] / lengths).masked_fill(~fit, -torch.inf)
            neighbours[token_id] = _top_indices(near, count)
        return neighbours

    def spell(self, token_id: int) -> str:
        """A token as it is written in a text."""
        text: str = self._network.tokenizer.decode([token_id])
        return text.strip()


def _split_marks(name: str) -> tuple[str, str]:
    """The marks at the head of a token, and what follows them."""
    body = name.lstrip(_MARKS)
    return name[: len(name) - len(body)], body


def _top_indices(near: Tensor, count: int) -> list[int]:
    """The places of the largest finite numbers, the largest first; the earlier of equals."""
    order = near.argsort(descending=True, stable=True)[:count]
    best: list[int] = order[near[order].isfinite()].tolist()
    return best
