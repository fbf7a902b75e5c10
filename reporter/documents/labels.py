"""A `labels.csv` gives labels to the text files at and below its own folder; the nearest one decides.

path,label
great-film.txt,POSITIVE
old/dull-film.txt,NEGATIVE
"""

import posixpath
import unicodedata
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath, PureWindowsPath

from reporter.documents.listing import TEXTS, FolderEntry, escape, name_reason
from reporter.documents.readings import Reading
from reporter.documents.tables import TableRow, read_rows
from reporter.records import UserError

_Folder = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Labels:
    """The labels by folder and by path below it, and what was wrong with each `labels.csv`, by its source."""

    given: dict[_Folder, dict[str, str]]
    problems: dict[str, list[Reading]]

    def find(self, text: FolderEntry) -> str | None:
        """The label of a text file, from the nearest folder that gives it one."""
        parts = tuple(map(_normalize, text.parts))
        nearest_first = range(len(parts) - 1, -1, -1)
        labels = (self.given.get(parts[:depth], {}).get("/".join(parts[depth:])) for depth in nearest_first)
        return next(filter(None, labels), None)


def read_labels(entries: Sequence[FolderEntry]) -> Labels:
    """The labels in every `labels.csv` among the entries; problems of one are kept as readings of it."""
    texts = {_normalize(entry.source) for entry in entries if entry.suffix in TEXTS}
    given: dict[_Folder, dict[str, str]] = defaultdict(dict)
    problems = {}
    for entry in entries:
        if not entry.gives_labels:
            continue
        folder = tuple(map(_normalize, entry.parts[:-1]))
        problems[entry.source] = list(_read_file(entry, texts, given[folder]))
    return Labels(given, problems)


def _read_file(entry: FolderEntry, texts: set[str], given: dict[str, str]) -> Iterator[Reading]:
    """Put the file's labels into `given`; yields a reading for each row that gives none, and why."""
    try:
        if entry.problem:
            raise UserError(entry.problem)
        for row in read_rows(entry.path, entry.suffix, required=("path", "label")):
            try:
                _add_label(row, "/".join(entry.parts[:-1]), texts, given)
            except UserError as error:
                yield Reading(row=row.number, problem=str(error))
    except OSError as error:
        yield Reading(problem=f"The file cannot be read ({name_reason(error)}); see that it is there and may be read.")
    except UserError as error:
        hint = "" if entry.problem else " (A labels.csv gives text files their labels, by path and label.)"
        yield Reading(problem=str(error) + hint)


def _add_label(row: TableRow, folder: str, texts: set[str], given: dict[str, str]) -> None:
    if row.problem:
        raise UserError(row.problem)
    path, label = _locate(row.values["path"].strip(), folder, texts), row.values["label"].strip()
    if given.get(path, label) != label and label:
        raise UserError(f"{path} has the label {given[path]} from an earlier row; keep one of them.")
    if label:
        given[path] = label


def _locate(written: str, folder: str, texts: set[str]) -> str:
    """The path below `folder` that the row means, as the keys of `texts` are written."""
    path = _normalize(escape(written))
    if posixpath.join(folder, path) in texts:
        return path
    path = posixpath.normpath(path.replace("\\", "/"))
    if not written:
        raise UserError("The row has no path; name the text file that has this label.")
    if path.startswith("../") or path == ".." or PurePosixPath(path).is_absolute() or PureWindowsPath(written).drive:
        raise UserError(f"{escape(written)} lies outside the folder of this labels.csv; give a path below it.")
    if posixpath.join(folder, path) not in texts:
        raise UserError(f"There is no .txt or .md file at {path} below this labels.csv; check the path and its case.")
    return path


def _normalize(path: str) -> str:
    # File systems disagree about the normal form of a name.
    return unicodedata.normalize("NFC", path)
