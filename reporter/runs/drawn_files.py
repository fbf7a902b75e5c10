"""The list of a site's files in the database of its run: as last drawn, and as drawn now."""

import sqlite3
from collections.abc import Iterator
from typing import NamedTuple

_COLUMNS = "name text primary key, key text not null, sha256 text not null, bytes integer not null, changed integer"


class DrawnFile(NamedTuple):
    """A file of the site as written: the key of its source, SHA-256, length in bytes, and time of last change in ns."""

    key: str
    sha256: str
    bytes: int
    changed: int


class Ledger:
    """The files of one site by their names; however many there are, they are on the disk and not in memory."""

    def __init__(self, database: sqlite3.Connection) -> None:
        """Nothing is drawn yet."""
        self._database = database
        database.execute(f"create table if not exists drawn ({_COLUMNS} not null)")
        database.execute(f"create temp table if not exists fresh ({_COLUMNS} not null)")
        database.execute("delete from fresh")

    def before(self, name: str) -> DrawnFile | None:
        """A file as it was last remembered, None if it was not."""
        return self._find("drawn", name)

    def now(self, name: str) -> DrawnFile | None:
        """A file as it is drawn this time, None if it is not."""
        return self._find("fresh", name)

    def add(self, name: str, drawn: DrawnFile) -> None:
        """Take a file in as it is drawn now."""
        self._database.execute("insert or replace into fresh values (?, ?, ?, ?, ?)", (name, *drawn))

    def list_before(self) -> Iterator[tuple[str, DrawnFile]]:
        """Every file that was remembered, by name."""
        return self._list("select * from drawn order by name")

    def list_now(self) -> Iterator[tuple[str, DrawnFile]]:
        """Every file that is drawn this time, by name."""
        return self._list("select * from fresh order by name")

    def list_gone(self) -> list[str]:
        """The names that were remembered and are not drawn this time."""
        rows = self._database.execute("select name from drawn where name not in (select name from fresh)")
        return [name for (name,) in rows]

    def keep(self) -> None:
        """Remember what is drawn now in place of what was before."""
        self._database.execute("delete from drawn")
        self._database.execute("insert into drawn select * from fresh")

    def _list(self, query: str) -> Iterator[tuple[str, DrawnFile]]:
        return ((name, DrawnFile(*facts)) for name, *facts in self._database.execute(query))

    def _find(self, table: str, name: str) -> DrawnFile | None:
        try:
            row = self._database.execute(f"select * from {table} where name = ?", (name,)).fetchone()
        except UnicodeEncodeError:  # a file of somebody else's, with a name that is no text
            return None
        return None if row is None else DrawnFile(*row[1:])
