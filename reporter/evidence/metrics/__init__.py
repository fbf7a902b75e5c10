"""A metric is a number about one attribution, for `Diagnostic` records; one file each. To add one, add a file.

Most delete words and let the model answer again: the tokens are removed, as in ERASER (DeYoung et al., ACL 2020) and by
default in ferret (Attanasio et al., EACL 2023), which favours no baseline. Promises: a metric names its deletions
beforehand (`cuts`), so that those of many texts share passes; it knows the ranking of the words and what was observed
of the text, and no method. Some use words that people marked instead (`PLAUSIBILITY`), or scores and answers near the
text (`PERTURBATION`).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from statistics import fmean
from typing import ClassVar, Literal, Protocol

import numpy as np
from numpy.typing import NDArray

PLAUSIBILITY = ("token_f1", "iou_f1", "auprc")
"""The metrics that compare with words that people marked."""

PERTURBATION = ("infidelity", "max_sensitivity")
"""The metrics of Yeh et al., NeurIPS 2019, of scores and answers near the text."""

SHARES = (0.05, 0.1, 0.2, 0.5)
"""The shares of words over which ERASER's measures are averaged."""

GRID = (0.05, 0.1, 0.2, 0.35, 0.5, 0.75)
"""The shares of words at which curves are measured, besides none and all."""

Array = NDArray[np.float64]

Cut = frozenset[int]
"""The words that are deleted, numbered from 0 in reading order."""


@dataclass(frozen=True, slots=True)
class TargetAnswer:
    """The model's answer for the target: its probability (or score, for a model without any), and its score."""

    value: float
    score: float


@dataclass(frozen=True, slots=True)
class Ranking:
    """The words of a text, strongest support first, the scores that made them so, and whether those have a sign."""

    words: tuple[int, ...]
    scores: tuple[float, ...]
    signed: bool = True

    @property
    def by_word(self) -> Array:
        """The scores in the order of the words in the text."""
        scores = np.empty(len(self.words))
        scores[list(self.words)] = self.scores
        return scores

    def without(self, count: int) -> Cut:
        """The cut that deletes the first `count` words."""
        return frozenset(self.words[:count])

    def only(self, count: int) -> Cut:
        """The cut that deletes all but the first `count` words."""
        return frozenset(self.words[count:])

    def counts(self, shares: tuple[float, ...]) -> list[int]:
        """The numbers of words that are these shares of all words, each at least 1."""
        return [max(1, round(share * len(self.words))) for share in shares]

    def strongest_gone(self) -> list[Cut]:
        """The cuts that delete the first words, by each of `SHARES`."""
        return [self.without(count) for count in self.counts(SHARES)]

    def places(self) -> list[int]:
        """The numbers of words at which curves are measured: 0, those of `GRID`, and all."""
        return sorted({0, *self.counts(GRID), len(self.words)})


@dataclass(frozen=True, slots=True, kw_only=True)
class About:
    """The description of a metric for people; `better` says whether more or less of it is better."""

    name: str
    title: str
    better: Literal["more", "less"]
    idea: str
    formula: str
    source: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Observations:
    """What was measured of a text for its metrics; empty where no metric needs it.

    `answers` are the model's with words deleted, that to the whole text (the empty cut) included; `marked` are the
    words that people marked. `removed` are random sets of words at the baseline (sets words), and `losses` how much the
    score falls for each (sets). `nearby` are the word scores of the same method at points near the text (points words).
    """

    answers: Mapping[Cut, TargetAnswer] = field(default_factory=dict)
    marked: frozenset[int] = frozenset()
    removed: NDArray[np.bool_] = field(default_factory=lambda: np.empty((0, 0), np.bool_))
    losses: Array = field(default_factory=lambda: np.empty(0))
    nearby: Array = field(default_factory=lambda: np.empty((0, 0)))


class Metric(Protocol):
    """A number about one ranking of the words; `shuffled` says that its control is that of random orders."""

    about: ClassVar[About]
    shuffled: ClassVar[bool]

    def cuts(self, ranking: Ranking) -> list[Cut]:
        """The deletions whose answers it needs, besides that to the whole text."""
        ...

    def judge(self, ranking: Ranking, observed: Observations) -> float | None:
        """The number, from what was observed of the text; None where it is undefined."""
        ...


def mean_drop(answers: Mapping[Cut, TargetAnswer], cuts: Sequence[Cut]) -> float:
    """The mean fall of the answer over these cuts."""
    return answers[frozenset()].value - fmean(answers[cut].value for cut in cuts)


def area_under_curve(answers: Mapping[Cut, TargetAnswer], cuts: Sequence[Cut]) -> float:
    """The area under the answer over the share of words deleted, from none to all, by trapezoids between the cuts."""
    ordered = sorted(cuts, key=len)
    shares = [len(cut) / len(ordered[-1]) for cut in ordered]
    return float(np.trapezoid([answers[cut].value for cut in ordered], shares))
