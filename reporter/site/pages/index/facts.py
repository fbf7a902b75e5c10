"""What the audit counts of one document: its checks, whether it is right, and how hard its words push."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import fsum
from unicodedata import category

from reporter.records import Explanation, name_answer
from reporter.site.pages.checks import State, checks, gravest, mean_tau, shown
from reporter.site.pages.document.answer import is_number
from reporter.site.pages.document.reading import Reading
from reporter.summary import Grade, grade_answer

NO_LABEL = "no label"
LONGEST = 40  # characters of a word that is counted over the corpus


@dataclass(frozen=True, slots=True, kw_only=True)
class Push:
    """How hard a word pushes towards a target in one text: the mean score of its occurrences there."""

    target: tuple[str, str | None]
    word: str
    score: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """One document in numbers; `states` are of its checks for all targets, `tau` is of the target shown first."""

    group: str
    label: str | None
    graded: Grade | None
    answer: str | None
    states: tuple[State, ...]
    tau: float | None
    pushes: tuple[Push, ...]


def facts(explanation: Explanation, states: Sequence[Sequence[State]] | None = None) -> Facts:
    """Everything that is counted of a document; the `states` of each target's checks are found out if not known."""
    readings = [Reading(explanation, section) for section in shown(explanation)]
    if states is None:
        states = [[check.state for check in checks(reading)] for reading in readings]
    found = grade_answer(explanation)
    return Facts(
        group=explanation.group,
        label=_name_given(explanation, found),
        graded=found,
        answer=answered(explanation),
        states=tuple(map(gravest, zip(*states, strict=True))),
        tau=mean_tau(readings[0].section) if readings else None,
        pushes=tuple(_pushes(readings)),
    )


def answered(explanation: Explanation) -> str | None:
    """The label that the model chose, where it chose one label for the text."""
    said = explanation.prediction
    chosen = said is not None and said.positions == 1 and not is_number(said)
    return name_answer(said) if said is not None and chosen else None


def _name_given(explanation: Explanation, found: Grade | None) -> str | None:
    """The label given, by which texts are sorted; a number sorts none."""
    if found is None:
        return None if is_number(explanation.prediction) else explanation.label
    return None if found.gap is not None else ", ".join(found.given) or NO_LABEL


def _pushes(readings: Sequence[Reading]) -> Iterator[Push]:
    """Every word of a text, in small letters, once for each label, with its score by the method shown first.

    That must have a sign; a word that stands there often, or that is explained at many positions, has its mean.
    """
    found = defaultdict[tuple[tuple[str, str | None], str], list[float]](list)
    for reading in readings:
        first, target = reading.section.attributions[0], reading.section.target
        for span in reading.words if first.signed else ():
            word = reading.text(span).casefold()
            if len(word) <= LONGEST and any(category(sign)[0] in "LNS" for sign in word):
                found[(target.label, target.against), word].append(span.total(first.scores))
    for (towards, word), scores in found.items():
        yield Push(target=towards, word=word, score=fsum(scores) / len(scores))
