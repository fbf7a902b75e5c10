"""Occlusion: the drop of the score when one word is at the baseline."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from reporter.attribution import Cases, Coalitions, CoalitionScores, WordValues, attribute_by_coalitions
from reporter.methods import FixedCost, Needs, Scores
from reporter.records import Description


@dataclass(frozen=True)
class Occlusion(FixedCost):
    """Leave one out: F of the text less F of the text with one word at the baseline, for every word."""

    description: ClassVar[Description] = Description(
        name="occlusion",
        title="Occlusion",
        signed=True,
        claim="none",
        idea="What the score loses when one word alone gives way to the baseline and all others stay.",
        formula="s(w) = F(x) − F(x with w at the baseline), evenly on the tokens of w",
        cost="One forward pass for each word, shared with other texts.",
        limits="Words that say the same cover for each other: neither is missed alone. The scores do not add up, "
        "depend on the baseline, and a text with a hole in it is none that the model was trained on.",
        source="Zeiler and Fergus, ECCV 2014; Li, Monroe and Jurafsky, Understanding Neural Networks through "
        "Representation Erasure, 2016.",
    )
    needs: ClassVar[Needs] = Needs()

    def attribute(self, batches: Sequence[Cases]) -> list[Scores]:
        """Leave out every word of every text in turn (Zeiler and Fergus, 2014; Li, Monroe and Jurafsky, 2016)."""
        weighed = attribute_by_coalitions(batches, _leave_one_out, _miss)
        return [Scores(batch.values, batch.evaluations) for batch in weighed]


def _leave_one_out(words: int, random: np.random.Generator) -> Coalitions:  # noqa: ARG001, there is nothing to draw
    return ~np.eye(words, dtype=bool)


def _miss(scored: CoalitionScores) -> WordValues:
    return WordValues(scored.input_score - scored.scores)
