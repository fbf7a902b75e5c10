"""A theme: one `:root` block of custom properties with an owner's colours, fonts, name and logo, read strictly.

What is not known is refused, and so are colours by which something could no longer be read in light, in dark or on
paper. Pages are given what was understood, written anew, and never the file.
"""

import re
from base64 import b64decode
from binascii import Error as NoBase64
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

import tinycss2

from reporter.records import UserError
from reporter.site.colours import WHITE, Colour, contrast, read_colour
from reporter.site.styles import make_styles

COLOURS = {
    **{name: name for name in ("paper", "card", "sunk", "ink", "ink2", "rule", "rule2", "accent")},
    "supports": "blue", "supports-line": "blue-line", "opposes": "orange", "opposes-line": "orange-line",
    "strength": "plum", "strength-line": "plum-line",
}  # fmt: skip
"""The colours that a theme may set, and what the style sheets call them."""
FONTS = ("sans", "serif", "mono")
NAMES = (*COLOURS, *FONTS, "logo", "organisation")
"""Every property that a theme may set."""

_TEXT, _GRAPHICS = 4.5, 3.0  # the contrast that WCAG 2.2 AA asks of text, and of what is no text
_MARKS = {"ok": "the colour of passed checks", "warn": "the colour of warnings", "bad": "the colour of failed checks"}
_LINES = ("rule2", "accent", "supports-line", "opposes-line", "strength-line")
_PAIRS = (
    *((ink, ground, _TEXT) for ground in ("paper", "card", "sunk") for ink in ("ink", "ink2")),
    *(("ink", tint, _TEXT) for tint in ("supports", "opposes", "strength")),
    *((mark, "paper", _TEXT) for mark in _MARKS),
    *((line, "paper", _GRAPHICS) for line in _LINES),
)
"""What must be told apart from what it lies on, and by how much."""
_PRINTED = tuple((name, least) for name, ground, least in _PAIRS if ground == "paper")
_LARGEST, _LOGO, _ORGANISATION, _FAMILIES = 50_000, 16_000, 80, 12  # characters of the first three
_FAMILY = re.compile(r"-?[^\W\d_][\w -]{0,59}")
_IMAGE = re.compile(r"data:image/(png|webp|svg\+xml);base64,([A-Za-z0-9+/]+=*)")
_BEGINNINGS = {"png": rb"\x89PNG\r\n", "webp": rb"RIFF.{4}WEBP", "svg+xml": rb"\s*<(\?xml|!--|svg)"}
_EVERYWHERE = ("inherit", "initial", "unset", "revert", "revert-layer", "default")
_FORM = "a theme is one ':root { --name: value; }' and nothing else"


@dataclass(frozen=True, slots=True)
class Theme:
    """What an owner makes of a site: what is set, `css` for its pages, all of it again as `text`, name and data URL."""

    names: tuple[str, ...]
    css: str
    text: str
    organisation: str
    logo: str


def load_theme(file: Path) -> str:
    """The text of a theme, as a run keeps it; raises `UserError` if the file is none."""
    try:
        text = file.read_text("utf-8")
    except OSError as error:
        raise UserError(f"The theme {file} cannot be read: {error.strerror}.") from error
    except UnicodeDecodeError as error:
        raise UserError(f"The theme {file} is not UTF-8; save it as that.") from error
    return read_theme(text).text


@lru_cache(maxsize=8)
def read_theme(text: str) -> Theme:
    """What a theme sets; raises `UserError` for what it may not say, and for colours that are too near each other."""
    if len(text) > _LARGEST:
        raise UserError(f"The theme has {len(text):,} characters, and {_LARGEST:,} are allowed; take a smaller logo.")
    found = dict(_list_declarations(text))
    colours = {name: _read_colours(name, found[name]) for name in COLOURS if name in found}
    fonts = {name: _read_fonts(name, found[name]) for name in FONTS if name in found}
    organisation = _read_organisation(found["organisation"]) if "organisation" in found else ""
    logo = _read_logo(found["logo"]) if "logo" in found else ""
    _check_contrast({**_list_defaults(), **colours})
    said = {name: _write_colours(*both) for name, both in colours.items()} | fonts
    more = {"organisation": f'"{organisation}"'} if organisation else {}
    more |= {"logo": f'url("{logo}")'} if logo else {}
    css = _write_block({COLOURS.get(name, name): value for name, value in said.items()})
    return Theme(names=tuple(found), css=css, text=_write_block(said | more), organisation=organisation, logo=logo)


def _list_declarations(text: str) -> Iterator[tuple[str, list[Any]]]:
    """The properties of a theme, without their dashes, and the tokens of their values."""
    known, seen = {f"--{name}" for name in NAMES}, set[str]()
    for part in _list_parts(text):
        if part.type != "declaration":
            raise UserError(f"The theme has a part that is no property, and {_FORM}.")
        if part.name not in known:
            raise UserError(f"The theme sets '{part.name}', which is not one of {', '.join(sorted(known))}.")
        if part.name in seen or part.important:
            raise UserError(f"The theme sets {part.name} twice or as important; set it once and plainly.")
        seen.add(part.name)
        yield part.name[2:], [token for token in part.value if token.type not in ("whitespace", "comment")]


def _list_parts(text: str) -> list[Any]:
    """What stands in the one block of a theme."""
    rules = tinycss2.parse_stylesheet(text, skip_comments=True, skip_whitespace=True)
    heads = [f"@{rule.at_keyword}" if rule.type == "at-rule" else _head(rule) for rule in rules]
    if strange := [head for head in heads if head != ":root"] or heads[1:]:
        raise UserError(f"The theme has {strange[0][:40]!r}, and {_FORM}.")
    content = rules[0].content if rules else []
    parts: list[Any] = tinycss2.parse_blocks_contents(content, skip_comments=True, skip_whitespace=True)
    return parts


def _head(rule: Any) -> str:  # noqa: ANN401, a node of tinycss2
    """What a rule is for, or what is no rule."""
    return str(tinycss2.serialize(rule.prelude)).strip() if rule.type == "qualified-rule" else str(rule.message)


def _read_colours(name: str, tokens: list[Any]) -> tuple[Colour, Colour]:
    """The colour of a property in light and in dark."""
    if len(tokens) == 1 and tokens[0].type == "function" and tokens[0].lower_name == "light-dark":
        both = [read_colour(part[0]) if len(part) == 1 else None for part in _split(tokens[0].arguments)]
    else:
        both = [read_colour(tokens[0])] * 2 if len(tokens) == 1 else []
    if len(both) != 2 or both[0] is None or both[1] is None:
        raise UserError(
            f"The theme's --{name} is no colour; give #hex, rgb() or oklch() without transparency, or two of them as "
            "light-dark(light, dark)."
        )
    return both[0], both[1]


def _read_fonts(name: str, tokens: list[Any]) -> str:
    """The families of a font, each quoted that was quoted."""
    families = []
    for part in _split(tokens):
        quoted = len(part) == 1 and part[0].type == "string"
        family = " ".join(token.value for token in part if quoted or token.type == "ident")
        if not _FAMILY.fullmatch(family) or not (quoted or all(token.type == "ident" for token in part)):
            raise UserError(f"The theme's --{name} is no list of fonts; give their names, separated by commas.")
        families.append(f'"{family}"' if quoted else family)
    if len(families) > _FAMILIES or {family.lower() for family in families} & set(_EVERYWHERE):
        raise UserError(f"The theme's --{name} is no list of at most {_FAMILIES} fonts; give their names.")
    return ",".join(families)


def _read_organisation(tokens: list[Any]) -> str:
    """The name of the owner."""
    name = tokens[0].value.strip() if len(tokens) == 1 and tokens[0].type == "string" else ""
    if not name or len(name) > _ORGANISATION or not name.isprintable() or set(name) & {'"', "\\"}:
        raise UserError(
            f"The theme's --organisation is no name; give one in quotation marks, of at most {_ORGANISATION} "
            "characters, without quotation marks or backslashes in it."
        )
    return str(name)


def _read_logo(tokens: list[Any]) -> str:
    """The data URL of a picture."""
    inside = tokens[0].arguments if len(tokens) == 1 and tokens[0].type == "function" else tokens
    address = inside[0].value if len(inside) == 1 and inside[0].type in ("url", "string") else ""
    match = _IMAGE.fullmatch(address)
    if not match or (tokens[0].type == "function" and tokens[0].lower_name != "url") or tokens[0].type == "string":
        raise UserError(
            "The theme's --logo is no picture in the file itself; give url(data:image/png;base64,…), or webp or "
            "svg+xml in the place of png: a page loads nothing."
        )
    if len(address) > _LOGO:
        raise UserError(f"The theme's --logo has {len(address):,} characters, and {_LOGO:,} are allowed; shrink it.")
    try:
        picture = b64decode(match[2], validate=True)
    except NoBase64:
        picture = b""
    if not re.match(_BEGINNINGS[match[1]], picture, re.DOTALL):
        raise UserError(f"The theme's --logo is no {match[1]} in base64; make its data URL anew.")
    return str(address)


def _split(tokens: list[Any]) -> list[list[Any]]:
    """The parts of a value that commas part."""
    parts: list[list[Any]] = [[]]
    for token in tokens:
        if token == ",":
            parts.append([])
        elif token.type not in ("whitespace", "comment"):
            parts[-1].append(token)
    return parts


@cache
def _list_defaults() -> dict[str, tuple[Colour, Colour]]:
    """The colours of the style sheets, by the names that a theme has for them."""
    root = tinycss2.parse_stylesheet(make_styles().texts["frame"])[0]
    values = {
        part.name: part.value for part in tinycss2.parse_blocks_contents(root.content) if part.type == "declaration"
    }
    names = {**{mark: mark for mark in _MARKS}, **COLOURS, "accent": "blue-line"}
    return {name: _read_colours(name, values[f"--{inside}"]) for name, inside in names.items()}


def _check_contrast(colours: Mapping[str, tuple[Colour, Colour]]) -> None:
    """Raise `UserError` for two colours that are too near each other."""
    for at, scheme in enumerate(("light", "dark")):
        for name, ground, least in _PAIRS:
            _check_pair((name, f"--{ground} in {scheme}"), colours[name][at], colours[ground][at], least=least)
    for name, least in _PRINTED:
        _check_pair((name, "white, where a page is printed"), colours[name][0], WHITE, least=least)


def _check_pair(names: tuple[str, str], one: Colour, other: Colour, *, least: float) -> None:
    if (ratio := contrast(one, other)) < least:
        name = _MARKS.get(names[0], f"--{names[0]}")
        raise UserError(
            f"With this theme the contrast of {name} on {names[1]} is {ratio:.2f}:1, and at least {least:g}:1 is "
            "needed to read it; take them further apart, for light and for dark by light-dark(light, dark)."
        )


def _write_colours(light: Colour, dark: Colour) -> str:
    return light.css if light == dark else f"light-dark({light.css},{dark.css})"


def _write_block(values: Mapping[str, str]) -> str:
    said = ";".join(f"--{name}:{value}" for name, value in values.items())
    return f":root{{{said}}}" if said else ""
