"""The manifest of a site: every file of it with its hash, written last; without it a site is not whole."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import msgspec

from reporter.records import SCHEMA, hash_file, is_plain, walk_files

NAME = "data/manifest.json"
LOCK = "data/.lock"
RUN = (
    "data/run.sqlite",
    "data/run.sqlite-wal",
    "data/run.sqlite-shm",
    "data/run.sqlite-journal",
    "data/features.sqlite",
    "data/features.sqlite-journal",
)
"""The run and its cache, whose bytes may differ and which may be left out where a site is published."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FileHash:
    """What a file must hold: its SHA-256 and its length in bytes."""

    sha256: str
    bytes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """Every file of a site but the run (whose bytes may differ) and the manifest itself, by its path."""

    schema: Literal["salience-report/1"]
    files: dict[str, FileHash]


def dump(files: Iterable[tuple[str, FileHash]]) -> Iterator[bytes]:
    """What a site consists of, sorted by name, as the lines of its manifest."""
    yield f'{{\n "schema": "{SCHEMA}",\n "files": {{'.encode()
    comma = b""
    for name, file_hash in files:
        sums = f'{{\n   "sha256": "{file_hash.sha256}",\n   "bytes": {file_hash.bytes}\n  }}'
        yield b"%b\n  %b: %b" % (comma, msgspec.json.encode(name), sums.encode())
        comma = b","
    yield b"\n }\n}\n"


def read(site: Path) -> Manifest | None:
    """The manifest of a site; None if there is none that can be read, and then the site is not whole."""
    if not is_plain(site / NAME):
        return None
    try:
        return msgspec.json.decode((site / NAME).read_bytes(), type=Manifest)
    except (OSError, msgspec.MsgspecError, UnicodeDecodeError):
        return None


def compare(site: Path, manifest: Manifest) -> Iterator[str]:
    """What of a site is not as its manifest says: a sentence for each file."""
    left, more = set(manifest.files), list[str]()
    for path in walk_files(site):
        name = path.relative_to(site).as_posix()
        expected = manifest.files.get(name)
        left.discard(name)
        if path.is_symlink():
            yield f"{name} is a link, not a file."
        elif not is_plain(path):
            yield f"{name} is a pipe or a device, not a file."
        elif expected is None:
            more += [name] if name not in (NAME, LOCK, *RUN) else []
        elif path.stat().st_size != expected.bytes or hash_file(path) != expected.sha256:
            yield f"{name} is not what was drawn."
    yield from (f"{name} is missing." for name in sorted(left))
    yield from (f"{name} is no part of the site." for name in sorted(more))
