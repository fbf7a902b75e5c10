"""Tokenization: a document becomes the model's input, exactly as served, with the characters of every token."""

from dataclasses import dataclass

import regex
from tokenizers import Encoding

from reporter.models.network import Network
from reporter.records import Document, Seen, Token, find_ends, number_words

_BOUNDARY = regex.compile(r"(?V1w)\b")


@dataclass(frozen=True)
class Encoded:
    """A document with the unpadded input of the model (name -> one number per token) and its tokens."""

    document: Document
    inputs: dict[str, list[int]]
    tokens: tuple[Token, ...]
    seen: Seen


def encode_document(document: Document, network: Network) -> Encoded:
    """Tokenise a document as the model would be served it, cut at the model's limit.

    Raises `ValueError` if nothing of it is left for the model to read.
    """
    texts = _list_texts(document)
    encoding = network.tokenizer(*texts, truncation=True, max_length=network.facts.limit, return_offsets_mapping=True)
    offsets = encoding.pop("offset_mapping")
    gap_id = network.tokenizer.mask_token_id if network.task.keeps_mask else None
    gaps = [token_id == gap_id for token_id in encoding["input_ids"]]
    facts = zip(encoding.tokens(0), offsets, encoding.sequence_ids(0), gaps, strict=True)
    words = _mark_words(texts)
    tokens = tuple(number_words(_place(*fact, words=words) for fact in facts))
    if all(token.special for token in tokens):
        raise ValueError("nothing of it becomes a token that the model reads.")
    return Encoded(document, dict(encoding), tokens, _measure_seen(texts, tokens, encoding.encodings[0]))


def check_served(encoded: Encoded, network: Network) -> None:
    """Raise `ValueError` unless ids, mask and token types are what the tokenizer plainly serves for this text."""
    texts = _list_texts(encoded.document)
    if dict(network.tokenizer(*texts, truncation=True, max_length=network.facts.limit)) != encoded.inputs:
        raise ValueError("the input that would be explained is not the one that is served.")


def _list_texts(document: Document) -> list[str]:
    return [document.text] if document.text_pair is None else [document.text, document.text_pair]


def _mark_words(texts: list[str]) -> list[list[int | None]]:
    """For each text the number of the word that each character belongs to (Unicode word boundaries), None for space."""
    numbers: list[list[int | None]] = []
    count = 0
    for text in texts:
        word_numbers: list[int | None] = []
        for part in _BOUNDARY.split(text):
            blank = not part.strip()
            word_numbers.extend([None if blank else count] * len(part))
            count += not blank
        numbers.append(word_numbers)
    return numbers


def _place(
    name: str, offsets: tuple[int, int], segment: int | None, gap: bool, *, words: list[list[int | None]]
) -> Token:
    """A token at its place in the text; a gap (the mask) is no word, and stays where words give way to a baseline."""
    if segment is None:
        return Token(text=name, start=0, end=0, word=None, special=True)
    start, end = offsets
    if gap:
        return Token(text=name, start=start, end=end, word=None, special=True, segment=segment)
    inside = (word for word in words[segment][start:end] if word is not None)
    return Token(text=name, start=start, end=end, word=next(inside, None), special=False, segment=segment)


def _measure_seen(texts: list[str], tokens: tuple[Token, ...], encoding: Encoding) -> Seen:
    whole = sum(map(len, texts))
    if not encoding.overflowing:
        return Seen(characters=whole, of=whole, windows=1)
    return Seen(characters=sum(find_ends(tokens, len(texts))), of=whole, windows=1)
