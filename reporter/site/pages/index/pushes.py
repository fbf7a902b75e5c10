"""The words that push hardest towards each label over the corpus: means over texts, with intervals."""

from collections.abc import Sequence
from dataclasses import dataclass

from reporter.evidence import Moments
from reporter.records import Pushing
from reporter.site.pages.digits import sure
from reporter.site.pages.document.proof import cell_name
from reporter.site.pages.index.facts import Push
from reporter.site.pages.wording import css, quoted, signed

Target = tuple[str, str | None]

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
        self._found: dict[tuple[Target, str], Moments] = {}
        self.uncounted = 0

    def add(self, push: Push) -> None:
        """Count a word of a text; every number of a word that has a place is exact."""
        key = push.target, push.word
        known = self._found.get(key)
        if known is None and len(self._found) < self._places:
            known = self._found[key] = Moments()
        if known is None:
            self.uncounted += 1
        else:
            known.add(push.score)

    def hardest(self) -> tuple[Pushing, ...]:
        """The words of every target, of the targets with most words if there are many."""
        by_target: dict[Target, list[Pushing]] = {}
        for (target, word), found in self._found.items():
            if found.number >= LEAST and found.interval()[0] > 0:
                by_target.setdefault(target, []).append(_pushing(target, word, found))
        largest = sorted(by_target, key=lambda target: (-len(by_target[target]), target[0], target[1] or ""))[:_TARGETS]
        return tuple(one for target in largest for one in _choose(by_target[target]))


def _pushing(target: Target, word: str, found: Moments) -> Pushing:
    low, high = found.interval()
    mean, low, high = (float(f"{value:.6g}") for value in (found.mean, low, high))
    return Pushing(label=target[0], against=target[1], word=word, texts=found.number, mean=mean, low=low, high=high)


def _choose(found: list[Pushing]) -> list[Pushing]:
    """The words whose intervals begin furthest from zero, ordered by their means."""
    nearest = sorted(found, key=lambda one: (-one.low, one.word))[:_LISTED]
    return sorted(nearest, key=lambda one: (-one.mean, one.word))


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
