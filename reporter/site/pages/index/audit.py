"""The tables of the audit: how the certificates came out, and which labels were given and answered."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from reporter.records import Graded, LabelScore, Run
from reporter.site.digits import in_change
from reporter.site.wording import css, spoken, title_of, titles, whole_percent

_LABELS = 12  # labels in the table of right and wrong


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
