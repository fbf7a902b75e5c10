"""Infidelity: the squared error of summed scores against the loss of the model's score, over random sets of words."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from reporter.evidence.metrics import About, Cut, Observations, Ranking


@dataclass(frozen=True)
class Infidelity:
    """The mean squared error of the sums of scores of words that give way to the baseline, once scaled as fits best.

    The scale is that of the authors' program and of Captum's `normalize=True`: methods in other units can be compared.
    """

    about: ClassVar[About] = About(
        name="infidelity",
        title="Infidelity",
        better="less",
        idea="Random sets of words give way to the baseline: the squared difference between the sum of their scores, "
        "once scaled as fits best, and what the score loses without them, on average.",
        formula="mean over I of (β Σ_{w in I} s(w) − (F(x) − F(x with I at the baseline)))², β by least squares",
        source="Yeh et al., On the (In)fidelity and Sensitivity of Explanations, NeurIPS 2019.",
    )
    shuffled: ClassVar[bool] = True

    def cuts(self, ranking: Ranking) -> list[Cut]:  # noqa: ARG002
        """None: it needs no deletion."""
        return []

    def judge(self, ranking: Ranking, observed: Observations) -> float | None:
        """From the sum of the scores of each set of words, and what the score loses without it."""
        claimed, losses = observed.removed @ ranking.by_word, observed.losses
        size = float(claimed @ claimed)
        scale = float(claimed @ losses) / size if size else 0.0
        return float(np.mean((scale * claimed - losses) ** 2))
