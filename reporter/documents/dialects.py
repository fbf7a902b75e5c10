"""Dialects of delimited tables: the delimiter, and whether quotation marks quote or are part of the text.

CSV quotes (RFC 4180). A TSV by pandas or Excel does so too; one of GLUE never does, and there `" Lovely` is a text.
Both readings are tried on the whole file before any row is used.
"""

import csv
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from itertools import islice

DELIMITERS = {".csv": ",", ".tsv": "\t"}
_CHOICES = (",", ";", "\t", "|")
_SEPARATOR = re.compile(r"sep=(.)\s*", re.IGNORECASE)  # Excel's first line
_QUOTED = re.compile(r'"(?:[^"]|"")*"', re.DOTALL)

Lines = Callable[[], Iterable[str]]


@dataclass(frozen=True, slots=True)
class Dialect:
    """How to read a table after `skipped` lines; at the lines in `glued` a quote makes one row of what are several."""

    delimiter: str
    quoting: bool = True
    skipped: int = 0
    glued: frozenset[int] = frozenset()

    def reader(self, lines: Iterable[str]) -> Iterator[list[str]]:
        """The rows in these lines, the skipped ones left out, with csv's own `line_num`; empty lines are empty rows."""
        rest = islice(lines, self.skipped, None)
        if self.quoting:
            return csv.reader(rest, delimiter=self.delimiter, strict=True)
        return csv.reader(rest, delimiter=self.delimiter, quoting=csv.QUOTE_NONE)


@dataclass(slots=True)
class _Scan:
    """A table read with quotes: rows with another number of values, rows of several lines, and the keys of others."""

    bad: float = 0
    spans: list[tuple[int, int]] = field(default_factory=list)
    keys: set[str] = field(default_factory=set)


@dataclass(slots=True)
class _Marks:
    """Counts of quotation marks in values read without quoting: doubled ones, verbatim ones, and ones around values.

    `bad` lines have another number of values than the header.
    """

    lines: int = 0
    bad: int = 0
    header: bool = False
    doubled: int = 0
    verbatim: int = 0
    around: int = 0
    around_commas: int = 0
    bare_commas: int = 0

    def add(self, value: str) -> None:
        if '"' not in value:
            self.bare_commas += "," in value
        elif not _QUOTED.fullmatch(value):
            self.verbatim += 1
        elif '"' in value[1:-1]:
            self.doubled += 1
        else:
            self.around += 1
            self.around_commas += "," in value

    @property
    def writer(self) -> bool:
        """Whether a program that quotes wrote them; Excel also quotes values with commas."""
        excel = self.around > 0 and self.around == self.around_commas and not self.bare_commas
        return self.header or self.doubled > self.verbatim or (excel and not self.verbatim)


def find_dialect(lines: Lines, suffix: str, known: Callable[[list[str]], int | None]) -> Dialect:
    """The dialect of a table; `known` gives the key column of a header (from 0, -1 for none), None if it is unknown."""
    first = next(iter(lines()), "").removeprefix("\ufeff")
    named = _SEPARATOR.fullmatch(first)
    skipped = 1 if named else 0
    choices = [named[1]] if named else sorted(_CHOICES, key=lambda delimiter: delimiter != DELIMITERS[suffix])
    headers = {delimiter: _read_header(lines(), Dialect(delimiter, skipped=skipped)) for delimiter in choices}
    delimiter = next((delimiter for delimiter in choices if known(headers[delimiter]) is not None), None)
    delimiter = delimiter or max(choices, key=lambda delimiter: len(headers[delimiter]))
    key = known(headers[delimiter])
    dialect = Dialect(delimiter, skipped=skipped)
    return dialect if key is None else _choose_quoting(lines, dialect, headers[delimiter], key)


def _read_header(lines: Iterable[str], dialect: Dialect) -> list[str]:
    try:
        return next(filter(None, dialect.reader(lines)), [])
    except csv.Error:
        return []


def _choose_quoting(lines: Lines, dialect: Dialect, header: list[str], key: int) -> Dialect:
    """The dialect with its quoting, and with the lines at which a quote joins several lines that could be rows."""
    tabs, bare = dialect.delimiter == "\t", replace(dialect, quoting=False)
    quoted = _scan(dialect.reader(lines()), len(header), key)
    if not tabs and (key < 0 or not quoted.spans):
        return dialect
    marks, fits = _count_marks(bare.reader(lines()), len(header), key)
    glued = frozenset(_find_glued(quoted, fits, evidence=not tabs))
    if tabs and not _is_quoted(quoted.bad, marks, glued=bool(glued)):
        return bare
    return replace(dialect, glued=glued)


def _count_marks(rows: Iterable[list[str]], width: int, key: int) -> tuple[_Marks, list[str | None]]:
    """The quotation marks of a table whose lines are rows, and the key of each line that has all its values."""
    marks, fits = _Marks(), list[str | None]()
    with suppress(csv.Error):
        for values in rows:
            fits.append(values[key] if len(values) == width > 1 else None)
            marks.bad += bool(values) and len(values) != width
            for value in values if len(values) == width else ():
                marks.add(value)
            marks.header = marks.header or (not marks.lines and '"' in "".join(values))
            marks.lines += bool(values)
    return marks, fits


def _is_quoted(bad: float, marks: _Marks, *, glued: bool) -> bool:
    """Whether a TSV quotes: by how many of its rows are bad if it does, and by its quotation marks if it does not."""
    if bad != marks.bad:
        return bad < marks.bad or marks.writer
    return not glued and (marks.writer or not (marks.verbatim or marks.around))


def _scan(rows: Iterator[list[str]], width: int, key: int) -> _Scan:
    scan, end = _Scan(), 0
    try:
        for values in rows:
            start, end = end, rows.line_num  # type: ignore[attr-defined]
            scan.bad += bool(values) and len(values) != width
            if end - start > 1:
                scan.spans.append((start, end - 1))
            elif len(values) == width and key >= 0:
                scan.keys.add(values[key].strip())
    except csv.Error:
        scan.bad = float("inf")
    return scan


def _find_glued(quoted: _Scan, fits: Sequence[str | None], *, evidence: bool) -> Iterator[int]:
    """The first lines of rows of which every line is a row by itself, with a key that other rows have as well."""
    known = quoted.keys - {""}
    for start, end in quoted.spans:
        lines = [value for value in fits[start : end + 1] if value is not None]
        alike = not evidence or all(value.strip() in known for value in lines[:-1])
        if len(lines) > end - start and alike:
            yield start
