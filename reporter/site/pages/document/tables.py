"""Every score in a table: the strongest words with their ranks by all methods, and all tokens in reading order."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from math import fsum

from reporter.evidence import AlignedText, count_settled
from reporter.records import Attribution, Span
from reporter.site.digits import MANY, digits_for, sure
from reporter.site.pages.document.words import bars
from reporter.site.wording import MINUS, THIN, count, fixed, percent, raised, title_of

LISTED = 20
ALL_TOKENS = 150  # tokens up to which a page has every score; those of a longer text are in its data


@dataclass(frozen=True, slots=True, kw_only=True)
class WordRow:
    """A word in the table of the strongest: its place in the text and its rank by every other method."""

    rank: int
    text: str
    style: str
    value: str
    error: str
    part: str
    place: int
    ranks: tuple[int, ...]
    settled: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenRow:
    """A token as the model has it, with its score by every method: three figures of the largest, in its unit."""

    place: int
    text: str
    special: bool
    scores: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Tables:
    """The two tables; `first` is the method by which the words are ordered, `others` rank them as well.

    `methods` head the columns of tokens, each with its unit, a power of ten; `tokens` is empty if there are too many.
    """

    first: str
    others: tuple[str, ...]
    methods: tuple[tuple[str, str], ...]
    words: tuple[WordRow, ...]
    rest: str
    errors: bool
    count: int
    tokens: tuple[TokenRow, ...]


def tables(aligned: AlignedText, first: Attribution, *, titles: Mapping[str, str]) -> Tables:
    """Both tables of a section."""
    section = aligned.section
    others = [attribution for attribution in section.attributions if attribution is not first]
    digits = [digits_for(aligned.scale(attribution.scores)) + 1 for attribution in section.attributions]
    return Tables(
        first=title_of(titles, first.method),
        others=tuple(title_of(titles, attribution.method) for attribution in others),
        methods=tuple(
            (title_of(titles, attribution.method), f"10{raised(-number)}")
            for attribution, number in zip(section.attributions, digits, strict=True)
        ),
        words=_word_rows(aligned, first, others=others),
        rest=_rest(aligned, first),
        errors=first.errors is not None,
        count=len(aligned.words),
        tokens=tuple(
            TokenRow(
                place=place + 1,
                text=token.text,
                special=token.special,
                scores=tuple(
                    _whole(attribution.scores[place], number)
                    for attribution, number in zip(section.attributions, digits, strict=True)
                ),
            )
            for place, token in enumerate(section.tokens if len(section.tokens) <= ALL_TOKENS else ())
        ),
    )


def _word_rows(aligned: AlignedText, first: Attribution, *, others: Sequence[Attribution]) -> tuple[WordRow, ...]:
    order = _by_size(aligned.words, first.scores)[:LISTED]
    settled = count_settled(first, aligned) if first.errors is not None else 0
    ranks = [
        {at: rank for rank, at in enumerate(_by_size(aligned.words, attribution.scores), 1)} for attribution in others
    ]
    return tuple(
        WordRow(
            rank=number,
            text=bar.text,
            style=bar.style,
            value=bar.value,
            error=bar.error,
            part=_part(
                aligned.words[at].total(first.scores), fsum(first.scores), error=_error(aligned.words[at], first)
            ),
            place=at + 1,
            ranks=tuple(of_method[at] for of_method in ranks),
            settled=number == settled,
        )
        for number, (at, bar) in enumerate(zip(order, bars(first, aligned), strict=False), 1)
    )


def _whole(value: float, digits: int) -> str:
    """A number in units of its last digit, for a table of very many."""
    return str(round(Decimal(repr(value)).scaleb(digits))).replace("-", MINUS)


def _rest(aligned: AlignedText, first: Attribution) -> str:
    """What the table does not list: the weaker words and the special tokens, with their part of the sum."""
    weaker = _by_size(aligned.words, first.scores)[LISTED:]
    left = [aligned.words[at].total(first.scores) for at in weaker] + [first.scores[at] for at in aligned.special]
    named = [count(len(weaker), "weaker word")] if weaker else []
    named += [count(len(aligned.special), "special token")] if aligned.special else []
    return f"{' and '.join(named)}: {_part(fsum(left), fsum(first.scores))}" if named else ""


def _error(word: Span, attribution: Attribution) -> float:
    return 0.0 if attribution.errors is None else word.total(attribution.errors)


def _part(value: float, whole: float, *, error: float = 0.0) -> str:
    """A score as a part of the sum of all, which makes 100 %; a dash where the scores next to cancel each other."""
    if abs(value) > MANY * abs(whole) or not whole:
        return "–"
    if sure(100 * error / abs(whole), 100.0) < 1:
        return f"{fixed(100 * value / whole, 0)}{THIN}%"
    return percent(value / whole)


def _by_size(words: Sequence[Span], scores: Sequence[float]) -> list[int]:
    """The places of the words, strongest first, ties in reading order."""
    return sorted(range(len(words)), key=lambda at: -abs(words[at].total(scores)))
