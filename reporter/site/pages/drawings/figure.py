"""One coloured text as a picture to take along: its words with their shares, what the model said, and the scale."""

from dataclasses import dataclass

from reporter.records import Attribution, Explanation, Provenance, Section, find_label
from reporter.site.pages.checks import shown
from reporter.site.pages.document.answer import answer
from reporter.site.pages.document.because import name_sides
from reporter.site.pages.document.proof import cell_name
from reporter.site.pages.document.reading import SHOWN, Reading
from reporter.site.pages.document.words import largest
from reporter.site.pages.frame import title_of, titles
from reporter.site.pages.wording import MINUS, shorten


@dataclass(frozen=True, slots=True, kw_only=True)
class Word:
    """A word with the characters before it, and its score as a share of the largest."""

    before: str
    text: str
    share: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Passage:
    """One segment of a text: its words, what follows them, and the beginning of what the model did not read."""

    words: tuple[Word, ...]
    after: str
    unread: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """Everything in a picture of one text, for one target and one method; `low` and `high` are the ends of the scale.

    `opposes` and `supports` are the words at these ends; a method without a sign opposes nothing.
    """

    source: str
    said: str
    how: str
    signed: bool
    opposes: str
    low: str
    high: str
    supports: str
    passages: tuple[Passage, ...]


def choose_sections(explanation: Explanation, *, target: str | None) -> list[Section]:
    """The sections with something to show, the model's own answer first: all of them, or those of this label."""
    labels = explanation.prediction.labels if explanation.prediction else ()
    wanted = None if target is None else find_label(target, labels)
    return [one for one in shown(explanation) if target is None or one.target.index == wanted]


def make_figure(explanation: Explanation, run: Provenance, *, method: str | None, target: str | None) -> Figure | None:
    """The picture of a text by a method, or by the one that is shown first; None where there is nothing to show."""
    for section in choose_sections(explanation, target=target):
        for one in section.attributions:
            if method is None or one.method == method:
                return _figure(one, Reading(explanation, section), explanation=explanation, run=run)
    return None


def _figure(one: Attribution, reading: Reading, *, explanation: Explanation, run: Provenance) -> Figure:
    opposes, supports = name_sides(explanation.prediction)
    end, title = largest(one, reading), title_of(titles(run), one.method)
    towards = cell_name(reading.section.target.label, reading.section.target.against)
    unit = f"in logits of {towards}" if one.signed else f"strength only, of {towards}"
    return Figure(
        source=explanation.source,
        said=_said(explanation, reading),
        how=f"{title}, {unit}.",
        signed=one.signed,
        opposes=opposes if one.signed else "",
        low=f"{MINUS}{end}" if one.signed else "0",
        high=f"+{end}" if one.signed else end,
        supports=supports if one.signed else "strong",
        passages=_passages(reading, one),
    )


def _said(explanation: Explanation, reading: Reading) -> str:
    if explanation.prediction is None:
        return ""
    said = answer(explanation, explanation.prediction, reading=reading)
    sure = [share.value for share in said.shares if share.chosen and said.probable]
    return f"{said.lead}{said.bold}" + (f" ({sure[0]})." if sure else ".")


def _passages(reading: Reading, one: Attribution) -> tuple[Passage, ...]:
    shares = reading.shares(one.scores)
    passages = []
    for segment, text in enumerate(reading.texts):
        words, at = [], 0
        for word, share in zip(reading.words, shares, strict=True):
            if word.segment == segment:
                words.append(Word(before=text[at : word.start], text=reading.text(word), share=share))
                at = word.end
        rest, cut = text[at:], reading.truncated
        unread = "" if not (cut and rest.strip()) else rest if len(rest) <= SHOWN else f"{shorten(rest, SHOWN)} …"
        passages.append(Passage(words=tuple(words), after="" if unread else rest, unread=unread))
    return tuple(passages)
