"""Comprehensiveness: how much of the probability is lost without the strongest words."""

from dataclasses import dataclass
from typing import ClassVar

from reporter.evidence.metrics import About, Cut, Observations, Ranking, mean_drop


@dataclass(frozen=True)
class Comprehensiveness:
    """The mean loss over the strongest 5, 10, 20 and 50 % of words.

    As ERASER's program and ferret average it; the paper's formula divides by one more than the number of shares, and so
    has four fifths of this number.
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
        return ranking.strongest_gone()

    def judge(self, ranking: Ranking, observed: Observations) -> float | None:
        """The answer to the whole text less that without its strongest words, on average."""
        return mean_drop(observed.answers, self.cuts(ranking))
