"""Token F1: how many of the words that people marked are among as many of the strongest."""

from dataclasses import dataclass
from typing import ClassVar

from reporter.evidence.metrics import About, Cut, Observations, Ranking


@dataclass(frozen=True)
class TokenF1:
    """F1 of the strongest k words against the k that people marked: precision and recall are the same number.

    ERASER and ferret take the mean length of the data set's rationales for k; each text's own needs no other text.
    """

    about: ClassVar[About] = About(
        name="token_f1",
        title="Token F1",
        better="more",
        idea="How many of the words that people marked are among as many of the strongest, as a share.",
        formula="F1(strongest k, marked), k = |marked|",
        source="DeYoung et al., ERASER, ACL 2020; Attanasio et al., ferret, EACL 2023 (they choose k by data set).",
    )
    shuffled: ClassVar[bool] = True

    def cuts(self, ranking: Ranking) -> list[Cut]:  # noqa: ARG002
        """None: it needs no deletion."""
        return []

    def judge(self, ranking: Ranking, observed: Observations) -> float | None:
        """The share of marked words among as many of the strongest."""
        return len(observed.marked.intersection(ranking.words[: len(observed.marked)])) / len(observed.marked)
