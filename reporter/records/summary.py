"""The words for a run as a whole: what its documents come to in sum and by slice, and whether methods are sane."""

from dataclasses import dataclass
from typing import Literal

from reporter.records.gaps import Gap, Lapse

Claim = Literal["complete", "none"]


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
    """How the certificates of one method came out, one for each text and target, and in how many texts all are met.

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
    """In how many texts, of those where it was measured, a check holds (or the answer is right), with Wilson's 95 %."""

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
    """How hard a word pushes towards a label: its mean score over the texts in which it stands, with Student's 95 %."""

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
    """How far the numbers that a model answers are from those given: mean of the sizes, root of the mean square, mean.

    `correlation` is Pearson's, None where one side never changes.
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
    """The run in numbers; `accuracy` counts documents with a label that the model knows (`labelled`).

    Where labels do not exclude each other, it is the share of texts with exactly the labels given, `f1` is over all
    labels of all texts, and `marks` has them one by one. `deviation` is of numbers. `unknown` are the labels given that
    the model does not have, in `strangers` texts.
    `passing` texts have no check that does not hold; `uncounted` occurrences of words found no place in the count.
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Likeness:
    """How like its usual map a method's map is after some change: their mean rank correlation, None if undefined.

    `low` to `high` holds the mean with 95 % confidence (Student's, over texts); None for a single text.
    """

    change: str
    mean: float | None
    low: float | None
    high: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Sanity:
    """Whether a method's map is about the model: what is left of it after each change, and what is wrong with that.

    `randomised` goes from the head down to the embeddings, each stage on top of those before; `repeat` is no change.
    """

    method: str
    randomised: tuple[Likeness, ...]
    repeat: Likeness
    target: Likeness
    order: Likeness
    flags: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Sanities:
    """The sanity checks of one model: on which texts, and one by one for every method.

    `failure` is the sentence that says why they could not be made.
    """

    texts: tuple[str, ...]
    methods: tuple[Sanity, ...]
    failure: str | None = None
