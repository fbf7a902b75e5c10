"""Files: written whole or not at all, hashed, walked without following links, and synced to the disk."""

import hashlib
import os
import stat
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple


class Written(NamedTuple):
    """A file as it was written: its SHA-256, its length in bytes, and when (in ns) it was last changed."""

    sha256: str
    bytes: int
    changed: int


def write_file(path: Path, parts: Iterable[bytes]) -> Written:
    """Write a file under a temporary name and move it into place, so that no reader sees half of it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f".{os.getpid()}.part")
    total = hashlib.sha256()
    with partial.open("wb") as file:
        for part in parts:
            total.update(part)
            file.write(part)
    status = partial.replace(path).stat()
    return Written(total.hexdigest(), status.st_size, status.st_mtime_ns)


def is_plain(path: Path) -> bool:
    """Whether a path is a file itself: no link to one, and no pipe or device, whose reading may never end."""
    try:
        return stat.S_ISREG(path.lstat().st_mode)
    except (OSError, ValueError):
        return False


def hash_file(path: Path) -> str:
    """The SHA-256 of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def walk_files(folder: Path) -> Iterator[Path]:
    """Every file and every link in a folder and those below it, one at a time; no link is followed."""
    for path, folders, files in os.walk(folder):
        parent = Path(path)
        yield from (parent / name for name in files)
        yield from (parent / name for name in folders if (parent / name).is_symlink())


def sync_files() -> None:
    """Wait until everything written so far is on the disk: once for all files, which costs less than once for each."""
    if hasattr(os, "sync"):
        os.sync()
