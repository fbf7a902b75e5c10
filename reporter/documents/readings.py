"""One file of text, or one row of a table, becomes a reading: a text, or the sentence that says why it is none."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from reporter.documents.columns import RATIONALE, Columns, name_column
from reporter.documents.encodings import decode, find_encoding
from reporter.documents.rationales import read_rationale
from reporter.records import Rationale, UserError

LARGEST = 10_000_000  # bytes of a text file, of a line of JSON or of a value in a table: more is never one document
_SURROGATE = re.compile("[\ud800-\udfff]")


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """A text file or a row of a table as read, or its problem; `row` counts from 1, `name` is the row's own id."""

    row: int | None = None
    name: str | None = None
    text: str = ""
    text_pair: str | None = None
    label: str | None = None
    labels: tuple[str, ...] | None = None
    rationale: Rationale | None = None
    problem: str | None = None


def read_text(path: Path, label: str | None) -> Reading:
    """A whole file as one text: CRLF becomes LF and line ends at the very end go, nothing else is changed.

    Raises `UserError` where that is not possible, `OSError` where the file cannot be opened.
    """
    if (size := path.stat().st_size) > LARGEST:
        raise UserError(f"The file has {size:,} bytes and one text may have {LARGEST:,}; split it into several.")
    data = path.read_bytes()
    text = decode(data, find_encoding(data)).replace("\r\n", "\n").rstrip("\n")
    if not text.strip():
        raise UserError("The file is empty, or only white space; write a text into it or take it out of the folder.")
    return Reading(text=text, label=label)


def read_row(number: int, values: Mapping[str, object], columns: Columns) -> Reading:
    """One row or JSON object by its column names; other columns than these are ignored, and CRLF becomes LF."""
    try:
        fields = _pick_fields(values, columns)
        written = fields[columns.text]
        text = _read_long(columns.text, written)
        pair = _read_long(columns.pair, fields[columns.pair]) if columns.pair else None
        if text is None:
            seen = "is empty, or only white space" if isinstance(written, str) else "is missing"
            raise UserError(f"The row's {columns.text} {seen}; give it a text or delete the row.")
        name = _read_short("id", fields["id"])
        label, labels = _read_label(columns.label, fields[columns.label]) if columns.label else (None, None)
        _check_unicode(text, pair or "", name or "", label or "")
        rationale = read_rationale(fields[RATIONALE], str(written))
    except UserError as error:
        return Reading(row=number, problem=str(error))
    return Reading(row=number, name=name, text=text, text_pair=pair, label=label, labels=labels, rationale=rationale)


def _pick_fields(values: Mapping[str, object], columns: Columns) -> dict[str, object]:
    names = [name_column(column) for column in values]
    if twice := [name for name in columns.taken if names.count(name) > 1]:
        raise UserError(f"The row gives {twice[0]} twice; keep one of them.")
    return dict.fromkeys(columns.taken) | dict(zip(names, values.values(), strict=True))


def _read_long(column: str, value: object) -> str | None:
    if not isinstance(value, str | None):
        raise UserError(f"The row's {column} is {_name_type(value)}, not a string; write it in quotes.")
    return value.replace("\r\n", "\n") if value and value.strip() else None


def _read_label(column: str, value: object) -> tuple[str | None, tuple[str, ...] | None]:
    """The label as one text, and where the row gives a list of labels, each of them.

    An object with a list of texts, as data sets of questions have it, is that list, each text once.
    """
    if isinstance(value, dict) and isinstance(value.get("text"), list):
        value = [text for at, text in enumerate(value["text"]) if text not in value["text"][:at]]
    if not isinstance(value, list):
        return _read_short(column, value), None
    each = [_read_short(column, entry) for entry in value]
    labels = tuple(name for name in each if name is not None)
    if None in each:
        raise UserError(f"The row's {column} is a list with an empty entry; take it out.")
    return ", ".join(labels) or None, labels


def _read_short(column: str, value: object) -> str | None:
    """An id or a label as text without white space around it; numbers and booleans are taken as their JSON text."""
    if isinstance(value, list | dict):
        raise UserError(f"The row's {column} is {_name_type(value)}; write it as a string or a number.")
    if value is None or value != value:  # what data frames write where nothing is
        return None
    return (value if isinstance(value, str) else json.dumps(value)).strip() or None


def _name_type(value: object) -> str:
    return {dict: "an object", list: "a list", bool: "true or false"}.get(type(value), "a number")


def _check_unicode(*texts: str) -> None:
    if any(_SURROGATE.search(text) for text in texts):
        raise UserError("The row is not valid Unicode: it holds half of a surrogate pair; write the whole character.")
