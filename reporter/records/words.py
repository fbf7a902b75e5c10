"""Words: which tokens belong to each, scores summed by word, where a word stands in the text, which are marked.

Tokens carry the number of their word, counted from 0 in reading order; special tokens belong to none.
"""

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import groupby, islice, takewhile
from math import fsum

import numpy as np
from numpy.typing import NDArray

from reporter.records.explanation import Rationale, Token


def number_words(tokens: Iterable[Token]) -> Iterator[Token]:
    """The tokens with words numbered from 0 without gaps, so that every token that is not special has one.

    A token of white space is a word by itself, unless it is empty or lies in the token before: then it is of that word.
    """
    numbers: dict[int, int] = {}
    segment, end, key = -1, 0, 0
    for place, token in enumerate(tokens):
        if token.special:
            yield token
            continue
        inside = token.segment == segment and (token.start < end or token.start == token.end)
        if token.word is not None or not inside:
            key = ~place if token.word is None else token.word
        yield replace(token, word=numbers.setdefault(key, len(numbers)))
        segment, end = token.segment, token.end


def count_words(tokens: Iterable[Token], segment: int | None = None) -> int:
    """The number of words, in one segment or in all of them."""
    return len({token.word for token in tokens if segment is None or token.segment == segment} - {None})


def find_ends(tokens: Sequence[Token], segments: int) -> list[int]:
    """How many characters of each segment were read: the end of its last token that is not special, 0 without one."""
    return [max((t.end for t in tokens if t.segment == at and not t.special), default=0) for at in range(segments)]


def places_by_word(tokens: Iterable[Token]) -> list[list[int]]:
    """The indices of the tokens of each word, in reading order."""
    places: dict[int, list[int]] = {}
    for index, token in enumerate(tokens):
        if token.word is not None:
            places.setdefault(token.word, []).append(index)
    return list(places.values())


def sum_by_word(tokens: Iterable[Token], scores: Iterable[float]) -> dict[int, float]:
    """The sum of the token scores of each word, by its number; tokens of no word are left out."""
    sums: dict[int, float] = {}
    for token, score in zip(tokens, scores, strict=True):
        if token.word is not None:
            sums[token.word] = sums.get(token.word, 0.0) + score
    return sums


def add_by_word(tokens: Iterable[Token], scores: Iterable[float]) -> NDArray[np.float64]:
    """The sum of the token scores of each word, in reading order (words); tokens of no word are left out."""
    return np.array(list(sum_by_word(tokens, scores).values()))


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """Characters `start` to `end` of one segment with the tokens in them; a word's `parts` are its subwords."""

    segment: int
    start: int
    end: int
    tokens: tuple[int, ...]
    parts: tuple["Span", ...] = ()

    def total(self, scores: Sequence[float]) -> float:
        """The sum of the scores of its tokens."""
        return add_tokens(scores, self.tokens)


def add_tokens(scores: Sequence[float], tokens: Sequence[int]) -> float:
    """The sum of the scores of some tokens, exactly rounded; most words are a single token."""
    return scores[tokens[0]] if len(tokens) == 1 else fsum([scores[token] for token in tokens])


def cut_words(tokens: Sequence[Token], text: str, *, segment: int) -> Iterator[Span]:
    """The words of one segment in reading order, each with its subwords."""

    def word_of(subword: Span) -> int | None:
        return tokens[subword.tokens[0]].word

    for _, group in groupby(_cut_subwords(tokens, text, segment=segment), key=word_of):
        parts = tuple(group)
        within = tuple(token for part in parts for token in part.tokens)
        yield Span(segment=segment, start=parts[0].start, end=parts[-1].end, tokens=within, parts=parts)


def _cut_subwords(tokens: Sequence[Token], text: str, *, segment: int) -> Iterator[Span]:
    """Tokens that share characters are one subword; white space at the start of one stays outside it."""
    places = [i for i, token in enumerate(tokens) if token.segment == segment and not token.special]
    places.sort(key=lambda place: (tokens[place].start, place))
    clusters: list[list[int]] = []
    end = -1
    for place in places:
        token = tokens[place]
        if clusters and (token.start < end or token.start == token.end):
            clusters[-1].append(place)
        else:
            clusters.append([place])
        end = max(end, token.end)
    at = 0
    for cluster in clusters:
        start, end = max(at, tokens[cluster[0]].start), max(tokens[place].end for place in cluster)
        inside = text[start:end]
        trimmed = end - len(inside.lstrip()) if inside.strip() else start
        yield Span(segment=segment, start=trimmed, end=end, tokens=tuple(cluster))
        at = end


def find_marked_words(tokens: Sequence[Token], text: str, rationale: Rationale) -> frozenset[int]:
    """The words of the first segment that share a character with the rationale; white space is none."""
    ends = [end for _, end in rationale]
    return frozenset(
        token.word
        for token in tokens
        if token.word is not None and token.segment == 0 and _overlaps(token, text, rationale, ends)
    )


def _overlaps(token: Token, text: str, rationale: Rationale, ends: Sequence[int]) -> bool:
    """Whether a token has a character in one of the spans, which are in order of their `ends`."""
    from_here = islice(rationale, bisect_right(ends, token.start), None)
    near = takewhile(lambda span: span[0] < token.end, from_here)
    return any(text[max(start, token.start) : min(end, token.end)].strip() for start, end in near)
