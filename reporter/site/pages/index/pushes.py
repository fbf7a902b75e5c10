"""The tables of the words with the largest average effect on each label over the corpus."""

from dataclasses import dataclass

from reporter.records import Pushing, Summary
from reporter.site.digits import sure
from reporter.site.wording import cell_name, css, quoted, signed
from reporter.summary import LEAST

_NAMED = 0.02  # share of the hardest push under which a word is not listed


@dataclass(frozen=True, slots=True, kw_only=True)
class PushRow:
    """A word with its mean score, and where that and its interval lie on the scale of all tables."""

    text: str
    texts: str
    value: str
    interval: str
    style: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PushTable:
    """The words with the largest average effect on one target, largest first."""

    target: str
    rows: tuple[PushRow, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Pushes:
    """All tables in one unit; `least` is the number of texts that a word needs, `uncounted` how many found no place."""

    tables: tuple[PushTable, ...]
    unit: str
    least: int
    uncounted: str


def push_tables(summary: Summary) -> Pushes | None:
    """The tables of the targets with a word to show, on one scale; None if there are none."""
    pushes = summary.pushes
    if not pushes:
        return None
    scale = max(pushing.high for pushing in pushes)
    by_target: dict[str, list[Pushing]] = {}
    for pushing in pushes:
        if pushing.mean >= _NAMED * scale:
            by_target.setdefault(cell_name(pushing.label, pushing.against), []).append(pushing)
    tables = (
        PushTable(target=target, rows=tuple(_row(pushing, scale) for pushing in strongest))
        for target, strongest in sorted(by_target.items())
    )
    return Pushes(
        tables=tuple(tables),
        unit="Logits" if summary.unit == "probability" else "Score",
        least=LEAST,
        uncounted=f"{summary.uncounted:,}" if summary.uncounted else "",
    )


def _row(pushing: Pushing, scale: float) -> PushRow:
    digits = sure((pushing.high - pushing.low) / 2, pushing.mean)
    return PushRow(
        text=quoted(pushing.word),
        texts=f"{pushing.texts:,}",
        value=signed(pushing.mean, digits),
        interval=f"{signed(pushing.low, digits)} to {signed(pushing.high, digits)}",
        style=f"--s:{css(pushing.mean / scale)};--low:{css(pushing.low / scale)};--high:{css(pushing.high / scale)}",
    )
