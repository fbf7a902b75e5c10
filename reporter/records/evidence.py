"""What was found out about attributions: diagnostics, agreement, deletion, baselines and counterfactuals."""

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True, kw_only=True)
class Diagnostic:
    """A number about one attribution; beside it the same of `draws` random orders, where that was measured.

    `control` is their mean, `low` and `high` hold their middle nine tenths.
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
    """The answer with so many `words` gone (deletion) or there (insertion), strongest first by one method."""

    kind: Literal["deletion", "insertion"]
    method: str
    words: tuple[int, ...]
    values: tuple[float, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Band:
    """The same for words in random order: the median and the middle nine tenths of `draws` orders."""

    kind: Literal["deletion", "insertion"]
    words: tuple[int, ...]
    median: tuple[float, ...]
    low: tuple[float, ...]
    high: tuple[float, ...]
    draws: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Effect:
    """What a method claims of a word, numbered from 0 as it stands, and what the score loses without it."""

    method: str
    word: int
    claimed: float
    measured: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Erasure:
    """What the model answers with words deleted, as probabilities of the target or, where it has none, scores."""

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
        """Whether chance leaves room for agreement: of three words, even the same order says nothing."""
        return self.chance is not None and self.chance < 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Baseline:
    """Where an explanation starts: what stands for absent words, and the model's own answer (`label`) to that."""

    kind: str
    label: str
    probability: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Sensitivity:
    """How far a method's word scores hang on the baseline: from `low` to `high` over all `baselines`, word by word.

    Words are numbered from 0 in reading order; `flips` are those whose score changes its sign.
    """

    method: str
    baselines: tuple[str, ...]
    low: tuple[float, ...]
    high: tuple[float, ...]
    flips: tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """The answer with some words gone or, where `by` names a word, with that written over the one word.

    `label` is the one that wins, `score` and `probability` are the target's.
    """

    words: tuple[int, ...]
    by: str | None
    label: str
    score: float
    probability: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Counterfactual:
    """The strongest words by `method` deleted and replaced by neighbours, and few words without which the label flips.

    Words are numbered from 0 as they stand. The search tried `tried` words one by one and went on, greedily, to `most`
    at once; `flip` is None where the label stayed. Put back one word of it, and the label is what it was.
    """

    method: str
    removals: tuple[Change, ...]
    replacements: tuple[Change, ...]
    flip: Change | None
    tried: int
    most: int
