"""The index: the audit of the run, then every document in a row."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from math import sqrt

from reporter.records import Explanation, Run, Summary
from reporter.report.checks import Check, led
from reporter.report.comparison import PairRow, Triangle, pair_rows, triangle
from reporter.report.document import DocumentPage
from reporter.report.frame import Frame, frame, title_of, titles, url
from reporter.report.histogram import Histogram, histogram
from reporter.report.reading import Reading
from reporter.report.wording import THIN, count, css, fine_percent, rank, spoken, whole_percent
from reporter.report.words import Fragment, fragments
from reporter.summary import graded, is_truncated

MINIATURE = 150  # characters of a text in its row
_FAINT = 0.08
_LABELS = 12  # labels in the table of right and wrong


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
class Figure:
    """One number of the audit, with its unit, its name and what it is to be read against."""

    value: str
    unit: str
    name: str
    note: str


@dataclass(frozen=True, slots=True, kw_only=True)
class VerdictRow:
    """How the certificates of one method came out."""

    title: str
    claim: str
    met: str
    not_met: str
    unresolvable: str
    residual: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Confusion:
    """Labels given (down) against answers (across): the count over the share of its row, and a tint."""

    columns: tuple[str, ...]
    rows: tuple[tuple[str, tuple[tuple[str, str, str], ...]], ...]


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
        sections = [led(section) for section in explanation.sections if section.attributions]
        for section in sections:
            certificate = section.attributions[0].certificate
            if certificate.verdict in ("met", "not met") and certificate.relative is not None:
                self.residuals.append(certificate.relative)
        if sections:
            self.states.update((at, check.state) for at, check in enumerate(page.parts[0].checks))
        pair = graded(explanation)
        if pair is not None:
            self.graded[pair] += 1
        self.entries.append(_entry(explanation, page, Reading(explanation, sections[0]) if sections else None))

    def page(self) -> IndexPage:
        """The index of everything that was added."""
        run, named = self.run, titles(self.run)
        tolerance = run.settings.get("tolerance")
        certified = next((one for one in run.summary.verdicts if one.claim == "complete"), None)
        bold, rest = _headline(run.summary, tolerance if isinstance(tolerance, float) else None)
        limit = tolerance if isinstance(tolerance, float) else None
        hrefs = {entry.source: entry.href for entry in self.entries if entry.error is not None}
        return IndexPage(
            frame=frame(run, f"{bold} {rest}"),
            bold=bold,
            rest=rest,
            lead=self._lead(),
            unread=count(run.summary.failed, "more text") if run.summary.failed else "",
            figures=tuple(_figures(run.summary)),
            histogram=histogram(self.residuals, limit) if certified else None,
            verdicts=tuple(_verdict_rows(run)),
            triangle=triangle(run.summary.agreement, named),
            pairs=pair_rows(run.summary.agreement, named),
            confusion=_confusion(self.graded),
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


def _headline(summary: Summary, tolerance: float | None) -> tuple[str, str]:
    certified = next((one for one in summary.verdicts if one.claim == "complete"), None)
    if certified is None:
        return count(
            summary.explained, "text"
        ), f"{'is' if summary.explained == 1 else 'are'} explained; no method claims to be complete."
    of = certified.met + certified.not_met + certified.unresolvable
    within = "" if tolerance is None else f" within {fine_percent(tolerance)}"
    return f"{certified.met:,} of {of:,}", f"{'explanation is' if of == 1 else 'explanations are'} complete{within}."


def _figures(summary: Summary) -> Iterator[Figure]:
    yield Figure(value=f"{summary.explained:,}", unit="", name="Explained", note=_of_documents(summary))
    if summary.accuracy is not None:
        low, high = _interval(summary.accuracy, summary.labelled)
        note = f"of {count(summary.labelled, 'labelled text')}; 95{THIN}% interval {low:.1f} to {high:.1f}"
        yield Figure(value=f"{summary.accuracy * 100:.1f}", unit="%", name="Accuracy", note=note)
    for one in [one for one in summary.verdicts if one.claim == "complete"][:1]:
        of = one.met + one.not_met + one.unresolvable
        note = "" if one.residual is None else f"median residual {fine_percent(one.residual)} of the change"
        yield Figure(value=f"{one.met / of * 100:.1f}", unit="%", name="Complete", note=note)
    known = [one for one in summary.agreement if one.kendall is not None]
    if known:
        best = max(known, key=lambda one: one.kendall or 0.0)
        note = f"of {count(len(known), 'pair')} of methods; at most {rank(best.kendall)}"
        middle = sorted(one.kendall or 0.0 for one in known)[len(known) // 2]
        yield Figure(value=rank(middle), unit="τ", name="Median agreement", note=note)
    if summary.truncated:
        yield Figure(value=f"{summary.truncated:,}", unit="", name="Cut off", note="longer than the model can read")


def _of_documents(summary: Summary) -> str:
    of = f"of {count(summary.documents, 'document')}"
    return f"{of}; {summary.failed:,} not explained" if summary.failed else f"{of}, all of them"


def _interval(share: float, number: int) -> tuple[float, float]:
    """Wilson's 95 % interval of a share, in per cent."""
    z = 1.96
    middle = (share + z * z / (2 * number)) / (1 + z * z / number)
    reach = z / (1 + z * z / number) * sqrt(share * (1 - share) / number + z * z / (4 * number * number))
    return max(0.0, middle - reach) * 100, min(1.0, middle + reach) * 100


def _verdict_rows(run: Run) -> Iterator[VerdictRow]:
    named = titles(run)
    for one in run.summary.verdicts:
        claims = one.claim == "complete"
        yield VerdictRow(
            title=title_of(named, one.method),
            claim="complete" if claims else "none",
            met=f"{one.met:,}" if claims else "–",
            not_met=f"{one.not_met:,}" if claims else "–",
            unresolvable=f"{one.unresolvable:,}" if claims else "–",
            residual="–" if one.residual is None else fine_percent(one.residual),
        )


def _confusion(found: Counter[tuple[str, str]]) -> Confusion | None:
    labels = sorted({label for pair in found for label in pair})
    if not 2 <= len(labels) <= _LABELS:
        return None
    rows = []
    for given in sorted({pair[0] for pair in found}):
        of = sum(found[given, said] for said in labels)
        cells = (
            (f"{found[given, said]:,}", whole_percent(found[given, said] / of), css(found[given, said] / of))
            for said in labels
        )
        rows.append((spoken(given), tuple(cells)))
    return Confusion(columns=tuple(spoken(label) for label in labels), rows=tuple(rows))


def _entry(explanation: Explanation, page: DocumentPage, reading: Reading | None) -> Entry:
    first = reading.section.attributions[0] if reading else None
    said = page.answer
    chosen = next((share for share in said.shares if share.chosen), None) if said else None
    text = _cut(fragments(reading, reading.shares(first.scores), _FAINT)) if reading and first else ()
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
