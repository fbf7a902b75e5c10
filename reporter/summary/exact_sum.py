"""Exact sums of floats in any order: each float is a whole multiple of the smallest one, 2 ** -1074."""

from dataclasses import dataclass
from math import sqrt

_BITS = 1074  # the smallest float is 2 ** -1074


@dataclass(slots=True)
class Total:
    """The number, mean and standard deviation of finite values, exact in any order; no value is kept."""

    number: int = 0
    parts: int = 0
    squares: int = 0

    def add(self, value: float) -> None:
        """Take one more value."""
        above, below = value.as_integer_ratio()
        part = above << (_BITS + 1 - below.bit_length())
        self.number += 1
        self.parts += part
        self.squares += part * part

    def mean(self) -> float:
        """The mean; needs one value at least."""
        return self.parts / (1 << _BITS) / self.number

    def deviation(self) -> float:
        """The standard deviation of what the values are drawn from; needs two values at least."""
        spread = self.number * self.squares - self.parts * self.parts
        return sqrt(spread / (self.number * (self.number - 1) << 2 * _BITS))
