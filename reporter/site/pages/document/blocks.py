"""A text as it is shown: its own characters, cut where the tokens cut them, every subword and word in its tints."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from math import fsum
from typing import Protocol

from reporter.evidence import AlignedText, ratio
from reporter.records import Span, Target, add_tokens
from reporter.site.wording import hundredths, percent, shorten

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

    `marked` is what people marked, `answer` what the model answers; `gap` says that `text` fills a gap.
    """

    before: str
    text: str
    style: str
    special: bool
    pieces: tuple[Piece, ...] = ()
    marked: bool = False
    answer: bool = False
    gap: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """One segment of a document; `unread` is what the model was not given, `unshown` how much of that is left out.

    `share` says how much of the change falls on it, where there are two and that is known.
    """

    items: tuple[Item, ...]
    after: str
    unread: str
    unshown: int
    share: str = ""


def blocks(aligned: AlignedText, methods: Sequence[str], fillers: Sequence[str] = ()) -> tuple[Block, ...]:
    """The whole text, segment by segment, ready for the page; `fillers` are the words that fill its gaps."""
    style = make_style(aligned, methods)
    placed, shares = _placed(aligned), _tell_shares(aligned)
    return tuple(
        replace(_block(aligned, segment, placed[segment], style=style, fillers=iter(fillers)), share=shares[segment])
        for segment in range(len(aligned.texts))
    )


def _tell_shares(aligned: AlignedText) -> list[str]:
    """How much of the change of the answer falls on each of two texts, by a method that is complete."""
    lead = aligned.section.lead
    if lead is None or len(aligned.texts) < 2 or lead.certificate.verdict != "met":
        return [""] * len(aligned.texts)
    totals = [fsum(word.total(lead.scores) for word in aligned.words if word.segment == at) for at in range(2)]
    change = lead.certificate.input - lead.certificate.baseline
    return [f"{percent(total / change)} of the change of the answer" for total in totals]


def make_style(aligned: AlignedText, methods: Sequence[str]) -> Style:
    """What turns some tokens into the style attribute with their scores by every method, in order, in hundredths.

    A score too faint to be seen is left out, where `faint` says so: it is 0 unless it is set around it.
    """
    scored = {
        attribution.method: (attribution.scores, aligned.scale(attribution.scores))
        for attribution in aligned.section.attributions
    }
    columns = [(f"--{number}:", *scored[name]) for number, name in enumerate(methods) if name in scored]
    agreed = _agreed(aligned)

    def styled(tokens: Sequence[int], faint: float = _FAINT) -> str:
        shares = ((name, ratio(add_tokens(scores, tokens), scale)) for name, scores, scale in columns)
        declarations = [name + hundredths(share) for name, share in shares if abs(share) >= faint]
        return ";".join([*declarations, *agreed.get(tuple(tokens), ())]) or "--0:0"

    return styled


def _agreed(aligned: AlignedText) -> dict[tuple[int, ...], tuple[str]]:
    """The declaration of every word of the consensus, by its tokens: the share of methods, with the word's sign."""
    consensus = aligned.section.consensus
    votes = consensus.words if consensus else ()
    shares = ((vote.word, (1 if vote.positive else -1) * vote.top / consensus.methods) for vote in votes if consensus)
    return {aligned.words[word].tokens: (f"--c:{hundredths(share)}",) for word, share in shares}


def _placed(aligned: AlignedText) -> list[list[Span | int]]:
    """The words of each segment with every special token (its place) before the word that follows it."""
    lines: list[list[Span | int]] = [[] for _ in aligned.texts]
    waiting = list(aligned.special)
    for word in aligned.words:
        while waiting and waiting[0] < word.tokens[0]:
            lines[word.segment].append(waiting.pop(0))
        lines[word.segment].append(word)
    lines[-1].extend(waiting)
    return lines


def _block(
    aligned: AlignedText, segment: int, line: list[Span | int], *, style: Style, fillers: Iterator[str]
) -> Block:
    text, items, at = aligned.texts[segment], [], 0
    for entry in line:
        if isinstance(entry, int):
            token = aligned.section.tokens[entry]
            if token.end > token.start:
                before, filler = text[at : token.start], next(fillers, token.text)
                items.append(Item(before=before, text=filler, style="", special=True, gap=True))
                at = token.end
            else:
                items.append(Item(before="", text=token.text, style=style([entry]), special=True))
        else:
            items.append(_item(aligned, entry, text[at : entry.start], style=style))
            at = entry.end
    rest = text[at:]
    if not (aligned.truncated and rest.strip()):
        return Block(items=tuple(items), after=rest, unread="", unshown=0)
    unread = shorten(rest, _SHOWN)
    return Block(items=tuple(items), after="", unread=unread, unshown=len(rest) - len(unread))


def _item(aligned: AlignedText, word: Span, before: str, *, style: Style) -> Item:
    text = aligned.texts[word.segment]
    stops = [part.start for part in word.parts[1:]] + [word.end]
    pieces = tuple(
        Piece(text=aligned.text(part), style=style(part.tokens, 0.0), after=text[part.end : stop])
        for part, stop in zip(word.parts, stops, strict=True)
    )
    shown = pieces if len(pieces) > 1 else ()
    return Item(
        before=before,
        text=aligned.text(word),
        style=style(word.tokens),
        special=False,
        pieces=shown,
        marked=word in aligned.marked,
        answer=_is_answer(word, aligned.section.target),
    )


def _is_answer(word: Span, target: Target) -> bool:
    """Whether a word of the second text is part of the span that is the answer."""
    return word.segment == 1 and target.span is not None and word.start < target.span[1] and word.end > target.span[0]


def plain(text: str) -> Block:
    """A text that nothing was measured of."""
    shown = shorten(text, _SHOWN)
    return Block(items=(), after=shown, unread="", unshown=len(text) - len(shown))
