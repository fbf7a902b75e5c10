"""What would change the answer: the strongest words deleted and replaced, and the few that the label hangs on."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from reporter.records import Change, Counterfactual, Explanation, Section
from reporter.report.proof import cell_name
from reporter.report.reading import Reading
from reporter.report.wording import count, quoted, spoken, titled, written

_WHOLE, _AROUND = 360, 60  # characters up to which a text is shown whole, and else before and after a struck word


@dataclass(frozen=True, slots=True, kw_only=True)
class Swap:
    """A word written over another, what the answer then is, and whether the label is another."""

    text: str
    value: str
    flips: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Changed:
    """A word: the answer without it, with each of its neighbours instead, and what becomes of the label."""

    text: str
    without: str
    flips: bool
    swaps: tuple[Swap, ...]
    label: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Changes:
    """The table, and the fewest words found without which the label is another, struck out of the text.

    `struck` is the text, or what stands around those words, in pieces; every other piece, from the second, is struck.
    """

    whole: str
    rows: tuple[Changed, ...]
    told: str
    struck: tuple[str, ...]


def changes(reading: Reading, explanation: Explanation) -> Changes | None:
    """What was asked of one section; None where nothing was."""
    found = reading.section.counterfactual
    if found is None or not reading.words:
        return None
    usual, unit = _usual(explanation, reading.section), _unit(reading.section)
    target = reading.section.target
    said = _answer(target.score, target.probability, unit)
    return Changes(
        whole=f"{titled(unit)} of {cell_name(target.label, target.against)} with the whole text: {said}",
        rows=tuple(_rows(found, reading, usual=usual, unit=unit)),
        told=_told(found, reading, unit=unit),
        struck=tuple(_struck(found.flip.words, reading)) if found.flip else (),
    )


def _usual(explanation: Explanation, section: Section) -> str:
    """The label that wins at the section's position."""
    answer = explanation.prediction
    if answer is None:
        return section.target.label
    width = len(answer.labels)
    logits = answer.logits[section.target.position * width :][:width]
    return answer.labels[logits.index(max(logits))]


def _unit(section: Section) -> str:
    return "score" if section.target.probability is None else "probability"


def _answer(score: float, probability: float | None, unit: str) -> str:
    return written(score if probability is None else probability, unit)


def _rows(found: Counterfactual, reading: Reading, *, usual: str, unit: str) -> Iterator[Changed]:
    for change in found.removals:
        swaps = [one for one in found.replacements if one.words == change.words]
        told = [f"{spoken(change.label)} without it"] if change.label != usual else []
        told += [f"{spoken(one.label)} with {quoted(one.by or '')}" for one in swaps if one.label != usual]
        yield Changed(
            text=_name(change.words[0], reading),
            without=_answer(change.score, change.probability, unit),
            flips=change.label != usual,
            swaps=tuple(
                Swap(text=one.by or "", value=_answer(one.score, one.probability, unit), flips=one.label != usual)
                for one in swaps
            ),
            label="; ".join(told) or "stays",
        )


def _name(word: int, reading: Reading) -> str:
    return quoted(reading.text(reading.words[word]))


def _told(found: Counterfactual, reading: Reading, *, unit: str) -> str:
    """What was found of the fewest words, and how far that may be trusted; empty where nothing was searched."""
    every = found.tried >= len(reading.words)
    among = "" if every else f" of the {found.tried} that support it most"
    if found.flip is None:
        up = "the only word" if found.most == 1 else f"up to {found.most} words"
        which = up if every else f"words among the {found.tried} that support it most"
        return f"No removal of {which} flips the label, as far as a greedy search tells." if found.tried else ""
    names = [f"“{reading.text(reading.words[word])}”" for word in found.flip.words]
    listed = names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
    told = f"Without {listed} the model says {spoken(found.flip.label)}{_left(found.flip, reading, unit)}."
    if len(names) == 1:
        return told
    if len(names) == 2:
        return f"{told} No single word{among} does that."
    return (
        f"{told} Each of these {count(len(names), 'word')} is needed; the search was greedy, so fewer others might do."
    )


def _left(flip: Change, reading: Reading, unit: str) -> str:
    target = reading.section.target
    return f": {spoken(target.label)} is left with {_answer(flip.score, flip.probability, unit)}"


def _struck(words: Sequence[int], reading: Reading) -> Iterator[str]:
    """The text in pieces, plain and struck in turn; of a long one what stands around those words."""
    gone = [reading.words[word] for word in words]
    pieces: list[str] = [""]
    for segment, text in enumerate(reading.texts):
        end = max((word.end for word in reading.words if word.segment == segment), default=0)
        at = 0
        for word in (one for one in gone if one.segment == segment):
            pieces[-1] += _between(text[at : word.start], first=at == 0)
            pieces += [reading.text(word), ""]
            at = word.end
        tail = text[at:end]
        pieces[-1] += (tail if len(tail) <= _WHOLE else f"{tail[:_AROUND]} …") + (
            " ‖ " if text is not reading.texts[-1] else ""
        )
    return iter(pieces)


def _between(text: str, *, first: bool) -> str:
    """What stands before a struck word, and after the one before it, unless it is the first."""
    if len(text) <= _WHOLE:
        return text
    return f"{'' if first else text[:_AROUND]} … {text[-_AROUND:]}"
