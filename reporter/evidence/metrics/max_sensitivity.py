"""Max-sensitivity: by how much an explanation changes at most when the text's embeddings change a little."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from reporter.evidence.metrics import About, Cut, Observations, Ranking


@dataclass(frozen=True)
class MaxSensitivity:
    """The largest relative change of the word scores over a few points in a cube around the text's embeddings."""

    about: ClassVar[About] = About(
        name="max_sensitivity",
        title="Max-sensitivity",
        better="less",
        idea="By how much the scores of the words change at most, as a share of their length, at ten points near the "
        "text: every number of an ordinary token’s embedding is moved by up to a tenth of their standard deviation.",
        formula="max over y near x of ‖s(y) − s(x)‖₂ / ‖s(x)‖₂",
        source="Yeh et al., On the (In)fidelity and Sensitivity of Explanations, NeurIPS 2019.",
    )
    shuffled: ClassVar[bool] = False

    def cuts(self, ranking: Ranking) -> list[Cut]:  # noqa: ARG002
        """None: it needs no deletion."""
        return []

    def judge(self, ranking: Ranking, observed: Observations) -> float | None:
        """From the scores of the words, and those near by; undefined where all scores are 0."""
        scores = ranking.by_word
        size = float(np.linalg.norm(scores))
        return float(np.linalg.norm(observed.nearby - scores, axis=1).max()) / size if size else None
