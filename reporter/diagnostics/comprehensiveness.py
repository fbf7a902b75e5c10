"""Comprehensiveness: how much of the probability is lost without the strongest words."""

from collections.abc import Mapping
from dataclasses import dataclass
from statistics import fmean
from typing import ClassVar

from reporter.diagnostics import SHARES, About, Answer, Cut, Ranking


@dataclass(frozen=True)
class Comprehensiveness:
    """The mean loss over the strongest 5, 10, 20 and 50 % of words.

    ERASER itself divides by one more than the number of shares, counting the empty one: four fifths of this number.
    """

    about: ClassVar[About] = About(
        name="comprehensiveness",
        title="Comprehensiveness",
        better="more",
        idea="How much of the probability is lost without the strongest 5, 10, 20 and 50 % of words, on average.",
        formula="mean over q of P(x) − P(x without its strongest q)",
        source="DeYoung et al., ERASER, ACL 2020.",
    )
    shuffled: ClassVar[bool] = True

    def cuts(self, ranking: Ranking) -> list[Cut]:
        """The text without its strongest words."""
        return [ranking.without(count) for count in ranking.counts(SHARES)]

    def judge(self, ranking: Ranking, answers: Mapping[Cut, Answer]) -> float | None:
        """What the whole text has more."""
        return answers[frozenset()].value - fmean(answers[cut].value for cut in self.cuts(ranking))
