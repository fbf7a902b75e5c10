"""The words that push hardest towards each label over the corpus: means over texts, with intervals."""

from dataclasses import dataclass

from reporter.report.entries import Push
from reporter.report.intervals import Moments
from reporter.report.wording import css, digits_for, quoted, signed

LEAST = 5  # texts in which a word must stand
_LISTED, _TARGETS = 10, 6  # words of a target, and targets
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
        by_target: dict[str, list[tuple[str, Moments]]] = {}
        for (target, word), found in self._found.items():
            if found.number >= LEAST and found.interval()[0] > 0:
                by_target.setdefault(target, []).append((word, found))
        chosen = {target: _choose(found) for target, found in sorted(by_target.items())[:_TARGETS]}
        if not chosen:
            return None
        scale = max(found.interval()[1] for words in chosen.values() for _, found in words)
        return Pushes(
            tables=tuple(
                PushTable(target=target, rows=tuple(_row(word, found, scale=scale) for word, found in words))
                for target, words in chosen.items()
            ),
            least=LEAST,
            uncounted=f"{self._uncounted:,}" if self._uncounted else "",
        )


def _choose(found: list[tuple[str, Moments]]) -> list[tuple[str, Moments]]:
    """The words whose intervals begin furthest from zero, ordered by their means."""
    nearest = sorted(found, key=lambda one: (-one[1].interval()[0], one[0]))[:_LISTED]
    return sorted(nearest, key=lambda one: (-one[1].mean, one[0]))


def _row(word: str, found: Moments, *, scale: float) -> PushRow:
    digits, (low, high) = digits_for(scale), found.interval()
    return PushRow(
        text=quoted(word),
        texts=f"{found.number:,}",
        value=signed(found.mean, digits),
        interval=f"{signed(low, digits)} to {signed(high, digits)}",
        style=f"--s:{css(found.mean / scale)};--low:{css(low / scale)};--high:{css(high / scale)}",
    )
