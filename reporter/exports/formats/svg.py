"""SVG: the coloured text as a drawing of its own, in sRGB, for papers, slides and drawing programs."""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from functools import cache
from typing import ClassVar

from jinja2 import Template

from reporter.exports.figure import TextFigure, make_figure
from reporter.exports.typesetting import Spot, cut_text, estimate_width, set_lines, set_passage
from reporter.records import Explanation, Provenance
from reporter.site import COLOURS, PAPER, Tint, make_environment, tint, visible

_WIDTH, _MARGIN = 720, 20
_TEXT, _SMALL = 20, 13  # pixels of type
_STEPS, _STEP = 11, 1.4  # of the ramp, in ems of small type


@dataclass(frozen=True, slots=True, kw_only=True)
class PlacedText:
    """A run of text at its place in pixels, plain where `tint` is None.

    `middle` and `base` are those of the letters, `top` and `height` of the ground, `foot` of the underline.
    """

    text: str
    left: float
    middle: float
    width: float
    base: float
    top: float
    height: float
    foot: float
    size: int
    ink: str
    tint: Tint | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Drawing:
    """All that the template draws."""

    title: str
    description: str
    width: int
    height: float
    paper: str
    marks: tuple[PlacedText, ...]
    ramp: tuple[PlacedText, ...]


class _Page:
    """A page that is filled from the top, line by line."""

    def __init__(self) -> None:
        self.marks: list[PlacedText] = []
        self.at = float(_MARGIN)

    def add(self, lines: Sequence[Sequence[Spot]], *, size: int, ink: str, signed: bool = False) -> None:
        """Add lines below those already on the page."""
        for line in lines:
            self.at += size * 1.75
            self.marks += [_place_text(spot, self.at - size * 0.55, size=size, ink=ink, signed=signed) for spot in line]


@dataclass(frozen=True)
class Svg:
    """One drawing per document: of the method that is shown first and the model's own answer, or of those named."""

    method: str | None = None
    target: str | None = None

    suffix: ClassVar[str] = ".svg"
    apart: ClassVar[bool] = True
    head: ClassVar[str] = ""

    def texts(self, explanation: Explanation, run: Provenance) -> Sequence[str]:
        """The drawing of one document."""
        figure = make_figure(explanation, run, method=self.method, target=self.target)
        if figure is None:
            return ()
        drawing = _draw(figure)
        return (_template().render({field.name: getattr(drawing, field.name) for field in fields(drawing)}),)


@cache
def _template() -> Template:
    return make_environment().get_template("figure.svg.j2")


def _draw(figure: TextFigure) -> Drawing:
    page = _Page()
    page.add(_set_text(figure.said, 17), size=17, ink="ink")
    for passage in figure.passages:
        page.at += 8
        page.add(set_passage(passage, width=_measure_line(_TEXT)), size=_TEXT, ink="ink", signed=figure.signed)
        if passage.unread:
            page.add(_set_text("The model read to here.", _SMALL), size=_SMALL, ink="ink2")
            page.add(_set_text(passage.unread, _TEXT), size=_TEXT, ink="ink2")
    page.at += 12
    ramp = _ramp(page, figure)
    page.add(_set_text(figure.how, _SMALL), size=_SMALL, ink="ink2")
    return Drawing(
        title=f"{figure.source}. {figure.said}",
        description=f"{figure.how} {_describe(figure)}",
        width=_WIDTH,
        height=round(page.at + _MARGIN, 1),
        paper=PAPER,
        marks=tuple(page.marks),
        ramp=ramp,
    )


def _ramp(page: _Page, figure: TextFigure) -> tuple[PlacedText, ...]:
    """The scale from end to end, with what its ends mean written at both sides."""
    low, high = f"{figure.opposes} {figure.low}".strip(), f"{figure.high} {figure.supports}"
    left, first = estimate_width(low) + 0.7, -1.0 if figure.signed else 0.0
    page.add([[Spot(low, None, 0, estimate_width(low))]], size=_SMALL, ink="ink2")
    base = page.marks[-1].base
    shares = [first + at * (1 - first) / (_STEPS - 1) for at in range(_STEPS)]
    steps = [Spot("", share, left + at * _STEP, _STEP) for at, share in enumerate(shares)]
    end = Spot(high, None, left + _STEPS * _STEP + 0.7, estimate_width(high))
    page.marks.append(_place_text(end, base, size=_SMALL, ink="ink2", signed=False))
    return tuple(_place_text(step, base, size=_SMALL, ink="ink2", signed=figure.signed) for step in steps)


def _set_text(text: str, size: int) -> tuple[tuple[Spot, ...], ...]:
    return set_lines(cut_text(str(visible(text))), width=_measure_line(size))


def _measure_line(size: int) -> float:
    return (_WIDTH - 2 * _MARGIN) / size


def _place_text(spot: Spot, base: float, *, size: int, ink: str, signed: bool) -> PlacedText:
    left, width = _MARGIN + spot.left * size, spot.width * size
    colours = None if spot.share is None else tint(spot.share, signed=signed)
    foot = base + size * 0.33
    return PlacedText(
        text=spot.text,
        left=round(left, 1),
        middle=round(left + width / 2, 1),
        width=round(width, 1),
        base=round(base, 1),
        top=round(base - size * 0.95, 1),
        height=round(size * 1.28, 1),
        foot=round(foot - colours.height / 2 if colours else foot, 2),
        size=size,
        ink=COLOURS[ink],
        tint=colours,
    )


def _describe(figure: TextFigure) -> str:
    """The text and the meaning of its colours for those who do not see them."""
    key = "Darker is stronger."
    if figure.signed:
        key = f"Blue with a solid line {figure.supports}, orange with a dashed line {figure.opposes}."
    texts = [
        "".join(f"{word.before}{word.text}" for word in passage.words) + passage.after for passage in figure.passages
    ]
    return f"{key} The text: {' '.join(texts)}"
