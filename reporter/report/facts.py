"""What the audit counts of one document: its checks, whether it is right, and how hard its words push."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import fsum
from unicodedata import category

from reporter.records import Explanation
from reporter.report.answer import is_number
from reporter.report.checks import State, checks, mean_tau, shown
from reporter.report.reading import Reading
from reporter.summary import graded

LONGEST = 40  # characters of a word that is counted over the corpus


@dataclass(frozen=True, slots=True, kw_only=True)
class Push:
    """How hard a word pushes towards a target in one text: the mean score of its occurrences there."""

    target: tuple[str, str | None]
    word: str
    score: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """One document in numbers; `states` (of its checks) and `tau` are of the target that is shown first."""

    group: str
    label: str | None
    graded: tuple[str, str] | None
    answer: str | None
    states: tuple[State, ...]
    tau: float | None
    pushes: tuple[Push, ...]


def facts(explanation: Explanation, states: Sequence[State] | None = None) -> Facts:
    """Everything that is counted of a document; `states` of its checks are found out if they are not known."""
    readings = [Reading(explanation, section) for section in shown(explanation)]
    if states is None:
        states = [check.state for check in checks(readings[0])] if readings else []
    pair = graded(explanation)
    return Facts(
        group=explanation.group,
        label=pair[0] if pair else explanation.label,
        graded=pair,
        answer=answered(explanation),
        states=tuple(states),
        tau=mean_tau(readings[0].section) if readings else None,
        pushes=tuple(push for reading in readings for push in _pushes(reading)),
    )


def answered(explanation: Explanation) -> str | None:
    """The label that the model chose, where it chose one label for the text."""
    said = explanation.prediction
    chosen = said is not None and said.positions == 1 and len(said.labels) > 1 and not is_number(said)
    return said.label if said is not None and chosen else None


def _pushes(reading: Reading) -> Iterator[Push]:
    """Every word of a text, in small letters, with its score by the method shown first, if that has a sign."""
    section = reading.section
    first, found = section.attributions[0], defaultdict[str, list[float]](list)
    for span in reading.words if first.signed else ():
        word = reading.text(span).casefold()
        if len(word) <= LONGEST and any(category(sign)[0] in "LNS" for sign in word):
            found[word].append(span.total(first.scores))
    for word, scores in found.items():
        yield Push(target=(section.target.label, section.target.against), word=word, score=fsum(scores) / len(scores))
