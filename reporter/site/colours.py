"""Colours in sRGB: those of the printed page, for pictures that leave the browser, and those of themes."""

from collections.abc import Iterable
from dataclasses import dataclass
from math import cos, radians, sin
from typing import Any, NamedTuple

from tinycss2 import color4

_Oklch = tuple[float, float, float]

PAPER = "#FFFFFF"
_FAINT = 0.05  # share up to which no underline can be seen
_INKS: dict[str, _Oklch] = {"ink": (0.23, 0.018, 265), "ink2": (0.45, 0.018, 265), "rule2": (0.63, 0.014, 265)}
_GROUNDS: dict[str, _Oklch] = {"blue": (0.74, 0.125, 245), "orange": (0.79, 0.145, 64), "plum": (0.7, 0.09, 320)}
_LINES: dict[str, _Oklch] = {
    "blue-line": (0.51, 0.155, 254),
    "orange-line": (0.57, 0.145, 50),
    "plum-line": (0.48, 0.13, 320),
}
OKLCH = {**_INKS, **_GROUNDS, **_LINES}


@dataclass(frozen=True, slots=True)
class Tint:
    """How a share is shown: its ground, and its underline with a height in pixels, which is 0 where there is none."""

    ground: str
    line: str
    height: float
    dashed: bool


def tint(share: float, *, signed: bool) -> Tint:
    """The tint of a score that is this share, -1 to 1, of the largest; the underline says its sign once more."""
    size = min(1.0, abs(share))
    name = "plum" if not signed else "blue" if share >= 0 else "orange"
    height = 2.6 * size + min(1.0, (size - _FAINT) * 60) if signed and size > _FAINT else 0.0
    ground = _over_paper(OKLCH[name], size)
    return Tint(ground=ground, line=COLOURS[f"{name}-line"], height=round(height, 2), dashed=name == "orange")


class Colour(NamedTuple):
    """A colour as a style sheet writes it, and its parts in sRGB, gamma-coded, from 0 to 1."""

    css: str
    srgb: tuple[float, ...]


WHITE = Colour("#fff", (1.0, 1.0, 1.0))


def read_colour(token: Any) -> Colour | None:  # noqa: ANN401, a token of tinycss2
    """A `#hex`, an `rgb()` or an `oklch()` that is not transparent; None for anything else."""
    if token.type != "hash" and (token.type != "function" or token.lower_name not in ("rgb", "oklch")):
        return None
    read = color4.parse_color(token)
    if read is None or read.alpha != 1 or None in read.coordinates:
        return None
    if read.space == "oklch":
        light, chroma, hue = (float(f"{part:.4g}") for part in read.coordinates)  # as it is written, and read again
        return Colour(f"oklch({light:g} {chroma:g} {hue:g})", _srgb((light, chroma, hue)))
    parts = tuple(round(255 * min(1.0, max(0.0, part))) / 255 for part in read.coordinates)
    return Colour(_hex(parts), parts)


def contrast(one: Colour, other: Colour) -> float:
    """The contrast ratio of WCAG 2.2, from 1 to 21."""
    low, high = sorted(map(_luminance, (one, other)))
    return (high + 0.05) / (low + 0.05)


def _luminance(colour: Colour) -> float:
    """The relative luminance of WCAG 2.2, from 0 to 1."""
    linear = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in colour.srgb)
    return sum(weight * part for weight, part in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


def _over_paper(colour: _Oklch, size: float) -> str:
    """`color-mix(in oklab, colour size, transparent)` on white: the mix is the colour at that opacity."""
    return _hex(size * part + (1 - size) for part in _srgb(colour))


def _srgb(colour: _Oklch) -> tuple[float, ...]:
    """OKLCH to gamma-coded sRGB, 0 to 1 (Ottosson 2020, as in CSS Color 4)."""
    light, chroma, hue = colour
    a, b = chroma * cos(radians(hue)), chroma * sin(radians(hue))
    l_ = (light + 0.3963377774 * a + 0.2158037573 * b) ** 3
    m_ = (light - 0.1055613458 * a - 0.0638541728 * b) ** 3
    s_ = (light - 0.0894841775 * a - 1.2914855480 * b) ** 3
    linear = (
        4.0767416621 * l_ - 3.3077115913 * m_ + 0.2309699292 * s_,
        -1.2684380046 * l_ + 2.6097574011 * m_ - 0.3413193965 * s_,
        -0.0041960863 * l_ - 0.7034186147 * m_ + 1.7076147010 * s_,
    )
    inside = (min(1.0, max(0.0, part)) for part in linear)
    return tuple(12.92 * part if part <= 0.0031308 else 1.055 * part ** (1 / 2.4) - 0.055 for part in inside)


def _hex(parts: Iterable[float]) -> str:
    return "#" + "".join(f"{round(part * 255):02X}" for part in parts)


COLOURS = {name: _hex(_srgb(colour)) for name, colour in OKLCH.items()}
