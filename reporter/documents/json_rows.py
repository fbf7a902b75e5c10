"""The objects in a file of JSON: one a line, or a list of them, {"data": [...]}, or {"text": [...], "label": [...]}."""

import json
from collections.abc import Iterator
from io import BytesIO
from itertools import count
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple

from reporter.documents.encodings import open_utf8
from reporter.documents.readings import LARGEST, Reading
from reporter.records import UserError


class Object(NamedTuple):
    """An object with its number, from 1: of its line, or among the others."""

    number: int
    values: dict[str, object]


Found = Object | Reading | None
"""An object, a reading that says why there is none, or None for a blank line."""


def read_lines(path: Path) -> Iterator[Found]:
    """The objects in a file that has one a line."""
    with open_utf8(path) as file:
        yield from _read_objects(file)


def _read_objects(file: BinaryIO) -> Iterator[Found]:
    for number, line in _read_lines(file):
        if line is None:
            yield Reading(row=number, problem="The line is over the 10 MB that one text may have; split it.")
        elif line.strip():
            yield _read_line(number, line)
        else:
            yield None


def read_document(path: Path) -> Iterator[Found]:
    """The objects in a file that is one JSON value, or that has one a line all the same.

    Raises `UserError` where it holds no objects.
    """
    with open_utf8(path) as file:
        data = file.read()
    try:
        whole = _parse(data.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise UserError(f"The file is not UTF-8 (line {line}); save it as UTF-8.") from error
    except json.JSONDecodeError as error:
        if error.msg == "Extra data" and data.count(b"\n") > 0:
            yield from _read_objects(BytesIO(data))
            return
        raise UserError(f"The file is not JSON (line {error.lineno}, column {error.colno}: {error.msg}).") from error
    except (ValueError, RecursionError) as error:
        raise UserError(f"The file is not JSON ({_reason(error)}).") from error
    for number, entry in enumerate(_list_objects(whole), 1):
        problem = f'Entry {number} is not an object; write {{"text": "..."}}.'
        yield Object(number, entry) if isinstance(entry, dict) else Reading(row=number, problem=problem)


def _list_objects(whole: object) -> list[Any]:
    if isinstance(whole, list):
        return whole
    if not isinstance(whole, dict):
        raise UserError('The file holds no objects; write [{"text": "..."}, ...].')
    if isinstance(whole.get("columns"), list) and isinstance(whole.get("data"), list):
        return [dict(zip(whole["columns"], row, strict=False)) for row in whole["data"] if isinstance(row, list)]
    columns = {name: list(column.values()) if isinstance(column, dict) else column for name, column in whole.items()}
    lists = {name: column for name, column in columns.items() if isinstance(column, list)}
    inner = [column for column in lists.values() if column and all(isinstance(each, dict) for each in column)]
    if len(inner) == 1:
        return inner[0]
    if not lists or (len(lists) < len(whole) and any(isinstance(column, str) for column in whole.values())):
        return [whole]
    sizes = {name: len(column) for name, column in lists.items()}
    if len(set(sizes.values())) > 1 or len(lists) < len(whole):
        listed = ", ".join(f"{name} {size}" for name, size in list(sizes.items())[:8])
        raise UserError(f"The file's columns are not of one length ({listed}); give every column a value for each row.")
    return [dict(zip(lists, row, strict=True)) for row in zip(*lists.values(), strict=True)]


def _read_lines(file: BinaryIO) -> Iterator[tuple[int, bytes | None]]:
    """The lines with their numbers; one over the limit is None, and is never held."""
    for number in count(1):
        line = file.readline(LARGEST + 1)
        if not line:
            return
        whole = len(line) <= LARGEST
        while len(line) > LARGEST and not line.endswith(b"\n"):
            line = file.readline(LARGEST + 1)
        yield number, line if whole else None


def _read_line(number: int, line: bytes) -> Object | Reading:
    try:
        values = _parse(line.decode("utf-8-sig" if number == 1 else "utf-8"))
    except UnicodeDecodeError:
        return Reading(row=number, problem=f"Line {number} is not UTF-8; save the file as UTF-8.")
    except (ValueError, RecursionError) as error:
        return Reading(row=number, problem=f"Line {number} is not JSON ({_reason(error)}); write one object per line.")
    if not isinstance(values, dict):
        return Reading(row=number, problem=f'Line {number} is not a JSON object; write {{"text": "..."}}.')
    return Object(number, values)


def _parse(text: str) -> object:
    return json.loads(text, object_pairs_hook=_refuse_duplicates)


def _refuse_duplicates(pairs: list[tuple[str, object]]) -> dict[str, object]:
    """The object, if it gives no name twice: JSON itself would keep the last without a word."""
    values = dict(pairs)
    if len(values) < len(pairs):
        names = [name for name, _ in pairs]
        raise ValueError(f"it gives {next(name for name in names if names.count(name) > 1)} twice")
    return values


def _reason(error: Exception) -> str:
    if isinstance(error, json.JSONDecodeError):
        return f"column {error.colno}: {error.msg}"
    if isinstance(error, RecursionError):
        return "it is nested too deeply"
    return str(error) if "twice" in str(error) else "it holds a number that is too long"
