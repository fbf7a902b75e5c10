"""One document as the index has it: its row in the list, with what the audit takes from it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from reporter.evidence import AlignedText, gravest, is_measured, mean_tau
from reporter.records import Explanation, Failure, order_sections
from reporter.site.addresses import url
from reporter.site.pages.checks import Badge
from reporter.site.pages.document.page import DocumentPage, is_undrawn
from reporter.site.pages.document.words import shade
from reporter.site.pages.index.excerpts import Excerpt, cut_excerpt
from reporter.site.wording import count, name_document, name_sides, rank, spoken
from reporter.summary import list_residuals, name_given, name_said

CHECKS = ("complete", "order", "agree", "deletion")  # marks of a row whose check is not passed
_FAINT = 0.08


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One document's row; `marks` are the words by which it is filtered, `confidence` and `agreement` sort it.

    `sides` are what orange and blue words do to the answer; None where no word is coloured or the method has no sign.
    `verdict` says in a sentence how many checks are passed and which are not. `words` are those of its whole text, its
    id, file and label that the row does not show, for the search.
    """

    href: str
    name: str
    group: str
    excerpt: Excerpt
    signed: bool
    sides: tuple[str, str] | None
    error: str | None
    says: str
    value: str
    style: str
    checks: tuple[Badge, ...]
    verdict: str
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
    shaded = shade(aligned, aligned.shares(first.scores), least=_FAINT) if aligned and first else ()
    excerpt = cut_excerpt(tuple(shaded) or ((explanation.text, 0.0),))
    checks, tau = _of_all(page), mean_tau(aligned.section, first.method) if aligned and first else None
    return Entry(
        href=url(page.path),
        name=name_document(explanation.id, explanation.source),
        group=explanation.group,
        excerpt=replace(excerpt, after=excerpt.after or explanation.is_truncated),
        signed=first is None or first.signed,
        sides=name_sides(explanation.prediction) if first and first.signed else None,
        error=page.failure,
        says=said.bold if said else "–",
        value=chosen.value if chosen and said and said.probable else "",
        style=chosen.style if chosen else "",
        checks=checks,
        verdict=_verdict(checks),
        tau="–" if tau is None else rank(tau),
        wrong=spoken(name_given(explanation) or "") if said and said.wrong else "",
        flags=tuple(_flags(explanation, page)),
        marks=tuple(_marks(checks, explanation, page)),
        answer=spoken(name_said(explanation) or ""),
        confidence=_confidence(explanation),
        agreement="" if tau is None else f"{tau:.4f}",
        words=tuple(_unshown(explanation, excerpt)),
    )


def _unshown(explanation: Explanation, excerpt: Excerpt) -> list[str]:
    """The words of a document that its row does not show: what stands between white space, in small letters."""
    name = name_document(explanation.id, explanation.source)
    row = " ".join((name, "".join(fragment.text for fragment in excerpt.text))).lower()
    whole = (
        explanation.text,
        explanation.text_pair or "",
        explanation.id,
        explanation.source,
        explanation.label or "",
    )
    return sorted({word for part in whole for word in part.lower().split() if word not in row})


def _of_all(page: DocumentPage) -> tuple[Badge, ...]:
    """The checks of a text: of all of its targets, the one with the gravest state each."""
    columns = zip(*(part.checks for part in page.parts), strict=True)
    return tuple(
        next(badge for badge in column if badge.state == gravest(each.state for each in column)) for column in columns
    )


def _verdict(checks: Sequence[Badge]) -> str:
    """How many of the checks that were made are passed, and what the others found: for narrow windows."""
    made = [check for check in checks if is_measured(check.state)]
    if not made:
        return "No check was made" if checks else ""
    lost = [f"{check.name[0].lower()}{check.name[1:]}" for check in made if check.state != "holds"]
    passed = f"{len(made) - len(lost)} of {count(len(made), 'check')} passed"
    return f"{passed}: {', '.join(lost)}" if lost else passed


def _confidence(explanation: Explanation) -> str:
    said = explanation.prediction
    return f"{max(said.probabilities):.6f}" if said and said.probabilities and said.positions == 1 else ""


def _flags(explanation: Explanation, page: DocumentPage) -> Iterator[str]:
    """What else is to be known of a text; the checks of its first target have columns of their own."""
    if explanation.is_truncated:
        yield "cut off"
    if len(page.parts) > 1:
        yield count(len(page.parts), "target")
    yield from dict.fromkeys(f"without {title}" for part in page.parts for title, _ in part.omissions)
    for part in page.parts[1:]:
        lost = (check for check in part.checks if check.state == "fails")
        yield from (f"{check.name[0].lower()}{check.name[1:]} towards {part.target}" for check in lost)


def _marks(checks: tuple[Badge, ...], explanation: Explanation, page: DocumentPage) -> Iterator[str]:
    """What a reader may filter by: any check that is not passed, a wrong answer, a text cut off, no explanation."""
    not_passed = [name for name, check in zip(CHECKS, checks, strict=False) if check.state in ("doubt", "fails")]
    if not_passed:
        yield "any"
    yield from not_passed
    if page.answer and page.answer.wrong:
        yield "wrong"
    if explanation.is_truncated:
        yield "cut"
    if page.failure is not None:
        yield "unread"
