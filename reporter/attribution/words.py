"""The words of a text, as the tokens of a model cut it: where each begins and ends, and what it weighs."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from math import fsum

from reporter.records import Token


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
    """The sum of the scores of some tokens; most words are a single one."""
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
