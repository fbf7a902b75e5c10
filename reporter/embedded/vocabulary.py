"""The vocabulary cut: the pieces that the training texts use most, and the single characters of alphabets besides."""

import json
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import Any, cast

import torch
from transformers import BertForSequenceClassification, PreTrainedModel, PreTrainedTokenizerBase

SPECIALS = ("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]")


def pieces_to_keep(tokenizer: PreTrainedTokenizerBase, texts: Iterable[str], size: int) -> list[str]:
    """Choose so many pieces: the specials, the characters and continuations of alphabets, then the most used."""
    counts: Counter[int] = Counter()
    for ids in tokenizer(list(texts), add_special_tokens=False, truncation=True, max_length=512)["input_ids"]:
        counts.update(ids)
    names: dict[int, str] = {number: piece for piece, number in tokenizer.get_vocab().items()}
    single = {number for number, piece in names.items() if is_character(piece.removeprefix("##"))}
    chosen = single | {number for number, piece in names.items() if piece in SPECIALS}
    for number, _ in sorted(counts.items(), key=lambda item: (-item[1], item[0])):
        if len(chosen) >= size:
            break
        chosen.add(number)
    return [names[number] for number in sorted(chosen)]


def is_character(piece: str) -> bool:
    """Say whether a piece is one character of Latin, Greek, Cyrillic and the like, a digit, a mark or a symbol.

    Ideographs and syllables of East and South Asian scripts are left out: the model reads English alone, and they
    become [UNK] like any other unknown sign.
    """
    return len(piece) == 1 and (ord(piece) < 0x0700 or 0x1D00 <= ord(piece) < 0x2E00)


def cut_tokenizer(tokenizer: PreTrainedTokenizerBase, pieces: list[str], out: Path) -> None:
    """Write the tokenizer's files with these pieces alone, numbered in their old order."""
    tokenizer.save_pretrained(out)
    content = json.loads((out / "tokenizer.json").read_text(encoding="utf-8"))
    numbers = {piece: number for number, piece in enumerate(pieces)}
    content["model"]["vocab"] = numbers
    content["truncation"] = content["padding"] = None
    renumber(content, numbers)
    (out / "tokenizer.json").write_text(
        json.dumps(content, ensure_ascii=False, separators=(",", ":")), encoding="utf-8"
    )
    settings = {
        "tokenizer_class": "BertTokenizer",
        "do_lower_case": True,
        "strip_accents": None,
        "tokenize_chinese_chars": True,
        "model_max_length": 512,
        **{f"{special[1:-1].lower()}_token": special for special in SPECIALS},
    }
    (out / "tokenizer_config.json").write_text(json.dumps(settings, indent=2) + "\n", encoding="utf-8")


def renumber(content: dict[str, Any], numbers: dict[str, int]) -> None:
    """Point the added tokens and the post-processor at the new numbers of the specials."""
    for token in content["added_tokens"]:
        token["id"] = numbers[token["content"]]
    processor = content["post_processor"]
    for special, entry in processor.get("special_tokens", {}).items():
        entry["ids"] = [numbers[special]]
    for end in ("sep", "cls"):
        if end in processor:
            processor[end] = [processor[end][0], numbers[processor[end][0]]]


def cut_embeddings(model: PreTrainedModel, tokenizer: PreTrainedTokenizerBase, pieces: list[str]) -> None:
    """Keep the embedding rows (pieces width) of these pieces, in their order."""
    rows = torch.tensor([tokenizer.get_vocab()[piece] for piece in pieces])
    table = cast(torch.nn.Embedding, model.get_input_embeddings()).weight.detach()[rows].clone()
    model.set_input_embeddings(torch.nn.Embedding.from_pretrained(table, freeze=False, padding_idx=0))
    model.config.vocab_size = len(pieces)


def keep_layers(model: PreTrainedModel, layers: tuple[int, ...]) -> None:
    """Keep these layers of a BERT model, renumbered from 0."""
    encoder = cast(BertForSequenceClassification, model).bert.encoder
    encoder.layer = torch.nn.ModuleList([encoder.layer[number] for number in layers])
    model.config.num_hidden_layers = len(layers)
