"""The rows of CSV, TSV and JSON lines, one at a time; a broken row is a reading with its problem, never a crash."""

import csv
import json
import re
from collections.abc import Iterator, Sequence
from itertools import count
from pathlib import Path
from typing import BinaryIO, NamedTuple

from reporter.documents.readings import (
    FIELDS,
    LARGEST,
    RATIONALE,
    Reading,
    check_mark,
    name_column,
    name_columns,
    read_row,
)
from reporter.errors import UserError

_DELIMITERS = {".csv": ",", ".tsv": "\t"}
_MISREAD = re.compile("[\udc80-\udcff]")  # bytes that are not UTF-8, as the `surrogateescape` handler lets them through


class Row(NamedTuple):
    """A data row, counted from 1: its values by column name, or the problem that it has."""

    number: int
    values: dict[str, str]
    problem: str | None = None


def read_table(path: Path, suffix: str) -> Iterator[Reading]:
    """Every row of a table; raises `UserError` where it is no table, `OSError` where it cannot be opened."""
    check_mark(path)
    empty = True
    for reading in _read_json_lines(path) if suffix == ".jsonl" else _read_delimited(path, suffix):
        empty = False
        yield reading
    if empty:
        raise UserError("The table holds no rows; add some or take the file out of the folder.")


def read_rows(path: Path, suffix: str, *, required: Sequence[str]) -> Iterator[Row]:
    """The rows of a CSV or TSV that has the `required` columns; empty lines are no rows.

    A row with too few or too many values is a problem, since nobody knows which is which. Where quotes are broken
    nobody knows where the next row begins: that row is a problem, and the last.
    """
    csv.field_size_limit(LARGEST)
    with path.open(encoding="utf-8-sig", errors="surrogateescape", newline="") as file:
        reader = csv.reader(file, delimiter=_DELIMITERS[suffix], strict=True)
        number = 0
        try:
            rows = filter(None, reader)
            columns = _read_header(next(rows, []), required)
            for number, values in enumerate(rows, 1):
                yield _match(number, columns, values)
        except csv.Error as error:
            yield Row(number + 1, {}, _explain_broken(reader.line_num, str(error)))


def _read_delimited(path: Path, suffix: str) -> Iterator[Reading]:
    for row in read_rows(path, suffix, required=("text",)):
        values = {name: value for name, value in row.values.items() if name != RATIONALE}
        yield Reading(row=row.number, problem=row.problem) if row.problem else read_row(row.number, values)


def _read_header(header: list[str], required: Sequence[str]) -> list[str]:
    columns = [name_column(name) for name in header]
    if not columns:
        raise UserError("The table is empty; fill it or take the file out of the folder.")
    if _MISREAD.search("".join(header)):
        raise UserError("The table's first line is not UTF-8; save the file as UTF-8.")
    for name in required:
        if name not in columns:
            hint = "; part the values with commas, not semicolons" if ";" in header[0] else ""
            raise UserError(f"The table has no column named {name} ({name_columns(header)}){hint}.")
    if twice := [name for name in (*FIELDS, *required) if columns.count(name) > 1]:
        raise UserError(f"The table has two columns named {twice[0]}; keep one of them.")
    return columns


def _match(number: int, columns: list[str], values: list[str]) -> Row:
    if len(values) != len(columns):
        problem = (
            f"The row's values ({len(values)}) do not match the columns ({len(columns)}); quote a delimiter in a value."
        )
        return Row(number, {}, problem)
    if _MISREAD.search("".join(values)):
        return Row(number, {}, "The row is not UTF-8; save the file as UTF-8.")
    return Row(number, dict(zip(columns, values, strict=True)))


def _explain_broken(line: int, reason: str) -> str:
    return (
        f"The row cannot be parsed (line {line} of the file: {reason}), and nothing from there on was read; "
        "close every quote, and double those inside a quoted value."
    )


def _read_json_lines(path: Path) -> Iterator[Reading]:
    with path.open("rb") as file:
        for number, line in _read_lines(file):
            if line is None:
                yield Reading(row=number, problem="The line is over the 10 MB that one text may have; split it.")
            elif line.strip():
                yield _read_json(number, line)


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


def _read_json(number: int, line: bytes) -> Reading:
    try:
        values = json.loads(line.decode("utf-8-sig" if number == 1 else "utf-8"))
    except UnicodeDecodeError:
        return Reading(row=number, problem="The line is not UTF-8; save the file as UTF-8.")
    except (ValueError, RecursionError) as error:
        problem = f"The line is not JSON ({getattr(error, 'msg', type(error).__name__)}); write one object per line."
        return Reading(row=number, problem=problem)
    if not isinstance(values, dict):
        return Reading(row=number, problem='The line is not a JSON object; write {"text": "..."}.')
    return read_row(number, values)
