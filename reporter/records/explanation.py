"""Records of documents and their explanations. A line of the public twin is exactly an `Explanation`, as JSON.

Scores, logits, errors and certificates are in units of the target's score (logits), rounded once as a record is made.
"""

import hashlib
import json
from dataclasses import dataclass
from typing import Literal

from reporter.records.attention import Heads
from reporter.records.consensus import Consensus
from reporter.records.errors import Omission
from reporter.records.evidence import Agreement, Baseline, Counterfactual, Diagnostic, Erasure, Sensitivity
from reporter.records.influence import Influence
from reporter.records.summary import Claim

Status = Literal["explained", "failed"]
Verdict = Literal["met", "not met", "unresolvable", "not claimed"]
Rationale = tuple[tuple[int, int], ...]
"""Characters of a text from start to end, in order and apart from each other."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """One input as it was read; `problem` is the sentence that says why it could not be, and then the text is empty.

    `labels` are those of a document that was given a list of them, `label` is then all of them in one line.
    `rationale` is what people marked of the text, None where nobody was asked.
    """

    id: str
    source: str
    group: str
    text: str
    text_pair: str | None = None
    label: str | None = None
    rationale: Rationale | None = None
    problem: str | None = None
    labels: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Token:
    """One token of the input: characters `start` to `end` of the text (`segment` 0) or of its pair (`segment` 1).

    `word` numbers the words of both segments from 0 in reading order; a special token belongs to none.
    """

    text: str
    start: int
    end: int
    word: int | None
    special: bool
    segment: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """One cell of the answer: `label` (column `index`) at `position`, or its difference from the label `against`.

    `span` is where the label stands in the second text, from character to character, if it was found there.
    """

    position: int
    label: str
    index: int
    against: str | None
    score: float
    probability: float | None
    span: tuple[int, int] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Certificate:
    """The verdict on a completeness claim: sum(scores) = F(input) - F(baseline), within `tolerance` of that difference.

    `residual` is sum - (input - baseline); `relative` is its size over |input - baseline|, None where that is zero.
    `error` is the error of the sum of scores as a share of their sizes, which `met` asks to be within the tolerance
    too. `noise` bounds the rounding error of input - baseline. `path` has the position (0 to 1) and F of each node of a
    path, and `sliver` the part of it, from and to, that is too narrow to be resolved, if the claim misses by that.
    """

    claim: Claim
    input: float
    baseline: float
    sum: float
    residual: float
    relative: float | None
    error: float | None
    noise: float | None
    tolerance: float | None
    evaluations: int
    rule: str
    verdict: Verdict
    path: tuple[tuple[float, float], ...] = ()
    sliver: tuple[float, float] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Attribution:
    """One score per token (special tokens included, model order) by one method, with an error each where known.

    The exact score of a token lies within its error for 99 in 100 tokens.
    """

    method: str
    signed: bool
    scores: tuple[float, ...]
    errors: tuple[float, ...] | None
    certificate: Certificate


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """All that was measured of one target of one document; `omissions` are methods that failed on it."""

    target: Target
    baseline: Baseline
    tokens: tuple[Token, ...]
    attributions: tuple[Attribution, ...]
    diagnostics: tuple[Diagnostic, ...]
    agreement: tuple[Agreement, ...]
    heads: Heads | None = None
    erasure: Erasure | None = None
    sensitivity: Sensitivity | None = None
    influence: Influence | None = None
    counterfactual: Counterfactual | None = None
    consensus: Consensus | None = None
    omissions: tuple[Omission, ...] = ()

    @property
    def lead(self) -> Attribution | None:
        """The attribution that is shown first: the first that claims completeness, or else the first."""
        return next(
            iter(sorted(self.attributions, key=lambda attribution: attribution.certificate.claim != "complete")), None
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """How many characters of the document the model was given, of how many, in how many windows."""

    characters: int
    of: int
    windows: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Prediction:
    """The model's answer: a table of `positions` x `labels`, row after row; `label` is the winner of each row.

    Probabilities are None for a model that has none (a regression). `answers` are the labels over one half, of a model
    whose labels do not exclude each other; None for others. Where the labels are `candidates`, they are of this text
    alone (words for a gap, spans of a context), a few out of many: then `logits` are log-probabilities.
    """

    positions: int
    labels: tuple[str, ...]
    logits: tuple[float, ...]
    probabilities: tuple[float, ...] | None
    label: str
    answers: tuple[str, ...] | None = None
    candidates: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation:
    """Everything about one document: one line of the twin. A failed one has an `error` and no prediction."""

    schema: Literal["salience-report/1"]
    id: str
    source: str
    group: str
    text: str
    text_pair: str | None
    label: str | None
    status: Status
    error: str | None
    seen: Seen | None
    prediction: Prediction | None
    sections: tuple[Section, ...]
    rationale: Rationale | None = None
    labels: tuple[str, ...] | None = None

    @property
    def segments(self) -> tuple[str, ...]:
        """The text and, where there is one, its pair."""
        return (self.text,) if self.text_pair is None else (self.text, self.text_pair)

    @property
    def is_truncated(self) -> bool:
        """Whether the model was given less than the whole text."""
        return self.seen is not None and self.seen.characters < self.seen.of

    @property
    def document(self) -> Document:
        """The document that was explained, or that could not be read."""
        return Document(
            id=self.id,
            source=self.source,
            group=self.group,
            text=self.text,
            text_pair=self.text_pair,
            label=self.label,
            labels=self.labels,
            rationale=self.rationale,
            problem=None if self.text else self.error,
        )


def make_seed(document: Document | Explanation, seed: int, use: str = "") -> int:
    """The seed of a document's random numbers: a hash of its texts, the run's seed, and what they are used for."""
    facts = json.dumps((seed, use, document.text, document.text_pair))
    return int.from_bytes(hashlib.sha256(facts.encode()).digest()[:8], "big")
