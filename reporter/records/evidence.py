"""Records of evidence about attributions: diagnostics, agreement, deletion, baselines, counterfactuals and sanity."""

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True, kw_only=True)
class Diagnostic:
    """A number about one attribution, with the same number for `draws` random orders as a control.

    `control` is the mean of these, `low` and `high` are their 5 % and 95 % quantiles.
    """

    name: str
    method: str
    value: float
    control: float | None = None
    low: float | None = None
    high: float | None = None
    draws: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Curve:
    """The answer (`values`) with the strongest `words` by one method deleted, or inserted into an empty text."""

    kind: Literal["deletion", "insertion"]
    method: str
    words: tuple[int, ...]
    values: tuple[float, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Band:
    """The same for words in random order: the median and the 5 % and 95 % quantiles of `draws` orders."""

    kind: Literal["deletion", "insertion"]
    words: tuple[int, ...]
    median: tuple[float, ...]
    low: tuple[float, ...]
    high: tuple[float, ...]
    draws: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Effect:
    """The score that a method claims for a word, numbered from 0 in reading order, and the fall of F without it."""

    method: str
    word: int
    claimed: float
    measured: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Erasure:
    """The model's answers with words deleted: probabilities of the target or, for a model without any, scores."""

    unit: Literal["probability", "score"]
    whole: float
    curves: tuple[Curve, ...]
    bands: tuple[Band, ...]
    effects: tuple[Effect, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Agreement:
    """How far two methods rank the same words alike; None is "undefined" (a single word, or constant scores).

    `kendall` (tau-b) and `spearman` compare the sizes of the word scores, `top_k` is the shared part of the `k`
    largest, `sign` the share of words with the same sign where both methods have one. Within +-`chance` lie 95 % of
    the tau of independent rankings of as many words; `p` is the share of shuffled orders that agree as well by
    Spearman, and `low` to `high` holds that correlation over words drawn anew, 95 % of them.
    Of the `k` largest, the share `rank_k` is at the same place in both, `sign_k` in both with the same sign, and
    `signed_rank_k` both; `overlap` is the rank-biased overlap of the whole rankings.
    """

    a: str
    b: str
    kendall: float | None
    spearman: float | None
    top_k: float | None
    sign: float | None
    k: int
    words: int
    chance: float | None
    p: float | None = None
    low: float | None = None
    high: float | None = None
    rank_k: float | None = None
    sign_k: float | None = None
    signed_rank_k: float | None = None
    overlap: float | None = None

    @property
    def decidable(self) -> bool:
        """Whether agreement can exceed chance: for three words or fewer it cannot."""
        return self.chance is not None and self.chance < 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Baseline:
    """The baseline of an explanation: what replaces words (`kind`), and the model's answer to it (`label`)."""

    kind: str
    label: str
    probability: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Sensitivity:
    """Baseline sensitivity: the range of a method's word scores, from `low` to `high` (words), over all `baselines`.

    Words are numbered from 0 in reading order; `flips` are those whose score changes its sign.
    """

    method: str
    baselines: tuple[str, ...]
    low: tuple[float, ...]
    high: tuple[float, ...]
    flips: tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """The answer with some words deleted or, where `by` names a word, with one word replaced by it.

    `label` is the predicted one, `score` and `probability` are the target's.
    """

    words: tuple[int, ...]
    by: str | None
    label: str
    score: float
    probability: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Counterfactual:
    """The strongest words by `method` deleted and replaced by neighbours, and a set of words without which it flips.

    Words are numbered from 0 in reading order. The search deleted `tried` words one by one and went on, greedily, to
    sets of up to `most`; `flip` is None where no set changes the label. Every word of a flip is needed for it.
    """

    method: str
    removals: tuple[Change, ...]
    replacements: tuple[Change, ...]
    flip: Change | None
    tried: int
    most: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Likeness:
    """The mean rank correlation of a method's maps with those after a change, None if undefined.

    `low` to `high` is its 95 % confidence interval (Student's, over texts); None for a single text.
    """

    change: str
    mean: float | None
    low: float | None
    high: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Sanity:
    """The sanity checks of one method: the likeness of its maps after each change, and what is wrong (`flags`).

    `randomised` goes from the head down to the embeddings, cumulatively; `repeat` is without any change.
    """

    method: str
    randomised: tuple[Likeness, ...]
    repeat: Likeness
    target: Likeness
    order: Likeness
    flags: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Sanities:
    """The sanity checks of all methods, and the ids of the texts they were made on.

    `failure` is the sentence that says why they could not be made.
    """

    texts: tuple[str, ...]
    methods: tuple[Sanity, ...]
    failure: str | None = None
