"""The rows of CSV, TSV and JSON, one at a time; a broken row is a reading with its problem, never a crash."""

import csv
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from io import TextIOWrapper
from itertools import islice
from pathlib import Path
from typing import NamedTuple, TextIO

from reporter.documents.columns import RATIONALE, Columns, Intake, Unclear, choose_columns, name_column, name_columns
from reporter.documents.dialects import DELIMITERS, Dialect, find_dialect
from reporter.documents.encodings import open_utf8
from reporter.documents.json_rows import Object, read_document, read_lines
from reporter.documents.readings import LARGEST, Reading, read_row
from reporter.records import Table, UserError

_MISREAD = re.compile("[\udc80-\udcff]")  # bytes that are not UTF-8, as the `surrogateescape` handler lets them through
_TWICE = "The table has two columns named {}; keep one of them."
_NUL = "\0"

Note = Callable[[Table], None]


class TableRow(NamedTuple):
    """A data row, counted from 1: its values by column name, or its problem."""

    number: int
    values: dict[str, str]
    problem: str | None = None


class DelimitedTable(NamedTuple):
    """The columns of a delimited table, its dialect, and its rows; a row is None for a blank line."""

    columns: list[str]
    dialect: Dialect
    rows: Iterator[TableRow | None]


def read_table(path: Path, suffix: str, intake: Intake, note: Note) -> Iterator[Reading]:
    """Every row of a table; `note` gets how it was read.

    Raises `UserError` where it is no table or has no column of texts, `OSError` where it cannot be opened.
    """
    empty = True
    for reading in (_read_delimited if suffix in DELIMITERS else _read_json)(path, suffix, intake, note):
        empty = False
        yield reading
    if empty:
        raise UserError("The table holds no rows; add some or take the file out of the folder.")


def read_rows(path: Path, suffix: str, *, required: Sequence[str]) -> Iterator[TableRow]:
    """The rows of a CSV or TSV that has the `required` columns; empty lines are no rows."""

    def find(header: list[str]) -> int | None:
        return header.index(required[-1]) if set(required) <= set(header) else None

    with _open(path, suffix, find) as table:
        for name in required:
            if name not in table.columns:
                raise UserError(f"The table has no column named {name} ({name_columns(table.columns)}).")
        _check_once(table.columns, required)
        yield from filter(None, table.rows)


def _read_delimited(path: Path, suffix: str, intake: Intake, note: Note) -> Iterator[Reading]:
    def find(header: list[str]) -> int | None:
        """The label's column, -1 where there is none or no telling which, None where there is no text."""
        try:
            columns = choose_columns(header, intake)
        except Unclear:
            return -1
        except UserError:
            return None
        return header.index(columns.label) if columns.label else -1

    with _open(path, suffix, find) as table:
        columns = choose_columns(table.columns, intake)
        _check_once(table.columns, columns.taken)
        counts = [0, 0]
        for row in table.rows:
            counts[row is None] += 1
            if row is not None:
                values = {name: value for name, value in row.values.items() if name != RATIONALE}
                yield (
                    Reading(row=row.number, problem=row.problem)
                    if row.problem
                    else read_row(row.number, values, columns)
                )
        note(_describe(path, columns, counts, table.dialect))


@contextmanager
def _open(path: Path, suffix: str, find: Callable[[list[str]], int | None]) -> Iterator[DelimitedTable]:
    """A delimited table; `find` gives the key column of a header, as for `find_dialect`.

    The file is opened once, and read several times to find its dialect.
    """
    csv.field_size_limit(LARGEST)
    with _read_text(path) as file:

        def lines() -> Iterator[str]:
            file.seek(0)
            return islice(file, None)  # which closes nothing once it is dropped

        dialect = find_dialect(lines, suffix, lambda header: find(list(map(name_column, header))))
        reader = dialect.reader(lines())
        try:
            header = next(filter(None, reader), [])
        except csv.Error as error:
            raise UserError(f"The table's first line cannot be read ({error}); close every quote in it.") from error
        if not header:
            raise UserError("The table is empty; fill it or take the file out of the folder.")
        if _MISREAD.search("".join(header)):
            raise UserError("The table's first line is not UTF-8; save the file as UTF-8.")
        columns = [name_column(name) for name in header]
        yield DelimitedTable(columns, dialect, _number_rows(reader, columns, dialect))


def _read_text(path: Path) -> TextIO:
    return TextIOWrapper(open_utf8(path), encoding="utf-8-sig", errors="surrogateescape", newline="")


def _number_rows(reader: Iterator[list[str]], columns: list[str], dialect: Dialect) -> Iterator[TableRow | None]:
    """The rows by their numbers, None for a blank line.

    A row with too few or too many values is a problem, since nobody knows which is which. Where quotes are broken
    nobody knows where the next row begins: that row is a problem, and the last.
    """
    number, start = 0, reader.line_num  # type: ignore[attr-defined]
    try:
        for values in reader:
            number += bool(values)
            end: int = reader.line_num  # type: ignore[attr-defined]
            yield _make_row(number, columns, values, (start, end), dialect) if values else None
            start = end
    except csv.Error as error:
        yield TableRow(number + 1, {}, _explain_broken(start + 1 + dialect.skipped, str(error)))


def _make_row(number: int, columns: list[str], values: list[str], lines: tuple[int, int], dialect: Dialect) -> TableRow:
    first, last = lines[0] + 1 + dialect.skipped, lines[1] + dialect.skipped
    if lines[0] in dialect.glued:
        return TableRow(number, {}, _explain_glued(first, last))
    if len(values) != len(columns):
        problem = (
            f"The row's values ({len(values)}) do not match the columns ({len(columns)}), in line {first}; "
            f"{'quote a delimiter in a value' if dialect.quoting else 'a value holds no tab'}."
        )
        return TableRow(number, {}, problem)
    whole = "".join(values)
    if _MISREAD.search(whole):
        return TableRow(number, {}, f"The row is not UTF-8 (line {first}); save the file as UTF-8.")
    if _NUL in whole:
        return TableRow(number, {}, f"The row holds a zero byte (line {first}), so the file is broken; write it anew.")
    return TableRow(number, dict(zip(columns, values, strict=True)))


def _explain_glued(first: int, last: int) -> str:
    return (
        f"Quotation marks make one row of lines {first} to {last}, each of which would be a row by itself, so none of "
        "them was read; close every quote within its value, and double those inside one."
    )


def _explain_broken(line_number: int, reason: str) -> str:
    if "field limit" in reason:
        return (
            f"The row holds a value over the {LARGEST // 10**6} MB that one text may have (it begins in line "
            f"{line_number}), and nothing from there on was read; split it, or close a quote that is open."
        )
    return (
        f"The row cannot be parsed (it begins in line {line_number}: {reason}), and nothing from there on was read; "
        "close every quote, and double those inside a quoted value."
    )


def _check_once(columns: Sequence[str], names_taken: Iterable[str]) -> None:
    if twice := [name for name in names_taken if columns.count(name) > 1]:
        raise UserError(_TWICE.format(twice[0]))


def _read_json(path: Path, suffix: str, intake: Intake, note: Note) -> Iterator[Reading]:
    counts, columns_taken = [0, 0], dict[Columns, None]()
    for entry in read_document(path) if suffix == ".json" else read_lines(path):
        counts[entry is None] += 1
        if isinstance(entry, Object):
            yield _read_object(entry, intake, columns_taken)
        elif entry is not None:
            yield entry
    if columns_taken:
        text, pair, label = (
            ", ".join(dict.fromkeys(filter(None, names))) for names in zip(*columns_taken, strict=True)
        )
        note(_describe(path, Columns(text, pair or None, label or None), counts))


def _read_object(entry: Object, intake: Intake, columns_taken: dict[Columns, None]) -> Reading:
    """One object by the columns that it has: what a table must have, an object may leave out."""
    names = [name_column(name) for name in entry.values]
    try:
        columns = choose_columns(names, _drop_missing(intake, names))
    except UserError as error:
        return Reading(row=entry.number, problem=str(error))
    columns_taken[columns] = None
    return read_row(entry.number, entry.values, columns)


def _drop_missing(intake: Intake, names: Sequence[str]) -> Intake:
    """What is asked of an object with these names: a named pair or label that it has not is none."""

    def soften(column: str | None) -> str | None:
        return column if column is None or name_column(column) in names else ""

    return replace(intake, pair_column=soften(intake.pair_column), label_column=soften(intake.label_column))


def _describe(path: Path, columns: Columns, counts: Sequence[int], dialect: Dialect | None = None) -> Table:
    return Table(
        source=path.name,
        text=columns.text,
        pair=columns.pair,
        label=columns.label,
        rows=counts[0],
        blank=counts[1],
        delimiter=dialect.delimiter if dialect else None,
        quoting=dialect.quoting if dialect else None,
    )
