"""The deletion test of an explanation: the answer as words are deleted, scores against effects, and every number."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from reporter.evidence import SETTLED, AlignedText
from reporter.evidence.metrics import PERTURBATION, PLAUSIBILITY
from reporter.records import Band, Curve, Diagnostic, Effect
from reporter.site.digits import answered, apart, digits_for, gap
from reporter.site.pages.drawings.axis import LEFT, RIGHT, Plane
from reporter.site.pages.people import DIRECTIONS, head_diagnostic
from reporter.site.wording import rank, signed, title_of, titled

_MIDDLE = (LEFT + RIGHT) / 2
_NUMBER = 20  # what a number of words takes in width
_ROWS = 5  # places of the curve in the table
_NAMED, _APART, _WORD = 5, 14, 14  # words named in the scatter, the least distance of two, letters of each


@dataclass(frozen=True, slots=True, kw_only=True)
class Fall:
    """The answer against the number of words taken away, as a drawing: own order, and random orders as a band."""

    title: str
    told: str
    own: str
    dots: str
    band: str
    median: str
    grid: tuple[tuple[int, str], ...]
    ticks: tuple[tuple[int, str], ...]
    notes: tuple[tuple[int, str], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Scatter:
    """What the method claims of its strongest words (across) against what the score loses without them (up)."""

    dots: str
    zero: tuple[int, int]
    names: tuple[tuple[int, int, str, str], ...]
    across: tuple[str, str]
    up: tuple[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Deletion:
    """The proof: the drawings of the method that is shown first, a few places of its curve, and all methods' numbers.

    The last row of `rows` is that of random orders, where there are some.
    """

    fall: Fall | None
    places: tuple[tuple[str, tuple[str, ...]], ...]
    scatter: Scatter | None
    columns: tuple[str, ...]
    directions: str
    rows: tuple[tuple[str, tuple[str, ...]], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Baselines:
    """How far the explanation depends on the baseline: in a sentence, and the range of each of the strongest words."""

    told: str
    rows: tuple[tuple[str, str, str, str], ...]


def deletion(aligned: AlignedText, method: str, *, name: str, titles: Mapping[str, str]) -> Deletion | None:
    """The proof for the method that is shown first; `name` is that of the target. None where nothing was measured."""
    erasure = aligned.section.erasure
    measured = [
        diagnostic for diagnostic in aligned.section.diagnostics if diagnostic.name not in PLAUSIBILITY + PERTURBATION
    ]
    if not measured:
        return None
    columns = tuple(dict.fromkeys(diagnostic.name for diagnostic in measured))
    curves = (
        [curve for curve in erasure.curves if (curve.kind, curve.method) == ("deletion", method)] if erasure else []
    )
    band = next((band for band in erasure.bands if band.kind == "deletion"), None) if erasure else None
    effects = [effect for effect in erasure.effects if effect.method == method] if erasure else []
    return Deletion(
        fall=_fall(curves[0], band, unit=erasure.unit, name=name) if erasure and curves else None,
        places=tuple(_places(curves[0], band, unit=erasure.unit)) if erasure and curves else (),
        scatter=_scatter(effects, aligned),
        columns=tuple(map(head_diagnostic, columns)),
        directions=DIRECTIONS,
        rows=tuple(_rows(measured, columns, titles)),
    )


def _fall(curve: Curve, band: Band | None, *, unit: str, name: str) -> Fall | None:
    """The first half of the way, where the strongest words go."""
    shown = sum(words * 2 <= curve.words[-1] for words in curve.words) or len(curve.words)
    words, values = curve.words[:shown], curve.values[:shown]
    ends = (0.0, 1.0) if unit == "probability" else (min(curve.values), max(curve.values))
    if shown < 2 or ends[0] == ends[1]:
        return None
    axes, fine = Plane(words[-1], *ends), apart([values], unit)
    known = sum(number <= words[-1] for number in band.words) if band else 0
    notes = [(axes.y(values[-1]), "top words")]
    cloud = middle = ""
    if band and known > 1:
        back = axes.path(band.words[:known][::-1], band.low[:known][::-1], start="L")
        cloud = f"{axes.path(band.words[:known], band.high[:known])}{back}Z"
        middle = axes.path(band.words[:known], band.median[:known])
        notes.append((axes.y(band.median[known - 1]), "random"))
    whole = 0 if unit == "probability" else None
    marks = [ends[0] + share * (ends[1] - ends[0]) for share in (0.0, 0.25, 0.5, 0.75, 1.0)]
    return Fall(
        title=f"{titled(unit)} of {name}",
        told=", ".join(
            f"{answered(value, unit, fine)} without {gone}" for gone, value in zip(words, values, strict=True)
        ),
        own=axes.path(words, values),
        dots="".join(f"M{axes.x(gone)} {axes.y(value)}h0" for gone, value in zip(words, values, strict=True)),
        band=cloud,
        median=middle,
        grid=tuple((axes.y(mark), answered(mark, unit, apart([marks], unit, whole))) for mark in marks),
        ticks=tuple((axes.x(gone), str(gone)) for gone in _spread(words, axes)),
        notes=tuple(notes),
    )


def _spread(words: Sequence[int], axes: Plane) -> list[int]:
    """Those whose numbers would not lie on each other."""
    kept = [words[0]]
    for number in words[1:]:
        if axes.x(number) - axes.x(kept[-1]) > _NUMBER:
            kept.append(number)
    return kept


def _places(curve: Curve, band: Band | None, *, unit: str) -> Iterator[tuple[str, tuple[str, ...]]]:
    """A few places of the curve, row by row: words gone, the answer in its own order, in random order, and the gap."""
    middle = dict(zip(band.words, band.median, strict=True)) if band else {}
    points = list(zip(curve.words, curve.values, strict=True))[1 : _ROWS + 1]
    fine = apart([(value, middle.get(words, value)) for words, value in points], unit)
    yield "", tuple(str(words) for words, _ in points)
    yield "Strongest first", tuple(answered(value, unit, fine) for _, value in points)
    yield "At random", tuple(answered(middle[words], unit, fine) if words in middle else "–" for words, _ in points)
    gaps = (gap(middle[words], value, unit, fine) if words in middle else "–" for words, value in points)
    yield "Gap", tuple(gaps)


def _scatter(effects: Sequence[Effect], aligned: AlignedText) -> Scatter | None:
    """One dot per word; the strongest are named, where their names do not lie on each other."""
    claimed, measured = [effect.claimed for effect in effects], [effect.measured for effect in effects]
    if len(effects) < 3 or not (max(claimed) > min(claimed) and max(measured) > min(measured)):
        return None
    across, up = (min(0.0, *claimed), max(0.0, *claimed)), (min(0.0, *measured), max(0.0, *measured))
    axes = Plane(across[1], *up, first=across[0])
    names: list[tuple[int, int, str]] = []
    for effect in effects[:_NAMED]:
        x, y, text = axes.x(effect.claimed), axes.y(effect.measured), aligned.text(aligned.words[effect.word])
        if all(abs(y - other) > _APART for _, other, _ in names):
            names.append((x, y, text if len(text) <= _WORD else f"{text[:_WORD]}…"))
    return Scatter(
        dots="".join(f"M{axes.x(effect.claimed)} {axes.y(effect.measured)}h0" for effect in effects),
        zero=(axes.x(0.0), axes.y(0.0)),
        names=tuple((x, y, text, "end" if x > _MIDDLE else "start") for x, y, text in names),
        across=_ends(across),
        up=_ends(up),
    )


def _ends(span: tuple[float, float]) -> tuple[str, str]:
    low, high = (signed(end, digits_for(max(map(abs, span)))) for end in span)
    return low, high


def _rows(
    measured: Sequence[Diagnostic], columns: Sequence[str], titles: Mapping[str, str]
) -> Iterator[tuple[str, tuple[str, ...]]]:
    """One row per method, and one for random orders, which are the same for all."""
    sizes = {
        name: [
            max(abs(diagnostic.value), abs(diagnostic.control or 0.0))
            for diagnostic in measured
            if diagnostic.name == name
        ]
        for name in columns
    }
    digits = {name: digits_for(max(values)) for name, values in sizes.items()}
    cells = {
        (diagnostic.method, diagnostic.name): rank(diagnostic.value, digits[diagnostic.name]) for diagnostic in measured
    }
    for method in dict.fromkeys(diagnostic.method for diagnostic in measured):
        yield title_of(titles, method), tuple(cells.get((method, name), "–") for name in columns)
    control = {
        diagnostic.name: rank(diagnostic.control, digits[diagnostic.name])
        for diagnostic in measured
        if diagnostic.control is not None
    }
    if control:
        draws = max(diagnostic.draws for diagnostic in measured)
        yield f"{draws} random orders", tuple(control.get(name, "–") for name in columns)


def baselines(aligned: AlignedText) -> Baselines | None:
    """What other baselines say; None where none was tried."""
    sensitivity = aligned.section.sensitivity
    attribution = next(
        (
            attribution
            for attribution in aligned.section.attributions
            if sensitivity and attribution.method == sensitivity.method
        ),
        None,
    )
    if sensitivity is None or attribution is None or not aligned.words:
        return None
    totals = [word.total(attribution.scores) for word in aligned.words]
    order = sorted(range(len(totals)), key=lambda at: -abs(totals[at]))[:SETTLED]
    flips = sum(at in sensitivity.flips for at in order)
    names = ", ".join(sensitivity.baselines)
    top = f"{flips} of the {len(order)} strongest words" if len(order) > 1 else f"{flips} of one word"
    return Baselines(
        told=f"Over the baselines {names}, {top} change{'s' if flips == 1 else ''} the sign.",
        rows=tuple(
            (
                aligned.text(aligned.words[at]),
                signed(totals[at], 2),
                f"{signed(sensitivity.low[at], 2)} to {signed(sensitivity.high[at], 2)}",
                "changes" if at in sensitivity.flips else "same",
            )
            for at in order
        ),
    )
