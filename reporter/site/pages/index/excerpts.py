"""The part of a text that its row shows: about two lines around its strongest words, in whole words."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import Literal
from unicodedata import bidirectional, combining, east_asian_width

import regex

from reporter.site.pages.document.words import Fragment, tint

WIDTH = 88  # columns: a Chinese character takes two, an accent none
_LONG = 24  # columns from which a word may be cut between its characters: scripts without spaces have no shorter ones

Shaded = tuple[str, float]
"""Some characters with their share of the strongest score, 0 where they are untinted."""

Direction = Literal["ltr", "rtl", "auto"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Excerpt:
    """Some words of a text in their tints, in the `direction` of the whole; whether words stand before and after."""

    text: tuple[Fragment, ...]
    before: bool
    after: bool
    direction: Direction


@dataclass(frozen=True, slots=True)
class _Word:
    """A word with the space after it: where it stands, how wide it is, and the sum of the shares in it."""

    start: int
    end: int
    width: int
    strength: float


def cut_excerpt(shaded: Sequence[Shaded]) -> Excerpt:
    """The words around the strongest that hold the largest sum of shares in `WIDTH` columns; white space is single."""
    spaced = [(_single_spaced(text, share), share) for text, share in shaded]
    whole = "".join(text for text, _ in spaced)
    words = list(_cut_words(whole, spaced))
    first, last = _choose_window(words)
    start, end = (words[first].start, words[last].end) if words else (0, 0)
    return Excerpt(
        text=tuple(_cut_fragments(spaced, start, len(whole[:end].rstrip()))),
        before=first > 0,
        after=last < len(words) - 1,
        direction=_find_direction(whole),
    )


def _single_spaced(text: str, share: float) -> str:
    """The text with single spaces; those at its ends are kept only where it is untinted, between words."""
    inner = " ".join(text.split())
    if share or not text:
        return inner
    return f"{' ' if text[0].isspace() else ''}{inner}{' ' if inner and text[-1].isspace() else ''}"


def _cut_words(whole: str, spaced: Sequence[Shaded]) -> Iterator[_Word]:
    """Words by white space; one that is too long is cut between its characters."""
    starts = accumulate((len(text) for text, _ in spaced), initial=0)
    strong = [(start, abs(share)) for start, (_, share) in zip(starts, spaced, strict=False) if share]
    at = 0
    for match in regex.finditer(r"\s*\S+\s*", whole):
        parts = (
            [match]
            if _measure_width(match[0]) <= _LONG
            else regex.finditer(r"\X", whole, pos=match.start(), endpos=match.end())
        )
        for part in parts:
            strength = 0.0
            while at < len(strong) and strong[at][0] < part.end():
                strength += strong[at][1]
                at += 1
            yield _Word(part.start(), part.end(), _measure_width(part[0]), strength)


def _measure_width(text: str) -> int:
    """The columns that a text takes."""
    if text.isascii():
        return len(text)
    return sum(0 if combining(sign) else 2 if east_asian_width(sign) in "WF" else 1 for sign in text)


def _choose_window(words: Sequence[_Word]) -> tuple[int, int]:
    """The first and the last word of the excerpt; of windows that hold as much, the earliest."""
    if not words:
        return 0, -1
    strongest = max(range(len(words)), key=lambda at: words[at].strength)
    best, chosen = -1.0, (strongest, strongest)
    for first in _starts(words, strongest):
        last, room, strength = first, WIDTH - words[first].width, words[first].strength
        while last + 1 < len(words) and words[last + 1].width <= room:
            last += 1
            room -= words[last].width
            strength += words[last].strength
        if last >= strongest and strength >= best:
            best, chosen = strength, (first, last)
    return chosen


def _starts(words: Sequence[_Word], strongest: int) -> Iterator[int]:
    """Where an excerpt that holds the strongest word may begin, the latest place first."""
    room = WIDTH
    for at in range(strongest, -1, -1):
        room -= words[at].width
        if room < 0 and at < strongest:
            return
        yield at


def _cut_fragments(spaced: Iterable[Shaded], start: int, end: int) -> Iterator[Fragment]:
    """What stands from `start` to `end`, in its tints."""
    at = 0
    for text, share in spaced:
        shown = text[max(0, start - at) : max(0, end - at)]
        at += len(text)
        if shown:
            yield Fragment(text=shown, style=tint(share))


def _find_direction(text: str) -> Direction:
    """The direction of the first letter that has one, which an excerpt need not begin with."""
    found = next((kind for kind in map(bidirectional, text) if kind in ("L", "R", "AL")), None)
    return "auto" if found is None else "ltr" if found == "L" else "rtl"
