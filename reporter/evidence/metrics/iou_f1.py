"""IOU F1: how well runs of the strongest words match runs of words that people marked."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import ClassVar

from reporter.evidence.metrics import About, Cut, Observations, Ranking

ENOUGH = 0.5


@dataclass(frozen=True)
class IouF1:
    """F1 of runs of words: one of the strongest k is right if it shares half of its union with one that is marked.

    ERASER's partial match, text by text; a corpus gets the mean of these, where ERASER takes F1 of two means.
    """

    about: ClassVar[About] = About(
        name="iou_f1",
        title="IOU F1",
        better="more",
        idea="How many runs of neighbouring words among the strongest lie on a run that people marked, sharing at "
        "least half of all the words of both: F1, with as many strongest words as are marked.",
        formula="F1 of runs r with |r ∩ m| / |r ∪ m| ≥ ½ for a marked run m",
        source="DeYoung et al., ERASER, ACL 2020, after Everingham et al., Pascal VOC, 2010.",
    )
    shuffled: ClassVar[bool] = True

    def cuts(self, ranking: Ranking) -> list[Cut]:  # noqa: ARG002
        """None: it needs no deletion."""
        return []

    def judge(self, ranking: Ranking, observed: Observations) -> float | None:
        """F1 of the matching runs; runs do not touch, so a hit counts once for each side."""
        wanted, strongest = find_runs(observed.marked), find_runs(ranking.words[: len(observed.marked)])
        hits = sum(any(_intersection_over_union(run, other) >= ENOUGH for other in wanted) for run in strongest)
        return 2 * hits / (len(wanted) + len(strongest))


def find_runs(words: Iterable[int]) -> list[range]:
    """The runs of neighbouring words, in order."""
    runs: list[range] = []
    for word in sorted(words):
        if runs and runs[-1].stop == word:
            runs[-1] = range(runs[-1].start, word + 1)
        else:
            runs.append(range(word, word + 1))
    return runs


def _intersection_over_union(run: range, other: range) -> float:
    shared = max(0, min(run.stop, other.stop) - max(run.start, other.start))
    return shared / (len(run) + len(other) - shared)
