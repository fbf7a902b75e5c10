"""What must be known before an explanation is read: a wrong answer, a text cut off, unknown words, no certificate."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from reporter.evidence import AlignedText
from reporter.records import Explanation, Model, Verdict
from reporter.site.wording import count, title_of, whole_percent

_UNKNOWN = 0.1  # share of unknown tokens from which they are many
_IN_PIECES, _FEW = 0.4, 5  # share of words in pieces from which they are many, and words under which none is taken
_MULTILINGUAL = 100_000  # tokens of a vocabulary that covers many languages, and cuts words of any of them

_UNCERTIFIED: dict[Verdict, str] = {
    "not met": "its scores are not within the tolerance",
    "unresolvable": "the answer changes too little from the baseline to divide it reliably",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Alert:
    """One line across the page, its beginning bold; `bad` is an answer that is wrong, `warn` anything else."""

    kind: Literal["bad", "warn"]
    bold: str
    rest: str


def alerts(
    explanation: Explanation, aligned: list[AlignedText], *, wrong: str, model: Model, titles: dict[str, str]
) -> tuple[Alert, ...]:
    """What must be said first of a document; `wrong` says how its answer is wrong, if it is."""
    lines = [Alert(kind="bad", bold="Wrong", rest=f": {wrong}")] if wrong else []
    lines += _tell_extent(explanation, model)
    if aligned:
        lines += _tell_unknown(aligned[0], model)
    lines += _tell_certificates(aligned, titles)
    return tuple(lines)


def _tell_extent(explanation: Explanation, model: Model) -> Iterator[Alert]:
    seen = explanation.seen
    if seen is not None and explanation.is_truncated:
        share = whole_percent(seen.characters / seen.of)
        yield Alert(
            kind="warn",
            bold=f"Only the first {share} was read",
            rest=f". The model reads {model.limit:,} tokens at most.",
        )


def _tell_unknown(aligned: AlignedText, model: Model) -> Iterator[Alert]:
    """Tokens that are unknown to the model, or else many words that its vocabulary has in pieces only."""
    tokens = [token for token in aligned.section.tokens if not token.special]
    unknown = sum(token.text == model.unknown for token in tokens) if model.unknown else 0
    if unknown >= _UNKNOWN * len(tokens) and unknown:
        of = count(len(tokens), "token")
        rest = f" to the model, which cannot tell {'them' if unknown > 1 else 'it'} from others of the kind."
        yield Alert(kind="warn", bold=f"{unknown:,} of {of} {'are' if unknown > 1 else 'is'} unknown", rest=rest)
        return
    words = [word for word in aligned.words if any(sign.isalpha() for sign in aligned.text(word))]
    cut = sum(len(word.tokens) > 1 for word in words)
    if len(words) >= _FEW and cut >= _IN_PIECES * len(words) and model.vocabulary < _MULTILINGUAL:
        bold = f"{cut:,} of {count(len(words), 'word')} were read in pieces"
        yield Alert(kind="warn", bold=bold, rest=". The model may not know this language or subject.")


def _tell_certificates(aligned: list[AlignedText], titles: dict[str, str]) -> Iterator[Alert]:
    """The method that is shown first where its certificate is not met, by any target."""
    leads = [lead for text in aligned if (lead := text.section.lead) is not None]
    for verdict, reason in _UNCERTIFIED.items():
        missed = [lead for lead in leads if lead.certificate.verdict == verdict]
        if missed:
            targets = f" for {len(missed)} of {len(leads)} targets" if len(leads) > 1 else ""
            name = title_of(titles, missed[0].method)
            yield Alert(kind="warn", bold=f"{name} is not certified{targets}", rest=f": {reason}.")
