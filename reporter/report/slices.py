"""Where it holds and where not: the checks and the accuracy by folder, label and answer, against all texts."""

from array import array
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from statistics import median

from reporter.report.entries import LONGEST, Finding
from reporter.report.intervals import wilson
from reporter.report.wording import count, css, rank, spoken, whole_percent

COLUMNS = ("Accuracy", "Complete", "Order settled", "Methods agree", "Deletion confirms")
_LISTED = 12  # slices of a kind, the largest


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


@dataclass
class _Tally:
    texts: int = 0
    held: Counter[int] = field(default_factory=Counter)
    measured: Counter[int] = field(default_factory=Counter)
    taus: "array[float]" = field(default_factory=lambda: array("d"))

    def add(self, finding: Finding) -> None:
        self.texts += 1
        if finding.graded is not None:
            self.measured[0] += 1
            self.held[0] += finding.graded[0] == finding.graded[1]
        for column, state in enumerate(finding.states, 1):
            self.measured[column] += state != "open"
            self.held[column] += state == "holds"
        if finding.tau is not None:
            self.taus.append(finding.tau)

    def share(self, column: int) -> float | None:
        return self.held[column] / self.measured[column] if self.measured[column] else None


class Slices:
    """Counts by slice, gathered while the documents go by."""

    def __init__(self) -> None:
        """Nothing is counted yet."""
        self.whole = _Tally()
        self._kinds: dict[str, dict[str, _Tally]] = {"Folder": {}, "Label given": {}, "Answer": {}}

    def add(self, finding: Finding) -> None:
        """Count a document that was explained."""
        if not finding.states:
            return
        self.whole.add(finding)
        given = finding.graded[0] if finding.graded else finding.label
        names = {"Folder": finding.entry.group, "Label given": given, "Answer": finding.answer}
        for kind, name in names.items():
            if name is not None:
                shown = name if kind == "Folder" else spoken(name)
                self._kinds[kind].setdefault(shown, _Tally()).add(finding)

    def table(self) -> SliceTable | None:
        """The table; None where there is nothing to compare."""
        columns = [column for column in range(len(COLUMNS)) if self.whole.measured[column]]
        groups = tuple(
            self._group(kind, found, columns=columns) for kind, found in self._kinds.items() if len(found) > 1
        )
        if not groups or not columns:
            return None
        names = tuple(COLUMNS[column] for column in columns)
        return SliceTable(columns=names, whole=self._row("All texts", self.whole, columns=columns), groups=groups)

    def _group(self, kind: str, found: dict[str, _Tally], *, columns: list[int]) -> SliceGroup:
        largest = sorted(found, key=lambda name: (-found[name].texts, name))[:_LISTED]
        left = len(found) - len(largest)
        rows = (self._row(_short(name), found[name], columns=columns) for name in sorted(largest))
        return SliceGroup(kind=kind, rows=tuple(rows), hidden=count(left, "smaller one") if left else "")

    def _row(self, name: str, tally: _Tally, *, columns: list[int]) -> SliceRow:
        return SliceRow(
            name=name,
            texts=f"{tally.texts:,}",
            shares=tuple(self._shares(tally, columns)),
            tau=rank(median(tally.taus)) if tally.taus else "–",
        )

    def _shares(self, tally: _Tally, columns: list[int]) -> Iterator[Share | None]:
        for column in columns:
            share, whole = tally.share(column), self.whole.share(column)
            if share is None or whole is None:
                yield None
                continue
            low, high = wilson(share, tally.measured[column])
            yield Share(
                value=whole_percent(share),
                interval=f"{low * 100:.0f} to {high * 100:.0f}",
                style=f"--s:{css(share)};--low:{css(low)};--high:{css(high)};--all:{css(whole)}",
                apart="below" if high < whole else "above" if low > whole else "",
            )


def _short(name: str) -> str:
    if not name:
        return "(none)"
    return name if len(name) <= LONGEST else f"{name[:LONGEST]}…"
