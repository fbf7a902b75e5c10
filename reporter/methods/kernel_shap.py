"""Kernel SHAP: Shapley values as the additive model that fits best to texts with some words taken away."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from reporter.attribution import (
    Cases,
    Coalitions,
    CoalitionScores,
    WordValues,
    attribute_by_coalitions,
    count_coalitions,
    draw_sizes,
    enumerate_coalitions,
    fit_shap,
    shapley_exactly,
)
from reporter.methods import FixedCost, Needs, Scores
from reporter.records import Description


@dataclass(frozen=True)
class KernelShap(FixedCost):
    """Weighted least squares over sets of words in pairs of complements; exact for texts of few words."""

    samples: int = 256

    description: ClassVar[Description] = Description(
        name="kernel_shap",
        title="Kernel SHAP",
        short="SHAP",
        signed=True,
        claim="complete",
        idea="One number for each word, so that the numbers of the words that are kept add up to the score as well as "
        "they can, whichever words are kept; small and large sets of words count most.",
        formula="min over s of mean (F(z) − F(x′) − Σ_{w in z} s(w))², z with chance ∝ 1 / (|z| (n − |z|)) for its "
        "size |z|, subject to Σ s = F(x) − F(x′); s(w) evenly on the tokens of w",
        cost="--samples forward passes, at least four for each word, shared with other texts. Where all sets of words "
        "are no more than that, all are taken, and the values are exact.",
        limits="It estimates the same values as Shapley sampling, from other sets of words. The sum is forced and "
        "proves nothing about the single scores: see their errors, which are those of the sample.",
        source="Lundberg and Lee, A Unified Approach to Interpreting Model Predictions, NIPS 2017; Covert and Lee, "
        "AISTATS 2021.",
    )

    @property
    def needs(self) -> Needs:
        """One text with some of its words for each sample."""
        return Needs(copies=self.samples)

    def attribute(self, batches: Sequence[Cases]) -> list[Scores]:
        """Fit an additive model to every text (Lundberg and Lee, NIPS 2017; Covert and Lee, AISTATS 2021)."""
        weighed = attribute_by_coalitions(batches, self._draw, self._weigh)
        rule = "least squares over sets of words, each with its complement"
        return [
            Scores(batch.values, batch.evaluations, batch.errors, rules=[rule] * len(batch.evaluations))
            for batch in weighed
        ]

    def _draw(self, words: int, random: np.random.Generator) -> Coalitions:
        most = count_coalitions(words, self.samples)
        return enumerate_coalitions(words) if 2**words <= most else draw_sizes(words, most // 2, random)

    def _weigh(self, scored: CoalitionScores) -> WordValues:
        few = 2**scored.words <= count_coalitions(scored.words, self.samples)
        return shapley_exactly(scored) if few else fit_shap(scored)
