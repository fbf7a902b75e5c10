"""Checks and accuracy by slice: all texts, each folder, each label given and each answer."""

from array import array
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from statistics import median
from typing import Literal

from reporter.evidence import AlignedText, CheckName, State, check_section, gravest, is_measured, mean_tau, wilson
from reporter.records import Explanation, Held, Slice, is_number, name_answer
from reporter.summary.grading import grade_answer

SliceKind = Literal["all", "folder", "label", "answer"]

KINDS: tuple[SliceKind, ...] = ("all", "folder", "label", "answer")
CHECKS: tuple[CheckName, ...] = ("complete", "order", "agree", "deletion")
NO_LABEL = "no label"


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckedText:
    """One document as it is counted: the states of its checks for all targets, and its tau for the one shown first."""

    states: tuple[State, ...]
    right: bool | None
    tau: float | None


def check_text(explanation: Explanation, sections: Sequence[AlignedText]) -> CheckedText:
    """The states of the checks of a document by its `sections`; none where nothing of it was explained."""
    states = [[check.state for check in check_section(aligned)] for aligned in sections]
    grade = grade_answer(explanation)
    return CheckedText(
        states=tuple(map(gravest, zip(*states, strict=True))),
        right=None if grade is None else grade.right,
        tau=mean_tau(sections[0].section, sections[0].section.attributions[0].method) if sections else None,
    )


def name_given(explanation: Explanation) -> str | None:
    """The label given, by which texts are sliced; None for numbers."""
    grade = grade_answer(explanation)
    if grade is None:
        return None if is_number(explanation.prediction) else explanation.label
    if grade.free:
        return None
    return None if grade.gap is not None else ", ".join(grade.given) or NO_LABEL


def name_said(explanation: Explanation) -> str | None:
    """The label that the model chose, where it chose one label for the text."""
    prediction = explanation.prediction
    chosen = prediction is not None and prediction.positions == 1 and not is_number(prediction)
    chosen = chosen and not (prediction is not None and prediction.candidates)
    return name_answer(prediction) if prediction is not None and chosen else None


@dataclass
class _SliceTally:
    texts: int = 0
    held: Counter[str] = field(default_factory=Counter)
    measured: Counter[str] = field(default_factory=Counter)
    taus: "array[float]" = field(default_factory=lambda: array("d"))

    def add(self, text: CheckedText) -> None:
        self.texts += 1
        if text.right is not None:
            self.measured["accuracy"] += 1
            self.held["accuracy"] += text.right
        for check, state in zip(CHECKS, text.states, strict=True):
            self.measured[check] += is_measured(state)
            self.held[check] += state == "holds"
        if text.tau is not None:
            self.taus.append(text.tau)

    def record(self, kind: SliceKind, name: str) -> Slice:
        return Slice(
            kind=kind,
            name=name,
            texts=self.texts,
            checks=tuple(self._count_checks()),
            tau=round(median(self.taus), 4) if self.taus else None,
        )

    def _count_checks(self) -> Iterator[Held]:
        for check in ("accuracy", *CHECKS):
            held, measured = self.held[check], self.measured[check]
            if measured:
                low, high = (round(end, 4) for end in wilson(held / measured, measured))
                share = round(held / measured, 4)
                yield Held(check=check, held=held, measured=measured, share=share, low=low, high=high)


class SliceCount:
    """Running counts by slice; in `passing` texts every measured check holds."""

    def __init__(self) -> None:
        """Nothing is counted yet."""
        self._counts: dict[tuple[SliceKind, str], _SliceTally] = {("all", ""): _SliceTally()}
        self.passing = 0

    def add(self, explanation: Explanation, sections: Sequence[AlignedText]) -> None:
        """Count a document by its `sections`, if anything of it was explained."""
        text = check_text(explanation, sections)
        if not text.states:
            return
        measured = [state for state in text.states if is_measured(state)]
        self.passing += bool(measured) and all(state == "holds" for state in measured)
        names = ("", explanation.group, name_given(explanation), name_said(explanation))
        for kind, name in zip(KINDS, names, strict=True):
            if name is not None:
                self._counts.setdefault((kind, name), _SliceTally()).add(text)

    def slices(self) -> tuple[Slice, ...]:
        """All texts, then the folders, the labels given and the answers, each by name."""
        order = sorted(self._counts, key=lambda key: (KINDS.index(key[0]), key[1]))
        return tuple(self._counts[key].record(*key) for key in order)
