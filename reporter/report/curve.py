"""The path curve: F on the way from the baseline to the text, at the nodes where it was evaluated."""

from dataclasses import dataclass

from reporter.records import Certificate
from reporter.report.axis import LEFT, RIGHT, Axis
from reporter.report.wording import brief, count, exact, percent

_ROOM = 40  # what three numbers below each other take


@dataclass(frozen=True, slots=True, kw_only=True)
class Curve:
    """F along the path as a drawing, and the same in numbers: the share of the way, and F there.

    `change` is from start to end, where there is room to write it between them.
    """

    caption: str
    told: str
    line: str
    grid: tuple[tuple[int, str], ...]
    start: tuple[int, str]
    end: tuple[int, str]
    change: str
    rows: tuple[tuple[str, str], ...]


def curve(found: Certificate) -> Curve | None:
    """The drawing of a certificate's path; None where no path was followed."""
    if len(found.path) < 2:
        return None
    axis = Axis.over(value for _, value in found.path)
    places = [(round(LEFT + share * (RIGHT - LEFT), 1), axis.y(value)) for share, value in found.path]
    (_, first), (_, last) = found.path[0], found.path[-1]
    near = sum(share < 0.5 for share, _ in found.path)
    return Curve(
        caption=f"F along the path, {count(len(found.path), 'node')}",
        told=f"F at {count(len(found.path), 'node')} from {brief(first)} at the baseline to {brief(last)} at this "
        f"text; {near} of them in the first half of the way",
        line="M" + " ".join(f"{x:g} {y}" for x, y in places),
        grid=axis.grid,
        start=(axis.y(first), brief(first)),
        end=(axis.y(last), brief(last)),
        change=_change(last - first) if abs(axis.y(last) - axis.y(first)) > _ROOM else "",
        rows=tuple((percent(share), brief(value)) for share, value in found.path),
    )


def _change(value: float) -> str:
    """A difference with its sign, in three figures."""
    short = exact(float(f"{value:.3g}"))
    return short if value < 0 else f"+{short}"
