"""A diagnostic asks of one attribution whether it is true of the model; one file each. To add one, add a file.

Words are taken away and the model is asked again. Taken away means deleted: the tokens are gone, as in ERASER
(DeYoung et al., ACL 2020) and by default in ferret (Attanasio et al., EACL 2023), which favours no baseline. Promises:
a diagnostic says beforehand which words it wants gone, so that all of them, over many texts, share their passes; it
knows the order of the words and no method.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar, Literal, Protocol

SHARES = (0.05, 0.1, 0.2, 0.5)
"""The shares of words over which ERASER's measures are averaged."""

GRID = (0.05, 0.1, 0.2, 0.35, 0.5, 0.75)
"""The shares of words at which curves are measured, beside both ends."""

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

    def without(self, count: int) -> Cut:
        """The text without its first `count` words."""
        return frozenset(self.words[:count])

    def only(self, count: int) -> Cut:
        """The text with nothing but its first `count` words."""
        return frozenset(self.words[count:])

    def counts(self, shares: tuple[float, ...]) -> list[int]:
        """How many words these shares of them are: at least one each."""
        return [max(1, round(share * len(self.words))) for share in shares]


@dataclass(frozen=True, slots=True, kw_only=True)
class About:
    """What a diagnostic is, for people; `better` says whether much or little of it speaks for an explanation."""

    name: str
    title: str
    better: Literal["more", "less"]
    idea: str
    formula: str
    source: str


class Diagnostic(Protocol):
    """A number about one order of the words; `shuffled` says that random orders are what it is held against."""

    about: ClassVar[About]
    shuffled: ClassVar[bool]

    def cuts(self, ranking: Ranking) -> list[Cut]:
        """What must be asked of the model beside the whole text."""
        ...

    def judge(self, ranking: Ranking, answers: Mapping[Cut, Answer]) -> float | None:
        """The number, from the answers to those cuts and to the whole text (the empty cut); None if undefined."""
        ...
