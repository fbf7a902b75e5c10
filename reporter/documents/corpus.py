"""All documents of a folder, read once and kept in a temporary file, so that they can be iterated over repeatedly."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import SpooledTemporaryFile, gettempdir
from typing import IO

import msgspec

from reporter.documents.columns import USUAL, Intake
from reporter.documents.folder import read_documents
from reporter.documents.listing import show_path
from reporter.records import Document, Table, UserError

_HELD = 2**24  # bytes of documents that are held in memory; more are on the disk


@dataclass(frozen=True)
class Corpus:
    """The documents of a `folder` or file in their order; one iteration at a time.

    `size` is how many there are, `problems` how many of them could not be read, and `tables` how each table was read.
    """

    folder: Path
    size: int
    problems: int
    tables: tuple[Table, ...]
    lines: IO[bytes]

    def __iter__(self) -> Iterator[Document]:
        """Every document, from the first."""
        self.lines.seek(0)
        decoder = msgspec.json.Decoder(Document)
        for line in self.lines:
            yield decoder.decode(line)

    @property
    def name(self) -> str:
        """What the folder or file is called, without the path that leads there."""
        return show_path(self.folder.resolve().name)

    def list_labels(self) -> set[str]:
        """Every label that a document is given."""
        return {label for document in self for label in (document.labels or (document.label,)) if label is not None}


@contextmanager
def read_corpus(folder: Path, intake: Intake = USUAL) -> Iterator[Corpus]:
    """The documents of a folder, or of a single file, whose files are opened once and now.

    Raises `UserError` if there is nothing that could be a document, or no room for a copy of what there is.
    """
    tables, size, problems = list[Table](), 0, 0
    with SpooledTemporaryFile(_HELD) as lines:
        for document in read_documents(folder, intake, tables.append):
            size, problems = size + 1, problems + bool(document.problem)
            _write(lines, document)
        yield Corpus(folder, size, problems, tuple(tables), lines)


def _write(lines: IO[bytes], document: Document) -> None:
    try:
        lines.write(msgspec.json.encode(document) + b"\n")
    except OSError as error:
        raise UserError(
            f"The texts are copied to {gettempdir()} while they are explained, and that failed ({error.strerror}); "
            "make room there, or set TMPDIR to a folder with more."
        ) from error
