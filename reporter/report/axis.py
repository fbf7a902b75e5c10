"""The vertical axis that the drawings of the proof share: round marks, and where a value lies."""

from collections.abc import Iterable
from dataclasses import dataclass
from math import floor, log10

from reporter.report.wording import MINUS

LEFT, RIGHT, TOP, BOTTOM = 44, 336, 16, 196


@dataclass(frozen=True, slots=True, kw_only=True)
class Axis:
    """Round numbers from below the least value to above the largest, bottom to top."""

    marks: tuple[float, ...]

    @classmethod
    def over(cls, values: Iterable[float]) -> "Axis":
        """An axis with three to seven marks that holds all of these values."""
        held = list(values)
        low, high = min(held), max(held)
        size = (high - low) or abs(high) or 1.0
        unit = 10.0 ** floor(log10(size / 4))
        step = next(unit * times for times in (1, 2, 5, 10) if size / (unit * times) <= 5)
        first, last = floor(low / step), -floor(-high / step)
        return cls(marks=tuple(round(step * at, 9) for at in range(first, max(last, first + 1) + 1)))

    def y(self, value: float) -> int:
        """How far down a value lies, in whole units of the drawing."""
        low, high = self.marks[0], self.marks[-1]
        return round(BOTTOM - (value - low) / (high - low) * (BOTTOM - TOP))

    @property
    def grid(self) -> tuple[tuple[int, str], ...]:
        """Where each mark lies, and its number."""
        digits = max(0, -floor(log10(self.marks[1] - self.marks[0]) + 1e-9))
        return tuple((self.y(mark), f"{mark:.{digits}f}".replace("-", MINUS)) for mark in self.marks)
