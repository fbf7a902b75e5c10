"""A folder of texts becomes documents, in a stable order; what cannot be read is a document with its problem.

- `.txt`, `.md`: the whole file is one text (UTF-8 or UTF-16, with or without byte order mark, up to 10 MB).
- `.csv`, `.tsv`, `.jsonl`, `.ndjson`, `.json`: one text per row, in the column `text` or with another usual name (see
  `columns.py`); `id`, a second text and a label if they are there, and in JSON a `rationale`: what people marked of the
  text, as word numbers or character spans.
- `labels.csv` (`path,label`): labels for the text files at and below its folder.
- Names that begin with a dot are left alone; of links, only those to a file inside the folder are followed.
"""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path

from reporter import registry
from reporter.documents.columns import USUAL, Intake
from reporter.documents.ids import Ids
from reporter.documents.labels import Labels, read_labels
from reporter.documents.listing import KINDS, TEXTS, FolderEntry, list_entries, name_reason, show_path
from reporter.documents.readings import Reading, read_text
from reporter.documents.tables import Note, read_table
from reporter.records import Document, Settings, Table, UserError

__all__ = ["USUAL", "Intake", "find_newest", "read_documents", "read_intake"]


def _ignore(_table: Table) -> None:
    pass


def read_documents(folder: Path, intake: Intake = USUAL, note: Note = _ignore) -> Iterator[Document]:
    """The documents of a folder, or of a single file, one at a time; nothing that was found is left out.

    `intake` says which columns of tables to take, and `note` hears of every table how it was read.

    Raises `UserError` at once if there is nothing at `folder`, or nothing in it that could be a document.
    """
    entries = list_entries(folder)
    labels = read_labels(entries if folder.is_dir() else [])
    if len(entries) == len(labels.problems):
        raise UserError(
            f"There is nothing to read in {show_path(folder)}: looked for {KINDS} files, in nested folders too; "
            "a labels.csv is no text, and names that begin with a dot are left alone."
        )
    return _read_entries(entries, labels, intake, note)


def read_intake(settings: Settings) -> Intake:
    """How the settings say that tables are to be read."""
    pairs = (name.partition("=") for name in settings.labels)
    task = registry.describe_task(settings.task) if settings.task in registry.names("tasks") else None
    return Intake(
        text_column=settings.text_column,
        pair_column=settings.pair_column,
        label_column=settings.label_column,
        labels={given.casefold(): known for given, _, known in pairs},
        pairs=task.pairs if task else (),
        gold=task.gold if task else (),
    )


def find_newest(folder: Path) -> float:
    """When the newest of the files that `read` opens was changed, in seconds since 1970; 0.0 if there are none."""
    return max((_read_time(entry.path) for entry in list_entries(folder) if not entry.problem), default=0.0)


def _read_entries(entries: list[FolderEntry], labels: Labels, intake: Intake, note: Note) -> Iterator[Document]:
    ids = Ids()
    for entry in entries:
        for reading in _read_entry(entry, labels, intake, note):
            yield _make_document(entry, _rename(reading, intake.labels), ids)


def _rename(reading: Reading, names: Mapping[str, str]) -> Reading:
    """The reading with the model's names of its labels, where the user has said which those are."""
    if reading.label is None or not names:
        return reading
    if reading.labels is None:
        return replace(reading, label=names.get(reading.label.casefold(), reading.label))
    labels = tuple(names.get(label.casefold(), label) for label in reading.labels)
    return replace(reading, label=", ".join(labels), labels=labels)


def _read_entry(entry: FolderEntry, labels: Labels, intake: Intake, note: Note) -> Iterator[Reading]:
    try:
        if entry.source in labels.problems:
            yield from labels.problems[entry.source]
        elif entry.problem:
            yield Reading(problem=entry.problem)
        elif entry.suffix in TEXTS:
            yield read_text(entry.path, labels.find(entry))
        else:
            yield from read_table(
                entry.path, entry.suffix, intake, lambda table: note(replace(table, source=entry.source))
            )
    except UserError as error:
        yield Reading(problem=str(error))
    except OSError as error:
        yield Reading(problem=f"The file cannot be read ({name_reason(error)}); see that it is there and may be read.")


def _make_document(entry: FolderEntry, reading: Reading, ids: Ids) -> Document:
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
        labels=reading.labels,
        rationale=reading.rationale,
        problem=reading.problem,
    )


def _read_time(path: Path) -> float:
    try:
        return path.stat().st_mtime
    except OSError:
        return 0.0
