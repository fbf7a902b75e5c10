"""Records of a run's summary: counts, means and intervals over its documents, in all and by slice."""

from dataclasses import dataclass
from typing import Literal

from reporter.records.errors import Gap, Lapse

Claim = Literal["complete", "none"]
AnswerUnit = Literal["probability", "score"]
"""What is read of an answer when words are deleted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CorpusAgreement:
    """Medians over all texts where two methods could be compared; `beyond` is the share with tau over chance.

    A text counts once: what is measured for several targets of it is their mean. `beyond` leaves out texts so short
    that chance may bring about any tau. `low` to `high` holds the median tau over texts drawn anew, 95 % of them; `p`
    is how likely so large a mean tau is if all orders are shuffled. `sections` are pairs of a text and a target.
    """

    a: str
    b: str
    sections: int
    kendall: float | None
    spearman: float | None
    top_k: float | None
    sign: float | None
    beyond: float | None
    low: float | None = None
    high: float | None = None
    p: float | None = None
    rank_k: float | None = None
    sign_k: float | None = None
    signed_rank_k: float | None = None
    overlap: float | None = None
    texts: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class MethodAgreement:
    """How far one method agrees with all others: the median over `texts` of the mean tau of the target shown first."""

    method: str
    texts: int
    tau: float


@dataclass(frozen=True, slots=True, kw_only=True)
class CorpusDiagnostic:
    """The mean of a diagnostic over all texts where it is defined; `gap` is the mean of value less control.

    A text counts once, with the mean over its targets; `sections` are pairs of a text and a target. `low` and `high`
    hold the mean gap with 95 % confidence (Student's, over texts): a method that knows nothing has 0 between them.
    """

    name: str
    method: str
    sections: int
    value: float
    control: float | None
    gap: float | None
    low: float | None
    high: float | None
    texts: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdicts:
    """The verdicts on one method's certificates, one for each text and target, and in how many texts all are met.

    `residual` is the median over texts of the mean relative residual of those that are met or not met, `evaluations`
    the mean over texts of the passes for a target.
    """

    method: str
    claim: Claim
    met: int
    not_met: int
    unresolvable: int
    not_claimed: int
    residual: float | None
    evaluations: float | None = None
    texts: int = 0
    texts_met: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """In how many of the `measured` texts a check holds (or the answer is right), with Wilson's 95 % interval."""

    check: str
    held: int
    measured: int
    share: float
    low: float
    high: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Slice:
    """The explained texts of one folder, label given or answer, or all: their checks, and the median of their mean tau.

    Checks are of the method that is shown first; one holds in a text if it does for every target of it. `tau` is of the
    target that is shown first.
    """

    kind: Literal["all", "folder", "label", "answer"]
    name: str
    texts: int
    checks: tuple[Held, ...]
    tau: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Pushing:
    """The mean score of a word for a label, over the texts in which it stands, with Student's 95 % interval."""

    label: str
    against: str | None
    word: str
    texts: int
    mean: float
    low: float
    high: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Graded:
    """How many texts with the label `given` were answered with the label `said`."""

    given: str
    said: str
    texts: int


@dataclass(frozen=True, slots=True, kw_only=True)
class LabelScore:
    """In how many texts a label that excludes no other was given, said, and both."""

    label: str
    given: int
    said: int
    both: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Deviation:
    """The errors of a regression against the numbers given: mean absolute, root mean square (`squared`), and mean.

    `correlation` is Pearson's, None where one side is constant.
    """

    texts: int
    absolute: float
    squared: float
    mean: float
    correlation: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Unknown:
    """In how many texts a label was given that the model does not have."""

    label: str
    texts: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """The run in numbers; `accuracy` is `correct` over the documents with a label that the model knows (`labelled`).

    Where labels do not exclude each other, it is the share of texts with exactly the labels given, `f1` is over all
    labels of all texts, and `marks` has them one by one. `deviation` is of numbers. `unknown` are the labels given that
    the model does not have, in `strangers` texts. `majority` texts have the label that was given most often.
    `unit` is what is read of an answer when words are deleted: the target's probability or, where it has none, its
    score; None where it is not the same in all texts.
    In `passing` texts every measured check holds; `uncounted` occurrences of words are not counted in `pushes`.
    `lapses` are methods that failed on single texts, and `gaps` the parts that could not be summed up.
    """

    documents: int
    explained: int
    failed: int
    truncated: int
    labelled: int
    accuracy: float | None
    predicted: dict[str, int]
    verdicts: tuple[Verdicts, ...]
    agreement: tuple[CorpusAgreement, ...]
    diagnostics: tuple[CorpusDiagnostic, ...] = ()
    slices: tuple[Slice, ...] = ()
    passing: int = 0
    pushes: tuple[Pushing, ...] = ()
    uncounted: int = 0
    graded: tuple[Graded, ...] = ()
    f1: float | None = None
    marks: tuple[LabelScore, ...] = ()
    deviation: Deviation | None = None
    unknown: tuple[Unknown, ...] = ()
    strangers: int = 0
    lapses: tuple[Lapse, ...] = ()
    gaps: tuple[Gap, ...] = ()
    correct: int = 0
    majority: int = 0
    unit: AnswerUnit | None = None
    method_agreement: tuple[MethodAgreement, ...] = ()
