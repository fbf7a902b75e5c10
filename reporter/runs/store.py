"""The saved run: one SQLite file, one transaction per batch of documents.

A document's row is keyed by its content, the model's fingerprint and the settings, and holds its line of the twin.
The views `attributions` and `agreement` lay those lines out for a SQL browser.
"""

import sqlite3
from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing, contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from types import TracebackType
from typing import NamedTuple, Self

import msgspec

from reporter.records import Explanation, Provenance, UserError, name_answer, twin
from reporter.runs import database
from reporter.runs.drawn_files import Ledger

_SAVE = "insert or replace into explanations values (?, null, ?, ?, ?, ?, ?, ?, ?, ?, ?)"


class ExplanationRow(NamedTuple):
    """One explained document on its way into the store, with its key and the seconds it took."""

    key: str
    explanation: Explanation
    seconds: float


class Store:
    """An open run; use it as a context manager, so that the file is closed and whole at the end."""

    _mode: database.Mode = "rw"

    def __init__(self, path: Path, *, create: bool = False) -> None:
        """Open the run at `path` as it is or, with `create`, to measure into it.

        Raises `UserError` if it is not there (unless `create`) or is not a run.
        """
        self._growing = create
        self.folder = path.parent
        self._database = database.connect(path, "rwc" if create else self._mode)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        with closing(self._database), suppress(sqlite3.OperationalError):  # whoever is reading it keeps it as it is
            if self._growing:
                self._database.execute("pragma journal_mode = delete")

    def has(self, key: str) -> bool:
        """Whether the document of this key has been measured."""
        return self._database.execute("select 1 from explanations where key = ?", (key,)).fetchone() is not None

    def save(self, rows: Iterable[ExplanationRow]) -> None:
        """Write a batch in one transaction."""
        columns = [_columns(row) for row in rows]
        with self._transaction():
            self._database.executemany(_SAVE, columns)
            self._database.executemany("delete from traced where key = ?", [(key,) for key, *_ in columns])

    def untraced(self, fingerprint: str) -> Iterator[tuple[str, str]]:
        """Key and line of each document whose influences are of other training data than this ("" is none)."""
        query = "select key from explanations left join traced using (key) where coalesce(fingerprint, '') != ?"
        for key in self._database.execute(f"{query} order by position", (fingerprint,)).fetchall():
            yield key[0], self._database.execute("select line from explanations where key = ?", key).fetchone()[0]

    def trace(self, lines: Mapping[str, str], *, fingerprint: str) -> None:
        """Change the lines of some documents to ones with the influences of this training data."""
        with self._transaction():
            change = "update explanations set line = ? where key = ?"
            self._database.executemany(change, ((line, key) for key, line in lines.items()))
            marks = ((key, fingerprint) for key in lines)
            self._database.executemany("insert or replace into traced values (?, ?)", marks)

    def arrange(self, keys: Iterable[str]) -> None:
        """Order the run by these keys, drop every other document, and mark the run as finished."""
        with self._transaction():
            self._database.execute("update explanations set position = null")
            change = "update explanations set position = ? where key = ?"
            self._database.executemany(change, ((place, key) for place, key in enumerate(keys)))
            self._database.execute("delete from explanations where position is null")
            self._database.execute("delete from traced where key not in (select key from explanations)")
            self._database.execute("delete from facts where name = 'unfinished'")

    def describe(self, provenance: Provenance) -> None:
        """Save the provenance of this run, which is unfinished from now on."""
        with self._transaction():
            self.note("provenance", msgspec.json.encode(provenance).decode())
            self.note("unfinished", "")

    def amend(self, provenance: Provenance) -> None:
        """Write down what makes this run where nothing is to be measured for it: a finished run stays finished."""
        with self._transaction():
            self.note("provenance", msgspec.json.encode(provenance).decode())

    def set_theme(self, theme: str) -> None:
        """Write down with what theme the pages of this run are drawn, "" for our own colours."""
        made = self.provenance()
        if made.theme != theme:
            self.amend(replace(made, theme=theme))

    def note(self, name: str, value: str) -> None:
        """Save a fact about this run by name."""
        self._database.execute("insert or replace into facts values (?, ?)", (name, value))

    def recall(self, name: str) -> str | None:
        """A saved fact about this run, None if there is none."""
        row = self._database.execute("select value from facts where name = ?", (name,)).fetchone()
        return None if row is None else row[0]

    def keys(self) -> list[str]:
        """The keys of all documents, in order."""
        return [key for (key,) in self._database.execute("select key from explanations order by position")]

    def provenance(self) -> Provenance:
        """The provenance; raises `UserError` if the run is unfinished, or not one of this version."""
        provenance = self.finished()
        if provenance is None:
            raise UserError("This run is not finished; the 'salience-report build' that made it goes on from there.")
        return provenance

    def finished(self) -> Provenance | None:
        """The provenance, None if the run is unfinished; raises `UserError` if this version cannot read it."""
        line = self.recall("provenance")
        if line is None or self.recall("unfinished") is not None:
            return None
        try:
            return msgspec.json.decode(line, type=Provenance)
        except msgspec.MsgspecError as error:
            raise UserError(f"This run is not one that this version can read ({error}); build it anew.") from error

    def explanations(self) -> Iterator[Explanation]:
        """Every document in order, one at a time."""
        for number, line in enumerate(self.lines(), 1):
            try:
                yield twin.load_explanation(line)
            except (msgspec.MsgspecError, UnicodeDecodeError, TypeError) as error:
                raise UserError(f"Document {number} of this run is broken ({error}); build it anew.") from error

    def ids(self) -> list[str]:
        """The id of every document, in order."""
        return [id for (id,) in self._database.execute("select id from explanations order by position")]

    def lines(self) -> Iterator[str]:
        """Every document's line of the twin, in order."""
        return (line for _, line in self.named_lines())

    def named_lines(self) -> Iterator[tuple[str, str]]:
        """Every document's id and its line of the twin, in order."""
        query = "select coalesce(cast(id as text), ''), line from explanations order by position"
        return self._database.execute(query)

    def rows(self) -> Iterator[tuple[object, ...]]:
        """Every document's columns, in order, as `list_columns` makes them."""
        names = 'id, source, "group", label, predicted, status, error, line'
        return self._database.execute(f"select {names} from explanations order by position")

    def slowest(self) -> tuple[str, float] | None:
        """The source and the seconds of the document that took longest, None for an empty run."""
        query = "select source, seconds from explanations order by seconds desc, position limit 1"
        row: tuple[str, float] | None = self._database.execute(query).fetchone()
        return row

    def ledger(self) -> Ledger:
        """The files of the site that this run becomes."""
        return Ledger(self._database)

    def content(self) -> Iterator[str]:
        """Everything that a site shows of this run, piece by piece."""
        yield self.recall("provenance") or ""
        yield from self.lines()

    def remember(self, ledger: Ledger, *, digest: str) -> None:
        """Save the list of the site's files, and a hash of what they were drawn from."""
        with self._transaction():
            self.note("digest", digest)
            ledger.keep()

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        self._database.execute("begin immediate")
        try:
            yield
        except BaseException:
            if self._database.in_transaction:  # a full disk has rolled it back already
                self._database.execute("rollback")
            raise
        self._database.execute("commit")


class SavedRun(Store):
    """A run of unknown origin, opened read-only: nothing is written into it, or beside it."""

    _mode = "ro"


def list_columns(explanation: Explanation) -> tuple[object, ...]:
    """The columns of a document in the table, without key, position and seconds, its line last, as in `Store.rows`."""
    predicted = name_answer(explanation.prediction) if explanation.prediction else None
    facts = (
        explanation.id,
        explanation.source,
        explanation.group,
        explanation.label,
        predicted,
        explanation.status,
        explanation.error,
    )
    return (*facts, twin.dump_record(explanation).decode())


def _columns(row: ExplanationRow) -> tuple[object, ...]:
    *facts, line = list_columns(row.explanation)
    return (row.key, *facts, row.seconds, line)
