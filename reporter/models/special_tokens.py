"""Special tokens: their ids, padding, and the token that stands in for an empty text."""

from collections.abc import Mapping, Sequence
from typing import Any

import torch
from torch import Tensor

Row = dict[str, list[int]]
"""The input of one text, by name: one number for each token."""


def pad_rows(rows: Sequence[Row], width: int, absent: Mapping[str, int]) -> dict[str, Tensor]:
    """Encoded texts as one batch of this width, name -> rows tokens, right-padded with the values in `absent`, or 0."""
    names = rows[0]
    padded = {name: [row[name] + [absent.get(name, 0)] * (width - len(row[name])) for row in rows] for name in names}
    return {name: torch.tensor(values) for name, values in padded.items()}


def measure_seen(inputs: Mapping[str, Tensor]) -> Tensor:
    """The attention mask of some inputs, rows tokens; all 1 for networks that have none."""
    return inputs["attention_mask"] if "attention_mask" in inputs else torch.ones_like(inputs["input_ids"])


def find_special_ids(config: Any, tokenizer: Any) -> list[int]:  # noqa: ANN401
    """The ids of all special tokens by configuration and tokenizer: padding, start, end, separator, mask."""
    roles = ("pad", "bos", "eos", "cls", "sep", "mask", "decoder_start")
    named = [getattr(config, f"{role}_token_id", None) for role in roles]
    listed = [
        token_id for ids in named for token_id in (ids if isinstance(ids, list) else [ids]) if token_id is not None
    ]
    return sorted({*listed, *tokenizer.all_special_ids})


def make_stand_in(tokenizer: Any, names: Sequence[str]) -> Row:  # noqa: ANN401
    """The input of an empty text, with these names: a single token that begins or ends texts.

    Raises `ValueError` if the tokenizer has no such token.
    """
    named = (getattr(tokenizer, f"{role}_token_id") for role in ("bos", "eos", "cls", "sep", "pad"))
    token_id = next((number for number in named if number is not None), None)
    if token_id is None:
        raise ValueError("nothing is left of it without its words, which no token can stand for; try --evidence none.")
    return {name: [{"input_ids": token_id, "attention_mask": 1}.get(name, 0)] for name in names}
