"""The residuals of a run as a drawing: bars over a logarithmic scale, and the line of the tolerance."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import floor, log10

from reporter.report.wording import fine_percent

_WIDTH, _BASE, _TOP = 856.0, 196.0, 34.0
_PER_DECADE, _FEWEST = 4, 12  # bars
_HIGHEST = 11  # bars beyond the tolerance; the last holds everything that is further off
_LEAST = 1e-7  # a smaller residual is counted in the first bar


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """One bar with its count."""

    x: float
    y: float
    middle: float
    height: float
    count: str
    beyond: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Histogram:
    """The drawing; `line` is the tolerance's place, `rest` the width beyond it."""

    columns: tuple[Column, ...]
    width: float
    ticks: tuple[tuple[float, str], ...]
    line: float | None
    rest: float
    tolerance: str
    beyond: str


def histogram(residuals: Sequence[float], tolerance: float | None) -> Histogram | None:
    """The drawing of some relative residuals; None where there are none."""
    if not residuals:
        return None
    edge = log10(tolerance) if tolerance else 0.0
    bins = Counter(_bin(value, edge) for value in residuals)
    low, high = min(*bins, -1), max(*bins, 3)
    low = min(low, high - _FEWEST + 1)
    stride = _WIDTH / (high - low + 1)

    def x(logarithm: float) -> float:
        return round(((logarithm - edge) * _PER_DECADE - low) * stride, 1)

    decades = range(floor(edge + low / _PER_DECADE) + 1, floor(edge + (high + 1) / _PER_DECADE) + 1)
    line = x(edge) if tolerance else None
    return Histogram(
        columns=tuple(_columns(bins, low, limited=tolerance is not None, stride=stride)),
        width=round(stride - 2, 1),
        ticks=tuple((x(decade), fine_percent(10.0**decade)) for decade in decades if 12 < x(decade) < _WIDTH - 24),
        line=line,
        rest=round(_WIDTH - line, 1) if line is not None else 0.0,
        tolerance=fine_percent(tolerance) if tolerance else "",
        beyond=f"{sum(number for at, number in bins.items() if at >= 0):,}",
    )


def _columns(bins: Mapping[int, int], low: int, *, limited: bool, stride: float) -> Iterator[Column]:
    tallest = max(bins.values())
    for at, number in sorted(bins.items()):
        height = round(max(2.0, number / tallest * (_BASE - _TOP - 18)), 1)
        left = round((at - low) * stride + 1, 1)
        yield Column(
            x=left,
            y=_BASE - height,
            middle=round(left + stride / 2 - 1, 1),
            height=height,
            count=f"{number:,}",
            beyond=limited and at >= 0,
        )


def _bin(value: float, edge: float) -> int:
    """The bar of a residual, counted from the tolerance: 0 is the first beyond it."""
    place = (log10(max(value, _LEAST)) - edge) * _PER_DECADE
    return min(_HIGHEST, floor(place)) if place != 0 else -1
