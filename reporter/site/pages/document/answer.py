"""What the model said: the heading, the bars, and what is to be known beside them."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from reporter.records import NONE, Explanation, Prediction, Section, join_names
from reporter.site.pages.digits import of_score, sure
from reporter.site.pages.document.reading import Reading
from reporter.site.pages.wording import count, css, exact, fixed, percent, spoken
from reporter.summary import Grade, grade_answer, is_labelled, is_truncated

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
    """The sentence with its bold word, the bars and the notes; `wrong` is the note that the model missed the label.

    `idle` says what the model said of a text in which it found nothing to explain.
    """

    lead: str
    bold: str
    idle: str
    shares: tuple[Share, ...]
    probable: bool
    hidden: str
    places: tuple[Place, ...]
    notes: tuple[str, ...]
    wrong: str


def is_number(prediction: Prediction | None) -> bool:
    """Whether the model answers with a number, which words raise and lower, and not with a label."""
    return prediction is not None and prediction.probabilities is None and prediction.positions == 1


def answer(explanation: Explanation, prediction: Prediction, *, reading: Reading | None) -> Answer:
    """The model's answer to one document."""
    many = prediction.positions > 1
    lead, bold = _heading(prediction, reading)
    given, wrong = _given(explanation, prediction, reading)
    shares = () if many else _shares(prediction, reading)
    places = _places(prediction, reading.section) if many and reading else ()
    return Answer(
        lead=lead,
        bold=bold,
        idle=_idle(prediction) if many and not places else "",
        shares=shares[:SHOWN],
        probable=prediction.probabilities is not None,
        hidden=count(len(shares) - SHOWN, "more label") if len(shares) > SHOWN else "",
        places=places,
        notes=tuple(note for note in (given, _extent(explanation, reading)) if note),
        wrong=wrong,
    )


def _heading(prediction: Prediction, reading: Reading | None) -> tuple[str, str]:
    if prediction.positions > 1:
        return "The model labels ", count(prediction.positions, "token")
    if is_number(prediction) and len(prediction.labels) > 1:
        return "The model answers ", count(len(prediction.labels), "number")
    if is_number(prediction):
        return "The model answers ", _score(prediction, 0, reading)
    if prediction.answers is None:
        return "The model says ", spoken(prediction.label)
    if len(prediction.labels) == 1 and prediction.probabilities:
        return f"The model gives {spoken(prediction.label)} ", percent(prediction.probabilities[0])
    return "The model says ", join_names(
        [spoken(label) for label in prediction.answers]
    ) if prediction.answers else NONE


def _score(prediction: Prediction, at: int, reading: Reading | None) -> str:
    """A score as the page has it everywhere: F where it is explained, and as the twin has it where nothing is."""
    value, section = prediction.logits[at], reading.section if reading else None
    if section is None:
        return exact(value)
    if section.lead is not None and (section.target.index, section.target.against) == (at, None):
        value = section.lead.certificate.input
    return fixed(value, min(of_score(section), sure(0.0, value)))


def _idle(prediction: Prediction) -> str:
    """What the model said of every token, where the page has no tokens to show it by."""
    labels = Counter(prediction.labels[best] for best in _winners(prediction))
    told = [f"{label} for {count(number, 'token')}" for label, number in labels.most_common()]
    return f"Nothing in it was to be explained: {', '.join(told)}."


def _shares(prediction: Prediction, reading: Reading | None) -> tuple[Share, ...]:
    values = prediction.probabilities or prediction.logits
    said = () if is_number(prediction) else (prediction.label,) if prediction.answers is None else prediction.answers
    order = sorted(range(len(prediction.labels)), key=lambda at: -values[at])
    return tuple(
        Share(
            label=spoken(prediction.labels[at]),
            value=percent(values[at]) if prediction.probabilities else _score(prediction, at, reading),
            style=f"--s:{css(values[at])}" if prediction.probabilities else "",
            chosen=prediction.labels[at] in said,
        )
        for at in order
    )


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
        for row, best in enumerate(_winners(prediction))
    )


def _winners(prediction: Prediction) -> Iterator[int]:
    """The column of the largest logit at every position."""
    width = len(prediction.labels)
    for start in range(0, len(prediction.logits), width):
        row = prediction.logits[start : start + width]
        yield row.index(max(row))


def _given(explanation: Explanation, prediction: Prediction, reading: Reading | None) -> tuple[str, str]:
    """What to say of the label that the document came with: a plain note, and a warning."""
    found = grade_answer(explanation)
    if not is_labelled(explanation):
        return "", ""
    if found is None:
        return f"The label given, {explanation.label}, is none of the model’s answers.", ""
    if found.number is not None and found.gap is not None:
        return _given_number(found.number, found.gap, prediction, reading), ""
    labels = f"label given is {spoken(found.given[0])}" if len(found.given) == 1 else f"labels given are {_all(found)}"
    told = f"The {labels}" if found.given else "No label was given"
    return (f"{told} too.", "") if found.right else ("", f"{told}.")


def _all(found: Grade) -> str:
    return join_names([spoken(label) for label in found.given]) if found.given else ""


def _given_number(number: float, gap: float, prediction: Prediction, reading: Reading | None) -> str:
    """The number given, and by how much the answer is over or under it, in the digits of the answer."""
    said = _score(prediction, 0, reading)
    digits = len(said.partition(".")[2])
    size = fixed(abs(gap), digits)
    near = not any(sign in "123456789" for sign in size)
    side = "the answer is the same" if near else f"the answer is {size} {'higher' if gap > 0 else 'lower'}"
    return f"The value given is {number:g}; {side}."


def _extent(explanation: Explanation, reading: Reading | None) -> str:
    seen = explanation.seen
    if seen is None or reading is None:
        return ""
    size = f"{count(len(reading.words), 'word')}, {count(len(reading.section.tokens), 'token')}"
    windows = f", in {count(seen.windows, 'window')}" if seen.windows > 1 else ""
    if is_truncated(explanation):
        return f"The model read {seen.characters:,} of {seen.of:,} characters: {size}{windows}."
    return f"The whole text was read: {size}{windows}."
