"""The words that a rationale marks: those that share a character with one of its spans."""

from bisect import bisect_right
from collections.abc import Sequence
from itertools import islice, takewhile

from reporter.records import Rationale, Token


def find_marked(tokens: Sequence[Token], text: str, rationale: Rationale) -> frozenset[int]:
    """The words of the first segment that share a character with the rationale; white space is none."""
    ends = [end for _, end in rationale]
    return frozenset(
        token.word
        for token in tokens
        if token.word is not None and token.segment == 0 and _shares(token, text, rationale, ends)
    )


def _shares(token: Token, text: str, rationale: Rationale, ends: Sequence[int]) -> bool:
    """Whether a token has a character in one of the spans, which are in order of their `ends`."""
    from_here = islice(rationale, bisect_right(ends, token.start), None)
    near = takewhile(lambda span: span[0] < token.end, from_here)
    return any(text[max(start, token.start) : min(end, token.end)].strip() for start, end in near)
