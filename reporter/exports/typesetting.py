"""Words set in lines where there is no browser to do it: widths are estimated, and all lengths are in ems.

A picture fits every word into its estimated width, so an estimate that is off changes the look, never the place.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from unicodedata import bidirectional, combining, east_asian_width

import regex

from reporter.exports.figure import Passage

SPACE = 0.27
_NARROWEST = 0.25
_WIDTHS = {  # of Times in twentieths of an em, a little widened for what else "serif" may be
    sign: width
    for width, signs in (
        (0.24, "|,."), (0.31, "/:;\\ijlt"), (0.36, "!'()-I[]`fr"), (0.41, '"Js'), (0.47, "?^acez"),
        (0.53, "#$*0123456789_bdghknopquvxy{}"), (0.58, "+<=>FPS~"), (0.63, "ELTZ"), (0.68, "BCR"),
        (0.74, "ADGHKNOQUVXYw"), (0.82, "&m"), (0.86, "%"), (0.93, "@M"), (0.96, "W"),
    )
    for sign in signs
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Piece:
    """Characters that stand on one line, with their share (None: not scored) and the space before them, in ems."""

    text: str
    share: float | None
    gap: float = 0.0


@dataclass(frozen=True, slots=True)
class Spot:
    """A piece at its place on a line: its left edge and its width, in ems."""

    text: str
    share: float | None
    left: float
    width: float


def width_of(text: str) -> float:
    """How wide some characters are in a common serif type, roughly."""
    return max(_NARROWEST, sum(_width(sign) for sign in text))


def _width(sign: str) -> float:
    if combining(sign) or sign in "\u200b\u200c\u200d\u200e\u200f\ufe0e\ufe0f\u2060\ufeff":
        return 0.0
    if east_asian_width(sign) in "WF":
        return 1.05
    return _WIDTHS.get(sign, 0.68 if sign.isupper() else 0.55)


def set_passage(passage: Passage, *, width: float) -> tuple[tuple[Spot, ...], ...]:
    """The lines of a passage without what was not read."""
    pieces = [piece for word in passage.words for piece in (*cut_text(word.before), *cut_text(word.text, word.share))]
    return set_lines([*pieces, *cut_text(passage.after)], width=width)


def cut_text(text: str, share: float | None = None) -> Iterator[Piece | None]:
    """A text as pieces without white space, None for each end of a line, a `Piece` without text for a space."""
    for part in regex.finditer(r"(\n)|(\s)(?:(?!\n)\s)*|\S+", text.replace("\r\n", "\n").replace("\r", "\n")):
        if part[1]:
            yield None
        else:
            yield Piece("", None, SPACE) if part[2] else Piece(part[0], share)


def set_lines(pieces: Iterable[Piece | None], *, width: float) -> tuple[tuple[Spot, ...], ...]:
    """Pieces in lines no wider than `width`, each line in the order in which it is seen."""
    lines = []
    for ended, paragraph in groupby(pieces, key=lambda piece: piece is None):
        words = [piece for piece in paragraph if piece is not None]
        if ended:
            continue
        level = _direction("".join(piece.text for piece in words)) or "L"
        lines += [_ordered(line, level, width=width) for line in _broken(words, width)]
    return tuple(lines)


def _broken(pieces: Sequence[Piece], width: float) -> Iterator[list[Piece]]:
    """A paragraph line by line; a group of pieces without a space in it is parted only if it fits no line."""
    line: list[Piece] = []
    at = 0.0
    for gap, group in _groups(pieces):
        size = sum(width_of(piece.text) for piece in group)
        if line and at + gap + size > width:
            yield line
            line, at = [], 0.0
        for number, part in enumerate(part for piece in group for part in fit_piece(piece, width)):
            space = gap if number == 0 and line else 0.0
            if line and at + space + width_of(part.text) > width:
                yield line
                line, at, space = [], 0.0, 0.0
            line.append(Piece(part.text, part.share, space))
            at += space + width_of(part.text)
    if line:
        yield line


def _groups(pieces: Sequence[Piece]) -> Iterator[tuple[float, list[Piece]]]:
    """Pieces that belong on one line, with the space before them; between wide signs a line may end."""
    gap, group = 0.0, list[Piece]()
    for piece in pieces:
        if not piece.text or (group and parts_between(group[-1].text, piece.text)):
            if group:
                yield gap, group
                gap, group = 0.0, []
            gap = max(gap, piece.gap)
        if piece.text:
            group.append(piece)
    if group:
        yield gap, group


def parts_between(before: str, after: str) -> bool:
    """Whether a line may end between two pieces that no space parts: between wide signs, as in Chinese."""
    return east_asian_width(before[-1]) in "WF" and east_asian_width(after[0]) in "WF"


def fit_piece(piece: Piece, width: float) -> Iterator[Piece]:
    """A piece as it is or, where it is wider than a line, in parts that fit, none of them inside a character."""
    if width_of(piece.text) <= width:
        yield piece
        return
    part, size = "", 0.0
    for sign in regex.findall(r"\X", piece.text):
        if part and size + width_of(sign) > width:
            yield Piece(part, piece.share)
            part, size = "", 0.0
        part, size = part + sign, size + width_of(sign)
    yield Piece(part, piece.share)


def _direction(text: str) -> str | None:
    """L or R by the first character that has a direction, None if no character has one."""
    kinds = (bidirectional(sign) for sign in text)
    return next(("L" if kind == "L" else "R" for kind in kinds if kind in ("L", "R", "AL")), None)


def _ordered(line: Sequence[Piece], level: str, *, width: float) -> tuple[Spot, ...]:
    """A line as it is seen: runs against the direction of the paragraph are turned round (a plain bidi algorithm)."""
    at, spots = 0.0, list[Spot]()
    for direction, run in groupby(zip(line, _directions(line, level), strict=True), key=lambda pair: pair[1]):
        pieces = [piece for piece, _ in run]
        at += pieces[0].gap
        sizes = [width_of(piece.text) for piece in pieces]
        length = sum(sizes) + sum(piece.gap for piece in pieces[1:])
        inside = 0.0
        for number, (piece, size) in enumerate(zip(pieces, sizes, strict=True)):
            inside += piece.gap if number else 0.0
            start = at + (inside if direction == level else length - inside - size)
            spots.append(Spot(piece.text, piece.share, start if level == "L" else width - start - size, size))
            inside += size
        at += length
    return tuple(spots)


def _directions(line: Sequence[Piece], level: str) -> list[str]:
    """The direction of each piece; one that has none goes with its neighbours where they agree, else with the line."""
    own = [_direction(piece.text) for piece in line]
    before, after = [level], [level]
    for direction in own:
        before.append(direction or before[-1])
    for direction in reversed(own):
        after.append(direction or after[-1])
    sides = zip(before, reversed(after[:-1]), strict=False)
    return [
        direction or (left if left == right else level) for direction, (left, right) in zip(own, sides, strict=True)
    ]
