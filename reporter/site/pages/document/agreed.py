"""The consensus view: only the words on which most methods agree, in rank and in sign."""

from dataclasses import dataclass

from reporter.evidence import AlignedText
from reporter.records import Consensus, Vote
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
    return Agreed(
        supporting=tuple(bar for bar in bars if bar.positive),
        opposing=tuple(bar for bar in bars if not bar.positive),
        told=_tell(len(bars), consensus),
    )


def _tell(words: int, consensus: Consensus) -> str:
    """How many words most methods agree on, as a sentence."""
    among = f"among the {consensus.k} strongest of most of the {consensus.methods} methods, with the same sign"
    return f"{count(words, 'word')} {'is' if words == 1 else 'are'} {among}." if words else f"No word is {among}."


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
