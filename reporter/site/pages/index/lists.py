"""The list of documents, page by page: the first page is the index, and no more than one page is held at a time."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import islice

from reporter.records import Run
from reporter.site.pages.frame import Frame, Link, frame
from reporter.site.pages.index.entries import Entry

LISTED = 500  # documents on a page
_DIGITS = "0123456789abcdefghijklmnopqrstuvwxyz"
_NEAR = 2  # pages before and after this one with a link of their own
_CHIPS = {
    "": "All",
    "any": "Any check not passed",
    "complete": "Not complete",
    "order": "Ranking uncertain",
    "agree": "Methods differ",
    "deletion": "Deletion test not passed",
    "wrong": "Wrong answer",
    "unread": "Not explained",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Chip:
    """A filter: the mark that it asks for, its name, and how many rows of the page have that mark."""

    mark: str
    name: str
    count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """One page of the list: its rows and filters, and the way to the others (a gap has no link).

    `words` are those that its rows do not show, a line each, with the rows that have them, two signs a row.
    """

    entries: tuple[Entry, ...]
    words: str
    chips: tuple[Chip, ...]
    extent: str
    several: bool
    previous: str
    following: str
    pages: tuple[Link, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ListPage:
    """A page of the list beyond the first; `failure` says why it stands in the place of the index."""

    path: str
    frame: Frame
    listing: Listing
    failure: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ListPageLink:
    """One page of the list in numbers: what it holds, and how many rows have each mark."""

    href: str
    extent: str
    counts: tuple[str, ...]


def list_path(number: int) -> str:
    """The file of a page of the list; the first is the index."""
    return "index.html" if number == 1 else f"documents-{number}.html"


def list_pages(run: Run, entries: Iterable[Entry]) -> Iterator[ListPage]:
    """All pages in order, one at least; each is made when its last row is there."""
    rows, last = iter(entries), max(1, -(-run.summary.documents // LISTED))
    for number in range(1, last + 1):
        yield _list_page(run, tuple(islice(rows, LISTED)), number, last=last)


def _list_page(run: Run, entries: tuple[Entry, ...], number: int, *, last: int) -> ListPage:
    listing = _listing(entries, number, last=last, of=run.summary.documents)
    return ListPage(path=list_path(number), frame=frame(run, f"Documents {listing.extent}"), listing=listing)


def link_list_page(page: ListPage) -> ListPageLink:
    """A page of the list in numbers."""
    counted = {chip.mark: chip.count for chip in page.listing.chips}
    counts = tuple(f"{counted.get(mark, 0):,}" for mark in _CHIPS if mark)
    return ListPageLink(href=page.path, extent=page.listing.extent, counts=counts)


def marks() -> tuple[str, ...]:
    """The names of the marks, in the order of a shelf's counts."""
    return tuple(name for mark, name in _CHIPS.items() if mark)


def _listing(entries: tuple[Entry, ...], number: int, *, last: int, of: int) -> Listing:
    start = (number - 1) * LISTED
    chips = (
        Chip(mark=mark, name=name, count=sum(mark in entry.marks or not mark for entry in entries))
        for mark, name in _CHIPS.items()
    )
    return Listing(
        entries=tuple(replace(entry, words=()) for entry in entries),
        words=_list_words(entries),
        chips=tuple(chip for chip in chips if chip.count or not chip.mark),
        extent=f"{min(start + 1, of):,} to {start + len(entries):,} of {of:,}",
        several=last > 1,
        previous=list_path(number - 1) if number > 1 else "",
        following=list_path(number + 1) if number < last else "",
        pages=tuple(_links(number, last)),
    )


def _list_words(entries: tuple[Entry, ...]) -> str:
    """Every word once, with the numbers of its rows: texts share most of their words, which keeps the page small."""
    rows = defaultdict[str, list[str]](list)
    for number, entry in enumerate(entries):
        for word in entry.words:
            rows[word].append(f"{_DIGITS[number // 36]}{_DIGITS[number % 36]}")
    return "\n".join(f"{word} {''.join(rows[word])}" for word in sorted(rows))


def _links(number: int, last: int) -> Iterator[Link]:
    """The first page, the last, this one without a link and those near it; a wider gap is an ellipsis."""
    before = 0
    for page in range(1, last + 1):
        if page in (1, last) or abs(page - number) <= _NEAR:
            if page - before == 2:
                yield Link(href=list_path(page - 1), text=f"{page - 1}")
            elif page - before > 2:
                yield Link(href="", text="…")
            yield Link(href=list_path(page) if page != number else "", text=f"{page}")
            before = page
