"""The index: the audit of the run, then every document in a row."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

from reporter.records import Explanation, Run
from reporter.report.audit import Confusion, Figure, VerdictRow, confusion, figures, headline, verdict_rows
from reporter.report.checks import Check, shown
from reporter.report.comparison import PairRow, Triangle, pair_rows, triangle
from reporter.report.document import DocumentPage
from reporter.report.frame import Frame, frame, titles, url
from reporter.report.histogram import Histogram, histogram
from reporter.report.reading import Reading
from reporter.report.wording import count
from reporter.report.words import Fragment, fragments
from reporter.summary import graded, is_truncated

MINIATURE = 120  # characters of a text in its row
_FAINT = 0.08


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One document's row."""

    href: str
    source: str
    text: tuple[Fragment, ...]
    more: bool
    error: str | None
    says: str
    value: str
    style: str
    checks: tuple[Check, ...]
    tau: str
    wrong: str
    flags: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class FailureRow:
    """A document that was not explained."""

    href: str
    source: str
    error: str


@dataclass(frozen=True, slots=True, kw_only=True)
class IndexPage:
    """The audit in one sentence and its figures, the proof of them, and all documents."""

    frame: Frame
    bold: str
    rest: str
    lead: str
    unread: str
    figures: tuple[Figure, ...]
    histogram: Histogram | None
    verdicts: tuple[VerdictRow, ...]
    triangle: Triangle | None
    pairs: tuple[PairRow, ...]
    confusion: Confusion | None
    failures: tuple[FailureRow, ...]
    entries: tuple[Entry, ...]


@dataclass
class Audit:
    """What the index gathers while the documents are drawn: their rows, and numbers."""

    run: Run
    entries: list[Entry] = field(default_factory=list)
    residuals: list[float] = field(default_factory=list)
    states: Counter[tuple[int, str]] = field(default_factory=Counter)
    graded: Counter[tuple[str, str]] = field(default_factory=Counter)

    def add(self, explanation: Explanation, page: DocumentPage) -> None:
        """Take note of one document."""
        sections = shown(explanation)
        for section in sections:
            certificate = section.attributions[0].certificate
            if certificate.verdict in ("met", "not met") and certificate.relative is not None:
                self.residuals.append(certificate.relative)
        if sections:
            self.states.update((at, check.state) for at, check in enumerate(page.parts[0].checks))
        pair = graded(explanation)
        if pair is not None:
            self.graded[pair] += 1
        self.entries.append(_entry(explanation, page, reading=Reading(explanation, sections[0]) if sections else None))

    def page(self) -> IndexPage:
        """The index of everything that was added."""
        run, named = self.run, titles(self.run)
        tolerance = run.settings.get("tolerance")
        certified = next((one for one in run.summary.verdicts if one.claim == "complete"), None)
        limit = tolerance if isinstance(tolerance, float) else None
        bold, rest = headline(run.summary, limit)
        hrefs = {entry.source: entry.href for entry in self.entries if entry.error is not None}
        return IndexPage(
            frame=frame(run, f"{bold} {rest}"),
            bold=bold,
            rest=rest,
            lead=self._lead(),
            unread=count(run.summary.failed, "more text") if run.summary.failed else "",
            figures=tuple(figures(run.summary)),
            histogram=histogram(self.residuals, limit) if certified else None,
            verdicts=tuple(verdict_rows(run)),
            triangle=triangle(run.summary.agreement, named),
            pairs=pair_rows(run.summary.agreement, named),
            confusion=confusion(self.graded),
            failures=tuple(
                FailureRow(href=hrefs.get(one.source, ""), source=one.source, error=one.error) for one in run.failures
            ),
            entries=tuple(self.entries),
        )

    def _lead(self) -> str:
        """The other checks, as far as they were measured, in one sentence."""
        names = (
            "",
            "the order of the strongest words is settled",
            "the methods agree beyond chance",
            "deletion confirms",
        )
        told = [
            f"in {self.states[at, 'holds']:,} of {self._measured(at):,} {name}"
            for at, name in enumerate(names)
            if name and self._measured(at)
        ]
        return f"{'; '.join(told).capitalize()}." if told else ""

    def _measured(self, check: int) -> int:
        return sum(self.states[check, state] for state in ("holds", "doubt", "fails"))


def _entry(explanation: Explanation, page: DocumentPage, *, reading: Reading | None) -> Entry:
    first = reading.section.attributions[0] if reading else None
    said = page.answer
    chosen = next((share for share in said.shares if share.chosen), None) if said else None
    text = _cut(fragments(reading, reading.shares(first.scores), least=_FAINT)) if reading and first else ()
    return Entry(
        href=url(page.path),
        source=explanation.source,
        text=text or _cut((Fragment(text=explanation.text[: MINIATURE + 1], style=""),)),
        more=sum(len(one.text) for one in text) >= MINIATURE,
        error=page.failure,
        says=said.bold if said else "–",
        value=chosen.value if chosen and said and said.probable else "",
        style=chosen.style if chosen else "",
        checks=page.parts[0].checks if page.parts else (),
        tau=next((check.short.removeprefix("τ ") for check in page.parts[0].checks if check.short.startswith("τ")), "–")
        if page.parts
        else "–",
        wrong=said.wrong.removeprefix("The label given is ").rstrip(".") if said else "",
        flags=tuple(_flags(explanation, page)),
    )


def _cut(fragments: tuple[Fragment, ...]) -> tuple[Fragment, ...]:
    """The first characters of a text, white space as single spaces."""
    kept, left = [], MINIATURE
    for one in fragments:
        text = " ".join(one.text.split()) if one.style else _single_spaced(one.text)
        kept.append(Fragment(text=text[:left], style=one.style))
        left -= len(text)
        if left <= 0:
            break
    return tuple(kept)


def _flags(explanation: Explanation, page: DocumentPage) -> Iterator[str]:
    if is_truncated(explanation):
        yield "cut off"
    if len(page.parts) > 1:
        yield count(len(page.parts), "target")
    for check in page.parts[0].checks if page.parts else ():
        if check.state == "fails":
            yield check.short


def _single_spaced(text: str) -> str:
    inner = " ".join(text.split())
    return f"{' ' if text[:1].isspace() else ''}{inner}{' ' if inner and text[-1:].isspace() else ''}"
