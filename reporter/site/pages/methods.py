"""The page that explains every method of the run."""

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.resources import files
from itertools import groupby

from reporter.records import Description, Run, Verdicts
from reporter.site.digits import of_change
from reporter.site.pages.comparison import Beyond, beyond_rows
from reporter.site.pages.evidence import MethodTable, flags, method_table
from reporter.site.pages.frame import Frame, frame
from reporter.site.wording import count, fine_percent, fixed, title_of, titled, titles, whole_percent

_REMOVALS = {"deleted": "words deleted", "mask": "[MASK]", "pad": "[PAD]"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One method: what it is, what it claims, and how that came out in this run."""

    name: str
    title: str
    claim: str
    idea: str
    formula: str
    cost: str
    limits: str
    source: str
    outcome: str
    flags: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Start:
    """One baseline as it was measured: how sure the model is of something there, and how well it explains.

    Each of the `values` says whether it is the best of its column.
    """

    name: str
    sure: str
    values: tuple[tuple[str, bool], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Starts:
    """Why the baseline is what it is: every baseline on the same texts, by the model inside.

    `groups` are the measures with how many columns each has, `columns` what stood for the words taken away.
    """

    texts: str
    leads: str
    error: str
    groups: tuple[tuple[str, int], ...]
    columns: tuple[str, ...]
    rows: tuple[Start, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class MethodsPage:
    """All methods that were used, those that could not be, and how what is shown is made."""

    frame: Frame
    table: MethodTable
    entries: tuple[Entry, ...]
    omissions: tuple[tuple[str, str], ...]
    tolerance: str
    baseline: str
    starts: Starts
    beyond: tuple[Beyond, ...]


def methods_page(run: Run) -> MethodsPage:
    """The methods page of a run."""
    outcomes = {outcome.method: outcome for outcome in run.summary.verdicts}
    lapses = Counter(lapse.method for lapse in run.summary.lapses)
    used = [method for method in run.methods if method.name in outcomes or method.name in lapses or not outcomes]
    tolerance = run.settings.get("tolerance")
    return MethodsPage(
        frame=frame(run, "Methods"),
        table=method_table(run, used),
        entries=tuple(_entry(method, outcomes.get(method.name), run, lapses=lapses[method.name]) for method in used),
        omissions=tuple((title_of(titles(run), omission.method), omission.reason) for omission in run.omissions),
        tolerance=fine_percent(tolerance) if isinstance(tolerance, float) else "the tolerance",
        baseline=str(run.settings.get("baseline", "the baseline")),
        starts=starts(),
        beyond=beyond_rows(run.summary.agreement, titles(run)),
    )


def starts() -> Starts:
    """The table that tests/benchmarks/baselines.py measured."""
    rows = json.loads((files("reporter") / "embedded" / "baselines.json").read_text("utf-8"))
    columns = sorted((name for name in rows[0] if "," in name and not name.endswith("error")), key=_measure)
    best = {name: _best(rows, name) for name in columns}
    return Starts(
        texts=count(rows[0]["texts"], "text"),
        leads=f"{sum(rows[0][name] == best[name] for name in columns)} of the {len(columns)} columns",
        error=f"{max(2 * row[f'{name}, error'] for row in rows for name in columns):.2f}",
        groups=tuple((titled(name), len(list(scored))) for name, scored in groupby(columns, _measure)),
        columns=tuple(_REMOVALS[name.split(", ")[1]] for name in columns),
        rows=tuple(
            Start(
                name=row["baseline"],
                sure=whole_percent(row["start"]),
                values=tuple((fixed(row[name], 3), row[name] == best[name]) for name in columns),
            )
            for row in rows
        ),
    )


def _measure(column: str) -> str:
    return column.partition(",")[0]


def _best(rows: Sequence[Mapping[str, float]], column: str) -> float:
    """The most comprehensive, or the most sufficient, which is the least."""
    values = [row[column] for row in rows]
    return max(values) if _measure(column) == "comprehensiveness" else min(values)


def _entry(method: Description, outcome: Verdicts | None, run: Run, *, lapses: int) -> Entry:
    complete = method.claim == "complete"
    sign = "Scores support or oppose" if method.signed else "Scores are strengths without a sign"
    total = "they add up to the change of the answer" if complete else "nothing about their sum"
    return Entry(
        name=method.name,
        title=method.title,
        claim=f"{sign}; {total}.",
        idea=method.idea,
        formula=method.formula,
        cost=method.cost,
        limits=method.limits,
        source=method.source,
        outcome=_tell_outcome(outcome, run) + (f" It failed on {count(lapses, 'text')}." if lapses else ""),
        flags=tuple(flags(method.name, run)),
    )


def _tell_outcome(outcome: Verdicts | None, run: Run) -> str:
    gap = next((gap.reason for gap in run.summary.gaps if gap.part == "certificates"), None)
    if outcome is None:
        return gap or "It has explained no text."
    return _outcome(outcome)


def _attributions(verdicts: Verdicts) -> int:
    return verdicts.met + verdicts.not_met + verdicts.unresolvable + verdicts.not_claimed


def _outcome(verdicts: Verdicts) -> str:
    of = _attributions(verdicts)
    each = "" if of == verdicts.texts else f" of {count(verdicts.texts, 'text')}"
    if verdicts.claim != "complete":
        return f"{count(of, 'explanation')}{each}; the method does not claim to be complete."
    sentence = f"{verdicts.met:,} of {count(of, 'certificate')}{each} met, {verdicts.not_met:,} not met"
    sentence += f", {verdicts.unresolvable:,} undecidable"
    return (
        f"{sentence}; median difference {of_change(verdicts.residual)}."
        if verdicts.residual is not None
        else f"{sentence}."
    )
