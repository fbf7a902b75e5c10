"""The path curve: F on the way from the baseline to the text, at the nodes where it was evaluated."""

from dataclasses import dataclass

from reporter.records import Certificate
from reporter.site.digits import answered, apart
from reporter.site.pages.drawings.axis import LEFT, RIGHT, Axis
from reporter.site.wording import count, fixed, signed

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


def curve(certificate: Certificate, *, decimals: int) -> Curve | None:
    """The drawing of a certificate's path, its numbers to so many decimals; None where no path was followed."""
    if len(certificate.path) < 2:
        return None
    axis = Axis.over([certificate.baseline, certificate.input, *(value for _, value in certificate.path)])
    places = [(round(LEFT + share * (RIGHT - LEFT), 1), axis.y(value)) for share, value in certificate.path]
    first, last = axis.y(certificate.baseline), axis.y(certificate.input)
    start, end = fixed(certificate.baseline, decimals), fixed(certificate.input, decimals)
    near = sum(share < 0.5 for share, _ in certificate.path)
    fine = apart([[share for share, _ in certificate.path]], "probability", 0)
    return Curve(
        caption=f"The score along the path, {count(len(certificate.path), 'node')}",
        told=f"F at {count(len(certificate.path), 'node')} from {start} at the baseline to {end} at this text; "
        f"{near} of them in the first half of the way",
        line="M" + " ".join(f"{x:g} {y}" for x, y in places),
        grid=axis.grid,
        start=(first, start),
        end=(last, end),
        change=signed(certificate.input - certificate.baseline, decimals) if abs(last - first) > _ROOM else "",
        rows=tuple((answered(share, "probability", fine), fixed(value, decimals)) for share, value in certificate.path),
    )
