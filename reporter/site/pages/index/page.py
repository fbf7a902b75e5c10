"""The index: the audit of the run, then the first page of the list of documents."""

from array import array
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from reporter.records import Failure, Lapse, Part, Run
from reporter.site.addresses import page_path, url
from reporter.site.pages.comparison import PairRow, Triangle, pair_rows, triangle
from reporter.site.pages.drawings.histogram import NARROW, WIDE, Histogram, histogram
from reporter.site.pages.frame import Frame, frame
from reporter.site.pages.index.audit import (
    Confusion,
    MarkRow,
    VerdictRow,
    confusion,
    mark_rows,
    unclaimed,
    verdict_rows,
)
from reporter.site.pages.index.entries import Entry, Finding
from reporter.site.pages.index.headline import Figure, Headline, figures, headline
from reporter.site.pages.index.lists import Listing, ListPage, ListPageLink, marks
from reporter.site.pages.index.pushes import Pushes, push_tables
from reporter.site.pages.index.slices import SliceTable, slice_table
from reporter.site.pages.people import MetricTable, people_of_all
from reporter.site.wording import count, name_document, title_of, titles
from reporter.summary import describe_unknown

_FAILURES = 50  # documents that could not be explained, with the reason; the list has all of them


@dataclass(frozen=True, slots=True, kw_only=True)
class FailureRow:
    """A document that was not explained."""

    href: str
    name: str
    error: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FailureList:
    """The first of them, and how many more there are."""

    rows: tuple[FailureRow, ...]
    unlisted: str


@dataclass(frozen=True, slots=True, kw_only=True)
class IndexPage:
    """What matters in a few sentences and five figures, the audit in detail, and all documents or the first of them."""

    frame: Frame
    headline: Headline
    unread: str
    figures: tuple[Figure, ...]
    histograms: tuple[Histogram, ...]
    verdicts: tuple[VerdictRow, ...]
    unclaimed: str
    triangle: Triangle | None
    pairs: tuple[PairRow, ...]
    confusion: Confusion | None
    marked: tuple[MarkRow, ...]
    strange: str
    people: MetricTable | None
    slices: SliceTable | None
    pushes: Pushes | None
    gaps: dict[Part, str]
    lapses: FailureList
    failures: FailureList
    listing: Listing
    marks: tuple[str, ...]
    shelves: tuple[ListPageLink, ...]


@dataclass
class Audit:
    """What the index gathers while the documents are drawn: counts and numbers, and never a text."""

    run: Run
    residuals: "array[float]" = field(default_factory=lambda: array("d"))
    undrawn: list[Failure] = field(default_factory=list)

    def add(self, finding: Finding) -> Entry:
        """Take note of one document, and hand on its row."""
        self.residuals.extend(finding.residuals)
        if finding.undrawn is not None:
            self.undrawn.append(finding.undrawn)
        return finding.entry

    def summed(self) -> Run:
        """The run with the pages that could not be drawn."""
        return replace(self.run, undrawn=tuple(self.undrawn))

    def page(self, first: ListPage, shelves: Sequence[ListPageLink]) -> IndexPage:
        """The index of everything that was added, over the first page of the list and what all of them hold."""
        run, named = self.summed(), titles(self.run)
        tolerance = run.settings.get("tolerance")
        limit = tolerance if isinstance(tolerance, float) else None
        said = headline(run.summary)
        return IndexPage(
            frame=frame(run, f"{said.bold} {said.rest}"),
            headline=said,
            unread=count(run.summary.failed, "more text") if run.summary.failed else "",
            figures=figures(run.summary, limit),
            histograms=self._histograms(limit),
            verdicts=tuple(verdict_rows(run)),
            unclaimed=unclaimed(run),
            triangle=triangle(run.summary.agreement, named),
            pairs=pair_rows(run.summary.agreement, named),
            confusion=confusion(run.summary.graded),
            marked=mark_rows(run.summary.marks),
            strange=describe_unknown(run.summary.unknown, run.summary.strangers, run.model.labels),
            people=people_of_all(run),
            slices=slice_table(run.summary.slices),
            pushes=push_tables(run.summary),
            gaps={gap.part: gap.reason for gap in run.summary.gaps},
            lapses=_list_lapses(run.summary.lapses, named),
            failures=_list_failures((*run.failures, *run.undrawn)),
            listing=first.listing,
            marks=marks(),
            shelves=tuple(shelves) if len(shelves) > 1 else (),
        )

    def _histograms(self, limit: float | None) -> tuple[Histogram, ...]:
        """The residuals for a wide window and for a narrow one, if any method claims to be complete."""
        if not self.residuals or all(verdicts.claim != "complete" for verdicts in self.run.summary.verdicts):
            return ()
        return tuple(histogram(self.residuals, limit, form=form) for form in (WIDE, NARROW))


def _list_lapses(lapses: Sequence[Lapse], named: Mapping[str, str]) -> FailureList:
    """The methods that failed on single texts, each with its title before the reason."""
    failures = (
        Failure(id=lapse.id, source=lapse.source, error=f"{title_of(named, lapse.method)}: {lapse.reason}")
        for lapse in lapses
    )
    return _list_failures(tuple(failures))


def _list_failures(lost: Sequence[Failure]) -> FailureList:
    return FailureList(
        rows=tuple(
            FailureRow(
                href=url(page_path(failure.id)), name=name_document(failure.id, failure.source), error=failure.error
            )
            for failure in lost[:_FAILURES]
        ),
        unlisted=f"{len(lost) - _FAILURES:,}" if len(lost) > _FAILURES else "",
    )
