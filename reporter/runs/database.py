"""The SQLite file of a run: opened and copied; a file with any other table, view or trigger is refused."""

import os
import sqlite3
from contextlib import closing
from functools import cache
from pathlib import Path
from typing import Literal

from reporter.records import UserError, is_plain
from reporter.runs.drawn_files import Ledger

Mode = Literal["ro", "rw", "rwc"]

_TABLES = """
create table if not exists facts (name text primary key, value text not null);
create table if not exists explanations (
    key text primary key, position integer, id text not null, source text not null, "group" text not null,
    label text, predicted text, status text not null, error text, seconds real not null, line text not null);
create index if not exists explanations_by_position on explanations (position);
create table if not exists traced (key text primary key, fingerprint text not null);
create view if not exists attributions as
    select e.id, json_extract(s.value, '$.target.label') as target, json_extract(a.value, '$.method') as method,
        json_extract(a.value, '$.certificate.verdict') as verdict,
        json_extract(a.value, '$.certificate.relative') as relative, json_extract(a.value, '$.scores') as scores
    from explanations e, json_each(e.line, '$.sections') s, json_each(s.value, '$.attributions') a;
create view if not exists agreement as
    select e.id, json_extract(s.value, '$.target.label') as target, json_extract(g.value, '$.a') as a,
        json_extract(g.value, '$.b') as b, json_extract(g.value, '$.kendall') as kendall,
        json_extract(g.value, '$.spearman') as spearman, json_extract(g.value, '$.top_k') as top_k,
        json_extract(g.value, '$.sign') as sign
    from explanations e, json_each(e.line, '$.sections') s, json_each(s.value, '$.agreement') g;
"""
_DISK = ("SQLITE_FULL", "SQLITE_IOERR", "SQLITE_READONLY", "SQLITE_CANTOPEN", "SQLITE_BUSY", "SQLITE_LOCKED")
_SCHEMA = "select type, name, sql from sqlite_master where sql is not null"
_LONGEST = 2**28  # bytes of one record; more than this is no text but an attempt to fill the memory


def connect(path: Path, mode: Mode) -> sqlite3.Connection:
    """An open run; `rwc` makes it where it is not, and gets it ready to be measured into.

    Raises `UserError` if it is not there, or is not a run.
    """
    if mode != "rwc":
        _check_there(path)
    try:
        database = sqlite3.connect(f"{path.resolve().as_uri()}?mode={mode}", isolation_level=None, uri=True)
        database.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, _LONGEST)
        _check_schema(database)
        if mode == "rwc":
            database.execute("pragma journal_mode = wal")
            database.executescript(_TABLES)
        database.execute("select 1 from explanations limit 1")
    except sqlite3.DatabaseError as error:
        raise _explain_error(path, error) from error
    return database


def copy_run(source: Path, to: Path) -> None:
    """Copy the run at `source` onto `to`, leaving the source alone; raises `UserError` if there is none."""
    _check_there(source)
    if source.resolve() == to.resolve():
        return
    address = f"{source.resolve().as_uri()}?mode=ro"
    try:
        with closing(sqlite3.connect(address, uri=True)) as old, closing(sqlite3.connect(to)) as new:
            _check_schema(old)
            old.backup(new)
            new.execute("pragma journal_mode = delete")
    except sqlite3.DatabaseError as error:
        raise _explain_error(source, error) from error


def _check_schema(database: sqlite3.Connection) -> None:
    """Raise `sqlite3.DatabaseError` for anything but our tables and views, as triggers and views execute SQL."""
    for kind, name, sql in database.execute(_SCHEMA):
        if (kind, name, sql) not in _list_schema():
            raise sqlite3.DatabaseError(f"the {kind} '{name}' is none of ours")


@cache
def _list_schema() -> frozenset[tuple[str, str, str]]:
    with closing(sqlite3.connect(":memory:")) as database:
        database.executescript(_TABLES)
        Ledger(database)
        return frozenset(database.execute(_SCHEMA))


def _check_there(path: Path) -> None:
    """Raise `UserError` if there is no run, or if a companion file of it is no regular file: a pipe would block."""
    if not path.is_file():
        raise UserError(f"There is no run at {path}; name a run.sqlite, or a site that 'build' has written.")
    for companion in (path.with_name(f"{path.name}{suffix}") for suffix in ("-journal", "-wal", "-shm")):
        if os.path.lexists(companion) and not is_plain(companion):
            raise UserError(f"{companion} is a link, a folder, a pipe or a device, not a file; remove it.")


def _explain_error(path: Path, error: sqlite3.DatabaseError) -> Exception:
    """The error itself if it is about the disk, or else a `UserError` about the file."""
    if str(getattr(error, "sqlite_errorname", "")).startswith(_DISK):
        return error
    return UserError(f"{path} is not a run of salience-report ({error}).")
