"""The consensus view: only the words on which most methods agree, in rank and in sign."""

from dataclasses import dataclass

from reporter.evidence import AlignedText
from reporter.records import Vote
from reporter.site.pages.document.words import Bar
from reporter.site.wording import count, css, quoted


@dataclass(frozen=True, slots=True, kw_only=True)
class Agreed:
    """What stands beside the text: the words for and against the target, each with how many methods say so.

    A word is shown if it is among the `k` largest by more than half of the methods (a tenth of the words, five at
    least) and has the same sign by more than half of those with signs; its tint is the share of methods.
    """

    supporting: tuple[Bar, ...]
    opposing: tuple[Bar, ...]
    told: str


def agreed(aligned: AlignedText) -> Agreed | None:
    """The view of one section; None where too few methods were run."""
    consensus = aligned.section.consensus
    if consensus is None:
        return None
    bars = [_bar(vote, consensus.methods, aligned) for vote in consensus.words]
    number = count(len(bars), "word") if bars else "No word"
    return Agreed(
        supporting=tuple(bar for bar in bars if bar.positive),
        opposing=tuple(bar for bar in bars if not bar.positive),
        told=f"{number} {'is' if len(bars) < 2 else 'are'} among the {consensus.k} strongest by most of "
        f"{count(consensus.methods, 'method')} with one sign by most of the {consensus.signed} that give one.",
    )


def _bar(vote: Vote, methods: int, aligned: AlignedText) -> Bar:
    share = vote.top / methods * (1 if vote.positive else -1)
    return Bar(
        text=quoted(aligned.text(aligned.words[vote.word])),
        tint=f"--s:{css(share)}",
        style=f"--s:{css(share)}",
        value=f"{vote.top} of {methods}",
        error="",
        positive=vote.positive,
        share=abs(share),
    )
