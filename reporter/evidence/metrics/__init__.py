"""A metric is a number about one attribution, for `Diagnostic` records; one file each. To add one, add a file.

Most take words away and ask the model again. Taken away means deleted: the tokens are gone, as in ERASER
(DeYoung et al., ACL 2020) and by default in ferret (Attanasio et al., EACL 2023), which favours no baseline. Promises:
a metric says beforehand which words it wants gone, so that all of them, over many texts, share their passes; it knows
the order of the words, what was observed of the text, and no method. Some ask for words that people marked instead
(`PLAUSIBILITY`), or for what becomes of scores and answer beside the text (`PERTURBATION`).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from statistics import fmean
from typing import ClassVar, Literal, Protocol

import numpy as np
from numpy.typing import NDArray

PLAUSIBILITY = ("token_f1", "iou_f1", "auprc")
"""The metrics that ask whether people point at the same words."""

PERTURBATION = ("infidelity", "max_sensitivity")
"""The metrics of Yeh et al., that ask what becomes of scores and answer beside the text."""

SHARES = (0.05, 0.1, 0.2, 0.5)
"""The shares of words over which ERASER's measures are averaged."""

GRID = (0.05, 0.1, 0.2, 0.35, 0.5, 0.75)
"""The shares of words at which curves are measured, beside both ends."""

Array = NDArray[np.float64]

Cut = frozenset[int]
"""The words that are gone, numbered from 0 in reading order."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What the model says: the target's probability (its score, for a model that gives none) and its score."""

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
        """The text without its first `count` words."""
        return frozenset(self.words[:count])

    def only(self, count: int) -> Cut:
        """The text with nothing but its first `count` words."""
        return frozenset(self.words[count:])

    def counts(self, shares: tuple[float, ...]) -> list[int]:
        """The numbers of words that are these shares of all words, each at least 1."""
        return [max(1, round(share * len(self.words))) for share in shares]

    def strongest_gone(self) -> list[Cut]:
        """The text without the first of its words, as many as `SHARES` says."""
        return [self.without(count) for count in self.counts(SHARES)]

    def places(self) -> list[int]:
        """The numbers of words at which curves are measured: 0, those of `GRID`, and all."""
        return sorted({0, *self.counts(GRID), len(self.words)})


@dataclass(frozen=True, slots=True, kw_only=True)
class About:
    """What a metric is, for people; `better` says whether much or little of it speaks for an explanation."""

    name: str
    title: str
    better: Literal["more", "less"]
    idea: str
    formula: str
    source: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Observed:
    """What was observed of a text beside an attribution of it; what nobody asked for is empty.

    `answers` are the model's with words deleted, the whole text's (the empty cut) among them; `marked` are the words
    that people marked, some and not all. Of random sets of words, `gone` says which give way to the baseline (sets
    words), and `lost` what the score loses without each. `near` are the scores of the words by the same method, at
    points near the text (points words).
    """

    answers: Mapping[Cut, Answer] = field(default_factory=dict)
    marked: frozenset[int] = frozenset()
    gone: NDArray[np.bool_] = field(default_factory=lambda: np.empty((0, 0), np.bool_))
    lost: Array = field(default_factory=lambda: np.empty(0))
    near: Array = field(default_factory=lambda: np.empty((0, 0)))


class Metric(Protocol):
    """A number about one order of the words; `shuffled` says that random orders are what it is held against."""

    about: ClassVar[About]
    shuffled: ClassVar[bool]

    def cuts(self, ranking: Ranking) -> list[Cut]:
        """What must be asked of the model beside the whole text, with words deleted."""
        ...

    def judge(self, ranking: Ranking, observed: Observed) -> float | None:
        """The number, from what was observed of the text; None where it is undefined."""
        ...


def lose(answers: Mapping[Cut, Answer], cuts: Sequence[Cut]) -> float:
    """By how much the answer falls with these words gone, on average."""
    return answers[frozenset()].value - fmean(answers[cut].value for cut in cuts)


def integrate(answers: Mapping[Cut, Answer], cuts: Sequence[Cut]) -> float:
    """The mean answer over the share of words that are gone, from none to all, straight between the cuts."""
    ordered = sorted(cuts, key=len)
    shares = [len(cut) / len(ordered[-1]) for cut in ordered]
    return float(np.trapezoid([answers[cut].value for cut in ordered], shares))
