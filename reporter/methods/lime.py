"""LIME: a linear model of the score near the text, fitted to texts with some of the words taken away."""

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
    draw_sets,
    fit_ridge,
)
from reporter.methods import FixedCost, Needs, Scores
from reporter.records import Description

_WIDTH = 25.0  # of the kernel, on a distance from 0 to 100, and the penalty: both as the authors' own text explainer
_PENALTY = 1.0


@dataclass(frozen=True)
class Lime(FixedCost):
    """Weighted ridge regression of the score on the words that are kept, as LIME's authors do it for texts."""

    samples: int = 256

    description: ClassVar[Description] = Description(
        name="lime",
        title="LIME",
        signed=True,
        claim="none",
        idea="What each word adds in the linear model that fits best to the score of texts that lack some of the "
        "words; those that lack few count most.",
        formula="min over s of Σ_z π(z) (F(z) − c − Σ_{w in z} s(w))² + ‖s‖², π(z) = exp(−d² / 2·25²), "
        "d = 100 (1 − √(|z| / n)); s(w) evenly on the tokens of w",
        cost="--samples forward passes, at least four for each word, shared with other texts.",
        limits="The kernel's width and the penalty, which pulls all scores towards zero and most in short texts, are "
        "conventions. The errors are those of the sample; that the model is not linear is not in them.",
        source="Ribeiro, Singh and Guestrin, Why Should I Trust You?, KDD 2016.",
    )

    @property
    def needs(self) -> Needs:
        """One text with some of its words for each sample."""
        return Needs(copies=self.samples)

    def attribute(self, batches: Sequence[Cases]) -> list[Scores]:
        """Fit a linear model to every text (Ribeiro, Singh and Guestrin, KDD 2016)."""
        weighed = attribute_by_coalitions(batches, self._draw, _fit)
        return [
            Scores(batch.values, batch.evaluations, batch.errors, rules=["ridge regression"] * len(batch.evaluations))
            for batch in weighed
        ]

    def _draw(self, words: int, random: np.random.Generator) -> Coalitions:
        """Sets of words from which 1 to all are missing, as many of each size."""
        return draw_sets(words, count_coalitions(words, self.samples), random)


def _fit(scored: CoalitionScores) -> WordValues:
    """The coefficients of the words, fitted to the coalitions and to the whole text."""
    coalitions = np.vstack([np.ones((1, scored.words), dtype=bool), scored.coalitions])
    distances = 100 * (1 - np.sqrt(coalitions.mean(1))) if scored.words else np.zeros(1)
    weights = np.exp(-(distances**2) / (2 * _WIDTH**2))
    with_input = CoalitionScores(
        coalitions,
        np.append(scored.input_score, scored.scores),
        baseline_score=scored.baseline_score,
        input_score=scored.input_score,
    )
    return fit_ridge(with_input, weights, penalty=_PENALTY)
