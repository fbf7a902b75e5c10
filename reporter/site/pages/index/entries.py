"""One document as the index has it: its row in the list, with what the audit takes from it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from reporter.evidence import AlignedText, gravest, mean_tau
from reporter.records import Explanation, Failure, order_sections
from reporter.site.addresses import url
from reporter.site.pages.checks import Badge
from reporter.site.pages.document.page import DocumentPage, is_undrawn
from reporter.site.pages.document.words import Fragment, fragments
from reporter.site.wording import count, rank, shorten, spoken
from reporter.summary import list_residuals, name_given, name_said

MINIATURE = 120  # characters of a text in its row
CHECKS = ("complete", "order", "agree", "deletion")  # marks of a row whose check does not hold
_FAINT = 0.08


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One document's row; `marks` are the words by which it is filtered, `confidence` and `agreement` sort it.

    `words` are those of its whole text, its id and its label that the row does not show, for the search.
    """

    href: str
    source: str
    group: str
    text: tuple[Fragment, ...]
    more: bool
    error: str | None
    says: str
    value: str
    style: str
    checks: tuple[Badge, ...]
    tau: str
    wrong: str
    flags: tuple[str, ...]
    marks: tuple[str, ...]
    answer: str
    confidence: str
    agreement: str
    words: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """What the index takes from one document: its row, its residuals, and a page undrawn."""

    path: str
    entry: Entry
    residuals: tuple[float, ...]
    undrawn: Failure | None


def find(explanation: Explanation, page: DocumentPage) -> Finding:
    """Everything that the index needs of a document and its page."""
    sections = order_sections(explanation)
    return Finding(
        path=page.path,
        entry=_entry(explanation, page, aligned=AlignedText(explanation, sections[0]) if sections else None),
        residuals=tuple(list_residuals(section.attributions[0].certificate for section in sections)),
        undrawn=Failure(id=explanation.id, source=explanation.source, error=page.failure or "")
        if is_undrawn(explanation)
        else None,
    )


def _entry(explanation: Explanation, page: DocumentPage, *, aligned: AlignedText | None) -> Entry:
    first = aligned.section.attributions[0] if aligned else None
    said = page.answer
    chosen = next((share for share in said.shares if share.chosen), None) if said else None
    whole = fragments(aligned, aligned.shares(first.scores), least=_FAINT) if aligned and first else ()
    text, more = _cut(whole or (Fragment(text=explanation.text, style=""),))
    checks, tau = _of_all(page), mean_tau(aligned.section) if aligned else None
    return Entry(
        href=url(page.path),
        source=explanation.source,
        group=explanation.group,
        text=text,
        more=more or explanation.is_truncated,
        error=page.failure,
        says=said.bold if said else "–",
        value=chosen.value if chosen and said and said.probable else "",
        style=chosen.style if chosen else "",
        checks=checks,
        tau="–" if tau is None else rank(tau),
        wrong=spoken(name_given(explanation) or "") if said and said.wrong else "",
        flags=tuple(_flags(explanation, page)),
        marks=tuple(_marks(checks, page)),
        answer=spoken(name_said(explanation) or ""),
        confidence=_confidence(explanation),
        agreement="" if tau is None else f"{tau:.4f}",
        words=tuple(_unshown(explanation, text)),
    )


def _unshown(explanation: Explanation, text: Sequence[Fragment]) -> list[str]:
    """The words of a document that its row does not show: what stands between white space, in small letters."""
    row = " ".join((explanation.source, "".join(fragment.text for fragment in text))).lower()
    whole = (explanation.text, explanation.text_pair or "", explanation.id, explanation.label or "")
    return sorted({word for part in whole for word in part.lower().split() if word not in row})


def _of_all(page: DocumentPage) -> tuple[Badge, ...]:
    """The checks of a text: of all of its targets, the one with the gravest state each."""
    columns = zip(*(part.checks for part in page.parts), strict=True)
    return tuple(
        next(badge for badge in column if badge.state == gravest(each.state for each in column)) for column in columns
    )


def _confidence(explanation: Explanation) -> str:
    said = explanation.prediction
    return f"{max(said.probabilities):.6f}" if said and said.probabilities and said.positions == 1 else ""


def _cut(fragments: Sequence[Fragment]) -> tuple[tuple[Fragment, ...], bool]:
    """The first words of a text, white space as single spaces, and whether there are more."""
    spaced = [
        Fragment(
            text=" ".join(fragment.text.split()) if fragment.style else _single_spaced(fragment.text),
            style=fragment.style,
        )
        for fragment in fragments
    ]
    whole = "".join(fragment.text for fragment in spaced)
    left = len(shorten(whole, MINIATURE))
    kept, more = [], left < len(whole.rstrip())
    for fragment in spaced:
        kept.append(Fragment(text=fragment.text[:left], style=fragment.style))
        left -= len(fragment.text)
        if left <= 0:
            break
    return tuple(kept), more


def _flags(explanation: Explanation, page: DocumentPage) -> Iterator[str]:
    if explanation.is_truncated:
        yield "cut off"
    if len(page.parts) > 1:
        yield count(len(page.parts), "target")
    yield from dict.fromkeys(f"no {title}" for part in page.parts for title, _ in part.omissions)
    for part in page.parts:
        towards = f" towards {part.target}" if part.number else ""
        yield from (f"{check.short}{towards}" for check in part.checks if check.state == "fails")


def _marks(checks: tuple[Badge, ...], page: DocumentPage) -> Iterator[str]:
    """What a reader may filter by: any check that does not hold, a wrong answer, no explanation."""
    open_to_doubt = [name for name, check in zip(CHECKS, checks, strict=False) if check.state in ("doubt", "fails")]
    if open_to_doubt:
        yield "any"
    yield from open_to_doubt
    if page.answer and page.answer.wrong:
        yield "wrong"
    if page.failure is not None:
        yield "unread"


def _single_spaced(text: str) -> str:
    inner = " ".join(text.split())
    return f"{' ' if text[:1].isspace() else ''}{inner}{' ' if inner and text[-1:].isspace() else ''}"
