"""What is kept of the influence of training examples: the few that matter most, and whether the numbers are true."""

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
    """Whether influence foretells what retraining does: the rank correlation (linear datamodelling score).

    `low` to `high` holds it with 95 % confidence. The last layer was trained on `halves` random halves of `examples`,
    and asked about `texts` others.
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
