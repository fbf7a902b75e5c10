"""The tables of the words that push hardest towards each label over the corpus."""

from collections.abc import Sequence
from dataclasses import dataclass

from reporter.records import Pushing
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
    """The words that push towards one target, hardest first."""

    target: str
    rows: tuple[PushRow, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Pushes:
    """All tables; `least` is the number of texts that a word needs, `uncounted` how many found no place."""

    tables: tuple[PushTable, ...]
    least: int
    uncounted: str


def push_tables(pushes: Sequence[Pushing], uncounted: int) -> Pushes | None:
    """The tables of the targets with a word to show, on one scale; None if there are none."""
    if not pushes:
        return None
    scale = max(one.high for one in pushes)
    by_target: dict[str, list[Pushing]] = {}
    for one in pushes:
        if one.mean >= _NAMED * scale:
            by_target.setdefault(cell_name(one.label, one.against), []).append(one)
    tables = (
        PushTable(target=target, rows=tuple(_row(one, scale) for one in found))
        for target, found in sorted(by_target.items())
    )
    return Pushes(tables=tuple(tables), least=LEAST, uncounted=f"{uncounted:,}" if uncounted else "")


def _row(one: Pushing, scale: float) -> PushRow:
    digits = sure((one.high - one.low) / 2, one.mean)
    return PushRow(
        text=quoted(one.word),
        texts=f"{one.texts:,}",
        value=signed(one.mean, digits),
        interval=f"{signed(one.low, digits)} to {signed(one.high, digits)}",
        style=f"--s:{css(one.mean / scale)};--low:{css(one.low / scale)};--high:{css(one.high / scale)}",
    )
