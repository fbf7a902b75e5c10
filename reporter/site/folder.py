"""The folder of a site: it may be written to, holds nothing else, and one command at a time works on it."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

from reporter.records import UserError, is_plain
from reporter.site import manifest

_STARTED = {".lock", ".writable", "run.sqlite-journal", "run.sqlite-wal", "run.sqlite-shm"}


@contextmanager
def hold_folder(site: Path, *, apart_from: Path | None = None) -> Iterator[Path]:
    """The path of the run in a folder that is held until the end; the operating system lets it go if the process dies.

    Raises `UserError` if this is no place for a site, if another command is at work on it, or if the disk is full.
    """
    path = site / "data" / "run.sqlite"
    if apart_from is not None and site.resolve().is_relative_to(apart_from.resolve()):
        raise UserError(f"The site {site} would lie inside the input {apart_from}; choose an output folder outside it.")
    try:
        _open(site)
        with FileLock(site / manifest.LOCK, timeout=0):
            yield path
    except Timeout as error:
        raise UserError(
            f"Another salience-report is at work on {site}; wait until it ends, or choose another output folder."
        ) from error
    except (OSError, NotImplementedError, sqlite3.OperationalError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise UserError(
            f"The output folder {site} cannot be written to: {reason}. Whatever was measured before is saved; "
            "put that right, and the same command goes on from there."
        ) from error


def find_run(place: Path) -> Path:
    """The run of a site, or the run itself; raises `UserError` for a site whose run lies elsewhere."""
    path = place / "data" / "run.sqlite" if place.is_dir() else place
    if place.is_dir() and not path.resolve().is_relative_to(place.resolve()):
        raise UserError(f"{path} is a link that leads out of the site; name the run itself if that is what you mean.")
    return path


def _open(site: Path) -> None:
    """Make the folder, and see that it can be written to; raises `UserError` if something else is in it."""
    if site.exists() and any(site.iterdir()) and not _is_site(site):
        raise UserError(f"{site} is neither empty nor a site that salience-report wrote; choose another output folder.")
    _check_links(site)
    (site / "data").mkdir(parents=True, exist_ok=True)
    probe = site / "data" / ".writable"
    probe.touch()
    probe.unlink(missing_ok=True)  # another command may be looking at the same time


def _is_site(site: Path) -> bool:
    """Whether a site is here, or what is left of one that was interrupted before it had a run."""
    if (site / "data" / "run.sqlite").is_file() or manifest.read(site) is not None:
        return True
    return {path.name for path in site.iterdir()} == {"data"} and {
        path.name for path in (site / "data").iterdir()
    } <= _STARTED


def _check_links(site: Path) -> None:
    """Raise `UserError` for a link in the folder of a site, which would lead away what is written, and for a pipe."""
    for path in site.rglob("*"):
        if path.is_symlink():
            raise UserError(f"{path} is a symbolic link, and a site is written to real files only; remove it.")
        if not is_plain(path) and not path.is_dir():
            raise UserError(f"{path} is a pipe or a device, and a site is written to real files only; remove it.")
