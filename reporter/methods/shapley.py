"""Shapley values: what each word adds on average, over all orders in which the words could have come."""

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
    average_orders,
    count_coalitions,
    draw_orders,
    enumerate_coalitions,
    shapley_exactly,
)
from reporter.methods import FixedCost, Needs, Scores
from reporter.records import Description


@dataclass(frozen=True)
class Shapley(FixedCost):
    """Shapley value sampling over words, in pairs of an order and its reverse; exact for texts of few words."""

    samples: int = 256

    description: ClassVar[Description] = Description(
        name="shapley",
        title="Shapley values",
        short="Shapley",
        signed=True,
        claim="complete",
        idea="Words come into an absent text one by one, in every order; each is credited with its mean addition.",
        formula="s(w) = mean over orders of F(words before w, and w) − F(words before w), evenly on the tokens of w, "
        "so that Σ s = F(x) − F(x′)",
        cost="--samples forward passes, at least four for each word, shared with other texts. Where all sets of words "
        "are no more than that, all are taken, and the values are exact.",
        limits="The sum is exact by construction and proves nothing about the single scores: see their errors, which "
        "are those of the sample. The scores depend on the baseline, and most sets of words are not real texts.",
        source="Shapley, 1953; Castro, Gómez and Tejada, Computers & Operations Research 2009; Štrumbelj and "
        "Kononenko, JMLR 2010.",
    )

    @property
    def needs(self) -> Needs:
        """One text with some of its words for each sample."""
        return Needs(copies=self.samples)

    def attribute(self, batches: Sequence[Cases]) -> list[Scores]:
        """Average the marginal contributions of words over sampled orders (Castro, Gómez and Tejada, 2009)."""
        weighed = attribute_by_coalitions(batches, self._draw, self._weigh)
        rule = "orders of the words, each with its reverse"
        return [
            Scores(batch.values, batch.evaluations, batch.errors, rules=[rule] * len(batch.evaluations))
            for batch in weighed
        ]

    def _draw(self, words: int, random: np.random.Generator) -> Coalitions:
        """The coalitions of each order: its first 1 to n - 1 words; no words and all words are scored anyway."""
        most = count_coalitions(words, self.samples)
        if 2**words <= most:
            return enumerate_coalitions(words)
        orders = draw_orders(words, most // (2 * (words - 1)), random)
        before: Coalitions = (orders[:, None] < np.arange(1, words)[:, None]).reshape(-1, words)
        return before

    def _weigh(self, scored: CoalitionScores) -> WordValues:
        words = scored.words
        if 2**words <= count_coalitions(words, self.samples):
            return shapley_exactly(scored)
        coalitions = scored.coalitions.reshape(-1, words - 1, words)
        places = words - 1 - coalitions.sum(1)
        first, last = (np.full((len(coalitions), 1), score) for score in (scored.baseline_score, scored.input_score))
        totals = np.hstack([first, scored.scores.reshape(len(coalitions), -1), last])
        return average_orders(np.take_along_axis(np.diff(totals), places, axis=1))
