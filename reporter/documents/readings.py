"""One file of text, or one row of a table, becomes a reading: a text, or the sentence that says why it is none."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from reporter.documents.listing import escape
from reporter.documents.rationales import read_rationale
from reporter.errors import UserError
from reporter.records import Rationale

LARGEST = 10_000_000  # bytes of a text file, of a line of JSON or of a value in a table: more is never one document
FIELDS = ("text", "id", "text_pair", "label")
RATIONALE = "rationale"  # JSON lines alone have one
_SURROGATE = re.compile("[\ud800-\udfff]")
_MARKS = {b"\xff\xfe\0\0": "UTF-32", b"\0\0\xfe\xff": "UTF-32", b"\xff\xfe": "UTF-16", b"\xfe\xff": "UTF-16"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What became of a text file, or of one row (`row` counts from 1); `name` is the id that the row gives itself."""

    row: int | None = None
    name: str | None = None
    text: str = ""
    text_pair: str | None = None
    label: str | None = None
    rationale: Rationale | None = None
    problem: str | None = None


def read_text(path: Path, label: str | None) -> Reading:
    """A whole file as one text: CRLF becomes LF and line ends at the very end go, nothing else is changed.

    Raises `UserError` where that is not possible, `OSError` where the file cannot be opened.
    """
    check_mark(path)
    if (size := path.stat().st_size) > LARGEST:
        raise UserError(f"The file has {size:,} bytes and one text may have {LARGEST:,}; split it into several.")
    text = _decode(path.read_bytes()).replace("\r\n", "\n").rstrip("\n")
    if not text.strip():
        raise UserError("The file is empty, or only white space; write a text into it or take it out of the folder.")
    return Reading(text=text, label=label)


def read_row(number: int, values: Mapping[str, object]) -> Reading:
    """One row or JSON object by its column names; columns other than `FIELDS` are ignored, and CRLF becomes LF."""
    try:
        fields = _pick_fields(values)
        text, pair = _read_long("text", fields["text"]), _read_long("text_pair", fields["text_pair"])
        if text is None:
            blank = isinstance(fields["text"], str)
            seen = "is empty, or only white space" if blank else f"is missing ({name_columns(values)})"
            raise UserError(f"The row's text {seen}; give it a text or delete the row.")
        name, label = (_read_short(column, fields[column]) for column in ("id", "label"))
        _check_unicode(text, pair or "", name or "", label or "")
        rationale = read_rationale(fields[RATIONALE], str(fields["text"]))
    except UserError as error:
        return Reading(row=number, problem=str(error))
    return Reading(row=number, name=name, text=text, text_pair=pair, label=label, rationale=rationale)


def check_mark(path: Path) -> None:
    """Raise `UserError` where the file begins with the byte order mark of another encoding than UTF-8."""
    with path.open("rb") as file:
        head = file.read(4)
    for mark, encoding in _MARKS.items():
        if head.startswith(mark):
            raise UserError(f"The file begins with a {encoding} byte order mark; save it as UTF-8.")


def name_column(written: str) -> str:
    """A column's name as it is compared: without white space and byte order mark, in lower case."""
    return written.strip(" \t\r\n\ufeff").casefold()


def name_columns(columns: Mapping[str, object] | list[str]) -> str:
    """The first columns there are, short enough for a sentence."""
    shown = [escape(column[:30]) for column in list(columns)[:8]]
    return f"it has: {', '.join(shown) or 'nothing'}{', ...' if len(columns) > 8 else ''}"


def _decode(data: bytes) -> str:
    try:
        return data.removeprefix(b"\xef\xbb\xbf").decode()
    except UnicodeDecodeError as error:
        if b"\0" in data:
            raise UserError("The file is binary, not text; take it out of the folder.") from error
        seen, line = error.object[error.start], error.object.count(b"\n", 0, error.start) + 1
        raise UserError(f"The file is not UTF-8 (byte 0x{seen:02x} in line {line}); save it as UTF-8.") from error


def _pick_fields(values: Mapping[str, object]) -> dict[str, object]:
    names = [name_column(column) for column in values]
    if twice := [field for field in (*FIELDS, RATIONALE) if names.count(field) > 1]:
        raise UserError(f"The row gives {twice[0]} twice; keep one of them.")
    return dict.fromkeys((*FIELDS, RATIONALE)) | dict(zip(names, values.values(), strict=True))


def _read_long(column: str, value: object) -> str | None:
    if not isinstance(value, str | None):
        raise UserError(f"The row's {column} is {_name_type(value)}, not a string; write it in quotes.")
    return value.replace("\r\n", "\n") if value and value.strip() else None


def _read_short(column: str, value: object) -> str | None:
    """An id or a label: numbers and truth values stand for their text, and white space around it does not count."""
    if isinstance(value, list | dict):
        raise UserError(f"The row's {column} is {_name_type(value)}; write it as a string or a number.")
    if value is None:
        return None
    return (value if isinstance(value, str) else json.dumps(value)).strip() or None


def _name_type(value: object) -> str:
    return {dict: "an object", list: "a list", bool: "true or false"}.get(type(value), "a number")


def _check_unicode(*texts: str) -> None:
    if any(_SURROGATE.search(text) for text in texts):
        raise UserError("The row is not valid Unicode: it holds half of a surrogate pair; write the whole character.")
