"""A text as it is shown: its own characters, cut where the tokens cut them, every subword and word in its tints."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from reporter.evidence import AlignedText, ratio
from reporter.records import Span, add_tokens
from reporter.site.wording import hundredths, shorten

_SHOWN = 20_000  # characters of unread text on a page; the twin holds them all
_FAINT = 0.035  # share of the largest under which neither tint, underline nor number can be seen


class Style(Protocol):
    """Turns some tokens into a style attribute; a share under `faint` is left out."""

    def __call__(self, tokens: Sequence[int], faint: float = ...) -> str:
        """The declarations."""
        ...


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


def blocks(reading: AlignedText, methods: Sequence[str]) -> tuple[Block, ...]:
    """The whole text, segment by segment, ready for the page."""
    style = make_style(reading, methods)
    placed = _placed(reading)
    return tuple(_block(reading, segment, placed[segment], style=style) for segment in range(len(reading.texts)))


def make_style(reading: AlignedText, methods: Sequence[str]) -> Style:
    """What turns some tokens into the style attribute with their scores by every method, in order, in hundredths.

    A score too faint to be seen is left out, where `faint` says so: it is 0 unless it is set around it.
    """
    found = {one.method: (one.scores, reading.scale(one.scores)) for one in reading.section.attributions}
    columns = [(f"--{number}:", *found[name]) for number, name in enumerate(methods) if name in found]
    agreed = _agreed(reading)

    def styled(tokens: Sequence[int], faint: float = _FAINT) -> str:
        shares = ((name, ratio(add_tokens(scores, tokens), scale)) for name, scores, scale in columns)
        found = [name + hundredths(share) for name, share in shares if abs(share) >= faint]
        return ";".join([*found, *agreed.get(tuple(tokens), ())]) or "--0:0"

    return styled


def _agreed(reading: AlignedText) -> dict[tuple[int, ...], tuple[str]]:
    """The declaration of every word of the consensus, by its tokens: the share of methods, with the word's sign."""
    found = reading.section.consensus
    votes = found.words if found else ()
    shares = ((vote.word, (1 if vote.positive else -1) * vote.top / found.methods) for vote in votes if found)
    return {reading.words[word].tokens: (f"--c:{hundredths(share)}",) for word, share in shares}


def _placed(reading: AlignedText) -> list[list[Span | int]]:
    """The words of each segment with every special token (its place) before the word that follows it."""
    lines: list[list[Span | int]] = [[] for _ in reading.texts]
    waiting = list(reading.special)
    for word in reading.words:
        while waiting and waiting[0] < word.tokens[0]:
            lines[word.segment].append(waiting.pop(0))
        lines[word.segment].append(word)
    lines[-1].extend(waiting)
    return lines


def _block(reading: AlignedText, segment: int, line: list[Span | int], *, style: Style) -> Block:
    text, items, at = reading.texts[segment], [], 0
    for one in line:
        if isinstance(one, int):
            token = reading.section.tokens[one]
            items.append(Item(before="", text=token.text, style=style([one]), special=True))
        else:
            items.append(_item(reading, one, text[at : one.start], style=style))
            at = one.end
    rest = text[at:]
    if not (reading.truncated and rest.strip()):
        return Block(items=tuple(items), after=rest, unread="", unshown=0)
    unread = shorten(rest, _SHOWN)
    return Block(items=tuple(items), after="", unread=unread, unshown=len(rest) - len(unread))


def _item(reading: AlignedText, word: Span, before: str, *, style: Style) -> Item:
    text = reading.texts[word.segment]
    stops = [part.start for part in word.parts[1:]] + [word.end]
    pieces = tuple(
        Piece(text=reading.text(part), style=style(part.tokens, 0.0), after=text[part.end : stop])
        for part, stop in zip(word.parts, stops, strict=True)
    )
    shown = pieces if len(pieces) > 1 else ()
    return Item(
        before=before,
        text=reading.text(word),
        style=style(word.tokens),
        special=False,
        pieces=shown,
        marked=word in reading.marked,
    )


def plain(text: str) -> Block:
    """A text that nothing was measured of."""
    shown = shorten(text, _SHOWN)
    return Block(items=(), after=shown, unread="", unshown=len(text) - len(shown))
