"""How far methods agree: the lower triangle of their rank correlations, and each against the method shown first."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from reporter.evidence import compare_with
from reporter.records import Agreement, CorpusAgreement, Section
from reporter.site.wording import count, css, percent, rank, title_of, whole_percent

_WIDTH, _LEFT, _RIGHT, _ROW = 408, 16, 392, 30
_LETTER = 8  # width of a letter of a name, with some of the room before it


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """A pair in the triangle: its number, a smaller one under it, and how strong its tint is."""

    value: str
    note: str
    tint: str
    chance: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A method's row of the triangle, up to the one before it."""

    title: str
    cells: tuple[Cell, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Triangle:
    """The matrix without its diagonal and upper half; `columns` name all methods but the last."""

    rows: tuple[Row, ...]
    columns: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Dot:
    """One method on the line of agreement with the first."""

    title: str
    value: str
    x: float
    y: float
    after: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """The agreement of every method with the first, over the band of chance, as a drawing."""

    title: str
    dots: tuple[Dot, ...]
    band: tuple[float, float] | None
    chance: str
    ticks: tuple[tuple[float, str], ...]
    zero: float
    depth: float
    height: float


@dataclass(frozen=True, slots=True, kw_only=True)
class PairRow:
    """A pair of methods in words; `extra` is its share beyond chance over a corpus, else its band of chance."""

    a: str
    b: str
    kendall: str
    spearman: str
    top_k: str
    sign: str
    extra: str
    compared: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Beyond:
    """A pair of methods beside chance: how likely so much agreement is, an interval, and the strongest words."""

    pair: str
    values: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """The methods of one section compared: two drawings and every pair in numbers, `beyond` chance where asked for."""

    triangle: Triangle
    line: Line | None
    pairs: tuple[PairRow, ...]
    beyond: tuple[Beyond, ...]


def comparison(section: Section, method: str, *, titles: Mapping[str, str], detailed: bool) -> Comparison | None:
    """How the methods of a section agree, and each with the method that is shown first; None for a single method."""
    pairs = section.agreement
    whole = triangle(pairs, titles)
    if whole is None:
        return None
    return Comparison(
        triangle=whole,
        line=line(pairs, method, titles=titles),
        pairs=pair_rows(pairs, titles),
        beyond=beyond_rows(pairs, titles) if detailed else (),
    )


def beyond_rows(pairs: Sequence[Agreement | CorpusAgreement], titles: Mapping[str, str]) -> tuple[Beyond, ...]:
    """Every pair: p and the interval, then rank, sign and signed-rank agreement and rank-biased overlap."""
    return tuple(
        Beyond(
            pair=f"{title_of(titles, pair.a)}, {title_of(titles, pair.b)}",
            values=(
                "–" if pair.p is None else "under .001" if pair.p < 0.0005 else f"{pair.p:.3f}".replace("0.", ".", 1),
                "–" if pair.low is None or pair.high is None else f"{rank(pair.low)} to {rank(pair.high)}",
                *(_rank(value) for value in (pair.rank_k, pair.sign_k, pair.signed_rank_k, pair.overlap)),
            ),
        )
        for pair in pairs
    )


def triangle(pairs: Sequence[Agreement | CorpusAgreement], titles: Mapping[str, str]) -> Triangle | None:
    """The triangle of some pairs; None where there are none."""
    names = list(dict.fromkeys(name for pair in pairs for name in (pair.a, pair.b)))
    cells = {frozenset((pair.a, pair.b)): _cell(pair) for pair in pairs}
    nothing = Cell(value="", note="", tint="0", chance=False)
    rows = [
        Row(title=title_of(titles, a), cells=tuple(cells.get(frozenset((a, b)), nothing) for b in names[:at]))
        for at, a in enumerate(names)
    ]
    if not pairs:
        return None
    return Triangle(rows=tuple(rows[1:]), columns=tuple(title_of(titles, name) for name in names[:-1]))


def _cell(pair: Agreement | CorpusAgreement) -> Cell:
    tint = css(max(0.0, pair.kendall or 0.0))
    if isinstance(pair, CorpusAgreement):
        note = "" if pair.beyond is None else whole_percent(pair.beyond)
        return Cell(value=_rank(pair.kendall), note=note, tint=tint, chance=False)
    within = pair.kendall is not None and pair.chance is not None and pair.kendall <= pair.chance
    return Cell(value=_rank(pair.kendall), note="", tint=tint, chance=within)


def _rank(value: float | None) -> str:
    return "–" if value is None else rank(value)


def pair_rows(pairs: Sequence[Agreement | CorpusAgreement], titles: Mapping[str, str]) -> tuple[PairRow, ...]:
    """Every pair with all of its numbers."""
    return tuple(_pair_row(pair, titles) for pair in pairs)


def _pair_row(pair: Agreement | CorpusAgreement, titles: Mapping[str, str]) -> PairRow:
    if isinstance(pair, CorpusAgreement):
        extra, compared = _share(pair.beyond), f"{pair.texts:,}"
    else:
        extra = "undefined" if pair.chance is None else f"±\N{NO-BREAK SPACE}{rank(pair.chance)}"
        compared = f"{count(pair.words, 'word')}, top {pair.k}"
    return PairRow(
        a=title_of(titles, pair.a),
        b=title_of(titles, pair.b),
        kendall=rank(pair.kendall),
        spearman=rank(pair.spearman),
        top_k=_share(pair.top_k),
        sign=_share(pair.sign),
        extra=extra,
        compared=compared,
    )


def _share(value: float | None) -> str:
    return "undefined" if value is None else percent(value)


def line(pairs: Sequence[Agreement], method: str, *, titles: Mapping[str, str]) -> Line | None:
    """The drawing of all agreements with one method; None where none is defined."""
    known = [(name, pair) for name, pair in compare_with(pairs, method) if pair.kendall is not None]
    values = [pair.kendall or 0.0 for _, pair in known]
    chances = [pair.chance for _, pair in known if pair.chance is not None]
    if not known:
        return None
    low = min(0.0, *values, *(-chance for chance in chances))
    low = -1.0 if low < -0.5 else -0.5 if low < -0.25 else -0.25

    def x(value: float) -> float:
        return round(_LEFT + (max(low, value) - low) / (1 - low) * (_RIGHT - _LEFT), 1)

    dots = [_dot(title_of(titles, name), pair, row=row, x=x) for row, (name, pair) in enumerate(known)]
    marks = [mark for mark in (-1.0, -0.5, 0.0, 0.5, 1.0) if mark >= low]
    return Line(
        title=title_of(titles, method),
        dots=tuple(dots),
        band=(x(-max(chances)), round(x(max(chances)) - x(-max(chances)), 1)) if chances else None,
        chance=rank(max(chances)) if chances else "",
        ticks=tuple((x(mark), rank(mark)) for mark in marks),
        zero=x(0.0),
        depth=float(4 + _ROW * len(known)),
        height=float(46 + _ROW * len(known)),
    )


def _dot(title: str, pair: Agreement, *, row: int, x: Callable[[float], float]) -> Dot:
    value = pair.kendall or 0.0
    return Dot(
        title=title,
        value=rank(value),
        x=x(value),
        y=float(38 + _ROW * row),
        after=x(value) + _LETTER * len(title) < _WIDTH,
    )
