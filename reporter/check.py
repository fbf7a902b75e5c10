"""The gate: a site is whole, unchanged, closed and proven, and as good as is asked, or it says what is not."""

import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field, fields
from functools import lru_cache
from itertools import zip_longest
from pathlib import Path
from statistics import median

import msgspec

from reporter import links, manifest, twin
from reporter.errors import UserError
from reporter.findings import Finding
from reporter.manifest import RUN, Manifest
from reporter.proving import find_faults
from reporter.records import Explanation, Failure, Run
from reporter.report import Tally, facts
from reporter.report.frame import page_path
from reporter.store import SavedRun
from reporter.summary import summarise
from reporter.totals import Summary

_REMEMBERED = 8  # pages whose places are kept in mind: most links with a place lead to the few beside the documents


@dataclass(frozen=True, slots=True, kw_only=True)
class Thresholds:
    """What is good enough; None asks for nothing."""

    complete: float | None = None
    agreement: float | None = None
    failures: int | None = None


@dataclass
class _Reading:
    """What is gathered while the twin is read, one record at a time: pages that must be there, and faults."""

    pages: list[str] = field(default_factory=list)
    certificates: int = 0
    broken: list[str] = field(default_factory=list)
    unproven: list[str] = field(default_factory=list)

    def read(self, path: Path) -> Iterator[Explanation]:
        """The records that can be read."""
        with path.open("rb") as file:
            for number, line in enumerate(file, 1):
                try:
                    explanation = twin.load_explanation(line)
                except (msgspec.MsgspecError, UnicodeDecodeError) as error:
                    self.broken.append(f"{path.name}, line {number}: {error}.")
                    continue
                self.pages.append(page_path(explanation.id))
                self.certificates += sum(len(section.attributions) for section in explanation.sections)
                self.unproven += find_faults(explanation)
                yield explanation


def check_site(site: Path, thresholds: Thresholds) -> Iterator[Finding]:
    """Everything that is checked of a site, one after the other; raises `UserError` if this is no site."""
    if not any((site / name).is_file() for name in ("data/run.sqlite", "data/run.json", "index.html")):
        raise UserError(f"There is no site at {site}; name a folder that 'salience-report build' has written.")
    whole = manifest.read(site)
    if whole is None:
        sentence = f"{manifest.NAME} is missing or broken: the drawing of this site did not finish. Build it again."
        yield Finding(name="files", found="not whole", faults=(sentence,))
        return
    yield Finding(name="files", found=f"{len(whole.files):,} files", faults=tuple(manifest.compare(site, whole)))
    reading = _Reading()
    run = _read_run(site, reading)
    yield Finding(name="schema", found=f"{len(reading.pages) + 1:,} records", faults=tuple(reading.broken))
    yield from _check_pages(site, _list_there(site, whole), set(reading.pages))
    yield Finding(name="certificates", found=f"{reading.certificates:,} computed again", faults=tuple(reading.unproven))
    yield Finding(name="run", found="held against the twin", faults=tuple(_compare_run(site, run)))
    if run is not None:
        yield from _hold_against(thresholds, run.summary)


def _read_run(site: Path, reading: _Reading) -> Run | None:
    """The run that the twin tells of, None if it cannot be read; what is wrong with either goes into the reading."""
    try:
        summed = _sum_up(reading.read(site / "data" / "documents.jsonl"))
        run = twin.load_run((site / "data" / "run.json").read_bytes())
    except (OSError, msgspec.MsgspecError, UnicodeDecodeError) as error:
        reading.broken.append(f"The twin cannot be read: {error}.")
        return None
    if summed != (run.summary, run.failures):
        reading.broken.append("run.json does not sum up what documents.jsonl tells.")
    if len(set(reading.pages)) < len(reading.pages):
        reading.broken.append("Two documents have the same id.")
    return run


def _sum_up(explanations: Iterable[Explanation]) -> tuple[Summary, tuple[Failure, ...]]:
    """The summary as drawing a site makes it, and the failures."""
    tally = Tally()

    def tallied() -> Iterator[Explanation]:
        for explanation in explanations:
            with suppress(IndexError, ValueError):  # what was tampered with is told of elsewhere
                tally.add(facts(explanation))
            yield explanation

    summary, failures = summarise(tallied())
    return tally.complete(summary), failures


def _list_there(site: Path, whole: Manifest) -> set[str]:
    """The files of the manifest that are there; the folder of the site is never left."""
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
    yield Finding(name="links", found=f"{links_seen:,} links", faults=tuple(faults))
    yield Finding(name="silence", found=f"{len(pages):,} pages that run and load nothing", faults=tuple(dangers))


def _compare_run(site: Path, run: Run | None) -> Iterator[str]:
    """Where the saved run, if it was published with the site, is not what the twin says."""
    path = site / "data" / "run.sqlite"
    if not path.is_file():
        return
    try:
        with SavedRun(path) as store, (site / "data" / "documents.jsonl").open(encoding="utf-8", newline="\n") as told:
            made = store.provenance()
            if run is not None and any(getattr(run, one.name) != getattr(made, one.name) for one in fields(made)):
                yield "What made the run is not what run.json tells."
            for number, (line, other) in enumerate(zip_longest(store.lines(), told), 1):
                if other is None or line != other.removesuffix("\n"):
                    yield f"Document {number} of the run is not what the twin tells."
    except (OSError, UserError, sqlite3.Error, UnicodeDecodeError) as error:
        yield str(error)


def _hold_against(asked: Thresholds, summary: Summary) -> Iterator[Finding]:
    """What was measured, against what is asked of it."""
    claims = [one for one in summary.verdicts if one.claim == "complete"]
    of = sum(one.met + one.not_met + one.unresolvable for one in claims)
    met = sum(one.met for one in claims)
    share = met / of if of else None
    taus = [one.kendall for one in summary.agreement if one.kendall is not None]
    middle = median(taus) if taus else None
    found = "nothing claimed" if share is None else f"{met:,} of {of:,} claims met"
    yield _judge("complete", found, least=asked.complete, value=share)
    found = "nothing compared" if middle is None else f"median τ of {len(taus):,} pairs {middle:.4g}"
    yield _judge("agreement", found, least=asked.agreement, value=middle)
    most = None if asked.failures is None else -asked.failures
    yield _judge("failures", f"{summary.failed:,} of {summary.documents:,}", least=most, value=-summary.failed)


def _judge(name: str, found: str, *, least: float | None, value: float | None) -> Finding:
    if least is None or (value is not None and value >= least):
        return Finding(name=name, found=found, faults=())
    option = "--max-failures" if name == "failures" else f"--min-{name}"
    return Finding(name=name, found=found, faults=(f"{option} asks for {abs(least):g}, and there is {found}.",))
