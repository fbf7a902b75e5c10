"""The residuals of a run as a drawing: bars over a logarithmic scale, and the line of the tolerance."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import floor, log10

from reporter.site.wording import fine_percent

_BASE, _TOP = 196.0, 34.0
_LEAST = 1e-7  # a smaller residual is counted in the first bar


@dataclass(frozen=True, slots=True, kw_only=True)
class Form:
    """How wide a drawing is, and how many bars a decade has; 3 decades at least, and 3 beyond the tolerance at most."""

    name: str
    width: int
    per_decade: int


WIDE, NARROW = Form(name="wide", width=856, per_decade=4), Form(name="narrow", width=354, per_decade=2)


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
    """The drawing; `line` is the tolerance's place, `rest` the width beyond it, `across` the width of all."""

    form: str
    across: int
    columns: tuple[Column, ...]
    width: float
    ticks: tuple[tuple[float, str], ...]
    line: float | None
    rest: float
    tolerance: str
    beyond: str


def histogram(residuals: Sequence[float], tolerance: float | None, *, form: Form) -> Histogram:
    """The drawing of some relative residuals, one at least."""
    edge, across, per_decade = log10(tolerance) if tolerance else 0.0, form.width, form.per_decade
    bins = Counter(_bin(value, edge, per_decade=per_decade) for value in residuals)
    low, high = min(*bins, -1), max(*bins, per_decade - 1)
    low = min(low, high - 3 * per_decade + 1)
    stride = across / (high - low + 1)

    def x(logarithm: float) -> float:
        return round(((logarithm - edge) * per_decade - low) * stride, 1)

    decades = range(floor(edge + low / per_decade) + 1, floor(edge + (high + 1) / per_decade) + 1)
    line = x(edge) if tolerance else None
    return Histogram(
        form=form.name,
        across=across,
        columns=tuple(_columns(bins, low, limited=tolerance is not None, stride=stride)),
        width=round(stride - 2, 1),
        ticks=tuple((x(decade), fine_percent(10.0**decade)) for decade in decades if 12 < x(decade) < across - 24),
        line=line,
        rest=round(across - line, 1) if line is not None else 0.0,
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


def _bin(value: float, edge: float, *, per_decade: int) -> int:
    """The bar of a residual, counted from the tolerance: 0 is the first beyond it; the last holds what is further."""
    place = (log10(max(value, _LEAST)) - edge) * per_decade
    return min(3 * per_decade - 1, floor(place)) if place != 0 else -1
