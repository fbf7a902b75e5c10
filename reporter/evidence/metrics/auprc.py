"""AUPRC: the area under precision over recall of marked words, over all cuts of the ranking."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from reporter.evidence.metrics import About, Cut, Observations, Ranking


@dataclass(frozen=True)
class Auprc:
    """The area under precision over recall as average precision; words of equal score come together.

    ERASER and ferret lay straight lines between the points, which is a little more, as precision is not straight there.
    """

    about: ClassVar[About] = About(
        name="auprc",
        title="AUPRC",
        better="more",
        idea="The mean precision, over the words that people marked, of the words at least as strong: the area under "
        "precision over recall.",
        formula="Σ over scores t of (R(t) − R(t before)) · P(t), P and R of the words with a score ≥ t",
        source="DeYoung et al., ERASER, ACL 2020; Davis and Goadrich, ICML 2006.",
    )
    shuffled: ClassVar[bool] = True

    def cuts(self, ranking: Ranking) -> list[Cut]:  # noqa: ARG002
        """None: it needs no deletion."""
        return []

    def judge(self, ranking: Ranking, observed: Observations) -> float | None:
        """Average precision, with one step for each different score."""
        hits = np.cumsum([word in observed.marked for word in ranking.words])
        last = np.append(np.diff(ranking.scores) != 0, True)
        gains = np.diff(hits[last], prepend=0)
        return float(gains @ (hits[last] / (np.flatnonzero(last) + 1))) / len(observed.marked)
