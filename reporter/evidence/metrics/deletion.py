"""Deletion: the area under the curve of the probability while words go, strongest first."""

from dataclasses import dataclass
from typing import ClassVar

from reporter.evidence.metrics import About, Cut, Observations, Ranking, area_under_curve


@dataclass(frozen=True)
class Deletion:
    """The mean height of the curve over the share of words taken away, straight between the places measured."""

    about: ClassVar[About] = About(
        name="deletion",
        title="Deletion area",
        better="less",
        idea="The mean probability while words go, strongest first, from the whole text to none of it.",
        formula="∫₀¹ P(x without its strongest q) dq",
        source="Petsiuk, Das and Saenko, RISE, BMVC 2018.",
    )
    shuffled: ClassVar[bool] = True

    def cuts(self, ranking: Ranking) -> list[Cut]:
        """The cuts of the curve: more and more words deleted, the strongest first."""
        return [ranking.without(count) for count in ranking.places()]

    def judge(self, ranking: Ranking, observed: Observations) -> float | None:
        """The area under the curve, by trapezoids."""
        return area_under_curve(observed.answers, self.cuts(ranking))
