"""What the model said: the heading, the bars, and what is to be known beside them."""

from collections import Counter
from dataclasses import dataclass, replace

from reporter.evidence import AlignedText
from reporter.records import Explanation, Prediction, Section, is_number, join_names
from reporter.site.answer_wording import count_gaps, head_answer, list_winners, score_decimals, write_score
from reporter.site.wording import count, css, exact, fixed, percent, rounds_to_zero, spoken
from reporter.summary import Grade, grade_answer, is_labelled

_LIKELIEST = 3  # words for one of several gaps
SHOWN = 8  # labels with a bar of their own


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    """One label with its probability, or with its score where the model has no probabilities."""

    label: str
    value: str
    style: str
    chosen: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """The answer at one position, for a model that labels every token."""

    place: int
    token: str
    label: str
    value: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """The sentence with its bold word, the bars and the notes; `wrong` says which label the model missed, if it did.

    `idle` says what the model said of a text in which it found nothing to explain, `gaps` are the bars of several gaps.
    """

    lead: str
    bold: str
    idle: str
    shares: tuple[Share, ...]
    probable: bool
    hidden: str
    places: tuple[Place, ...]
    gaps: tuple[tuple[Share, ...], ...]
    notes: tuple[str, ...]
    wrong: str


def answer(explanation: Explanation, prediction: Prediction, *, reading: AlignedText | None) -> Answer:
    """The model's answer to one document."""
    many = prediction.positions > 1
    section = reading.section if reading else None
    lead, bold = head_answer(prediction, section)
    given, wrong = _given(explanation, prediction, section)
    shares = () if many else _shares(prediction, section)
    places = _places(prediction, section) if many and section else ()
    return Answer(
        lead=lead,
        bold=bold,
        idle=_idle(prediction) if many and not places and not prediction.candidates else "",
        shares=shares[:SHOWN],
        probable=prediction.probabilities is not None,
        hidden=_tell_hidden(prediction, len(shares)),
        places=places,
        gaps=_list_gaps(prediction) if many and prediction.candidates else (),
        notes=tuple(note for note in (given, _extent(explanation, reading)) if note),
        wrong=wrong,
    )


def _tell_hidden(prediction: Prediction, shares: int) -> str:
    """What stands beside no bar: labels beyond the first, or all candidates but a few."""
    if prediction.candidates and shares:
        return "candidates that are less likely"
    return count(shares - SHOWN, "more label") if shares > SHOWN else ""


def _idle(prediction: Prediction) -> str:
    """What the model said of every token, where the page has no tokens to show it by."""
    labels = Counter(prediction.labels[best] for best in list_winners(prediction))
    counts = [f"{label} for {count(number, 'token')}" for label, number in labels.most_common()]
    return f"Nothing in it was to be explained: {', '.join(counts)}."


def _shares(prediction: Prediction, section: Section | None) -> tuple[Share, ...]:
    values = prediction.probabilities or prediction.logits
    said = () if is_number(prediction) else (prediction.label,) if prediction.answers is None else prediction.answers
    order = sorted(range(len(prediction.labels)), key=lambda at: -values[at])
    return tuple(
        Share(
            label=prediction.labels[at] if prediction.candidates else spoken(prediction.labels[at]),
            value=percent(values[at]) if prediction.probabilities else write_score(prediction, at, section),
            style=f"--s:{css(values[at])}" if prediction.probabilities else "",
            chosen=prediction.labels[at] in said,
        )
        for at in order
    )


def _list_gaps(prediction: Prediction) -> tuple[tuple[Share, ...], ...]:
    """The likeliest words for every gap of several."""
    width = len(prediction.labels)
    shares = prediction.probabilities or prediction.logits
    starts = range(0, len(prediction.logits), width)
    rows = (
        replace(
            prediction, positions=1, logits=prediction.logits[at : at + width], probabilities=shares[at : at + width]
        )
        for at in starts
    )
    named = (replace(row, label=row.labels[row.logits.index(max(row.logits))]) for row in rows)
    return tuple(_shares(row, None)[:_LIKELIEST] for row in named)


def _places(prediction: Prediction, section: Section) -> tuple[Place, ...]:
    """The answer at every token; nothing where the answer has other positions than the section has tokens."""
    if len(section.tokens) != prediction.positions:
        return ()
    values, width = prediction.probabilities or prediction.logits, len(prediction.labels)
    written = exact if prediction.probabilities is None else percent
    return tuple(
        Place(
            place=row + 1,
            token=section.tokens[row].text,
            label=prediction.labels[best],
            value=written(values[row * width + best]),
        )
        for row, best in enumerate(list_winners(prediction))
    )


def list_fillers(prediction: Prediction | None, section: Section) -> tuple[str, ...]:
    """The words that the model fills the gaps of a text with, in order; at the gap that is explained its target."""
    if prediction is None or not count_gaps(section):
        return ()
    words = [prediction.labels[best] for best in list_winners(prediction)]
    return tuple(section.target.label if at == section.target.position else word for at, word in enumerate(words))


def _given(explanation: Explanation, prediction: Prediction, section: Section | None) -> tuple[str, str]:
    """What to say of the label that the document came with: a plain note, and a warning."""
    grade = grade_answer(explanation)
    if not is_labelled(explanation):
        return "", ""
    if grade is None:
        return f"The file’s label, {explanation.label}, is none of the model’s labels.", ""
    if grade.number is not None and grade.gap is not None:
        return _given_number(grade.number, grade.gap, score_decimals(prediction, 0, section)), ""
    labelled = (
        f"the file is labelled {_list_given(grade)}." if grade.given else "the file is labelled with none of these."
    )
    return (f"Correct: {labelled}", "") if grade.right else ("", labelled)


def _list_given(grade: Grade) -> str:
    return join_names([spoken(label) for label in grade.given]) if grade.given else ""


def _given_number(number: float, gap: float, decimals: int) -> str:
    """The number given, and by how much the answer is over or under it, in the decimals of the answer."""
    further = f"{fixed(abs(gap), decimals)} {'higher' if gap > 0 else 'lower'}"
    side = "the answer is the same" if rounds_to_zero(gap, decimals) else f"the answer is {further}"
    return f"The value given is {number:g}; {side}."


def _extent(explanation: Explanation, reading: AlignedText | None) -> str:
    seen = explanation.seen
    if seen is None or reading is None:
        return ""
    size = f"{count(len(reading.words), 'word')}, {count(len(reading.section.tokens), 'token')}"
    windows = f", in {count(seen.windows, 'window')}" if seen.windows > 1 else ""
    if explanation.is_truncated:
        return f"The model read {seen.characters:,} of {seen.of:,} characters: {size}{windows}."
    return f"The whole text was read: {size}{windows}."
