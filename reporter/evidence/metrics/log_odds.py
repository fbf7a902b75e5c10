"""Log-odds: by how many powers of e the probability falls without the strongest words."""

from dataclasses import dataclass
from math import log
from statistics import fmean
from typing import ClassVar

from reporter.evidence.metrics import About, Cut, Observations, Ranking


@dataclass(frozen=True)
class LogOdds:
    """The mean logarithm of what is left of the probability without the strongest 5, 10, 20 and 50 % of words."""

    about: ClassVar[About] = About(
        name="log_odds",
        title="Log-odds",
        better="less",
        idea="The logarithm of the part of the probability that is left without the strongest words, mean over 5, 10, "
        "20 and 50 % of them: it sees changes near 0 and 1 that a difference does not.",
        formula="mean over q of log(P(x without its strongest q) / P(x))",
        source="Chen and Ji, EMNLP 2020; Sanyal and Ren, EMNLP 2021 (they write [PAD] or [MASK] over the words).",
    )
    shuffled: ClassVar[bool] = True

    def cuts(self, ranking: Ranking) -> list[Cut]:
        """The text without its strongest words."""
        return ranking.strongest_gone()

    def judge(self, ranking: Ranking, observed: Observations) -> float | None:
        """The mean log-ratio; undefined where an answer is no probability, or is 0."""
        values = [observed.answers[cut].value for cut in (frozenset[int](), *self.cuts(ranking))]
        if not all(0 < value <= 1 for value in values):
            return None
        whole, *left = map(log, values)
        return fmean(left) - whole
