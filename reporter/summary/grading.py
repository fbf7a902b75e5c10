"""Grading: answers are compared with the labels that documents were given, one by one, and counted over the corpus."""

from array import array
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from math import fsum, sqrt

import numpy as np

from reporter.records import (
    NO_ANSWER,
    REGRESSION,
    Deviation,
    Explanation,
    Graded,
    LabelScore,
    Unknown,
    find_given,
    name_answer,
    normalize_answer,
    read_number,
)

_SHOWN, _NAMED = 20, 5  # unknown labels that are kept, and that are named in a sentence


@dataclass(frozen=True, slots=True, kw_only=True)
class Grade:
    """The labels given and said, as the model writes them; or by how much the answer is over the number given.

    `several` says that they do not exclude each other, `free` that any of those given will do, written as it may be.
    """

    given: tuple[str, ...] = ()
    said: tuple[str, ...] = ()
    several: bool = False
    free: bool = False
    number: float | None = None
    gap: float | None = None

    @property
    def right(self) -> bool | None:
        """Whether exactly the labels given were said; None for a number, which is near or far."""
        if self.free:
            return bool({*map(normalize_answer, self.given)} & {*map(normalize_answer, self.said)})
        return None if self.gap is not None else self.given == self.said

    @property
    def pair(self) -> tuple[str, str] | None:
        """The one label given and the one said; None where there may be more, or a number."""
        return None if self.several or self.free or self.gap is not None else (self.given[0], self.said[0])


def grade_answer(explanation: Explanation) -> Grade | None:
    """How the answer compares with what was given; None where nothing was, or nothing that can be compared."""
    prediction = explanation.prediction
    if prediction is None or prediction.positions != 1 or not is_labelled(explanation):
        return None
    labels = prediction.labels
    if prediction.candidates:
        answers = explanation.labels if explanation.labels is not None else (explanation.label or "",)
        return Grade(given=answers or (NO_ANSWER,), said=(prediction.label,), free=True)
    if prediction.probabilities is None:
        number = read_number(explanation.label) if len(labels) == 1 else None
        return None if number is None else Grade(number=number, gap=prediction.logits[0] - number)
    several = prediction.answers is not None
    given = find_given(explanation.label, explanation.labels, labels, several=several)
    if given is None:
        return None
    predicted = (prediction.label,) if prediction.answers is None else prediction.answers
    return Grade(given=tuple(labels[at] for at in sorted(given)), said=predicted, several=several)


def is_labelled(explanation: Explanation) -> bool:
    """Whether the document came with a label, or with a list of labels that may be empty."""
    return explanation.label is not None or explanation.labels is not None


def describe_unknown(unknown: Sequence[Unknown], texts: int, labels: Sequence[str]) -> str:
    """How many texts have a label that the model has not, and what would help; empty where none has."""
    if not texts:
        return ""
    named = ", ".join(f"{label.label} ({label.texts:,})" for label in unknown[:_NAMED])
    more = " and others" if len(unknown) > _NAMED else ""
    have = f"{texts:,} texts have a label" if texts > 1 else "1 text has a label"
    if len(labels) == 1:
        sentence = f"{have} that the model’s answer cannot be held against: {named}{more}."
        numbers = all(read_number(label.label) is not None for label in unknown)
        return f"{sentence} {REGRESSION}" if numbers else sentence
    known = ", ".join(labels[:_SHOWN]) + (", …" if len(labels) > _SHOWN else "")
    names = ",".join(f"{label.label}=…" for label in unknown[:_NAMED])
    return f"{have} that is none of the model’s ({known}): {named}{more}. Say which is which by --labels {names}."


@dataclass
class GradeCount:
    """Counts of right and wrong answers, and of labels that the model does not have."""

    graded: int = 0
    right: int = 0
    compared: int = 0
    several: bool = False
    marks: dict[str, list[int]] = field(default_factory=dict)
    numbers: "array[float]" = field(default_factory=lambda: array("d"))
    gaps: "array[float]" = field(default_factory=lambda: array("d"))
    unknown: Counter[str] = field(default_factory=Counter)
    pairs: Counter[tuple[str, str]] = field(default_factory=Counter)

    def add(self, explanation: Explanation) -> None:
        """Take note of one document."""
        grade, prediction = grade_answer(explanation), explanation.prediction
        if grade is None:
            if prediction is not None and prediction.positions == 1 and is_labelled(explanation):
                self.unknown[explanation.label or name_answer(prediction)] += 1
            return
        self.graded += 1
        if grade.pair is not None:
            self.pairs[grade.pair] += 1
        if grade.gap is not None and grade.number is not None:
            self.numbers.append(grade.number)
            self.gaps.append(grade.gap)
            return
        self.compared += 1
        self.right += bool(grade.right)
        if grade.several and prediction is not None:
            self.several = True
            for label in prediction.labels:
                counts = self.marks.setdefault(label, [0, 0, 0])
                given, said = label in grade.given, label in grade.said
                for at, holds in enumerate((given, said, given and said)):
                    counts[at] += holds

    def accuracy(self) -> float | None:
        """The share of texts of which exactly the labels given were said."""
        return round(self.right / self.compared, 4) if self.compared else None

    def f1(self) -> float | None:
        """Twice the labels both given and said over all given and all said; None for labels that exclude each other."""
        given, said, both = (sum(counts[at] for counts in self.marks.values()) for at in range(3))
        return round(2 * both / (given + said), 4) if given + said else None

    def scores(self) -> tuple[LabelScore, ...]:
        """Every label by itself, in the model's order."""
        return tuple(
            LabelScore(label=label, given=given, said=said, both=both)
            for label, (given, said, both) in self.marks.items()
        )

    def deviation(self) -> Deviation | None:
        """How far the numbers answered are from those given; None where there are none."""
        if not self.gaps:
            return None
        number = len(self.gaps)
        given = np.array(self.numbers)
        answered = given + np.array(self.gaps)
        spread = len(set(given)) > 1 and len(set(answered)) > 1
        return Deviation(
            texts=number,
            absolute=_round(fsum(map(abs, self.gaps)) / number),
            squared=_round(sqrt(fsum(gap * gap for gap in self.gaps) / number)),
            mean=_round(fsum(self.gaps) / number),
            correlation=round(float(np.corrcoef(given, answered)[0, 1]), 4) if spread else None,
        )

    def majority(self) -> int:
        """How many texts have the label that was given most often, where labels exclude each other."""
        given = Counter[str]()
        for (label, _), texts in self.pairs.items():
            given[label] += texts
        return max(given.values(), default=0)

    def confusion(self) -> tuple[Graded, ...]:
        """How often each label given met each label said, where both are single ones."""
        return tuple(Graded(given=given, said=said, texts=texts) for (given, said), texts in sorted(self.pairs.items()))

    def strangers(self) -> tuple[Unknown, ...]:
        """The labels that the model has not, the most frequent first."""
        order = sorted(self.unknown.items(), key=lambda pair: (-pair[1], pair[0]))
        return tuple(Unknown(label=label, texts=texts) for label, texts in order[:_SHOWN])


def _round(value: float) -> float:
    return float(f"{value:.6g}")
