"""A text as it is shown: its own characters, cut where the tokens cut them, a score for every piece and word."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from math import fsum
from typing import Protocol

from reporter.evidence import find_marked
from reporter.records import Explanation, Section, Token
from reporter.site.pages.wording import hundredths, shorten
from reporter.summary import is_truncated

SHOWN = 20_000  # characters of unread text on a page; the twin holds them all
_FAINT = 0.035  # share of the largest under which neither tint, underline nor number can be seen


class Style(Protocol):
    """Turns some tokens into a style attribute; a share under `faint` is left out."""

    def __call__(self, tokens: Sequence[int], faint: float = ...) -> str:
        """The declarations."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """Characters `start` to `end` of one segment with the tokens that lie in them; a word's `parts` are its pieces."""

    segment: int
    start: int
    end: int
    tokens: tuple[int, ...]
    parts: tuple["Span", ...] = ()

    def total(self, scores: Sequence[float]) -> float:
        """The sum of the scores of its tokens."""
        return _total(scores, self.tokens)


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """A subword on the page, with the characters that follow it inside its word."""

    text: str
    style: str
    after: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """A word, or a special token, with the characters before it; `pieces` is empty where the word is one piece.

    `marked` is what people marked.
    """

    before: str
    text: str
    style: str
    special: bool
    pieces: tuple[Piece, ...] = ()
    marked: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """One segment of a document; `unread` is what the model was not given, `unshown` how much of that is left out."""

    items: tuple[Item, ...]
    after: str
    unread: str
    unshown: int


class Reading:
    """One section's tokens laid over the text: its words in reading order, and what they weigh."""

    def __init__(self, explanation: Explanation, section: Section) -> None:
        """Cut the text and, where there is one, its pair."""
        self.texts = [explanation.text] if explanation.text_pair is None else [explanation.text, explanation.text_pair]
        self.truncated = is_truncated(explanation)
        self.section = section
        self.words = [word for at, text in enumerate(self.texts) for word in _words(section.tokens, text, segment=at)]
        self._scales: dict[tuple[float, ...], float] = {}  # found once, asked for often
        marked = find_marked(section.tokens, explanation.text, explanation.rationale or ())
        self.marked = {
            word for word in self.words if any(section.tokens[place].word in marked for place in word.tokens)
        }
        self.special = [place for place, token in enumerate(section.tokens) if token.special]

    def text(self, span: Span) -> str:
        """The original characters of a word or piece."""
        return self.texts[span.segment][span.start : span.end]

    def scale(self, scores: Sequence[float]) -> float:
        """The largest size of a word or piece, by which all are divided when they are shown; 0 if all are 0."""
        known = self._scales.get(key := tuple(scores))
        if known is None:
            spans = (span for word in self.words for span in (word, *(word.parts if len(word.parts) > 1 else ())))
            known = self._scales[key] = max((abs(span.total(scores)) for span in spans), default=0.0)
        return known

    def shares(self, scores: Sequence[float]) -> list[float]:
        """Every word's score as a share of the scale."""
        scale = self.scale(scores)
        return [ratio(word.total(scores), scale) for word in self.words]

    def style(self, methods: Sequence[str]) -> Style:
        """What turns some tokens into the style attribute with their scores by every method, in order, in hundredths.

        A score too faint to be seen is left out, where `faint` says so: it is 0 unless it is set around it.
        """
        found = {one.method: (one.scores, self.scale(one.scores)) for one in self.section.attributions}
        columns = [(f"--{number}:", *found[name]) for number, name in enumerate(methods) if name in found]

        agreed = self._agreed()

        def styled(tokens: Sequence[int], faint: float = _FAINT) -> str:
            shares = ((name, ratio(_total(scores, tokens), scale)) for name, scores, scale in columns)
            found = [name + hundredths(share) for name, share in shares if abs(share) >= faint]
            return ";".join([*found, *agreed.get(tuple(tokens), ())]) or "--0:0"

        return styled

    def _agreed(self) -> dict[tuple[int, ...], tuple[str]]:
        """The declaration of every word of the consensus, by its tokens: the share of methods, with the word's sign."""
        found = self.section.consensus
        votes = found.words if found else ()
        shares = ((vote.word, (1 if vote.positive else -1) * vote.top / found.methods) for vote in votes if found)
        return {self.words[word].tokens: (f"--c:{hundredths(share)}",) for word, share in shares}

    def blocks(self, methods: Sequence[str]) -> tuple[Block, ...]:
        """The whole text, segment by segment, ready for the page."""
        style = self.style(methods)
        placed = self._placed()
        return tuple(self._block(segment, placed[segment], style=style) for segment in range(len(self.texts)))

    def _placed(self) -> list[list[Span | int]]:
        """The words of each segment with every special token (its place) before the word that follows it."""
        lines: list[list[Span | int]] = [[] for _ in self.texts]
        waiting = list(self.special)
        for word in self.words:
            while waiting and waiting[0] < word.tokens[0]:
                lines[word.segment].append(waiting.pop(0))
            lines[word.segment].append(word)
        lines[-1].extend(waiting)
        return lines

    def _block(self, segment: int, line: list[Span | int], *, style: Style) -> Block:
        text, items, at = self.texts[segment], [], 0
        for one in line:
            if isinstance(one, int):
                token = self.section.tokens[one]
                items.append(Item(before="", text=token.text, style=style([one]), special=True))
            else:
                items.append(self._item(one, text[at : one.start], style=style))
                at = one.end
        rest = text[at:]
        if not (self.truncated and rest.strip()):
            return Block(items=tuple(items), after=rest, unread="", unshown=0)
        unread = shorten(rest, SHOWN)
        return Block(items=tuple(items), after="", unread=unread, unshown=len(rest) - len(unread))

    def _item(self, word: Span, before: str, *, style: Style) -> Item:
        text = self.texts[word.segment]
        stops = [part.start for part in word.parts[1:]] + [word.end]
        pieces = tuple(
            Piece(text=self.text(part), style=style(part.tokens, 0.0), after=text[part.end : stop])
            for part, stop in zip(word.parts, stops, strict=True)
        )
        shown = pieces if len(pieces) > 1 else ()
        return Item(
            before=before,
            text=self.text(word),
            style=style(word.tokens),
            special=False,
            pieces=shown,
            marked=word in self.marked,
        )


def ratio(value: float, scale: float) -> float:
    """A score as a share of the scale, 0 where everything is 0."""
    return value / scale if scale else 0.0


def _total(scores: Sequence[float], tokens: Sequence[int]) -> float:
    """The sum of the scores of some tokens; most words are a single one."""
    return scores[tokens[0]] if len(tokens) == 1 else fsum([scores[token] for token in tokens])


def plain(text: str) -> Block:
    """A text that nothing was measured of."""
    shown = shorten(text, SHOWN)
    return Block(items=(), after=shown, unread="", unshown=len(text) - len(shown))


def _words(tokens: Sequence[Token], text: str, *, segment: int) -> Iterator[Span]:
    def word_of(piece: Span) -> int | None:
        return tokens[piece.tokens[0]].word

    for _, group in groupby(_pieces(tokens, text, segment=segment), key=word_of):
        parts = tuple(group)
        within = tuple(token for part in parts for token in part.tokens)
        yield Span(segment=segment, start=parts[0].start, end=parts[-1].end, tokens=within, parts=parts)


def _pieces(tokens: Sequence[Token], text: str, *, segment: int) -> Iterator[Span]:
    """Tokens that share characters are one piece; white space at a piece's start stays outside it."""
    places = [i for i, token in enumerate(tokens) if token.segment == segment and not token.special]
    places.sort(key=lambda place: (tokens[place].start, place))
    clusters: list[list[int]] = []
    end = -1
    for place in places:
        token = tokens[place]
        if clusters and (token.start < end or token.start == token.end):
            clusters[-1].append(place)
        else:
            clusters.append([place])
        end = max(end, token.end)
    at = 0
    for cluster in clusters:
        start, end = max(at, tokens[cluster[0]].start), max(tokens[place].end for place in cluster)
        inside = text[start:end]
        trimmed = end - len(inside.lstrip()) if inside.strip() else start
        yield Span(segment=segment, start=trimmed, end=end, tokens=tuple(cluster))
        at = end
