"""What the model said: the heading, the bars, and what is to be known beside them."""

from collections.abc import Sequence
from dataclasses import dataclass

from reporter.records import Explanation, Prediction, Section
from reporter.report.reading import Reading
from reporter.report.wording import count, css, exact, percent, spoken
from reporter.summary import graded, is_truncated

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
    """The sentence with its bold word, the bars and the notes; `wrong` is the note that the model missed the label."""

    lead: str
    bold: str
    shares: tuple[Share, ...]
    probable: bool
    hidden: str
    places: tuple[Place, ...]
    notes: tuple[str, ...]
    wrong: str


def answer(explanation: Explanation, prediction: Prediction, *, reading: Reading | None) -> Answer:
    """The model's answer to one document."""
    many = prediction.positions > 1
    lead, bold = _heading(prediction)
    given, wrong = _given(explanation)
    shares = () if many else _shares(prediction)
    return Answer(
        lead=lead,
        bold=bold,
        shares=shares[:SHOWN],
        probable=prediction.probabilities is not None,
        hidden=count(len(shares) - SHOWN, "more label") if len(shares) > SHOWN else "",
        places=_places(prediction, reading.section if reading else None) if many else (),
        notes=tuple(note for note in (given, _extent(explanation, reading)) if note),
        wrong=wrong,
    )


def _heading(prediction: Prediction) -> tuple[str, str]:
    if prediction.positions > 1:
        return "The model labels ", count(prediction.positions, "token")
    if prediction.probabilities is None and len(prediction.labels) == 1:
        return "The model answers ", exact(prediction.logits[0])
    return "The model says ", spoken(prediction.label)


def _shares(prediction: Prediction) -> tuple[Share, ...]:
    values = prediction.probabilities or prediction.logits
    order = sorted(range(len(prediction.labels)), key=lambda at: -values[at])
    return tuple(
        Share(
            label=spoken(prediction.labels[at]),
            value=percent(values[at]) if prediction.probabilities else exact(values[at]),
            style=f"--s:{css(values[at])}" if prediction.probabilities else "",
            chosen=prediction.labels[at] == prediction.label,
        )
        for at in order
    )


def _places(prediction: Prediction, section: Section | None) -> tuple[Place, ...]:
    width = len(prediction.labels)
    tokens = section.tokens if section and len(section.tokens) == prediction.positions else ()
    return tuple(
        Place(
            place=row + 1,
            token=tokens[row].text if tokens else "",
            label=prediction.labels[best],
            value=_value(prediction, row * width + best),
        )
        for row in range(prediction.positions)
        for best in [_best(prediction.logits[row * width : (row + 1) * width])]
    )


def _best(values: Sequence[float]) -> int:
    return max(range(len(values)), key=lambda at: values[at])


def _value(prediction: Prediction, at: int) -> str:
    return exact(prediction.logits[at]) if prediction.probabilities is None else percent(prediction.probabilities[at])


def _given(explanation: Explanation) -> tuple[str, str]:
    """What to say of the label that the document came with: a plain note, and a warning."""
    pair = graded(explanation)
    if explanation.label is None:
        return "", ""
    if pair is None:
        return f"The label given, {explanation.label}, is none of the model’s answers.", ""
    if pair[0] == pair[1]:
        return f"The label given is {spoken(pair[0])} too.", ""
    return "", f"The label given is {spoken(pair[0])}."


def _extent(explanation: Explanation, reading: Reading | None) -> str:
    seen = explanation.seen
    if seen is None or reading is None:
        return ""
    size = f"{count(len(reading.words), 'word')}, {count(len(reading.section.tokens), 'token')}"
    windows = f", in {count(seen.windows, 'window')}" if seen.windows > 1 else ""
    if is_truncated(explanation):
        return f"The model read {seen.characters:,} of {seen.of:,} characters: {size}{windows}."
    return f"The whole text was read: {size}{windows}."
