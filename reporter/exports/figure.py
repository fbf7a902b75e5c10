"""The figure of one coloured text for export: its words with their shares, the model's answer, and the scale."""

from dataclasses import dataclass

from reporter.evidence import AlignedText
from reporter.records import Attribution, Explanation, Prediction, Provenance, Section, choose_sections
from reporter.site import MINUS, cell_name, head_answer, largest, name_sides, shorten, tell_confidence, title_of, titles

_SHOWN = 20_000  # characters of unread text in a picture; the twin holds them all


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
class TextFigure:
    """The contents of the figure of one text, for one target and one method; `low` and `high` end its scale.

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


def make_figure(
    explanation: Explanation, run: Provenance, *, method: str | None, target: str | None
) -> TextFigure | None:
    """The figure of a text by a method, or by the one that is shown first; None where there is nothing to show."""
    for section in choose_sections(explanation, target=target):
        for attribution in section.attributions:
            if method is None or attribution.method == method:
                return _make(attribution, AlignedText(explanation, section), explanation=explanation, run=run)
    return None


def _make(attribution: Attribution, aligned: AlignedText, *, explanation: Explanation, run: Provenance) -> TextFigure:
    opposes, supports = name_sides(explanation.prediction)
    end, title = largest(attribution, aligned), title_of(titles(run), attribution.method)
    towards = cell_name(aligned.section.target.label, aligned.section.target.against)
    unit = f"in logits of {towards}" if attribution.signed else f"strength only, of {towards}"
    return TextFigure(
        source=explanation.source,
        said=_tell_answer(explanation.prediction, aligned.section),
        how=f"{title}, {unit}.",
        signed=attribution.signed,
        opposes=opposes if attribution.signed else "",
        low=f"{MINUS}{end}" if attribution.signed else "0",
        high=f"+{end}" if attribution.signed else end,
        supports=supports if attribution.signed else "strong",
        passages=_list_passages(aligned, attribution),
    )


def _tell_answer(prediction: Prediction | None, section: Section) -> str:
    if prediction is None:
        return ""
    lead, bold = head_answer(prediction, section)
    sure = tell_confidence(prediction)
    return f"{lead}{bold}" + (f" ({sure})." if sure else ".")


def _list_passages(aligned: AlignedText, attribution: Attribution) -> tuple[Passage, ...]:
    shares = aligned.shares(attribution.scores)
    passages = []
    for segment, text in enumerate(aligned.texts):
        words, at = [], 0
        for word, share in zip(aligned.words, shares, strict=True):
            if word.segment == segment:
                words.append(Word(before=text[at : word.start], text=aligned.text(word), share=share))
                at = word.end
        rest, cut = text[at:], aligned.truncated
        unread = "" if not (cut and rest.strip()) else rest if len(rest) <= _SHOWN else f"{shorten(rest, _SHOWN)} …"
        passages.append(Passage(words=tuple(words), after="" if unread else rest, unread=unread))
    return tuple(passages)
