"""The command `check`: files, records, links, pages drawn again, certificates computed again, and thresholds."""

import sqlite3
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, fields
from functools import lru_cache
from itertools import zip_longest
from pathlib import Path

import msgspec

from reporter.audit import links
from reporter.audit.findings import Finding
from reporter.audit.published import RECORDS, Published
from reporter.audit.recomputed.records import check_records, find_run_faults
from reporter.audit.redrawing import redraw
from reporter.records import Explanation, Run, Summary, UserError, twin
from reporter.runs import SavedRun, list_columns
from reporter.site import RUN, Manifest, find_run, manifest, page_path
from reporter.summary import find_median_agreement, sum_up

UNSEEN = (
    "Not shown by any of this: that the model said so ('verify' computes it again), and who made the site, when and "
    "with what, which only a signature could show."
)
"""What no check of a site can show, since its author could make every hash and every page again."""

_REMEMBERED = 8  # pages whose places are kept in mind: most links with a place lead to the few beside the documents


@dataclass(frozen=True, slots=True, kw_only=True)
class Thresholds:
    """The least shares and the most failures that `check` accepts; None sets no threshold."""

    complete: float | None = None
    agreement: float | None = None
    failures: int | None = None


def check_site(site: Path, thresholds: Thresholds) -> Iterator[Finding]:
    """The findings on a site, one check after the other; raises `UserError` if the folder holds no site."""
    if not any((site / name).is_file() for name in ("data/run.sqlite", "data/run.json", "index.html")):
        raise UserError(f"There is no site at {site}; name a folder that 'salience-report build' has written.")
    whole = manifest.read(site)
    if whole is None:
        sentence = f"{manifest.NAME} is missing or broken: the drawing of this site did not finish. Build it again."
        yield Finding(name="files", outcome="not whole", faults=(sentence,))
        return
    yield Finding(name="files", outcome=f"{len(whole.files):,} files", faults=tuple(manifest.compare(site, whole)))
    names = _list_existing(site, whole)
    try:
        records = Published(site, names)
        published = records.run()
        broken = list[str]()
        paths = _Paths()
        run = sum_up(published, paths.note(records.explanations(broken)))
    except (OSError, ValueError, msgspec.MsgspecError) as error:
        yield Finding(name="schema", outcome="no records", faults=(f"The twin cannot be read: {error}.",))
        yield from _check_pages(site, names, set())
        return
    broken += ["Two documents have the same id."] if paths.twice else []
    undrawn = [f"{document.source}: {document.error}" for document in published.undrawn]
    yield Finding(name="schema", outcome=f"{len(paths.known) + 1:,} records", faults=(*broken, *undrawn))
    yield from _check_pages(site, names, paths.known)
    if not broken:
        yield from _check_records(run, records, whole)
    yield Finding(name="run", outcome="held against the twin", faults=tuple(_compare_run(site, published)))
    yield from _check_thresholds(thresholds, run.summary)


@dataclass
class _Paths:
    """The paths of the pages of all records read so far; `twice` says that two records share one."""

    known: set[str] = field(default_factory=set)
    twice: bool = False

    def note(self, explanations: Iterable[Explanation]) -> Iterator[Explanation]:
        """Yield the same records, and note the path of each one's page."""
        for explanation in explanations:
            path = page_path(explanation.id)
            self.twice |= path in self.known
            self.known.add(path)
            yield explanation


def _check_records(run: Run, records: Published, whole: Manifest) -> Iterator[Finding]:
    """Pages drawn again, and numbers computed again, from the records and from what made them."""
    faults = tuple(redraw(run, records, whole.files))
    yield Finding(name="pages", outcome=f"{len(whole.files):,} files drawn again", faults=faults)
    checked = check_records(run, (line for _, line in records.named_lines()), documents=run.summary.documents)
    counted = f"{checked.certificates:,} computed again"
    yield Finding(name="certificates", outcome=counted, faults=tuple(checked.faults))
    yield Finding(name="provenance", outcome="held against this version", faults=tuple(find_run_faults(run)))


def _list_existing(site: Path, whole: Manifest) -> set[str]:
    """The files of the manifest that exist inside the site's folder."""
    inside = site.resolve()
    return {name for name in whole.files if (site / name).resolve().is_relative_to(inside) and (site / name).is_file()}


def _check_pages(site: Path, names: set[str], expected: set[str]) -> Iterator[Finding]:
    """What the pages lead to, load and run; each is read by itself, so that no site is too large."""
    pages = sorted(name for name in names if name.endswith(".html"))
    documents = {name for name in pages if name.startswith("documents/")}
    faults = [f"{name} is missing, and its document is in the twin." for name in sorted(expected - documents)]
    faults += [f"{name} shows a document that is not in the twin." for name in sorted(documents - expected)]
    files, links_seen, dangers = names | set(RUN), 0, list[str]()

    def parse(name: str) -> links.Page:
        return links.parse((site / name).read_text("utf-8", "replace"))

    places = lru_cache(_REMEMBERED)(lambda name: frozenset(parse(name).ids))
    for name in pages:
        page = parse(name)
        links_seen += len(page.links)
        faults += links.list_dead_ends(name, page, files, places)
        dangers += links.list_dangers(name, page)
    yield Finding(name="links", outcome=f"{links_seen:,} links", faults=tuple(faults))
    yield Finding(name="silence", outcome=f"{len(pages):,} pages that run and load nothing", faults=tuple(dangers))


def _compare_run(site: Path, published: Run) -> Iterator[str]:
    """Where the saved run, if it was published with the site, is not what the twin says."""
    path = site / "data" / "run.sqlite"
    if not path.is_file():
        return
    try:
        with SavedRun(find_run(site)) as store, (site / RECORDS).open(encoding="utf-8", newline="\n") as lines:
            made = store.provenance()
            if any(getattr(published, fact.name) != getattr(made, fact.name) for fact in fields(made)):
                yield "What made the run is not what run.json tells."
            for number, (row, other) in enumerate(zip_longest(store.rows(), lines), 1):
                line = None if row is None else row[-1]
                if other is None or line != other.removesuffix("\n"):
                    yield f"Document {number} of the run is not what the twin tells."
                elif row is not None and row != list_columns(twin.load_explanation(str(line))):
                    yield f"Document {number} of the run has columns that say otherwise than its record."
    except (OSError, UserError, sqlite3.Error, msgspec.MsgspecError, UnicodeDecodeError) as error:
        yield f"The run cannot be read: {error}"


def _check_thresholds(thresholds: Thresholds, summary: Summary) -> Iterator[Finding]:
    """The figures of the summary against the thresholds."""
    claims = [verdict for verdict in summary.verdicts if verdict.claim == "complete"]
    of = sum(verdict.met + verdict.not_met + verdict.unresolvable for verdict in claims)
    met = sum(verdict.met for verdict in claims)
    share = met / of if of else None
    pairs = sum(agreement.kendall is not None for agreement in summary.agreement)
    middle = find_median_agreement(summary)
    measured = "nothing claimed" if share is None else f"{met:,} of {of:,} claims met"
    yield _judge("complete", measured, least=thresholds.complete, value=share)
    measured = "nothing compared" if middle is None else f"median τ of {pairs:,} pairs {middle:.4g}"
    yield _judge("agreement", measured, least=thresholds.agreement, value=middle)
    most = None if thresholds.failures is None else -thresholds.failures
    yield _judge("failures", f"{summary.failed:,} of {summary.documents:,}", least=most, value=-summary.failed)


def _judge(name: str, measured: str, *, least: float | None, value: float | None) -> Finding:
    if least is None or (value is not None and value >= least):
        return Finding(name=name, outcome=measured, faults=())
    option = "--max-failures" if name == "failures" else f"--min-{name}"
    return Finding(name=name, outcome=measured, faults=(f"{option} asks for {abs(least):g}, and there is {measured}.",))
