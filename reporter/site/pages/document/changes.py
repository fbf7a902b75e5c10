"""What would change the answer: the strongest words deleted and replaced, and the few that the label hangs on."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from reporter.evidence import AlignedText
from reporter.records import Change, Counterfactual, Explanation, Prediction, Section, Target, name_answer
from reporter.site.digits import answered, apart, unit_of
from reporter.site.wording import cell_name, count, quoted, shorten, spoken, titled

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

    `labelled` says that the model has labels to choose from. `struck` is the text, or what stands around those words,
    in pieces; every other piece, from the second, is struck.
    """

    whole: str
    labelled: bool
    rows: tuple[Changed, ...]
    told: str
    struck: tuple[str, ...]


def changes(aligned: AlignedText, explanation: Explanation) -> Changes | None:
    """What was asked of one section; None where nothing was."""
    counterfactual = aligned.section.counterfactual
    if counterfactual is None or not aligned.words or explanation.prediction is None:
        return None
    usual, target = _usual(explanation, aligned.section), aligned.section.target
    answers, labelled = _Answers(counterfactual, aligned.section), _has_labels(explanation.prediction)
    return Changes(
        whole=f"{titled(answers.unit)} of {cell_name(target.label, target.against)} with the whole text: "
        f"{answers.of(target)}",
        labelled=labelled,
        rows=tuple(_rows(counterfactual, aligned, usual=usual, answers=answers)),
        told=_told(counterfactual, aligned, answers) if labelled else "",
        struck=tuple(_struck(counterfactual.flip.words, aligned)) if counterfactual.flip else (),
    )


def _has_labels(prediction: Prediction) -> bool:
    return len(prediction.labels) > 1 or prediction.answers is not None


def _usual(explanation: Explanation, section: Section) -> str:
    """The label that wins at the section's position."""
    answer = explanation.prediction
    if answer is None:
        return section.target.label
    if answer.answers is not None:
        return name_answer(answer)
    width = len(answer.labels)
    logits = answer.logits[section.target.position * width :][:width]
    return answer.labels[logits.index(max(logits))]


class _Answers:
    """What is left of the answer to one section, all in the same number of digits."""

    def __init__(self, counterfactual: Counterfactual, section: Section) -> None:
        self.unit = unit_of(section)
        changed = (
            *counterfactual.removals,
            *counterfactual.replacements,
            *([counterfactual.flip] if counterfactual.flip else []),
        )
        values = [self._value(section.target), *map(self._value, changed)]
        self._decimals = apart([(value,) for value in values], self.unit)

    def of(self, change: Change | Target) -> str:
        """The target's probability or, where it has none, its score."""
        return answered(self._value(change), self.unit, self._decimals)

    @staticmethod
    def _value(change: Change | Target) -> float:
        return change.score if change.probability is None else change.probability


def _rows(counterfactual: Counterfactual, aligned: AlignedText, *, usual: str, answers: _Answers) -> Iterator[Changed]:
    for change in counterfactual.removals:
        swaps = [swap for swap in counterfactual.replacements if swap.words == change.words]
        labels = [f"{spoken(change.label)} without it"] if change.label != usual else []
        labels += [f"{spoken(swap.label)} with {quoted(swap.by or '')}" for swap in swaps if swap.label != usual]
        yield Changed(
            text=_name(change.words[0], aligned),
            without=answers.of(change),
            flips=change.label != usual,
            swaps=tuple(Swap(text=swap.by or "", value=answers.of(swap), flips=swap.label != usual) for swap in swaps),
            label="; ".join(labels) or "unchanged",
        )


def _name(word: int, aligned: AlignedText) -> str:
    return quoted(aligned.text(aligned.words[word]))


def _told(counterfactual: Counterfactual, aligned: AlignedText, answers: _Answers) -> str:
    """What was found of the fewest words, and how far that may be trusted; empty where nothing was searched."""
    every = counterfactual.tried >= len(aligned.words)
    among = "" if every else f" of the {counterfactual.tried} that support it most"
    if counterfactual.flip is None:
        up = "the only word" if counterfactual.most == 1 else f"up to {counterfactual.most} words"
        which = up if every else f"words among the {counterfactual.tried} that support it most"
        return f"No removal of {which} flips the label (greedy search)." if counterfactual.tried else ""
    names = [f"“{aligned.text(aligned.words[word])}”" for word in counterfactual.flip.words]
    listed = names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
    left = _left(counterfactual.flip, aligned, answers)
    sentence = f"Without {listed} the model says {spoken(counterfactual.flip.label)}{left}."
    if len(names) == 1:
        return sentence
    if len(names) == 2:
        return f"{sentence} No single word{among} does that."
    needed = f"Each of these {count(len(names), 'word')} is needed"
    return f"{sentence} {needed}; the search is greedy, so a smaller set may exist."


def _left(flip: Change, aligned: AlignedText, answers: _Answers) -> str:
    return f": {spoken(aligned.section.target.label)} falls to {answers.of(flip)}"


def _struck(words: Sequence[int], aligned: AlignedText) -> Iterator[str]:
    """The text in pieces, plain and struck in turn; of a long one what stands around those words."""
    gone = [aligned.words[word] for word in words]
    pieces: list[str] = [""]
    for segment, text in enumerate(aligned.texts):
        end = max((word.end for word in aligned.words if word.segment == segment), default=0)
        at = 0
        for word in (word for word in gone if word.segment == segment):
            pieces[-1] += _between(text[at : word.start], first=at == 0)
            pieces += [aligned.text(word), ""]
            at = word.end
        tail = text[at:end]
        pieces[-1] += (tail if len(tail) <= _WHOLE else f"{shorten(tail, _AROUND)} …") + (
            " ‖ " if text is not aligned.texts[-1] else ""
        )
    return iter(pieces)


def _between(text: str, *, first: bool) -> str:
    """What stands before a struck word, and after the one before it, unless it is the first."""
    if len(text) <= _WHOLE:
        return text
    end = text[-_AROUND:]
    return f"{'' if first else shorten(text, _AROUND)} … {end.partition(' ')[2] or end}"
