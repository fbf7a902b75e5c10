"""Files as they are written: whole or not at all, UTF-8, and the same bytes everywhere."""

from collections.abc import Iterable
from os import getpid
from pathlib import Path


def write(path: Path, texts: Iterable[str]) -> None:
    """Write a file beside its place and move it there, so that a reader never meets half of it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f".{getpid()}.part")
    with partial.open("w", encoding="utf-8", newline="") as file:
        file.writelines(texts)
    partial.replace(path)
