"""Sufficiency: how much of the probability is lost with the strongest words alone."""

from dataclasses import dataclass
from typing import ClassVar

from reporter.evidence.metrics import SHARES, About, Cut, Observations, Ranking, mean_drop


@dataclass(frozen=True)
class Sufficiency:
    """The mean loss over the strongest 5, 10, 20 and 50 % of words alone.

    As ERASER's program and ferret average it; the paper's formula divides by one more than the number of shares, and so
    has four fifths of this number.
    """

    about: ClassVar[About] = About(
        name="sufficiency",
        title="Sufficiency",
        better="less",
        idea="How much of the probability is lost with the strongest 5, 10, 20 and 50 % of words alone, on average; "
        "below zero they say it more clearly than the text.",
        formula="mean over q of P(x) − P(the strongest q of x)",
        source="DeYoung et al., ERASER, ACL 2020.",
    )
    shuffled: ClassVar[bool] = True

    def cuts(self, ranking: Ranking) -> list[Cut]:
        """The strongest words alone."""
        return [ranking.only(count) for count in ranking.counts(SHARES)]

    def judge(self, ranking: Ranking, observed: Observations) -> float | None:
        """The answer to the whole text less that to its strongest words alone, on average."""
        return mean_drop(observed.answers, self.cuts(ranking))
