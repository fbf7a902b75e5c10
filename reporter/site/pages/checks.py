"""May an explanation be relied on? Four checks of one section, each with the sentence that says what was found."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import accumulate
from math import fsum, inf
from typing import Literal

from reporter.records import Agreement, Attribution, Certificate, Explanation, Section
from reporter.site.pages.digits import MANY, answered, apart, of_score, size, unit_of
from reporter.site.pages.document.reading import Reading
from reporter.site.pages.wording import THIN, count, fine_percent, rank

State = Literal["holds", "doubt", "fails", "open", "undecided"]
"""What became of a check; `open` was not measured, and a text that is too short leaves it `undecided`."""

_GRAVITY: tuple[State, ...] = ("fails", "doubt", "holds", "undecided", "open")

TOP = 5  # words whose order must be settled
FIFTH = "strongest_fifth"  # the diagnostic that is held against random words
_FEW = 3  # words under which nothing can be told from taking some away


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One badge: its sentence in three parts, the middle one bold, a short form, and the section that proves it."""

    state: State
    name: str
    before: str
    bold: str
    after: str
    short: str
    proof: str | None


def led(section: Section) -> Section:
    """The section with the attribution that is shown first at its head."""
    others = (one for one in section.attributions if one is not section.lead)
    return replace(section, attributions=tuple(one for one in (section.lead, *others) if one is not None))


def shown(explanation: Explanation) -> list[Section]:
    """The sections with something to show, each `led`, the model's own answer before other targets."""
    answer = explanation.prediction
    said = () if answer is None else (answer.label, *(answer.answers or ()))
    found = [led(section) for section in explanation.sections if section.attributions]
    return sorted(
        found, key=lambda section: said.index(section.target.label) if section.target.label in said else len(said)
    )


def checks(reading: Reading) -> tuple[Check, ...]:
    """The four checks of a section that is `led`, in the order in which they are asked."""
    section = reading.section
    first = section.attributions[0]
    return (_complete(first, section), _order(first, reading), _agree(section, first), _deletion(section, first))


def gravest(states: Iterable[State]) -> State:
    """What becomes of a text's check with several targets: it holds if it does for all for which it was measured."""
    return min(states, key=_GRAVITY.index)


def is_measured(state: State) -> bool:
    """Whether a check came to a verdict."""
    return state not in ("open", "undecided")


def verdict_line(found: Sequence[Check]) -> str:
    """How many of the measured checks hold, as a sentence, and how many the text is too short for."""
    short = sum(check.state == "undecided" for check in found)
    more = f" The text is too short for {'one more' if short == 1 else f'{short} more'}." if short else ""
    return f"{_verdict([check.state for check in found if is_measured(check.state)])}{more}"


def _verdict(states: Sequence[State]) -> str:
    held = states.count("holds")
    if not states:
        return "None of this was measured."
    if held < len(states):
        return f"{held} of {len(states)} measured checks {'holds' if held == 1 else 'hold'}."
    spoken = {1: "The one measured check holds.", 2: "Both measured checks hold."}
    return spoken.get(held, f"All {held} measured checks hold.")


def _check(state: State, name: str, *sentence: str, proof: str | None, short: str) -> Check:
    before, bold, after = sentence
    return Check(state=state, name=name, before=before, bold=bold, after=after, short=short, proof=proof)


def _complete(first: Attribution, section: Section) -> Check:
    certificate, decimals = first.certificate, of_score(section)
    allowed = "" if certificate.tolerance is None else f"{fine_percent(certificate.tolerance)} was allowed."
    told = certificate.relative is not None and certificate.relative <= MANY
    off = fine_percent(certificate.relative or 0.0) if told else size(certificate.residual, decimals)
    if certificate.verdict == "met":
        sentence = ("The scores add up to the answer within ", off, f"; {allowed}" if allowed else ".")
        return _check("holds", "Complete", *sentence, proof="complete", short=f"within {off}")
    if certificate.verdict == "not met":
        return _not_complete(certificate, off)
    if certificate.verdict == "unresolvable":
        change = size(certificate.input - certificate.baseline, decimals)
        sentence = ("The answer changes by ", change, ", too little to certify a split of it.")
        return _check("doubt", "Not certifiable", *sentence, proof="complete", short="change too small")
    sentence = ("No method of this run claims that its scores add up.", "", "")
    return _check("open", "Completeness", *sentence, proof="complete", short="not claimed")


def _not_complete(certificate: Certificate, off: str) -> Check:
    """Why a certificate is not met: the sum is off, or the scores are not known well enough."""
    allowed = certificate.tolerance or 0.0
    why = "all evaluations are spent" if certificate.sliver is None else "the score all but jumps on the way"
    only = f"; only {fine_percent(allowed)} was allowed, and {why}."
    if certificate.relative is None or certificate.relative > allowed or certificate.error is None:
        sentence = ("The scores miss the answer by ", off, only)
        return _check("fails", "Not complete", *sentence, proof="complete", short=f"off by {off}")
    error = "more than their sizes" if certificate.error > 1 else fine_percent(certificate.error)
    sentence = ("The scores may be off by ", error, only)
    return _check("fails", "Not exact", *sentence, proof="complete", short=f"may be off by {error}")


def _order(first: Attribution, reading: Reading) -> Check:
    if first.errors is None:
        unknown = ("Not measured: no error is known for these scores.", "", "")
        return _check("open", "Order of words", *unknown, proof="words", short="not measured")
    if len(reading.words) < 2:
        alone = ("Too short to tell: it takes two words to have an order.", "", "")
        return _check("undecided", "Order of words", *alone, proof="words", short="too short")
    wanted, settled = min(TOP, len(reading.words)), settled_words(first, reading)
    if settled == 0:
        sentence = ("Even the ", "strongest word", " may change its place within the errors.")
        return _check("fails", "Order open", *sentence, proof="words", short="no word")
    state: State = "holds" if settled >= wanted else "doubt"
    bold = f"top {settled}" if settled > 1 else "first"
    words = "words keep their order" if settled > 1 else "word keeps its place"
    sentence = ("The " if state == "holds" else "Only the ", bold, f" {words} within the errors.")
    name = "Order settled" if state == "holds" else "Order partly open"
    return _check(state, name, *sentence, proof="words", short=f"top {count(settled, 'word')}")


def settled_words(attribution: Attribution, reading: Reading) -> int:
    """How many of the strongest words keep their places whatever their scores are within the errors."""
    errors = attribution.errors or ()
    sized = [(abs(word.total(attribution.scores)), fsum(errors[at] for at in word.tokens)) for word in reading.words]
    sized.sort(reverse=True)
    highs = [size + error for size, error in sized]
    rivals = [*list(accumulate(reversed(highs), max))[::-1][1:], -inf]
    apart = [size - error > rival for (size, error), rival in zip(sized, rivals, strict=True)]
    return [*apart, False].index(False)


def with_lead(pairs: Sequence[Agreement], method: str) -> list[tuple[str, Agreement]]:
    """The agreements of one method, each with the name of the other."""
    return [(pair.b if pair.a == method else pair.a, pair) for pair in pairs if method in (pair.a, pair.b)]


def _known(section: Section) -> list[tuple[float, float]]:
    """Tau and its chance for every method that could be compared with the one shown first, and tell something."""
    others = with_lead(section.agreement, section.attributions[0].method)
    return [(pair.kendall, pair.chance or 0.0) for _, pair in others if pair.kendall is not None and pair.decidable]


def mean_tau(section: Section) -> float | None:
    """The mean tau of the other methods with the one shown first, None where none is defined."""
    known = _known(section)
    return fsum(kendall for kendall, _ in known) / len(known) if known else None


def _agree(section: Section, first: Attribution) -> Check:
    others, known = with_lead(section.agreement, first.method), _known(section)
    if others and not any(pair.decidable for _, pair in others):
        few = (f"Too short to tell: of {count(others[0][1].words, 'word')}, any order may be chance.", "", "")
        return _check("undecided", "Agreement", *few, proof="agreement", short="too short")
    if not known:
        alone = ("Only one method was run.", "one method")
        why, brief = ("The ranks cannot be compared: the scores are equal.", "undefined") if others else alone
        return _check("open", "Agreement", why, "", "", proof="agreement", short=brief)
    beyond = sum(kendall > chance for kendall, chance in known)
    mean, chance = rank(mean_tau(section)), rank(max(chance for _, chance in known))
    state: State = "holds" if beyond == len(known) else "doubt"
    who = f"All {beyond} others" if beyond == len(known) else f"{beyond} of {len(known)} others"
    if len(known) == 1:
        who = "The one other method is" if beyond else "The one other method is not"
    sentence = (f"{who} beyond chance, mean τ ", mean, f" (chance .00 ±\N{NO-BREAK SPACE}{chance}).")
    name = "Methods agree" if state == "holds" else "Methods differ"
    return _check(state, name, *sentence, proof="agreement", short=f"τ {mean}")


def _deletion(section: Section, first: Attribution) -> Check:
    """What is left of the answer without the strongest fifth of the words, against a random fifth."""
    found = next((one for one in section.diagnostics if (one.method, one.name) == (first.method, FIFTH)), None)
    words = len({token.word for token in section.tokens} - {None})
    if found is None or found.control is None or found.low is None or found.high is None:
        return _check("open", "Deletion", "Not measured in this run.", "", "", proof=None, short="not measured")
    if words < _FEW:
        few = ("Too short to tell the strongest words from others.", "", "")
        return _check("undecided", "Deletion", *few, proof="deletion", short="too short")
    unit, values = unit_of(section), (found.value, found.low, found.high)
    decimals = apart([values], unit)
    own, low, high = (answered(value, unit, decimals) for value in values)
    gone = max(1, round(0.2 * words))
    span = low if low == high else f"{low.removesuffix(f'{THIN}%')} to {high}"
    sentence = (
        f"Without its top {count(gone, 'word')}: " if gone > 1 else "Without its top word: ",
        own,
        f". Without {gone} random {'one' if gone == 1 else 'ones'}: {span}.",
    )
    state: State = "holds" if found.value < found.low else "doubt" if found.value < found.control else "fails"
    name = "Deletion confirms" if state == "holds" else "Not confirmed"
    return _check(state, name, *sentence, proof="deletion", short=f"{own} left")
