"""Tables for spreadsheets and data frames: CSV (RFC 4180), in which no text is a formula."""

import csv
from collections.abc import Iterable, Iterator, Sequence
from io import StringIO

from reporter.records.explanation import Section

Cell = str | int | float | None

TOKEN_COLUMNS = ("position", "token", "segment", "start", "end", "word", "special")
"""What is said of a token: its position, and where its characters are in the text (segment 0) or its pair (1)."""

_FORMULA = tuple("=+-@\t\r\n＝＋－＠")


def write_rows(rows: Iterable[Sequence[Cell]]) -> str:
    """Rows as CSV; a text that a spreadsheet would take for a formula gets an apostrophe before it."""
    file = StringIO(newline="")
    csv.writer(file).writerows([_harmless(cell) for cell in row] for row in rows)
    return file.getvalue()


def list_token_cells(section: Section) -> Iterator[list[Cell]]:
    """The `TOKEN_COLUMNS` of every token of a section."""
    for position, token in enumerate(section.tokens):
        yield [position, token.text, token.segment, token.start, token.end, token.word, int(token.special)]


def _harmless(cell: Cell) -> Cell:
    return f"'{cell}" if isinstance(cell, str) and cell.startswith(_FORMULA) else cell
