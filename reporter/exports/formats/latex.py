"""LaTeX: the coloured text as a snippet for a paper; it needs xcolor and nothing else."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from typing import ClassVar

from jinja2 import Template
from markupsafe import Markup

from reporter.exports.figure import Passage, TextFigure, make_figure
from reporter.exports.typesetting import cut_text, fit_text, parts_between
from reporter.records import Explanation, Provenance
from reporter.site import COLOURS, Tint, make_environment, tint

_WIDEST = 20.0  # ems of one box, which no line can part
_STEPS = 11  # of the ramp
_THINNER = 0.45  # points of an underline in a paper for each pixel on the page
_SIGNS = {
    **{sign: f"\\{sign}" for sign in "{}$&#%_"},
    **{sign: f"{sign}{{}}" for sign in "-'`,!?"},  # no two of them make another sign
    "\\": r"\textbackslash{}",
    "^": r"\textasciicircum{}",
    "~": r"\textasciitilde{}",
    "<": r"\textless{}",
    ">": r"\textgreater{}",
    "|": r"\textbar{}",
    '"': r"\char34{}",
    "\N{MINUS SIGN}": "$-$",
    "\N{MULTIPLICATION SIGN}": r"$\times$",
    **{sign: f"$^{{{plain}}}$" for sign, plain in zip("⁻⁰¹²³⁴⁵⁶⁷⁸⁹", "-0123456789", strict=True)},
    "\N{NO-BREAK SPACE}": "~",
    "\N{NARROW NO-BREAK SPACE}": r"\,",
}
_HIDDEN = (*range(32), *range(0x7F, 0xA0), *range(0x202A, 0x202F), *range(0x2066, 0x206A), *range(0xD800, 0xE000))
_ESCAPES = {
    **{code: f"{{\\ttfamily U+{code:04X}}}" for code in (*_HIDDEN, 0x2028, 0x2029, 0xFFFE, 0xFFFF)},
    **{ord(sign): escape for sign, escape in _SIGNS.items()},
}


@dataclass(frozen=True, slots=True, kw_only=True)
class TextBox:
    """A box of text, or the end of a line (`text` None); `glued` to the next one, unless a line `breaks` there."""

    text: str | None
    tint: Tint | None = None
    thickness: float = 0.0
    glued: bool = False
    breaks: bool = False


@dataclass(frozen=True)
class Latex:
    """One snippet per document: of the method that is shown first and the model's own answer, or of those named."""

    method: str | None = None
    target: str | None = None

    suffix: ClassVar[str] = ".tex"
    apart: ClassVar[bool] = True
    head: ClassVar[str] = ""

    def texts(self, explanation: Explanation, run: Provenance) -> Sequence[str]:
        """The snippet of one document."""
        figure = make_figure(explanation, run, method=self.method, target=self.target)
        return () if figure is None else (_render_snippet(figure),)


def escaped(value: object) -> object:
    """A text that TeX prints as it is, on one line; what cannot be printed is named (U+001B)."""
    return value.translate(_ESCAPES) if isinstance(value, str) and not isinstance(value, Markup) else value


def _render_snippet(figure: TextFigure) -> str:
    first = -1.0 if figure.signed else 0.0
    shares = [first + at * (1 - first) / (_STEPS - 1) for at in range(_STEPS)]
    passages = [
        (_list_boxes(passage, signed=figure.signed), " ".join(passage.unread.split())) for passage in figure.passages
    ]
    return _template().render(
        figure=figure,
        colours=COLOURS,
        passages=passages,
        ramp=[tint(share, signed=figure.signed) for share in shares],
    )


@cache
def _template() -> Template:
    """The template, with delimiters that are harmless in TeX; everything it prints is escaped."""
    pages = make_environment().overlay(
        autoescape=False,
        finalize=escaped,
        block_start_string="<%",
        block_end_string="%>",
        variable_start_string="<<",
        variable_end_string=">>",
        comment_start_string="<#",
        comment_end_string="#>",
    )
    return pages.get_template("figure.tex.j2")


def _list_boxes(passage: Passage, *, signed: bool) -> Iterator[TextBox]:
    """A passage as the lines of the snippet."""
    cuts = [
        text_run for word in passage.words for text_run in (*cut_text(word.before), *cut_text(word.text, word.share))
    ]
    cuts += cut_text(passage.after)
    text_runs = [
        part
        for part_or_break in cuts
        for part in ([part_or_break] if part_or_break is None else fit_text(part_or_break, _WIDEST))
    ]
    for mark, following in pairwise([*text_runs, None]):
        if mark is None:
            yield TextBox(text=None)
        elif mark.text:
            glued = following is not None and bool(following.text)
            breaks = following is not None and glued and parts_between(mark.text, following.text)
            colours = None if mark.share is None else tint(mark.share, signed=signed)
            thickness = round(colours.height * _THINNER, 2) if colours else 0.0
            yield TextBox(text=mark.text, tint=colours, thickness=thickness, glued=glued, breaks=breaks)
