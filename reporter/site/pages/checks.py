"""The four checks of an attribution in words: each as a badge with one sentence and its number."""

from collections.abc import Sequence
from dataclasses import dataclass

from reporter.evidence import (
    AgreementCheck,
    AlignedText,
    Check,
    CompletenessCheck,
    DeletionCheck,
    OrderCheck,
    State,
    check_attribution,
    is_measured,
)
from reporter.records import Attribution, Section
from reporter.site.digits import MANY, answered, answered_between, apart, of_score, size, unit_of
from reporter.site.wording import count, fine_percent, rank


@dataclass(frozen=True, slots=True, kw_only=True)
class Badge:
    """One check: its sentence in three parts, the middle one bold, a short form, and the section that proves it."""

    state: State
    name: str
    before: str
    bold: str
    after: str
    short: str
    proof: str | None


def badges(attribution: Attribution, aligned: AlignedText) -> tuple[Badge, ...]:
    """The four checks of one attribution of a section, in the order in which they are asked."""
    complete, order, agreement, deletion = check_attribution(attribution, aligned)
    section = aligned.section
    return (_complete(complete, section), _order(order), _agree(agreement), _deletion(deletion, section))


def verdict_line(badges: Sequence[Badge]) -> str:
    """How many of the measured checks hold, as a sentence, and how many the text is too short for."""
    states = [badge.state for badge in badges]
    short = states.count("undecided")
    more = f" The text is too short for {'one more' if short == 1 else f'{short} more'}." if short else ""
    return f"{_verdict([state for state in states if is_measured(state)])}{more}"


def _verdict(states: Sequence[State]) -> str:
    held = states.count("holds")
    if not states:
        return "None of these checks was made."
    if held < len(states):
        return f"{held} of {len(states)} checks passed."
    spoken = {1: "The one check that was made is passed.", 2: "Both checks that were made are passed."}
    return spoken.get(held, f"All {held} checks passed.")


def _badge(check: Check, name: str, *sentence: str, short: str) -> Badge:
    before, bold, after = sentence
    proof = _PROOFS[check.name] if check.name != "deletion" or check.state != "open" else None
    return Badge(state=check.state, name=name, before=before, bold=bold, after=after, short=short, proof=proof)


_DELETION = {"holds": "passed", "doubt": "undecided", "fails": "failed"}
_PROOFS = {"complete": "complete", "order": "words", "agree": "agreement", "deletion": "deletion"}


def _complete(check: CompletenessCheck, section: Section) -> Badge:
    certificate, decimals = check.certificate, of_score(section)
    allowed = "" if certificate.tolerance is None else f"the limit is {fine_percent(certificate.tolerance)}."
    comparable = certificate.relative is not None and certificate.relative <= MANY
    off = fine_percent(certificate.relative or 0.0) if comparable else size(certificate.residual, decimals)
    if check.state == "holds":
        sentence = ("The scores add up to the change of the answer within ", off, f"; {allowed}" if allowed else ".")
        return _badge(check, "Complete", *sentence, short=f"within {off}")
    if check.state == "fails":
        return _not_complete(check, off)
    if check.state == "doubt":
        change = size(certificate.input - certificate.baseline, decimals)
        sentence = ("The answer changes by ", change, ", too little to divide reliably among the words.")
        return _badge(check, "Not certifiable", *sentence, short="change too small")
    sentence = ("This method does not claim that its scores add up.", "", "")
    return _badge(check, "Completeness", *sentence, short="not claimed")


def _not_complete(check: CompletenessCheck, off: str) -> Badge:
    """Why a certificate is not met: the sum is off, or the scores are not known well enough."""
    certificate = check.certificate
    allowed = certificate.tolerance or 0.0
    why = "all evaluations are used" if certificate.sliver is None else "the score nearly jumps along the path"
    only = f"; the limit is {fine_percent(allowed)}, and {why}."
    if certificate.relative is None or certificate.relative > allowed or certificate.error is None:
        return _badge(
            check, "Not complete", "The scores miss the change of the answer by ", off, only, short=f"off by {off}"
        )
    error = "more than their sizes" if certificate.error > 1 else fine_percent(certificate.error)
    return _badge(check, "Not exact", "The estimated error of the scores is ", error, only, short=f"error {error}")


def _order(check: OrderCheck) -> Badge:
    settled = check.settled
    if check.state == "open":
        unknown = ("Not measured: no error is known for these scores.", "", "")
        return _badge(check, "Ranking of words", *unknown, short="not measured")
    if settled is None:
        alone = ("Too short to decide: a ranking takes two words at least.", "", "")
        return _badge(check, "Ranking of words", *alone, short="too short")
    if check.state == "fails":
        sentence = ("Even the rank of the ", "strongest word", " is uncertain, given numerical error.")
        return _badge(check, "Ranking uncertain", *sentence, short="no word")
    bold = f"top {settled}" if settled > 1 else "first"
    words = "words have a certain rank" if settled > 1 else "word has a certain rank"
    sentence = ("The " if check.state == "holds" else "Only the ", bold, f" {words}, given numerical error.")
    name = "Ranking certain" if check.state == "holds" else "Ranking partly uncertain"
    return _badge(check, name, *sentence, short=f"top {count(settled, 'word')}")


def _agree(check: AgreementCheck) -> Badge:
    if check.state == "undecided":
        few = (f"Too short to decide: with {count(check.words, 'word')}, any agreement may be chance.", "", "")
        return _badge(check, "Agreement", *few, short="too short")
    if check.state == "open":
        alone = ("Only one method was run.", "one method")
        why, brief = ("The ranks cannot be compared: the scores are equal.", "undefined") if check.others else alone
        return _badge(check, "Agreement", why, "", "", short=brief)
    mean, chance = rank(check.tau), rank(check.chance)
    sentence = (f"{_who(check)} more than chance, mean τ ", mean, f" (chance .00 ±\N{NO-BREAK SPACE}{chance}).")
    name = "Methods agree" if check.state == "holds" else "Methods partly agree" if check.beyond else "Methods differ"
    return _badge(check, name, *sentence, short=f"τ {mean}")


def _who(check: AgreementCheck) -> str:
    """How many of the other methods."""
    if check.decided == 1:
        return "The one other method agrees" if check.beyond else "The one other method does not agree"
    if check.beyond == check.decided:
        return f"All {check.beyond} others agree"
    return f"{check.beyond} of {check.decided} others agree"


def _deletion(check: DeletionCheck, section: Section) -> Badge:
    """What is left of the answer without the strongest fifth of the words, against a random fifth."""
    diagnostic = check.diagnostic
    if diagnostic is None or diagnostic.low is None or diagnostic.high is None:
        return _badge(check, "Deletion", "Not measured for this method in this run.", "", "", short="not measured")
    if check.state == "undecided":
        few = ("Too short to compare the strongest words with others.", "", "")
        return _badge(check, "Deletion", *few, short="too short")
    unit = unit_of(section)
    decimals = apart([(diagnostic.value, diagnostic.low, diagnostic.high, check.whole)], unit)
    own, whole = (answered(value, unit, decimals) for value in (diagnostic.value, check.whole))
    random = answered_between(diagnostic.low, diagnostic.high, unit, decimals)
    top = f"top {count(check.gone, 'word')}" if check.gone > 1 else "top word"
    beside = f"whole text: {whole}; without {count(check.gone, 'random word')}: {random}"
    name = f"Deletion test {_DELETION[check.state]}"
    if check.slight:
        sentence = ("It ", "hardly changes the answer", f". {unit.capitalize()} without its {top}: {own} ({beside}).")
        return _badge(check, name, *sentence, short="hardly any change")
    return _badge(check, name, f"{unit.capitalize()} without its {top}: ", own, f" ({beside}).", short=f"{own} remains")
