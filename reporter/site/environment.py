"""The templates of the pages, and what becomes of a text on its way into one: it is shown, and is never markup."""

import re
from base64 import b64encode
from functools import cache
from hashlib import sha256
from urllib.parse import quote

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from reporter.runs import find_templates
from reporter.site.styles import make_styles

_MARKS = ("202A LRE", "202B RLE", "202C PDF", "202D LRO", "202E RLO", "2066 LRI", "2067 RLI", "2068 FSI", "2069 PDI")
_PICTURES = {
    **{code: chr(0x2400 + code) for code in range(32) if chr(code) not in "\t\n"},
    **{code: f"⟦U+{code:04X}⟧" for code in range(0x80, 0xA0)},
    **dict.fromkeys((*range(0xD800, 0xE000), 0xFFFE, 0xFFFF), "\N{REPLACEMENT CHARACTER}"),
    **{int(mark[:4], 16): f"⟦{mark[5:]}⟧" for mark in _MARKS},
    0x7F: "\N{SYMBOL FOR DELETE}",
}
_CSS = re.compile(r"""[\w#.,:;(){}" -]*""")
_SIGN = re.compile(r"[^\w ,.()-]")
_HIDDEN = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff\ufffe\uffff]")


@cache
def make_environment() -> Environment:
    """The templates, read once; every value they print goes through `visible`, and is text, never markup."""
    folder = find_templates()
    pages = Environment(
        loader=FileSystemLoader(folder),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=visible,
    )
    styles = {name: Markup(text) for name, text in make_styles().texts.items()}
    script = Markup((folder / "index.js").read_text("utf-8"))
    digest = b64encode(sha256(script.encode()).digest()).decode()
    pages.filters["anchor"] = lambda name: quote(str(visible(name)))
    pages.filters |= {"css": _as_css, "css_string": _as_css_string}
    pages.globals |= {"style": styles, "script": script, "digest": digest}
    return pages


def _as_css(text: str) -> Markup:
    """Plain declarations, as they stand in a style element; raises `ValueError` for a sign that none of them needs."""
    if not _CSS.fullmatch(text):
        raise ValueError("The style of a theme holds more than names, numbers, colours and fonts.")
    return Markup(text)


def _as_css_string(text: str) -> Markup:
    """A text as a string of CSS, in which every sign that could end it, or the style element, is a number."""
    escaped = _SIGN.sub(lambda match: f"\\{ord(match[0]):x} ", str(visible(text)))
    return Markup(f'"{escaped}"')


def visible(value: object) -> object:
    """Text with its control characters as pictures and its hidden changes of direction as marks; other values as is."""
    if not isinstance(value, str) or isinstance(value, Markup) or value.isprintable() or not _HIDDEN.search(value):
        return value
    return value.replace("\r\n", "\n").translate(_PICTURES)
