"""The strongest fifth: what is left of the answer without it."""

from dataclasses import dataclass
from typing import ClassVar

from reporter.evidence.metrics import About, Cut, Observations, Ranking

SHARE = 0.2


@dataclass(frozen=True)
class StrongestFifth:
    """The probability of the text without a fifth of its words: one number that costs one pass."""

    about: ClassVar[About] = About(
        name="strongest_fifth",
        title="Without the strongest fifth",
        better="less",
        idea="The probability that is left without the strongest 20 % of words.",
        formula="P(x without its strongest 20 %)",
        source="Samek et al., Evaluating the Visualization of What a Deep Neural Network Has Learned, 2017.",
    )
    shuffled: ClassVar[bool] = True

    def cuts(self, ranking: Ranking) -> list[Cut]:
        """The text without its strongest fifth."""
        return [ranking.without(count) for count in ranking.counts((SHARE,))]

    def judge(self, ranking: Ranking, observed: Observations) -> float | None:
        """The answer to the text without its strongest fifth."""
        return observed.answers[self.cuts(ranking)[0]].value
