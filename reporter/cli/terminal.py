"""What a person at a terminal sees: progress, the closing summary, and text from outside made harmless."""

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    ProgressColumn,
    SpinnerColumn,
    Task,
    TimeRemainingColumn,
)
from rich.text import Text

from reporter.audit import Finding, Verified
from reporter.records import Run, Table, escape_line
from reporter.runs import Stopwatch
from reporter.site import list_names
from reporter.summary import describe_unknown

_SHOWN = 20

_OUT = Console(highlight=False, soft_wrap=True, markup=False, emoji=False)
_ERR = Console(stderr=True, highlight=False, soft_wrap=True, markup=False, emoji=False)


def say(line: str, *, style: str | None = None) -> None:
    """Print a line to standard output; whatever stands in it, it steers no terminal."""
    _OUT.print(escape_line(line), style=style)


def warn(line: str) -> None:
    """Print a line to standard error; whatever stands in it, it steers no terminal."""
    _ERR.print(escape_line(line))


@contextmanager
def show_progress(total: int, what: str = "documents") -> Iterator[Callable[[int], None]]:
    """A bar with rate and time left on a terminal; a plain line every tenth of the way elsewhere."""
    if not _ERR.is_terminal:
        yield _Lines(total, what)
        return
    columns = (SpinnerColumn(), BarColumn(), MofNCompleteColumn(), _Rate(what), TimeRemainingColumn())
    with Progress(*columns, console=_ERR, transient=True) as progress:
        bar = progress.add_task("", total=total)
        yield lambda done: progress.advance(bar, done)


class _Rate(ProgressColumn):
    """Documents per second, or nothing while there is no telling."""

    def __init__(self, what: str) -> None:
        super().__init__()
        self._what = what

    def render(self, task: Task) -> Text:
        return Text(f"{task.speed:.1f} {self._what}/s" if task.speed else "")


class _Lines:
    """Progress where there is no terminal: one line for each tenth of the way."""

    def __init__(self, total: int, what: str) -> None:
        self._total, self._done, self._start, self._what = total, 0, time.perf_counter(), what

    def __call__(self, done: int) -> None:
        before, self._done = self._done, self._done + done
        if done and before * 10 // self._total < self._done * 10 // self._total:
            seconds = time.perf_counter() - self._start
            left = seconds / self._done * (self._total - self._done)
            warn(f"{self._done} of {self._total} {self._what}, {self._done / seconds:.1f}/s, {left:.0f} s left")


def show_outcome(run: Run, slowest: tuple[str, float] | None, site: Path) -> None:
    """Print the summary of a run, everything that failed with its reason, and where the site is."""
    summary = run.summary
    _show_tables(run.tables)
    counts = f"{summary.failed} failed, {summary.truncated} cut short"
    say(f"{summary.explained} of {summary.documents} documents explained, {counts}.")
    for verdicts in (verdicts for verdicts in summary.verdicts if verdicts.claim == "complete"):
        total = verdicts.met + verdicts.not_met + verdicts.unresolvable
        rest = f"{verdicts.not_met} not met, {verdicts.unresolvable} unresolvable"
        say(f"Certificates of {verdicts.method}: {verdicts.met} of {total} met, {rest}.")
    if run.machine is not None and run.machine.batch_invariant is False:
        warn(run.machine.promise)
    if slowest:
        say(f"Slowest: {slowest[0]}, {slowest[1]:.1f} s.")
    if unknown := describe_unknown(summary.unknown, summary.strangers, run.model.labels):
        warn(unknown)
    if run.model.unused:
        warn(
            f"{run.model.architecture} has no use for some weights in the model's files: "
            f"{list_names(run.model.unused)}."
        )
    _warn_of_failures(run)
    say(f"The site is ready: {site / 'index.html'}")


def _warn_of_failures(run: Run) -> None:
    """Print what failed, with its reason: documents, methods on single texts, parts of the summary, sanity checks."""
    failures = [f"{failure.source}: {failure.error}" for failure in (*run.failures, *run.undrawn)]
    failures += [f"{lapse.source}, {lapse.method}: {lapse.reason}" for lapse in run.summary.lapses]
    for line in failures[:_SHOWN]:
        warn(line)
    if len(failures) > _SHOWN:
        warn(f"... and {len(failures) - _SHOWN} more, all in data/run.json.")
    for gap in run.summary.gaps:
        warn(f"Summary, {gap.part}: {gap.reason}")
    if run.sanity and run.sanity.failure:
        warn(run.sanity.failure)


def show_lines(lines: Sequence[str]) -> None:
    """Print the first of some lines to standard error, and how many more there are."""
    for line in lines[:_SHOWN]:
        warn(line)
    if len(lines) > _SHOWN:
        warn(f"... and {len(lines) - _SHOWN:,} more.")


def _show_tables(tables: Sequence[Table]) -> None:
    """Print which columns were taken of which tables, and what else is to be known of how they were read."""
    sources_by_columns: dict[str, list[str]] = {}
    for table in tables:
        also = [f"{what} from {name}" for what, name in (("second text", table.pair), ("label", table.label)) if name]
        sources_by_columns.setdefault(", ".join([f"text from {table.text}", *also]), []).append(table.source)
    for columns, sources in list(sources_by_columns.items())[:_SHOWN]:
        say(f"Columns taken: {columns} ({list_names(sources, 3)}).")
    if bare := [table.source for table in tables if table.delimiter == "\t" and not table.quoting]:
        say(f"Quotation marks are read as part of the text, as in tables that quote nothing ({list_names(bare, 3)}).")
    if blank := [f"{table.source} {table.blank:,}" for table in tables if table.blank]:
        say(f"Blank lines passed over: {list_names(blank)}.")


def show_times(watch: Stopwatch) -> None:
    """Print what every method took of the time for a document, as far as any was measured."""
    shares = watch.shares()
    if not shares:
        return
    whole = shares.pop("everything", 0.0)
    shares["all else"] = max(0.0, whole - sum(shares.values()))
    say(f"Seconds for a document, mean of {watch.documents:,} measured now:")
    for name, seconds in (*shares.items(), ("together", whole)):
        say(f"  {name:22}{seconds:9.3f}")


def show_findings(findings: Iterable[Finding]) -> bool:
    """Print a table of what was checked, each line as it is known, then every fault; whether all of it holds."""
    faults: list[str] = []
    for finding in findings:
        say(f"{'FAILED' if finding.faults else 'holds':8}{finding.name:14}{finding.outcome}")
        faults += [f"{finding.name}: {fault}" for fault in finding.faults[:_SHOWN]]
        if len(finding.faults) > _SHOWN:
            faults.append(f"{finding.name}: ... and {len(finding.faults) - _SHOWN:,} more.")
    for fault in faults:
        warn(fault)
    return not faults


def show_verified(verified: Verified) -> bool:
    """Print how a document came out the second time; whether it was the same."""
    say(f"{'differs' if verified.differences else 'same' if verified.exact else 'close':9}{verified.source}")
    for difference in verified.differences:
        warn(f"{verified.source}: {difference}")
    return not verified.differences


def conclude_export(written: int, left_out: int, *, to: Path) -> None:
    """Say how many documents lie where, unless that is standard output, and how many had nothing to write."""
    if to != Path("-"):
        say(f"{written} {'document is' if written == 1 else 'documents are'} in {to}")
    if left_out:
        warn(f"{left_out} of {written + left_out} documents have nothing of this and are left out.")
