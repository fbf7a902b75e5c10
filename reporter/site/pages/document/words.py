"""Word by word: the strongest of every method beside the text, and every method's small picture."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice, takewhile

from reporter.evidence import AlignedText, compare_with, ratio
from reporter.records import Attribution, Description
from reporter.site.digits import bound, largest, of_word
from reporter.site.wording import css, fixed, quoted, rank, rounds_to_zero, signed, title_of, titled

FIRST, OTHERS, SMALL = (6, 5), (4, 3), 100  # words listed for and against by the first method and by others
_NARROWEST = 160  # width of a skyline of few words
_HALF = 24  # half the height of a skyline
_NAMED = 0.02  # share of the largest under which a word is not listed
_LEAST = 0.04  # share of the largest under which a word is left untinted in a small picture


@dataclass(frozen=True, slots=True, kw_only=True)
class Bar:
    """A word with its score, as a number and as a share of the largest; `tint` colours it, `style` draws its bar."""

    text: str
    tint: str
    style: str
    value: str
    error: str
    positive: bool
    share: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Aside:
    """What stands beside the text for one method: its strongest words, and what it says and cannot say."""

    number: int
    method: str
    title: str
    signed: bool
    largest: str
    supporting: tuple[Bar, ...]
    opposing: tuple[Bar, ...]
    reach: str
    weaker: int
    idea: str
    limits: str
    claim: str
    tau: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Fragment:
    """Some characters of a small picture, tinted by `style` or, where that is empty, plain."""

    text: str
    style: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Small:
    """One method's small multiple: a skyline over the text or its strongest words.

    A bar of the skyline is `words_per_bar` words in a row; what they are for and against is that of the strongest.
    """

    title: str
    claim: str
    signed: bool
    tau: str
    up: str
    down: str
    width: int
    words_per_bar: int
    text: tuple[Fragment, ...]
    strongest: tuple[Fragment, ...]


def claim_of(attribution: Attribution) -> str:
    """What a method claims, in three words at most."""
    if not attribution.signed:
        return "strength only"
    return "signed, complete" if attribution.certificate.claim == "complete" else "signed"


def bars(attribution: Attribution, aligned: AlignedText) -> Iterator[Bar]:
    """Every word with its score by one method, strongest first."""
    scale = aligned.scale(attribution.scores)
    totals = [(word.total(attribution.scores), word) for word in aligned.words]
    totals.sort(key=lambda pair: -abs(pair[0]))
    for total, word in totals:
        error = word.total(attribution.errors) if attribution.errors is not None else 0.0
        digits, tint, reach = of_word(attribution, error, scale), f"--s:{css(ratio(total, scale))}", ratio(error, scale)
        yield Bar(
            text=quoted(aligned.text(word)),
            tint=tint,
            style=tint if rounds_to_zero(reach, 2) else f"{tint};--e:{css(reach)}",
            value=signed(total, digits) if attribution.signed else fixed(total, digits),
            error="" if attribution.errors is None else f"±\N{NO-BREAK SPACE}{bound(error, digits)}",
            positive=total > 0,
            share=abs(ratio(total, scale)),
        )


def asides(
    aligned: AlignedText, methods: Sequence[str], *, first: str, about: Mapping[str, Description]
) -> tuple[Aside, ...]:
    """What stands beside the text, one per method of the page that this section has."""
    by_method = {attribution.method: attribution for attribution in aligned.section.attributions}
    tau = _taus(aligned, first)
    return tuple(
        _aside(by_method[name], aligned, number=number, about=about.get(name, _unknown(name)), tau=tau.get(name, ""))
        for number, name in enumerate(methods)
        if name in by_method
    )


def _unknown(name: str) -> Description:
    """What stands for a method that the run does not describe."""
    return Description(
        name=name, title=titled(name), signed=True, claim="none", idea="", formula="", cost="", limits="", source=""
    )


def _taus(aligned: AlignedText, first: str) -> dict[str, str]:
    """What to say of every other method's agreement with the first."""
    return {name: rank(pair.kendall) for name, pair in compare_with(aligned.section.agreement, first)}


def _aside(attribution: Attribution, aligned: AlignedText, *, number: int, about: Description, tau: str) -> Aside:
    listed = list(takewhile(lambda bar: bar.share >= _NAMED, bars(attribution, aligned)))
    most, least = OTHERS if number else FIRST
    supporting = tuple(bar for bar in listed if bar.positive)[:most]
    opposing = tuple(bar for bar in listed if not bar.positive)[:least] if attribution.signed else ()
    return Aside(
        number=number,
        method=attribution.method,
        title=about.title,
        signed=attribution.signed,
        largest=largest(attribution, aligned),
        supporting=supporting,
        opposing=opposing,
        reach=_reach(supporting),
        weaker=len(aligned.words) - len(supporting) - len(opposing),
        idea=about.idea,
        limits=about.limits,
        claim=_claim_sentence(attribution),
        tau=tau,
    )


def _reach(supporting: Sequence[Bar]) -> str:
    """How far the bars go beyond the axis, as a share of the largest word of all."""
    return f"--high:{css(supporting[0].share) if supporting else '0'}"


def _claim_sentence(attribution: Attribution) -> str:
    """What is checked of a method; its checks say already what it does not claim."""
    if attribution.certificate.claim == "complete":
        return "This method claims that its scores add up to the change of the answer, and is held to it. "
    return ""


def smalls(aligned: AlignedText, first: str, *, titles: Mapping[str, str]) -> tuple[Small, ...]:
    """One small multiple per method of the section."""
    taus = _taus(aligned, first)
    return tuple(
        _small(attribution, aligned, title=title_of(titles, attribution.method), tau=taus.get(attribution.method, ""))
        for attribution in aligned.section.attributions
    )


def _small(attribution: Attribution, aligned: AlignedText, *, title: str, tau: str) -> Small:
    shares = aligned.shares(attribution.scores)
    together = max(1, -(-len(shares) // SMALL))  # more bars than that cannot be seen apart
    columns = [shares[at : at + together] for at in range(0, len(shares), together)]
    brief = len(shares) <= SMALL and sum(map(len, aligned.texts)) <= SMALL * 12
    return Small(
        title=title,
        claim=claim_of(attribution),
        signed=attribution.signed,
        tau=tau,
        up=_skyline([(at, -max(column)) for at, column in enumerate(columns) if max(column) >= _LEAST]),
        down=_skyline([(at, -min(column)) for at, column in enumerate(columns) if min(column) <= -_LEAST]),
        width=max(_NARROWEST, len(columns) * 4),
        words_per_bar=together,
        text=fragments(aligned, shares, least=_LEAST) if brief else (),
        strongest=()
        if brief
        else tuple(Fragment(text=bar.text, style=bar.tint) for bar in islice(bars(attribution, aligned), 5)),
    )


def _skyline(bars: Sequence[tuple[int, float]]) -> str:
    """One stroke per bar, four units of width for each: places and shares of the half height as an SVG path.

    They are drawn from the middle and to the middle in turn, so that the way from one to the next is short.
    """
    path, x, y = [], 0, -_HALF
    for number, (at, share) in enumerate(bars):
        height = round(share * _HALF)
        start, end = (0, height) if number % 2 == 0 else (height, 0)
        path.append(f"m{at * 4 + 2 - x} {start - y}v{end - start}")
        x, y = at * 4 + 2, end
    return "".join(path).replace(" -", "-")


def fragments(aligned: AlignedText, shares: Sequence[float], *, least: float) -> tuple[Fragment, ...]:
    """The text that was read, in as few fragments as its tints allow; a word under `least` stays plain."""
    return tuple(Fragment(text=text, style=tint(share)) for text, share in shade(aligned, shares, least=least) if text)


def tint(share: float) -> str:
    """The style of a word with this share of the strongest score; empty for none."""
    return f"--s:{css(share)}" if share else ""


def shade(aligned: AlignedText, shares: Sequence[float], *, least: float) -> Iterator[tuple[str, float]]:
    """The text that was read, in order: words of at least this share with it, and what stands between them with 0."""
    for segment, text in enumerate(aligned.texts):
        words = [(word, share) for word, share in zip(aligned.words, shares, strict=True) if word.segment == segment]
        at = 0
        if segment:
            yield " ‖ ", 0.0
        for word, share in words:
            if abs(share) >= least:
                yield text[at : word.start], 0.0
                yield aligned.text(word), share
                at = word.end
        yield text[at : max((word.end for word, _ in words), default=at)], 0.0
