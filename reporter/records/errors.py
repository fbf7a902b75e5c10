"""Errors for the user, the text of any exception in one printable line, and records of what is missing and why."""

from dataclasses import dataclass
from typing import Literal

_LONGEST = 300  # characters of what an exception says


class UserError(Exception):
    """An error that only the user can correct; its text says what was asked, what there is and what to do."""


class DocumentError(ValueError):
    """An error that keeps one document from being explained; its text is a whole sentence for the page."""


def escape_line(text: str) -> str:
    """Text from outside with control characters and lone surrogates escaped, so that it is harmless on a terminal."""
    return "".join(sign if sign.isprintable() else sign.encode("unicode_escape").decode() for sign in text)


def escape_lines(text: str) -> str:
    """The same for a text of several lines, which stay lines."""
    return "\n".join(map(escape_line, text.replace("\r\n", "\n").split("\n")))


def quote_error(error: BaseException) -> str:
    """The message of an exception in quotation marks: its first line, cut short, or else the name of its class."""
    first_line = (str(error).strip() or type(error).__name__).splitlines()[0].strip().removesuffix(".")
    shown = first_line if len(first_line) <= _LONGEST else f"{first_line[: _LONGEST - 1]}…"
    return f"“{escape_line(shown)}”"


Part = Literal["answers", "certificates", "agreement", "diagnostics", "checks", "words"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Omission:
    """A method that was asked for and is not there, with the reason: it cannot serve the model, or failed on a text."""

    method: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Lapse:
    """A method that failed on one text, which other methods explain, with the reason."""

    id: str
    source: str
    method: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Gap:
    """A part of a run's summary that could not be summed up, with the reason."""

    part: Part
    reason: str
