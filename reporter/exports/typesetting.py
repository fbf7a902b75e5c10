"""Typesetting of words in lines, for formats without a browser: widths are estimated, and all lengths are in ems.

An SVG fits every word into its estimated width, so a wrong estimate changes its look, never its place.
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
class TextRun:
    """Characters that stand on one line, with their share (None: not scored) and the space before them, in ems."""

    text: str
    share: float | None
    gap: float = 0.0


@dataclass(frozen=True, slots=True)
class Spot:
    """A text run at its place on a line: its left edge and its width, in ems."""

    text: str
    share: float | None
    left: float
    width: float


def estimate_width(text: str) -> float:
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
    text_runs = [
        text_run for word in passage.words for text_run in (*cut_text(word.before), *cut_text(word.text, word.share))
    ]
    return set_lines([*text_runs, *cut_text(passage.after)], width=width)


def cut_text(text: str, share: float | None = None) -> Iterator[TextRun | None]:
    """The runs of a text without white space, None for each end of a line, a `TextRun` without text for a space."""
    for part in regex.finditer(r"(\n)|(\s)(?:(?!\n)\s)*|\S+", text.replace("\r\n", "\n").replace("\r", "\n")):
        if part[1]:
            yield None
        else:
            yield TextRun("", None, SPACE) if part[2] else TextRun(part[0], share)


def set_lines(text_runs: Iterable[TextRun | None], *, width: float) -> tuple[tuple[Spot, ...], ...]:
    """Pieces in lines no wider than `width`, each line in the order in which it is seen."""
    lines = []
    for ended, paragraph in groupby(text_runs, key=lambda text_run: text_run is None):
        words = [text_run for text_run in paragraph if text_run is not None]
        if ended:
            continue
        level = _direction("".join(text_run.text for text_run in words)) or "L"
        lines += [_order_line(line, level, width=width) for line in _break_lines(words, width)]
    return tuple(lines)


def _break_lines(text_runs: Sequence[TextRun], width: float) -> Iterator[list[TextRun]]:
    """A paragraph line by line; runs without a space between them are parted only if they fit no line."""
    line: list[TextRun] = []
    at = 0.0
    for gap, group in _group_runs(text_runs):
        size = sum(estimate_width(text_run.text) for text_run in group)
        if line and at + gap + size > width:
            yield line
            line, at = [], 0.0
        for number, part in enumerate(part for text_run in group for part in fit_text(text_run, width)):
            space = gap if number == 0 and line else 0.0
            if line and at + space + estimate_width(part.text) > width:
                yield line
                line, at, space = [], 0.0, 0.0
            line.append(TextRun(part.text, part.share, space))
            at += space + estimate_width(part.text)
    if line:
        yield line


def _group_runs(text_runs: Sequence[TextRun]) -> Iterator[tuple[float, list[TextRun]]]:
    """Pieces that belong on one line, with the space before them; between wide signs a line may end."""
    gap, group = 0.0, list[TextRun]()
    for text_run in text_runs:
        if not text_run.text or (group and parts_between(group[-1].text, text_run.text)):
            if group:
                yield gap, group
                gap, group = 0.0, []
            gap = max(gap, text_run.gap)
        if text_run.text:
            group.append(text_run)
    if group:
        yield gap, group


def parts_between(before: str, after: str) -> bool:
    """Whether a line may end between two runs without a space: between wide characters, as in Chinese."""
    return east_asian_width(before[-1]) in "WF" and east_asian_width(after[0]) in "WF"


def fit_text(text_run: TextRun, width: float) -> Iterator[TextRun]:
    """A text run, or its parts where it is wider than a line; no grapheme is divided."""
    if estimate_width(text_run.text) <= width:
        yield text_run
        return
    part, size = "", 0.0
    for sign in regex.findall(r"\X", text_run.text):
        if part and size + estimate_width(sign) > width:
            yield TextRun(part, text_run.share)
            part, size = "", 0.0
        part, size = part + sign, size + estimate_width(sign)
    yield TextRun(part, text_run.share)


def _direction(text: str) -> str | None:
    """L or R by the first character that has a direction, None if no character has one."""
    kinds = (bidirectional(sign) for sign in text)
    return next(("L" if kind == "L" else "R" for kind in kinds if kind in ("L", "R", "AL")), None)


def _order_line(line: Sequence[TextRun], level: str, *, width: float) -> tuple[Spot, ...]:
    """A line as it is seen: runs against the direction of the paragraph are turned round (a plain bidi algorithm)."""
    at, spots = 0.0, list[Spot]()
    for direction, run in groupby(zip(line, _directions(line, level), strict=True), key=lambda pair: pair[1]):
        text_runs = [text_run for text_run, _ in run]
        at += text_runs[0].gap
        sizes = [estimate_width(text_run.text) for text_run in text_runs]
        length = sum(sizes) + sum(text_run.gap for text_run in text_runs[1:])
        inside = 0.0
        for number, (text_run, size) in enumerate(zip(text_runs, sizes, strict=True)):
            inside += text_run.gap if number else 0.0
            start = at + (inside if direction == level else length - inside - size)
            spots.append(Spot(text_run.text, text_run.share, start if level == "L" else width - start - size, size))
            inside += size
        at += length
    return tuple(spots)


def _directions(line: Sequence[TextRun], level: str) -> list[str]:
    """The direction of each text run; one without any takes that of its neighbours if they agree, else the line's."""
    directions = [_direction(text_run.text) for text_run in line]
    before, after = [level], [level]
    for direction in directions:
        before.append(direction or before[-1])
    for direction in reversed(directions):
        after.append(direction or after[-1])
    sides = zip(directions, before, reversed(after[:-1]), strict=False)
    return [direction or (left if left == right else level) for direction, left, right in sides]
