"""A folder of texts becomes documents, in a stable order; what cannot be read is a document with its problem.

- `.txt`, `.md`: the whole file is one text (UTF-8, with or without byte order mark, up to 10 MB).
- `.csv`, `.tsv`, `.jsonl`: one text per row, under `text`; `id`, `text_pair` and `label` if they are there, and in
  `.jsonl` a `rationale`: what people marked of the text, as word numbers or character spans.
- `labels.csv` (`path,label`): labels for the text files at and below its folder.
- Names that begin with a dot are left alone; of links, only those to a file inside the folder are followed.
"""

from collections.abc import Iterator
from pathlib import Path

from reporter.documents.ids import Ids
from reporter.documents.labels import Labels, read_labels
from reporter.documents.listing import KINDS, TEXTS, Entry, list_entries, name_reason, show
from reporter.documents.readings import Reading, read_text
from reporter.documents.tables import read_table
from reporter.errors import UserError
from reporter.records import Document

__all__ = ["newest", "read"]


def read(folder: Path) -> Iterator[Document]:
    """The documents of a folder, or of a single file, one at a time; nothing that was found is left out.

    Raises `UserError` at once if there is nothing at `folder`, or nothing in it that could be a document.
    """
    entries = list_entries(folder)
    labels = read_labels(entries if folder.is_dir() else [])
    if len(entries) == len(labels.problems):
        raise UserError(
            f"There is nothing to read in {show(folder)}: looked for {KINDS} files, in nested folders too; "
            "a labels.csv is no text, and names that begin with a dot are left alone."
        )
    return _read_entries(entries, labels)


def newest(folder: Path) -> float:
    """When the newest of the files that `read` opens was changed, in seconds since 1970; 0.0 if there are none."""
    return max((_changed(entry.path) for entry in list_entries(folder) if not entry.problem), default=0.0)


def _read_entries(entries: list[Entry], labels: Labels) -> Iterator[Document]:
    ids = Ids()
    for entry in entries:
        for reading in _read_entry(entry, labels):
            yield _make_document(entry, reading, ids)


def _read_entry(entry: Entry, labels: Labels) -> Iterator[Reading]:
    try:
        if entry.source in labels.problems:
            yield from labels.problems[entry.source]
        elif entry.problem:
            yield Reading(problem=entry.problem)
        elif entry.suffix in TEXTS:
            yield read_text(entry.path, labels.find(entry))
        else:
            yield from read_table(entry.path, entry.suffix)
    except UserError as error:
        yield Reading(problem=str(error))
    except OSError as error:
        yield Reading(problem=f"The file cannot be read ({name_reason(error)}); see that it is there and may be read.")


def _make_document(entry: Entry, reading: Reading, ids: Ids) -> Document:
    source, names, row = entry.source, entry.names, reading.row
    if row is not None:
        source, names = f"{source}#{row}", (*names, reading.name or str(row))
    return Document(
        id=ids.give(names, source),
        source=source,
        group=entry.group,
        text=reading.text,
        text_pair=reading.text_pair,
        label=reading.label,
        rationale=reading.rationale,
        problem=reading.problem,
    )


def _changed(path: Path) -> float:
    try:
        return path.stat().st_mtime
    except OSError:
        return 0.0
