"""Records of training influence: the strongest examples for each answer, the training data, and their validity."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Example:
    """A training example, by its row, with an influence; `text` is its beginning, of `characters` in all.

    `said` is the label that the model itself gives it.
    """

    source: str
    text: str
    characters: int
    label: str
    said: str
    influence: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Influence:
    """The training examples that most support an answer (influence > 0) and most oppose it, strongest first.

    `support` and `opposition` are the sums of the positive and of the negative influences of all examples.
    """

    supporting: tuple[Example, ...]
    opposing: tuple[Example, ...]
    support: float
    opposition: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Validity:
    """The rank correlation of influence with the effect of retraining (linear datamodelling score).

    `low` to `high` is its 95 % confidence interval. The final layer was trained on `halves` random halves of
    `examples`, and tested on `texts` others.
    """

    correlation: float
    low: float
    high: float
    halves: int
    examples: int
    texts: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Training:
    """The training examples that influence was traced to, by which checkpoints with which rates.

    `skipped` rows could not be used; `width` numbers stand for each example, projected from more where `projected`.
    `suspects` have the largest influence on themselves.
    """

    fingerprint: str
    examples: int
    skipped: int
    labels: dict[str, int]
    checkpoints: tuple[str, ...]
    rates: tuple[float, ...]
    width: int
    projected: bool
    validity: Validity | None
    suspects: tuple[Example, ...]
