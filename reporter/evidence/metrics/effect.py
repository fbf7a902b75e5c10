"""Effect: the correlation of the strongest words' scores with the measured effect of deleting each."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from reporter.evidence.metrics import About, Cut, Observations, Ranking

TOP = 8


@dataclass(frozen=True)
class Effect:
    """The correlation of the scores of the eight words of largest size with what the score loses without each."""

    about: ClassVar[About] = About(
        name="effect",
        title="Score against effect of deletion",
        better="more",
        idea="How the scores of the eight strongest words go with what the model’s score loses without each of them: "
        "Pearson’s correlation. Where a method has no sign, sizes are compared.",
        formula="corr(sᵢ, F(x) − F(x without i))",
        source="Yeh et al., On the (In)fidelity and Sensitivity of Explanations, NeurIPS 2019; Li et al., 2016.",
    )
    shuffled: ClassVar[bool] = False

    def cuts(self, ranking: Ranking) -> list[Cut]:
        """The text without each of its strongest words."""
        return [frozenset((word,)) for word, _ in strongest(ranking)]

    def judge(self, ranking: Ranking, observed: Observations) -> float | None:
        """Undefined for fewer than three words, or where either side does not vary."""
        claimed = np.array([score for _, score in strongest(ranking)])
        measured = observed.answers[frozenset()].score - np.array(
            [observed.answers[cut].score for cut in self.cuts(ranking)]
        )
        if not ranking.signed:
            measured = np.abs(measured)
        if len(claimed) < 3 or not (np.ptp(claimed) > 0 and np.ptp(measured) > 0):
            return None
        return float(np.corrcoef(claimed, measured)[0, 1])


def strongest(ranking: Ranking) -> list[tuple[int, float]]:
    """The words of largest size with their scores; the earlier one of the ranking where sizes are equal."""
    pairs = zip(ranking.words, ranking.scores, strict=True)
    return sorted(pairs, key=lambda pair: -abs(pair[1]))[:TOP]
