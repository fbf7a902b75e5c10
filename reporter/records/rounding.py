"""The printed precision: every measured number is rounded once, to seven significant digits, as it enters a record."""

from collections.abc import Iterable
from typing import Protocol


class _Listed(Protocol):
    def tolist(self) -> list[float]: ...


def round_values(values: Iterable[float] | _Listed) -> tuple[float, ...]:
    """The values to seven significant digits (about what a float32 holds), without negative zeros."""
    numbers = values.tolist() if hasattr(values, "tolist") else values
    return tuple(float(f"{number:.7g}") + 0.0 for number in numbers)
