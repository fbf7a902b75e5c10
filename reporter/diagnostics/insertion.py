"""Insertion: the area under the curve of the probability while words come, strongest first."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from reporter.diagnostics import GRID, About, Answer, Cut, Ranking


@dataclass(frozen=True)
class Insertion:
    """The mean height of the curve over the share of words there, straight between the places measured."""

    about: ClassVar[About] = About(
        name="insertion",
        title="Insertion area",
        better="more",
        idea="The mean probability while words come, strongest first, each at its place, from none to the whole text.",
        formula="∫₀¹ P(the strongest q of x) dq",
        source="Petsiuk, Das and Saenko, RISE, BMVC 2018.",
    )
    shuffled: ClassVar[bool] = True

    def cuts(self, ranking: Ranking) -> list[Cut]:
        """Ever more of the text, the strongest words there first."""
        return [ranking.only(count) for count in self._places(ranking)]

    def judge(self, ranking: Ranking, answers: Mapping[Cut, Answer]) -> float | None:
        """By trapezoids."""
        heights = [answers[cut].value for cut in self.cuts(ranking)]
        return float(np.trapezoid(heights, np.array(self._places(ranking)) / len(ranking.words)))

    def _places(self, ranking: Ranking) -> list[int]:
        return sorted({0, *ranking.counts(GRID), len(ranking.words)})
