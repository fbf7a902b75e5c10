"""Where values lie in the drawings of the proof: an axis with round marks, and a plane of two axes."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import floor, log10

from reporter.site.wording import fixed

LEFT, RIGHT, TOP, BOTTOM = 44, 312, 16, 196
FOOT = 186  # of a plane, which has two lines of text below
_EQUAL = 1e-6  # values closer than this share of their size are drawn as one: the twin holds seven figures
_NOTHING = 1e-300  # what is smaller has no figures left to draw


@dataclass(frozen=True, slots=True, kw_only=True)
class Axis:
    """Round numbers from below the least value to above the largest, bottom to top."""

    marks: tuple[float, ...]

    @classmethod
    def over(cls, values: Iterable[float]) -> "Axis":
        """An axis with two to seven marks that holds all of these values.

        Values that are as good as equal get the axis of one of them, and values as good as 0 that of 0.
        """
        held = list(values)
        low, high = min(held), max(held)
        scale = max(abs(low), abs(high))
        size = high - low if high - low > _EQUAL * scale else scale
        size = size if size > _NOTHING else 1.0
        unit = 10.0 ** floor(log10(size / 4))
        step = next(unit * times for times in (1, 2, 5, 10) if size / (unit * times) <= 5)
        first, last = floor(low / step), -floor(-high / step)
        digits = 1 - floor(log10(step))
        return cls(marks=tuple(round(step * at, digits) for at in range(first, max(last, first + 1) + 1)))

    def y(self, value: float) -> int:
        """How far down a value lies, in whole units of the drawing."""
        return down(value, self.marks[0], self.marks[-1], foot=BOTTOM)

    @property
    def grid(self) -> tuple[tuple[int, str], ...]:
        """Where each mark lies, and its number."""
        digits = max(0, -floor(log10(self.marks[1] - self.marks[0]) + 1e-9))
        return tuple((self.y(mark), fixed(mark, digits)) for mark in self.marks)


@dataclass(frozen=True, slots=True)
class Plane:
    """A drawing whose left and right edges are `first` and `last`, its foot and head `low` and `high`."""

    last: float
    low: float
    high: float
    first: float = 0.0

    def x(self, value: float) -> int:
        """How far to the right a value lies, in whole units of the drawing."""
        return round(LEFT + (value - self.first) / (self.last - self.first) * (RIGHT - LEFT))

    def y(self, value: float) -> int:
        """How far down a value lies; what is beyond an edge lies on it."""
        return down(min(self.high, max(self.low, value)), self.low, self.high, foot=FOOT)

    def path(self, across: Sequence[float], up: Sequence[float], *, start: str = "M") -> str:
        """A line through these places."""
        return start + "L".join(f"{self.x(x)} {self.y(y)}" for x, y in zip(across, up, strict=True))


def down(value: float, low: float, high: float, *, foot: int) -> int:
    """How far down a value lies between two edges."""
    return round(foot - (value - low) / (high - low) * (foot - TOP))
