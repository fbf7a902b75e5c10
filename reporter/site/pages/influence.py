"""Which training examples support and oppose an answer, and how far that may be trusted."""

from collections.abc import Sequence
from dataclasses import dataclass

from reporter.evidence import State, judge_validity
from reporter.records import Example, Influence, Training, Validity
from reporter.site.wording import THIN, count, css, fine_percent, fixed, rank, round_figures, shorten, spoken

_WHOLE, _FIRST = 220, 160  # characters up to which an example is shown whole, and those that are shown of others
_WEAK = 0.3  # correlation under which influence is called a weak guide
_FIGURES = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A training example: the beginning of its text, the rest as far as it is kept, and what is said of it."""

    text: str
    rest: str
    unkept: str
    source: str
    label: str
    wrong: str
    value: str
    style: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Side:
    """The strongest examples on one side, and what they are of the whole."""

    title: str
    told: str
    against: bool
    rows: tuple[Row, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Trust:
    """How well influence predicts retraining, for this model and data: a sentence with its number in bold."""

    state: State
    before: str
    bold: str
    after: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Traced:
    """What is shown of an answer's influences."""

    sides: tuple[Side, ...]
    trust: Trust


def traced(influence: Influence | None, training: Training | None) -> Traced | None:
    """The training examples of one answer; None where none were traced."""
    if influence is None or training is None:
        return None
    largest = max((abs(example.influence) for example in (*influence.supporting, *influence.opposing)), default=0.0)
    return Traced(
        sides=(
            _side("Support it", influence.supporting, influence.support, largest),
            _side("Oppose it", influence.opposing, influence.opposition, largest),
        ),
        trust=trust(training.validity),
    )


def _side(title: str, examples: Sequence[Example], whole: float, largest: float) -> Side:
    what = "support" if whole >= 0 else "opposition"
    share = sum(example.influence for example in examples) / whole if whole else 0.0
    sentence = f"{count(len(examples), 'example')}: {fine_percent(share)} of all {what}."
    return Side(
        title=title,
        told=sentence if examples else f"No example has any {what}.",
        against=what == "opposition",
        rows=tuple(row(example, largest) for example in examples),
    )


def row(example: Example, largest: float) -> Row:
    """An example beside others of which the strongest has this influence."""
    cut = len(example.text) if len(example.text) <= _WHOLE else len(shorten(example.text, _FIRST))
    unkept = example.characters - len(example.text)
    return Row(
        text=example.text[:cut],
        rest=example.text[cut:],
        unkept=count(unkept, "more character") if unkept else "",
        source=example.source,
        label=spoken(example.label),
        wrong="" if example.said == example.label else spoken(example.said),
        value=figures(example.influence),
        style=f"--s:{css(example.influence / largest if largest else 0.0)}",
    )


def figures(value: float) -> str:
    """An influence with its sign and three figures: +0.0123, −5.60, +200."""
    return f"{'+' if value > 0 else ''}{size_figures(value)}"


def size_figures(value: float) -> str:
    """The same without a plus, for influences that have one sign."""
    rounded = round_figures(value, _FIGURES)
    return fixed(float(rounded), max(0, _FIGURES - 1 - rounded.adjusted())) if value else "0"


def trust(validity: Validity | None) -> Trust:
    """What the correlation of predicted and measured effects says of the lists."""
    state = judge_validity(validity)
    if validity is None:
        return Trust(state=state, before="Too few examples to ", bold="measure", after=" how accurate this is.")
    number = f"ρ {rank(validity.correlation)}"
    span = f" (95{THIN}% interval {rank(validity.low)} to {rank(validity.high)})"
    before = (
        "When the final layer is trained again on random halves of the examples, predicted influence correlates with "
        "its answers at "
    )
    if state == "fails":
        after = f"{span}, no better than chance. Do not rely on these examples."
        return Trust(state=state, before=before, bold=number, after=after)
    if state == "holds":
        return Trust(state=state, before=before, bold=number, after=f"{span}: a good guide.")
    what = "treat as a hint only" if validity.correlation < _WEAK else "treat as a rough guide"
    return Trust(state=state, before=before, bold=number, after=f"{span}: {what}.")
