"""The words that push hardest towards each label over the corpus: means over texts, with intervals."""

from collections.abc import Iterator
from dataclasses import dataclass

from reporter.report.entries import Push
from reporter.report.intervals import Moments
from reporter.report.wording import css, digits_for, quoted, signed

LEAST = 5  # texts in which a word must stand
_LISTED, _TARGETS = 10, 6  # words of a target, and targets
_NAMED = 0.02  # share of the hardest push under which a word is not listed
_PLACES = 100_000  # words that are counted; those that come when all places are taken are not


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


class PushCount:
    """Words and their scores, gathered while the documents go by; what it holds is bounded."""

    def __init__(self, places: int = _PLACES) -> None:
        """Room for so many pairs of a word and a target."""
        self._places = places
        self._found: dict[tuple[str, str], Moments] = {}
        self._uncounted = 0

    def add(self, push: Push) -> None:
        """Count a word of a text; every number of a word that has a place is exact."""
        key = push.target, push.word
        known = self._found.get(key)
        if known is None and len(self._found) < self._places:
            known = self._found[key] = Moments()
        if known is None:
            self._uncounted += 1
        else:
            known.add(push.score)

    def tables(self) -> Pushes | None:
        """The tables of the targets with a word to show; None if there are none."""
        chosen = self._chosen()
        if not chosen:
            return None
        scale = max(found.interval()[1] for words in chosen.values() for _, found in words)
        tables = (
            PushTable(target=target, rows=tuple(_rows(words, scale=scale))) for target, words in sorted(chosen.items())
        )
        return Pushes(
            tables=tuple(table for table in tables if table.rows),
            least=LEAST,
            uncounted=f"{self._uncounted:,}" if self._uncounted else "",
        )

    def _chosen(self) -> dict[str, list[tuple[str, Moments]]]:
        """The words of every target, of the targets with most words if there are many."""
        by_target: dict[str, list[tuple[str, Moments]]] = {}
        for (target, word), found in self._found.items():
            if found.number >= LEAST and found.interval()[0] > 0:
                by_target.setdefault(target, []).append((word, found))
        largest = sorted(by_target, key=lambda target: (-len(by_target[target]), target))[:_TARGETS]
        return {target: _choose(by_target[target]) for target in largest}


def _choose(found: list[tuple[str, Moments]]) -> list[tuple[str, Moments]]:
    """The words whose intervals begin furthest from zero, ordered by their means."""
    nearest = sorted(found, key=lambda one: (-one[1].interval()[0], one[0]))[:_LISTED]
    return sorted(nearest, key=lambda one: (-one[1].mean, one[0]))


def _rows(words: list[tuple[str, Moments]], *, scale: float) -> Iterator[PushRow]:
    digits = digits_for(scale)
    for word, found in words:
        low, high = found.interval()
        if found.mean >= _NAMED * scale:
            yield PushRow(
                text=quoted(word),
                texts=f"{found.number:,}",
                value=signed(found.mean, digits),
                interval=f"{signed(low, digits)} to {signed(high, digits)}",
                style=f"--s:{css(found.mean / scale)};--low:{css(low / scale)};--high:{css(high / scale)}",
            )
