"""Insertion: the area under the curve of the probability while words come, strongest first."""

from dataclasses import dataclass
from typing import ClassVar

from reporter.evidence.metrics import About, Cut, Observations, Ranking, area_under_curve


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
        return [ranking.only(count) for count in ranking.places()]

    def judge(self, ranking: Ranking, observed: Observations) -> float | None:
        """The area under the curve, by trapezoids."""
        return area_under_curve(observed.answers, self.cuts(ranking))
