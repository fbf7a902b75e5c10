"""The files of a site as they are written: each whole or not at all, only where it changed, and the manifest last."""

import hashlib
import os
import re
from collections.abc import Callable, Iterable
from functools import cached_property, partial
from itertools import chain
from pathlib import Path
from typing import Protocol

from reporter.records import sync_files, walk_files, write_file
from reporter.runs import DrawnFile, Store, hash_code
from reporter.site import manifest
from reporter.site.manifest import FileHash

Put = Callable[[str, bytes, Callable[[], Iterable[str]], DrawnFile | None], DrawnFile]
"""Writes a file by its name, the source it is made from and its texts, unless it stands as it is known."""


class Paper(Protocol):
    """What a site is drawn on: a folder, or a reckoning of what would come out."""

    @property
    def put(self) -> Put:
        """How a file is written; it must pickle."""
        ...

    def before(self, name: str) -> DrawnFile | None:
        """A file as it was last written, as far as that is known."""
        ...

    def adopt(self, name: str, drawn: DrawnFile) -> None:
        """Take a file into the site."""
        ...


class Writer:
    """Writes one site. What the run remembers to have written, and what still stands so, is not written again."""

    def __init__(self, site: Path, store: Store) -> None:
        """Touch nothing yet."""
        self.site, self._store, self._ledger = site, store, store.ledger()

    @cached_property
    def digest(self) -> str:
        """A hash of everything that a site depends on: the run, and what draws it."""
        return hash_all(part.encode() for part in chain([hash_code()], self._store.content()))

    def is_done(self) -> bool:
        """Whether the site is what this run becomes, to the last file."""
        if self._store.recall("digest") != self.digest or self._ledger.before(manifest.NAME) is None:
            return False
        names = (path.relative_to(self.site).as_posix() for path in walk_files(self.site / "documents"))
        known = all(self._ledger.before(name) for name in names)
        return known and all(_stands(self.site / name, drawn) for name, drawn in self._ledger.list_before())

    def begin(self) -> None:
        """Take the manifest away: from now on the site is not whole."""
        (self.site / manifest.NAME).unlink(missing_ok=True)

    @property
    def put(self) -> Put:
        """Write a file of this site, unless it still is what was made from its source by this version."""
        return partial(renew, self.site)

    def before(self, name: str) -> DrawnFile | None:
        """A file as it was last written, as far as this run remembers."""
        return self._ledger.before(name)

    def adopt(self, name: str, drawn: DrawnFile) -> None:
        """Take a file into the site that another process has written."""
        self._ledger.add(name, drawn)

    def finish(self) -> None:
        """Take away what is no longer part of the site, and say what it consists of once that is on the disk."""
        self._remove_others()
        sums = ((name, FileHash(sha256=drawn.sha256, bytes=drawn.bytes)) for name, drawn in self._ledger.list_now())
        sync_files()
        written = write_file(self.site / manifest.NAME, manifest.dump(sums))
        self.adopt(manifest.NAME, DrawnFile("", *written))
        sync_files()
        self._store.remember(self._ledger, digest=self.digest)

    def _remove_others(self) -> None:
        """Files of an older drawing, pages of documents that are gone, what an interruption left, and empty folders."""
        left = [*self.site.glob(".*.part"), *(self.site / "data").glob(".*.part")]
        left += [path for path in self.site.glob("documents-*.html") if re.fullmatch(r"documents-\d+", path.stem)]
        left += [self.site / name for name in self._ledger.list_gone() if _is_inside(self.site, name)]
        for path in chain(left, walk_files(self.site / "documents")):
            if self._ledger.now(path.relative_to(self.site).as_posix()) is None:
                path.unlink(missing_ok=True)
        for folder, _, _ in os.walk(self.site / "documents", topdown=False):
            if Path(folder) != self.site / "documents" and not os.listdir(folder):  # noqa: PTH208, holds names only
                Path(folder).rmdir()


def renew(
    site: Path, name: str, source: bytes, texts: Callable[[], Iterable[str]], before: DrawnFile | None
) -> DrawnFile:
    """Write a file of a site, unless it stands as it was `before` and was made from this `source` by this version."""
    key = hash_all((hash_code().encode(), name.encode(), source))
    if before is not None and before.key == key and _stands(site / name, before):
        return before
    return DrawnFile(key, *write_file(site / name, (text.encode() for text in texts())))


def _is_inside(site: Path, name: str) -> bool:
    """Whether a name that a run remembers stays in the site: the run may be a stranger's."""
    return (site / name).resolve().is_relative_to(site.resolve()) and name not in (manifest.LOCK, *manifest.RUN)


def _stands(path: Path, drawn: DrawnFile) -> bool:
    """Whether a file has not been touched since it was written."""
    try:
        stat = path.lstat()
    except OSError:
        return False
    return (stat.st_size, stat.st_mtime_ns) == (drawn.bytes, drawn.changed)


def hash_all(parts: Iterable[bytes]) -> str:
    """A hash of some parts, each with its length."""
    total = hashlib.sha256()
    for part in parts:
        total.update(len(part).to_bytes(8) + part)
    return total.hexdigest()
