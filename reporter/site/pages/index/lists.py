"""The list of documents, page by page: the first page is the index, and no more than one page is held at a time."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import islice

from reporter.records import Run, Summary
from reporter.site.pages.frame import Frame, Link, frame
from reporter.site.pages.index.entries import CHECKS, Entry

LISTED = 500  # documents on a page
_DIGITS = "0123456789abcdefghijklmnopqrstuvwxyz"
_NEAR = 2  # pages before and after this one with a link of their own
_COLUMNS = dict(zip(CHECKS, ("Complete", "Ranking certain", "Methods agree", "Deletion test"), strict=True))
_CHIPS = {
    "": "All",
    "any": "Any check not passed",
    "complete": "Not complete",
    "order": "Ranking uncertain",
    "agree": "Methods differ",
    "deletion": "Deletion test not passed",
    "wrong": "Wrong answer",
    "cut": "Cut off",
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

    `columns` head the checks that the run made, and `said_once` is what would stand in every row. `sides` are what
    orange and blue words do to the answer, and `unsigned` says that some words are coloured without a sign.
    `words` are those that its rows do not show, a line each, with the rows that have them, two signs a row.
    """

    columns: tuple[str, ...]
    said_once: str
    sides: tuple[str, str] | None
    unsigned: bool
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
    listing = _listing(run.summary, entries, number, last=last)
    return ListPage(path=list_path(number), frame=frame(run, f"Documents {listing.extent}"), listing=listing)


def link_list_page(page: ListPage) -> ListPageLink:
    """A page of the list in numbers."""
    counted = {chip.mark: chip.count for chip in page.listing.chips}
    counts = tuple(f"{counted.get(mark, 0):,}" for mark in _CHIPS if mark)
    return ListPageLink(href=page.path, extent=page.listing.extent, counts=counts)


def marks() -> tuple[str, ...]:
    """The names of the marks, in the order of a shelf's counts."""
    return tuple(name for mark, name in _CHIPS.items() if mark)


def _listing(summary: Summary, entries: tuple[Entry, ...], number: int, *, last: int) -> Listing:
    start, of = (number - 1) * LISTED, summary.documents
    made, common = _find_made(summary), _find_common(entries)
    chips = (
        Chip(mark=mark, name=name, count=sum(mark in entry.marks or not mark for entry in entries))
        for mark, name in _CHIPS.items()
    )
    return Listing(
        columns=tuple(name for check, name in _COLUMNS.items() if check in made),
        said_once=_say_once(made, common),
        sides=next((entry.sides for entry in entries if entry.sides), None),
        unsigned=any(not entry.signed for entry in entries),
        entries=tuple(_trim(entry, made, common) for entry in entries),
        words=_list_words(entries),
        chips=tuple(chip for chip in chips if chip.count or not chip.mark),
        extent=f"{min(start + 1, of):,} to {start + len(entries):,} of {of:,}",
        several=last > 1,
        previous=list_path(number - 1) if number > 1 else "",
        following=list_path(number + 1) if number < last else "",
        pages=tuple(_links(number, last)),
    )


def _find_made(summary: Summary) -> tuple[str, ...]:
    """The checks that were made in any text; all of them where that could not be counted."""
    made = {check.check for part in summary.slices if part.kind == "all" for check in part.checks}
    return tuple(check for check in _COLUMNS if check in made or not summary.slices)


def _find_common(entries: Sequence[Entry]) -> tuple[str, ...]:
    """The flags that every explained row has, where there are several."""
    explained = [entry for entry in entries if entry.error is None]
    if len(explained) < 2:
        return ()
    return tuple(flag for flag in explained[0].flags if all(flag in entry.flags for entry in explained))


def _say_once(made: Collection[str], common: Sequence[str]) -> str:
    """What is the same in every row, as sentences."""
    missing = [name.lower() for check, name in _COLUMNS.items() if check not in made]
    sentences = (
        f"Not measured in this run: {', '.join(missing)}." if missing else "",
        f"All texts here: {', '.join(common)}." if common else "",
    )
    return " ".join(filter(None, sentences))


def _trim(entry: Entry, made: Collection[str], common: Collection[str]) -> Entry:
    """A row without what is said once, and without the words of the search, which the page has in one place."""
    checks = tuple(check for name, check in zip(CHECKS, entry.checks, strict=False) if name in made)
    return replace(entry, words=(), checks=checks, flags=tuple(flag for flag in entry.flags if flag not in common))


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
