"""The sentence under the heading: the words that speak for a target and against it, or raise a number and lower it."""

from dataclasses import dataclass
from itertools import takewhile

from reporter.evidence import AlignedText
from reporter.records import Attribution, Prediction, Target, is_number
from reporter.site.pages.document.words import Bar, bars
from reporter.site.wording import cell_name, name_sides

WORTH = 0.1  # share of the strongest word from which another is named in the sentence


@dataclass(frozen=True, slots=True, kw_only=True)
class Because:
    """The words for a target after `lead`, those against it after `turn`; `nothing` is said where there are none.

    `towards` names where they push, `sides` what words with a negative and with a positive score do.
    """

    lead: str
    supporting: tuple[Bar, ...]
    turn: str
    opposing: tuple[Bar, ...]
    nothing: str
    signed: bool
    towards: str
    sides: tuple[str, str]


def because(first: Attribution, aligned: AlignedText, prediction: Prediction | None) -> Because:
    """What the strongest words of the method that is shown first do to the target."""
    strongest = list(takewhile(lambda bar: bar.share >= WORTH, bars(first, aligned)))
    supporting = tuple(bar for bar in strongest if bar.positive)[:3]
    opposing = tuple(bar for bar in strongest if not bar.positive)[:2] if first.signed else ()
    target, number = aligned.section.target, is_number(prediction)
    name = cell_name(target.label, target.against)
    lead, turn, nothing = (_of_number if number else _of_label)(target, prediction, len(supporting))
    return Because(
        lead=lead if first.signed else "Strongest by this method:",
        supporting=supporting,
        turn=turn if first.signed else "",
        opposing=opposing,
        nothing=nothing,
        signed=first.signed,
        towards=f"a higher {name}" if number else name,
        sides=name_sides(prediction),
    )


def _of_label(target: Target, prediction: Prediction | None, supporting: int) -> tuple[str, str, str]:
    """How the words for a label, those against it, and their absence are introduced."""
    said = () if prediction is None else (prediction.label,) if prediction.answers is None else prediction.answers
    own = said == (target.label,) and not target.against
    towards = cell_name(target.label, target.against)
    lead = "Words credited most:" if own else f"Words that favour {towards}:"
    turn = "counted against:" if own else f"against {'it' if supporting else towards}:"
    return lead, turn if supporting else turn.capitalize(), "No word counts for or against it."


def _of_number(target: Target, prediction: Prediction | None, supporting: int) -> tuple[str, str, str]:
    """How the words that raise a number, those that lower it, and their absence are introduced."""
    of_several = f"{cell_name(target.label, target.against)} is " if prediction and len(prediction.labels) > 1 else ""
    turn = "lowered most by:" if supporting else f"{of_several}lowered most by:"
    lead = f"{of_several}raised most by:"
    first = str.capitalize if not of_several else str
    return first(lead), turn if supporting else first(turn), "No word raises or lowers it."
