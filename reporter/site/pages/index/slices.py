"""Results by group: the checks and the accuracy by folder, label and answer, beside those of all texts."""

from collections.abc import Sequence
from dataclasses import dataclass

from reporter.records import Held, Slice
from reporter.site.wording import count, css, rank, spoken, whole_percent
from reporter.summary import SliceKind

CHECKS = {
    "accuracy": "Accuracy",
    "complete": "Complete",
    "order": "Ranking certain",
    "agree": "Methods agree",
    "deletion": "Deletion test passed",
}
KINDS: dict[SliceKind, str] = {"all": "All texts", "folder": "Folder", "label": "Label in the file", "answer": "Answer"}
_LISTED, _NAMED = 12, 40  # slices of a kind that are shown, the largest; characters of their names


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    """A share of a slice with its interval; `apart` is "above" or "below" where the share of all texts is outside."""

    value: str
    interval: str
    style: str
    apart: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SliceRow:
    """One slice: its shares, in the order of the columns, None where nothing of the kind was measured."""

    name: str
    texts: str
    shares: tuple[Share | None, ...]
    tau: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SliceGroup:
    """All slices of one kind; `hidden` says how many smaller ones are left out."""

    kind: str
    rows: tuple[SliceRow, ...]
    hidden: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SliceTable:
    """The table: all texts first, then kind by kind."""

    columns: tuple[str, ...]
    whole: SliceRow
    groups: tuple[SliceGroup, ...]


def slice_table(slices: Sequence[Slice]) -> SliceTable | None:
    """The table; None where there is nothing to compare."""
    by_kind = {kind: [part for part in slices if part.kind == kind] for kind in KINDS}
    whole = next(iter(by_kind.pop("all")), None)
    groups = {kind: members for kind, members in by_kind.items() if len(members) > 1}
    if whole is None or not whole.checks or not groups:
        return None
    return SliceTable(
        columns=tuple(CHECKS[check.check] for check in whole.checks),
        whole=_row(whole, whole),
        groups=tuple(_group(kind, members, whole=whole) for kind, members in groups.items()),
    )


def _group(kind: SliceKind, members: Sequence[Slice], *, whole: Slice) -> SliceGroup:
    largest = sorted(members, key=lambda part: (-part.texts, part.name))[:_LISTED]
    left = len(members) - len(largest)
    rows = tuple(_row(part, whole) for part in sorted(largest, key=lambda part: part.name))
    return SliceGroup(kind=KINDS[kind], rows=rows, hidden=count(left, "smaller group") if left else "")


def _row(part: Slice, whole: Slice) -> SliceRow:
    own = {held.check: held for held in part.checks}
    shares = (_share(own[of_all.check], of_all) if of_all.check in own else None for of_all in whole.checks)
    shown = part.name if part.kind == "folder" else spoken(part.name)
    name = KINDS["all"] if part.kind == "all" else _short(shown)
    return SliceRow(
        name=name, texts=f"{part.texts:,}", shares=tuple(shares), tau="–" if part.tau is None else rank(part.tau)
    )


def _share(held: Held, whole: Held) -> Share:
    return Share(
        value=whole_percent(held.share),
        interval=f"{held.low * 100:.0f} to {held.high * 100:.0f}",
        style=f"--s:{css(held.share)};--low:{css(held.low)};--high:{css(held.high)};--all:{css(whole.share)}",
        apart="below" if held.high < whole.share else "above" if held.low > whole.share else "",
    )


def _short(name: str) -> str:
    if not name:
        return "(none)"
    return name if len(name) <= _NAMED else f"{name[:_NAMED]}…"
