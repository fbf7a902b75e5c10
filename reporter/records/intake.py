"""The word for how a table of documents was read: part of what a run tells of itself."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """How a table of documents was read: the columns taken, how many rows it has, and blank lines passed over.

    `quoting` says whether quotation marks quote; it and `delimiter` are None for JSON.
    """

    source: str
    text: str
    pair: str | None
    label: str | None
    rows: int
    blank: int
    delimiter: str | None = None
    quoting: bool | None = None
