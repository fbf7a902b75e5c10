"""The summary of a run, made in one pass over its explanations; a part that fails does not affect the others."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, fields
from statistics import median
from typing import Any

from reporter.evidence import wilson
from reporter.records import Explanation, Failure, Gap, Lapse, Part, Provenance, Run, Summary, quote_error
from reporter.summary.counted_document import CountedDocument
from reporter.summary.parts import Counted, make_parts

_NOTHING: Mapping[str, Any] = {"labelled": 0, "accuracy": None, "predicted": {}, "verdicts": (), "agreement": ()}


def summarise(explanations: Iterable[Explanation], methods: Sequence[str] = ()) -> tuple[Summary, tuple[Failure, ...]]:
    """Count what was explained and what failed, and take medians over the corpus; `methods` come in their order.

    What cannot be summed up is left out, and is one of the summary's `gaps`.
    """
    tally = _Tally()
    for explanation in explanations:
        tally.add(explanation)
    return tally.summary({name: place for place, name in enumerate(methods)}), tuple(tally.failures)


def sum_up(provenance: Provenance, explanations: Iterable[Explanation]) -> Run:
    """A run with the summary of its documents."""
    summary, failures = summarise(explanations, [method.name for method in provenance.methods])
    facts = {fact.name: getattr(provenance, fact.name) for fact in fields(Provenance)}
    return Run(**facts, summary=summary, failures=failures)


def find_accuracy_interval(summary: Summary) -> tuple[float, float] | None:
    """Wilson's 95 % interval of the accuracy, None where there is none."""
    return None if summary.accuracy is None else wilson(summary.accuracy, summary.labelled)


def find_median_agreement(summary: Summary) -> float | None:
    """The median over pairs of methods of their median rank correlations, None where nothing could be compared."""
    taus = [pair.kendall for pair in summary.agreement if pair.kendall is not None]
    return median(taus) if taus else None


@dataclass
class _Tally:
    counts: Counter[str] = field(default_factory=Counter)
    parts: dict[Part, Counted] = field(default_factory=make_parts)
    failures: list[Failure] = field(default_factory=list)
    lapses: list[Lapse] = field(default_factory=list)
    gaps: dict[Part, str] = field(default_factory=dict)

    def add(self, explanation: Explanation) -> None:
        self.counts[explanation.status] += 1
        self.counts["truncated"] += explanation.is_truncated
        id, source = explanation.id, explanation.source
        if explanation.status == "failed":
            self.failures.append(Failure(id=id, source=source, error=explanation.error or "No reason was recorded."))
        omitted = dict.fromkeys(
            (omission.method, omission.reason) for part in explanation.sections for omission in part.omissions
        )
        self.lapses += [Lapse(id=id, source=source, method=method, reason=reason) for method, reason in omitted]
        document = CountedDocument(explanation)
        for name, part in self.parts.items():
            with self._recording_gap(name):
                part.add(document)

    @contextmanager
    def _recording_gap(self, part: Part) -> Iterator[None]:
        """Record a part that fails, whatever it raises, as a gap."""
        try:
            yield
        except Exception as error:
            self.gaps.setdefault(part, f"This could not be summed up over all texts: {quote_error(error)}.")

    def summary(self, order: Mapping[str, int]) -> Summary:
        fields_by_part: dict[Part, dict[str, Any]] = {}
        for name, part in self.parts.items():
            with self._recording_gap(name):
                fields_by_part[name] = part.fields(order)
        facts = dict(_NOTHING)
        for name, filled in fields_by_part.items():
            facts |= {} if name in self.gaps else filled
        return Summary(
            documents=self.counts["explained"] + self.counts["failed"],
            explained=self.counts["explained"],
            failed=self.counts["failed"],
            truncated=self.counts["truncated"],
            lapses=tuple(self.lapses),
            gaps=tuple(Gap(part=part, reason=reason) for part, reason in self.gaps.items()),
            **facts,
        )
