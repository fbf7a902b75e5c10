"""The listing of an input folder: every file in a stable order, and why one cannot be read; nothing is opened."""

import os
import re
import stat
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from reporter.records import UserError

TEXTS = (".txt", ".md")
TABLES = (".jsonl", ".ndjson", ".json", ".csv", ".tsv")
KINDS = ".txt, .md, .csv, .tsv, .jsonl, .ndjson and .json"
_UNPRINTABLE = re.compile("[\x00-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")


@dataclass(frozen=True, slots=True, kw_only=True)
class FolderEntry:
    """An entry of the input folder: a file, or something else with the `problem` why it is not opened."""

    path: Path
    parts: tuple[str, ...]
    problem: str | None = None

    @property
    def source(self) -> str:
        """The path below the input folder, with forward slashes."""
        return "/".join(self.parts)

    @property
    def suffix(self) -> str:
        """The last suffix, in lower case and with its dot."""
        return PurePosixPath(self.parts[-1]).suffix.lower()

    @property
    def names(self) -> tuple[str, ...]:
        """What the id is made of: folders and name, without a suffix that salience-report reads."""
        name = self.parts[-1]
        return (*self.parts[:-1], name[: -len(self.suffix)] if self.suffix in TEXTS + TABLES else name)

    @property
    def group(self) -> str:
        """The folder of a text; the rows of a table are a group of their own, named like the table."""
        return "/".join(self.names if self.suffix in TABLES and not self.gives_labels else self.parts[:-1])

    @property
    def gives_labels(self) -> bool:
        """Whether this is a `labels.csv`, however the name's letters are cased."""
        return self.parts[-1].casefold() == "labels.csv"


def list_entries(folder: Path) -> list[FolderEntry]:
    """Everything in `folder`, or the single file that it is, in an order that no disk, locale or case rule can change.

    Names that begin with a dot are left alone. Raises `UserError` if nothing is at `folder`, or if it cannot be listed.
    """
    try:
        mode = folder.stat().st_mode
    except (OSError, ValueError) as error:
        raise UserError(f"There is no folder or file at {show_path(folder)}; check the path.") from error
    if stat.S_ISDIR(mode):
        return sorted(_walk(folder), key=_sort_key)
    return [FolderEntry(path=folder, parts=(show_path(folder.name),), problem=_find_kind_problem(folder, mode))]


def show_path(path: Path | str) -> str:
    r"""The path as one line of valid UTF-8, in any locale.

    A byte that is not UTF-8 and a control character become escapes, such as `\xe9`.
    """
    return escape(os.fsencode(path).decode("utf-8", "backslashreplace"))


def escape(text: str) -> str:
    """The text with its control characters and lone surrogates as escapes, fit for one line on a terminal."""
    return _UNPRINTABLE.sub(lambda match: match[0].encode("unicode_escape").decode(), text)


def name_reason(error: OSError) -> str:
    """What the operating system said, without the path."""
    return error.strerror or type(error).__name__


def _sort_key(entry: FolderEntry) -> tuple[list[tuple[str, str]], bytes]:
    folded = [(unicodedata.normalize("NFC", part).casefold(), part) for part in entry.parts]
    return folded, os.fsencode(entry.path)


def _walk(root: Path) -> Iterator[FolderEntry]:
    pending = [root]
    while pending:
        folder = pending.pop()
        try:
            paths = [path for path in folder.iterdir() if not path.name.startswith(".")]
        except OSError as error:
            yield _refuse_folder(folder, root, name_reason(error))
            continue
        for path in paths:
            if _is_folder(path):
                pending.append(path)
            else:
                yield FolderEntry(path=path, parts=_name_parts(path, root), problem=_find_problem(path, root))


def _is_folder(path: Path) -> bool:
    """Whether this is a folder itself, not a link to one: links are never walked, so that no circle can hold us."""
    try:
        return stat.S_ISDIR(path.lstat().st_mode)
    except OSError:
        return False


def _refuse_folder(folder: Path, root: Path, reason: str) -> FolderEntry:
    problem = f"The folder cannot be listed ({reason}), so nothing in it was read; change its permissions."
    if folder == root:
        raise UserError(f"{show_path(root)}: {problem}")
    return FolderEntry(path=folder, parts=_name_parts(folder, root), problem=problem)


def _name_parts(path: Path, root: Path) -> tuple[str, ...]:
    return tuple(show_path(part) for part in path.relative_to(root).parts)


def _find_problem(path: Path, root: Path) -> str | None:
    try:
        if path.is_symlink() and (problem := _find_link_problem(path, root)):
            return problem
        return _find_kind_problem(path, path.stat().st_mode)
    except OSError as error:
        return f"The file cannot be looked at ({name_reason(error)}); change the permissions of its folder."


def _find_link_problem(path: Path, root: Path) -> str | None:
    try:
        target = path.resolve(strict=True)
    except (OSError, RuntimeError):  # a link in a circle is a RuntimeError before Python 3.13
        return "This link leads nowhere; put the file itself in its place."
    if not target.is_relative_to(root.resolve()):
        return "This link leads out of the input folder and was not followed; put the file itself in its place."
    return "This link leads to another folder of the input and was not followed." if target.is_dir() else None


def _find_kind_problem(path: Path, mode: int) -> str | None:
    """Why this is no file to open, asked of its mode and name alone, since opening a pipe would wait for ever."""
    if not stat.S_ISREG(mode):
        return f"This is {_name_kind(mode)}, not a file, and was not opened; take it out of the folder."
    if path.suffix.lower() in TEXTS + TABLES:
        return None
    seen = f"a {show_path(path.suffix)} file" if path.suffix else "a file without a suffix"
    return f"This is {seen}; salience-report reads {KINDS}."


def _name_kind(mode: int) -> str:
    if stat.S_ISFIFO(mode):
        return "a named pipe"
    return "a socket" if stat.S_ISSOCK(mode) else "a device"
