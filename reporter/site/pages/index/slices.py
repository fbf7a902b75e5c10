"""Where it holds and where not: the checks and the accuracy by folder, label and answer, against all texts."""

from collections.abc import Sequence
from dataclasses import dataclass

from reporter.records import Held, Slice
from reporter.site.wording import count, css, rank, spoken, whole_percent
from reporter.summary import SliceKind

CHECKS = {
    "accuracy": "Accuracy",
    "complete": "Complete",
    "order": "Order settled",
    "agree": "Methods agree",
    "deletion": "Deletion confirms",
}
KINDS: dict[SliceKind, str] = {"all": "All texts", "folder": "Folder", "label": "Label given", "answer": "Answer"}
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
    by_kind = {kind: [one for one in slices if one.kind == kind] for kind in KINDS}
    whole = next(iter(by_kind.pop("all")), None)
    groups = {kind: found for kind, found in by_kind.items() if len(found) > 1}
    if whole is None or not whole.checks or not groups:
        return None
    return SliceTable(
        columns=tuple(CHECKS[one.check] for one in whole.checks),
        whole=_row(whole, whole),
        groups=tuple(_group(kind, found, whole=whole) for kind, found in groups.items()),
    )


def _group(kind: SliceKind, found: Sequence[Slice], *, whole: Slice) -> SliceGroup:
    largest = sorted(found, key=lambda one: (-one.texts, one.name))[:_LISTED]
    left = len(found) - len(largest)
    rows = tuple(_row(one, whole) for one in sorted(largest, key=lambda one: one.name))
    return SliceGroup(kind=KINDS[kind], rows=rows, hidden=count(left, "smaller one") if left else "")


def _row(one: Slice, whole: Slice) -> SliceRow:
    own = {held.check: held for held in one.checks}
    shares = (_share(own[of_all.check], of_all) if of_all.check in own else None for of_all in whole.checks)
    shown = one.name if one.kind == "folder" else spoken(one.name)
    name = KINDS["all"] if one.kind == "all" else _short(shown)
    return SliceRow(
        name=name, texts=f"{one.texts:,}", shares=tuple(shares), tau="–" if one.tau is None else rank(one.tau)
    )


def _share(one: Held, whole: Held) -> Share:
    return Share(
        value=whole_percent(one.share),
        interval=f"{one.low * 100:.0f} to {one.high * 100:.0f}",
        style=f"--s:{css(one.share)};--low:{css(one.low)};--high:{css(one.high)};--all:{css(whole.share)}",
        apart="below" if one.high < whole.share else "above" if one.low > whole.share else "",
    )


def _short(name: str) -> str:
    if not name:
        return "(none)"
    return name if len(name) <= _NAMED else f"{name[:_NAMED]}…"
