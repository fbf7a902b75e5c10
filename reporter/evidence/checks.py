"""The four checks of one attribution (completeness, order, agreement, deletion): the state of each, and its numbers.

A section is judged by the attribution that is shown first; the sentences of the checks are in `site`.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import accumulate
from math import fsum, inf
from typing import ClassVar, Literal

from reporter.evidence.aligned_text import AlignedText
from reporter.evidence.metrics.strongest_fifth import SHARE
from reporter.records import (
    Agreement,
    Attribution,
    Certificate,
    CorpusDiagnostic,
    Diagnostic,
    Section,
    Target,
    Validity,
    Verdict,
    count_words,
)

State = Literal["holds", "doubt", "fails", "open", "undecided"]
"""The state of a check; `open` was not measured, and a text that is too short leaves it `undecided`."""

CheckName = Literal["complete", "order", "agree", "deletion"]

_GRAVITY: tuple[State, ...] = ("fails", "doubt", "holds", "undecided", "open")
OF_CERTIFICATE: dict[Verdict, State] = {
    "met": "holds",
    "not met": "fails",
    "unresolvable": "doubt",
    "not claimed": "open",
}
"""The state of the completeness check by the verdict of the certificate."""

SETTLED = 5  # words whose order must be settled
FIFTH = "strongest_fifth"  # the diagnostic that is held against random words
_WELL = 0.7  # correlation with retraining from which influence is a good guide
_FEW = 3  # words below which deletion is not compared with chance
_SLIGHT = 0.05  # share of the answer that must go for deletion to have moved it


@dataclass(frozen=True, slots=True, kw_only=True)
class CompletenessCheck:
    """Whether the scores sum to F(input) - F(baseline), by their certificate."""

    name: ClassVar[CheckName] = "complete"
    state: State
    certificate: Certificate


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderCheck:
    """How many of the strongest of `words` words keep their places within the errors, None where none can be told."""

    name: ClassVar[CheckName] = "order"
    state: State
    words: int
    settled: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class AgreementCheck:
    """How many of the methods that can be compared with this one agree with it `beyond` chance.

    `others` were compared over `words` words, `decided` of them tell something: `tau` is the mean of their rank
    correlations, and `chance` the widest band that shuffled orders reach.
    """

    name: ClassVar[CheckName] = "agree"
    state: State
    others: int
    words: int
    decided: int
    beyond: int
    tau: float | None
    chance: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class DeletionCheck:
    """The answer with the strongest `gone` words deleted, beside that with as many random words (`diagnostic`).

    `whole` is the answer to the whole text, in the unit of the diagnostic: the probability of the target or, where it
    has none, its score. `slight` says that less than a twentieth goes, of certainty or of the change from the baseline.
    """

    name: ClassVar[CheckName] = "deletion"
    state: State
    gone: int
    diagnostic: Diagnostic | None
    whole: float
    slight: bool = False


Check = CompletenessCheck | OrderCheck | AgreementCheck | DeletionCheck


Checks = tuple[CompletenessCheck, OrderCheck, AgreementCheck, DeletionCheck]
"""The four checks, in the order in which they are asked."""


def check_section(aligned: AlignedText) -> Checks:
    """The checks of the attribution that is shown first, of a section that has attributions."""
    lead = aligned.section.lead
    assert lead is not None
    return check_attribution(lead, aligned)


def check_attribution(attribution: Attribution, aligned: AlignedText) -> Checks:
    """The checks of one attribution of a section."""
    section, certificate = aligned.section, attribution.certificate
    return (
        CompletenessCheck(state=OF_CERTIFICATE[certificate.verdict], certificate=certificate),
        _check_order(attribution, aligned),
        _check_agreement(section, attribution.method),
        _check_deletion(section, attribution),
    )


def gravest(states: Iterable[State]) -> State:
    """The gravest state of a check over all targets of a text: it holds if it holds for every measured target."""
    return min(states, key=_GRAVITY.index)


def judge_validity(validity: Validity | None) -> State:
    """Whether influence predicts retraining: it fails if the interval of their correlation reaches 0."""
    if validity is None:
        return "open"
    return "fails" if validity.low <= 0 else "holds" if validity.low >= _WELL else "doubt"


def is_like_random(summary: CorpusDiagnostic) -> bool:
    """Whether, over all texts, deleting a method's strongest fifth may lower the answer no more than random words."""
    return summary.name == FIFTH and summary.high is not None and summary.high >= 0


def is_measured(state: State) -> bool:
    """Whether a check came to a verdict."""
    return state not in ("open", "undecided")


def _check_order(attribution: Attribution, aligned: AlignedText) -> OrderCheck:
    words = len(aligned.words)
    if attribution.errors is None:
        return OrderCheck(state="open", words=words, settled=None)
    if words < 2:
        return OrderCheck(state="undecided", words=words, settled=None)
    settled = count_settled(attribution, aligned)
    state: State = "fails" if not settled else "holds" if settled >= min(SETTLED, words) else "doubt"
    return OrderCheck(state=state, words=words, settled=settled)


def count_settled(attribution: Attribution, aligned: AlignedText) -> int:
    """How many of the strongest words keep their ranks for all scores within the errors."""
    errors = attribution.errors or ()
    sized = [(abs(word.total(attribution.scores)), fsum(errors[at] for at in word.tokens)) for word in aligned.words]
    sized.sort(reverse=True)
    highs = [size + error for size, error in sized]
    rivals = [*list(accumulate(reversed(highs), max))[::-1][1:], -inf]
    apart = [size - error > rival for (size, error), rival in zip(sized, rivals, strict=False)]
    return [*apart, False].index(False)


def compare_with(pairs: Sequence[Agreement], method: str) -> list[tuple[str, Agreement]]:
    """The agreements of one method, each with the name of the other."""
    return [(pair.b if pair.a == method else pair.a, pair) for pair in pairs if method in (pair.a, pair.b)]


def mean_tau(section: Section, method: str) -> float | None:
    """The mean tau of the other methods with this one, None where none is defined."""
    return _check_agreement(section, method).tau


def _check_agreement(section: Section, method: str) -> AgreementCheck:
    pairs = [pair for _, pair in compare_with(section.agreement, method)]
    known = [(pair.kendall, pair.chance or 0.0) for pair in pairs if pair.kendall is not None and pair.decidable]
    beyond = sum(tau > chance for tau, chance in known)
    state: State = "open" if not known else "holds" if beyond == len(known) else "doubt"
    if pairs and not any(pair.decidable for pair in pairs):
        state = "undecided"
    return AgreementCheck(
        state=state,
        others=len(pairs),
        words=pairs[0].words if pairs else 0,
        decided=len(known),
        beyond=beyond,
        tau=fsum(tau for tau, _ in known) / len(known) if known else None,
        chance=max((chance for _, chance in known), default=None),
    )


def _check_deletion(section: Section, attribution: Attribution) -> DeletionCheck:
    named = (attribution.method, FIFTH)
    diagnostic = next((number for number in section.diagnostics if (number.method, number.name) == named), None)
    words = count_words(section.tokens)
    gone, whole = max(1, round(SHARE * words)), _find_answer(section.target)
    if diagnostic is None or diagnostic.control is None or diagnostic.low is None or diagnostic.high is None:
        return DeletionCheck(state="open", gone=gone, diagnostic=None, whole=whole)
    if words < _FEW:
        return DeletionCheck(state="undecided", gone=gone, diagnostic=diagnostic, whole=whole)
    state: State = (
        "holds" if diagnostic.value < diagnostic.low else "doubt" if diagnostic.value < diagnostic.control else "fails"
    )
    certificate, certain = attribution.certificate, section.target.probability is not None
    most = 1.0 if certain else abs(certificate.input - certificate.baseline)
    slight = abs(whole - diagnostic.value) < _SLIGHT * most
    return DeletionCheck(state=state, gone=gone, diagnostic=diagnostic, whole=whole, slight=slight)


def _find_answer(target: Target) -> float:
    return target.score if target.probability is None else target.probability
