"""The words of salience-report: what is read, asked and measured. The public twin is exactly these, as JSON.

Scores, logits, errors and certificates are in units of the target's score (logits), rounded once as a record is made.
"""

from dataclasses import dataclass
from typing import Literal

from reporter.consensus import Consensus
from reporter.gaps import Omission
from reporter.heads import Heads
from reporter.intake import Table
from reporter.lineage import Influence, Training
from reporter.machine import Machine
from reporter.totals import Claim, Sanities, Summary

SCHEMA: Literal["salience-report/1"] = "salience-report/1"

Status = Literal["explained", "failed"]
Verdict = Literal["met", "not met", "unresolvable", "not claimed"]
Rationale = tuple[tuple[int, int], ...]
"""Characters of a text from start to end, in order and apart from each other."""

Setting = str | int | float | bool | tuple[str, ...] | None


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
    """One piece of the input: characters `start` to `end` of the text (`segment` 0) or of its pair (`segment` 1).

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
    """One cell of the answer: `label` (column `index`) at `position`, or its difference from the label `against`."""

    position: int
    label: str
    index: int
    against: str | None
    score: float
    probability: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Certificate:
    """What became of a completeness claim: sum(scores) = F(input) - F(baseline), within `tolerance` of that difference.

    `residual` is sum - (input - baseline); `relative` is its size over |input - baseline|, None where that is zero.
    `error` is what all scores may be off, as a share of their sizes: `met` asks for that within the tolerance as well.
    `noise` is what arithmetic alone may do to input - baseline. `path` holds the share of the way and F at its nodes,
    where one was followed; `sliver` where it is too narrow to be followed, from and to, if that alone misses.
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
        return next(iter(sorted(self.attributions, key=lambda one: one.certificate.claim != "complete")), None)


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
    whose labels do not exclude each other; None for others.
    """

    positions: int
    labels: tuple[str, ...]
    logits: tuple[float, ...]
    probabilities: tuple[float, ...] | None
    label: str
    answers: tuple[str, ...] | None = None


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Model:
    """What was explained, a hash of its weights, configuration and tokenizer, and the weights left `unused`."""

    id: str
    fingerprint: str
    architecture: str
    labels: tuple[str, ...]
    tokenizer: str
    vocabulary: int
    parameters: int
    layers: int
    limit: int
    unused: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Description:
    """What a method is, for people: its idea, formula, cost, known limits and source, in plain sentences."""

    name: str
    title: str
    signed: bool
    claim: Claim
    idea: str
    formula: str
    cost: str
    limits: str
    source: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """A document that was not explained, with the reason."""

    id: str
    source: str
    error: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Provenance:
    """What makes a run: settings by name, model, versions, machine; `created` is its newest input's time, or as set."""

    schema: Literal["salience-report/1"]
    settings: dict[str, Setting]
    model: Model
    versions: dict[str, str]
    device: str
    dtype: str
    created: str
    methods: tuple[Description, ...]
    omissions: tuple[Omission, ...]
    tables: tuple[Table, ...] = ()
    sanity: Sanities | None = None
    training: Training | None = None
    machine: Machine | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Run(Provenance):
    """`data/run.json`: what made the run, what it found in sum, what failed, and what has no page though it did not."""

    summary: Summary
    failures: tuple[Failure, ...]
    undrawn: tuple[Failure, ...] = ()

    @property
    def is_whole(self) -> bool:
        """Whether nothing failed: no document, no method on one, no page and no part of the summary."""
        return not (self.failures or self.undrawn or self.summary.lapses or self.summary.gaps)
