"""The sentence under the heading: the words with the highest and the lowest scores by one method, and their effect."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import takewhile

from reporter.evidence import AlignedText
from reporter.records import Attribution, Prediction, Section, Target, is_number
from reporter.site.digits import answered, apart
from reporter.site.pages.document.words import Bar, bars
from reporter.site.wording import cell_name

_FOR, _AGAINST = 3, 2  # words named for a target and against it
WORTH = 0.1  # share of the strongest word from which another is named in the sentence


@dataclass(frozen=True, slots=True, kw_only=True)
class Because:
    """The words for a target after `lead`, those against it after `turn`; `nothing` is said where there are none.

    `effect` is what deleting the words for it does to the answer, where that was measured.
    """

    lead: str
    supporting: tuple[Bar, ...]
    turn: str
    opposing: tuple[Bar, ...]
    nothing: str
    signed: bool
    effect: str


def because(attribution: Attribution, aligned: AlignedText, prediction: Prediction | None) -> Because:
    """What the strongest words of a method do to the target."""
    strongest = list(takewhile(lambda bar: bar.share >= WORTH, bars(attribution, aligned)))
    supporting = [bar for bar in strongest if bar.positive]
    opposing = [bar for bar in strongest if not bar.positive] if attribution.signed else []
    tell = _of_number if is_number(prediction) else _of_label
    lead, turn, nothing = tell(aligned.section.target, prediction)
    return Because(
        lead=lead if attribution.signed else "Strongest words by this method:",
        supporting=_merge(supporting)[:_FOR],
        turn=turn,
        opposing=_merge(opposing)[:_AGAINST],
        nothing=nothing,
        signed=attribution.signed,
        effect=_tell_effect(aligned.section, attribution.method, len(supporting)),
    )


def _merge(bars: Sequence[Bar]) -> tuple[Bar, ...]:
    """The bars with each word once, as strong as its strongest, and how often it is among them: not ×2."""
    repeats = Counter(bar.text.casefold() for bar in bars)
    first = {bar.text.casefold(): bar for bar in reversed(bars)}
    merged = (first[word] for word in repeats)
    return tuple(
        replace(bar, text=f"{bar.text} ×{number}") if (number := repeats[bar.text.casefold()]) > 1 else bar
        for bar in merged
    )


def name_towards(target: Target, prediction: Prediction | None) -> str:
    """What the words of a target push towards: its label, or a higher number."""
    name = cell_name(target.label, target.against)
    return f"a higher {name}" if is_number(prediction) else name


def _tell_effect(section: Section, method: str, supporting: int) -> str:
    """The answer with the strongest words deleted, which come first on the method's deletion curve."""
    erasure = section.erasure
    curves = erasure.curves if erasure else ()
    curve = next((curve for curve in curves if (curve.kind, curve.method) == ("deletion", method)), None)
    points = dict(zip(curve.words, curve.values, strict=True)) if curve else {}
    deleted = sorted(words for words in points if words)
    if erasure is None or not deleted or not supporting:
        return ""
    words = max((words for words in deleted if words <= min(_FOR, supporting)), default=deleted[0])
    decimals = apart([(erasure.whole, points[words])], erasure.unit)
    before, after = (answered(value, erasure.unit, decimals) for value in (erasure.whole, points[words]))
    without = f"Without its {f'top {words} words' if words > 1 else 'top word'} the {erasure.unit}"
    if before == after:
        return f"{without} stays at {after}."
    return f"{without} {'falls' if points[words] < erasure.whole else 'rises'} from {before} to {after}."


def _of_label(target: Target, prediction: Prediction | None) -> tuple[str, str, str]:
    """How the words for a label, those against it, and their absence are introduced."""
    said = () if prediction is None else (prediction.label,) if prediction.answers is None else prediction.answers
    nothing = "No word counts for or against it."
    if said == (target.label,) and not target.against:
        return "Words credited most:", "Counted against:", nothing
    towards = cell_name(target.label, target.against)
    return f"Words that favour {towards}:", f"Words against {towards}:", nothing


def _of_number(target: Target, prediction: Prediction | None) -> tuple[str, str, str]:
    """How the words that raise a number, those that lower it, and their absence are introduced."""
    of_several = f" {cell_name(target.label, target.against)}" if prediction and len(prediction.labels) > 1 else ""
    nothing = "No word raises or lowers it."
    return f"Words that raise{of_several or ' the answer'} most:", "Words that lower it most:", nothing
