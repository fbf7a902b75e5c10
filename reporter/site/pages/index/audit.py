"""The run in figures: the sentence, the numbers with what they are to be read against, right and wrong answers."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from reporter.records import Deviation, Graded, LabelScore, Run, Summary, Verdicts
from reporter.site.digits import in_change, of_change, sure
from reporter.site.wording import (
    THIN,
    count,
    css,
    fine_percent,
    in_percent,
    rank,
    spoken,
    title_of,
    titles,
    whole_percent,
)
from reporter.summary import find_accuracy_interval, find_median_agreement

_LABELS = 12  # labels in the table of right and wrong


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """One number of the audit, with its unit, its name and what it is to be read against."""

    value: str
    unit: str
    name: str
    note: str


@dataclass(frozen=True, slots=True, kw_only=True)
class VerdictRow:
    """How the certificates of one method that claims to be complete came out."""

    title: str
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
class MarkRow:
    """One of several labels: in how many texts it was given, said, and both."""

    label: str
    given: str
    said: str
    both: str
    precision: str
    recall: str


def headline(summary: Summary, tolerance: float | None) -> tuple[str, str]:
    """The audit in a sentence, in two parts, the first of them bold."""
    certified = next((verdicts for verdicts in summary.verdicts if verdicts.claim == "complete"), None)
    if any(gap.part == "certificates" for gap in summary.gaps):
        texts = count(summary.explained, "text")
        return texts, f"{'is' if summary.explained == 1 else 'are'} explained; their certificates could not be counted."
    if certified is None:
        return count(
            summary.explained, "text"
        ), f"{'is' if summary.explained == 1 else 'are'} explained; no method claims to be complete."
    of = _certificates(certified)
    within = "" if tolerance is None else f" within {fine_percent(tolerance)}"
    if of == certified.texts:
        return (
            f"{certified.met:,} of {of:,}",
            f"{'explanation is' if of == 1 else 'explanations are'} complete{within}.",
        )
    texts = "text is" if certified.texts == 1 else "texts are"
    both = f"{texts} completely explained{within}, and {certified.met:,} of {of:,} explanations are complete."
    return f"{certified.texts_met:,} of {certified.texts:,}", both


def _certificates(verdicts: Verdicts) -> int:
    """How many attributions claimed to be complete."""
    return verdicts.met + verdicts.not_met + verdicts.unresolvable


_LEADS = {
    "order": "the ranking of the strongest words is certain",
    "agree": "the methods agree more than chance",
    "deletion": "the deletion test is passed",
}


def lead(summary: Summary) -> str:
    """The other checks, as far as they were measured, in one sentence, and how many texts pass all of them."""
    held = [
        check for of_all in summary.slices if of_all.kind == "all" for check in of_all.checks if check.check in _LEADS
    ]
    clauses = [f"in {check.held:,} of {check.measured:,} {_LEADS[check.check]}" for check in held]
    passing = f" {count(summary.passing, 'text')} {'passes' if summary.passing == 1 else 'pass'} every check."
    return f"{'; '.join(clauses).capitalize()}.{passing}" if clauses else ""


def figures(summary: Summary) -> Iterator[Figure]:
    """The figures, as far as the run has them."""
    yield Figure(value=f"{summary.explained:,}", unit="", name="Explained", note=_of_documents(summary))
    interval = find_accuracy_interval(summary)
    if summary.accuracy is not None and interval is not None:
        low, high = (end * 100 for end in interval)
        digits = sure((high - low) / 2, 100.0)
        span = f"95{THIN}% interval {low:.{digits}f} to {high:.{digits}f}"
        note = f"of {count(summary.labelled, 'labelled text')}; {span}"
        name = "Accuracy" if not summary.marks else "All labels right"
        yield Figure(value=f"{summary.accuracy * 100:.{digits}f}", unit="%", name=name, note=note)
    if summary.f1 is not None:
        given = sum(label.given for label in summary.marks)
        note = f"micro-averaged over {count(given, 'label')} given"
        yield Figure(value=rank(summary.f1), unit="", name="F1 of labels", note=note)
    if summary.deviation is not None:
        yield _deviation(summary.deviation)
    for verdicts in [verdicts for verdicts in summary.verdicts if verdicts.claim == "complete"][:1]:
        each = _certificates(verdicts) == verdicts.texts
        of = [] if each else [f"of {count(verdicts.texts, 'text')}, for every target"]
        left = [] if verdicts.residual is None else [f"median residual {of_change(verdicts.residual)}"]
        share = in_percent(verdicts.texts_met / verdicts.texts)
        yield Figure(value=share, unit="%", name="Complete", note="; ".join([*of, *left]))
    known = [pair.kendall for pair in summary.agreement if pair.kendall is not None]
    middle = find_median_agreement(summary)
    if middle is not None:
        note = f"median over {count(len(known), 'pair')} of methods; at most {rank(max(known))}"
        yield Figure(value=rank(middle), unit="τ", name="Agreement of pairs", note=note)
    if summary.truncated:
        yield Figure(value=f"{summary.truncated:,}", unit="", name="Cut off", note="longer than the model can read")


def _deviation(deviation: Deviation) -> Figure:
    """How far the answers are from the numbers given."""
    note = f"of {count(deviation.texts, 'text')} with a value; root mean square {deviation.squared:.3g}"
    if deviation.correlation is not None:
        note += f", correlation {rank(deviation.correlation)}"
    return Figure(value=f"{deviation.absolute:.3g}", unit="", name="Mean absolute error", note=note)


def mark_rows(marks: Sequence[LabelScore]) -> tuple[MarkRow, ...]:
    """Label by label how often it was given, said, and both, for labels that do not exclude each other."""
    return tuple(
        MarkRow(
            label=spoken(score.label),
            given=f"{score.given:,}",
            said=f"{score.said:,}",
            both=f"{score.both:,}",
            precision=whole_percent(score.both / score.said) if score.said else "–",
            recall=whole_percent(score.both / score.given) if score.given else "–",
        )
        for score in marks
    )


def _of_documents(summary: Summary) -> str:
    of = f"of {count(summary.documents, 'document')}"
    return f"{of}; {summary.failed:,} not explained" if summary.failed else f"{of}, all of them"


def verdict_rows(run: Run) -> Iterator[VerdictRow]:
    """One row per method that claims to be complete."""
    named = titles(run)
    for verdicts in [verdicts for verdicts in run.summary.verdicts if verdicts.claim == "complete"]:
        yield VerdictRow(
            title=title_of(named, verdicts.method),
            met=f"{verdicts.met:,}",
            not_met=f"{verdicts.not_met:,}",
            unresolvable=f"{verdicts.unresolvable:,}",
            residual="–" if verdicts.residual is None else in_change(verdicts.residual),
        )


def unclaimed(run: Run) -> str:
    """The methods that claim nothing, by their titles."""
    named = titles(run)
    return "; ".join(
        title_of(named, verdicts.method) for verdicts in run.summary.verdicts if verdicts.claim != "complete"
    )


def confusion(graded: Sequence[Graded]) -> Confusion | None:
    """Labels given against answers; None for a single label, or for too many to be read."""
    texts = Counter({(cell.given, cell.said): cell.texts for cell in graded})
    labels = sorted({label for pair in texts for label in pair})
    if not 2 <= len(labels) <= _LABELS:
        return None
    rows = []
    for given in sorted({pair[0] for pair in texts}):
        of = sum(texts[given, said] for said in labels)
        cells = (
            (f"{texts[given, said]:,}", whole_percent(texts[given, said] / of), css(texts[given, said] / of))
            for said in labels
        )
        rows.append((spoken(given), tuple(cells)))
    return Confusion(columns=tuple(spoken(label) for label in labels), rows=tuple(rows))
