"""Exporting a saved run in another format: to one file, to one file per document, or to standard output."""

import sys
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import fields
from difflib import get_close_matches
from itertools import chain
from pathlib import Path
from typing import Any, NamedTuple

from reporter import registry
from reporter.exports.formats import Sink
from reporter.records import Provenance, UserError, escape_lines, find_label, write_file
from reporter.runs import Store
from reporter.site import document_path

STANDARD = Path("-")  # standard output
_NAMED = 5  # documents named where another was asked for


class Exported(NamedTuple):
    """How many documents were written, and how many had nothing of what was asked for."""

    written: int
    left_out: int


def choose_format(name: str, run: Provenance, *, method: str | None, target: str | None) -> Sink:
    """The sink of this name with the options that it has; raises `UserError` for what it or the run has not."""
    kind = registry.load("formats", name)
    wanted = {"method": method, "target": target}
    given = {option: value for option, value in wanted.items() if value is not None}
    if foreign := [option for option in given if option not in {field.name for field in fields(kind)}]:
        raise UserError(f"The format '{name}' takes no --{foreign[0]}: it holds every document whole. Leave it out.")
    known = [method.name for method in run.methods]
    if method is not None and method not in known:
        raise UserError(f"This run has no method '{method}'; there are: {', '.join(known)}.")
    if target is not None and find_label(target, run.model.labels) is None:
        raise UserError(f"The model has no label '{target}'; there are: {', '.join(run.model.labels)}.")
    made: Any = kind(**given)
    return made  # type: ignore[no-any-return]


def write_out(store: Store, sink: Sink, *, ids: Sequence[str], to: Path) -> Exported:
    """Write the documents of these ids, or all, to a file or folder; raises `UserError` if that cannot be done."""
    known = store.ids()
    _check_ids(ids, known)
    wanted = frozenset(ids or known)
    documents = _list_texts(store, sink, ids=wanted)
    try:
        if sink.apart:
            written = _write_apart(documents, sink, to=to, alone=len(wanted) == 1)
        else:
            written = _write_together(documents, sink, to=to)
    except BrokenPipeError:
        raise
    except OSError as error:
        raise UserError(f"{to} cannot be written: {error.strerror}.") from error
    if not written:
        raise UserError("Nothing was written: no document has an explanation of what was asked for.")
    return Exported(written=written, left_out=len(wanted) - written)


def _check_ids(ids: Sequence[str], known: Sequence[str]) -> None:
    for id in ids:
        if id not in known:
            near = get_close_matches(id, known, _NAMED, cutoff=0.3) or known[:_NAMED]
            rest = f" and {len(known) - len(near)} more" if len(known) > len(near) else ""
            raise UserError(f"There is no document '{id}' in this run; there are: {', '.join(near)}{rest}.")


def _list_texts(store: Store, sink: Sink, *, ids: Collection[str]) -> Iterator[tuple[str, Sequence[str]]]:
    """The id and the texts of every document that has any."""
    run = store.provenance()
    for explanation in store.explanations():
        if explanation.id in ids and (texts := sink.texts(explanation, run)):
            yield explanation.id, texts


def _write_together(documents: Iterator[tuple[str, Sequence[str]]], sink: Sink, *, to: Path) -> int:
    """Write all documents to one file; where there is nothing to write, it is left as it was."""
    if to.is_dir():
        raise UserError(f"{to} is a folder; name a file for the {sink.suffix[1:]} with -o, or - for standard output.")
    first, written = next(documents, None), 0

    def counted() -> Iterator[str]:
        """The texts of all documents, which are counted as they are written."""
        nonlocal written
        for _, texts in chain([first] if first else [], documents):
            written += 1
            yield from texts

    if first:
        _write_texts(to, chain([sink.head], counted()))
    return written


def _write_apart(documents: Iterator[tuple[str, Sequence[str]]], sink: Sink, *, to: Path, alone: bool) -> int:
    """Write one file per document into a folder; a single document may go to a file or to standard output."""
    single = alone and (to == STANDARD or to.suffix == sink.suffix)
    if to == STANDARD and not alone:
        raise UserError("This format is one file per document: name a folder with -o, or one document with --document.")
    if to.is_file() and not single:
        raise UserError(f"{to} is a file, and this format is one file per document: name a folder with -o.")
    written = 0
    for id, texts in documents:
        _write_texts(to if single else to / document_path(id, sink.suffix), texts)
        written += 1
    return written


def _write_texts(to: Path, texts: Iterable[str]) -> None:
    if to != STANDARD:
        write_file(to, (text.encode() for text in texts))
        return
    show = escape_lines if sys.stdout.isatty() else str
    for text in texts:
        sys.stdout.buffer.write(show(text).encode())
    sys.stdout.buffer.flush()
