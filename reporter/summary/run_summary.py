"""The summary of a run, made in one pass over its explanations; a part that fails does not affect the others."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, fields
from statistics import median
from typing import Any, Protocol

from reporter.evidence import wilson
from reporter.records import NONE, Explanation, Failure, Gap, Lapse, Part, Provenance, Run, Summary, quote_error
from reporter.summary.corpus import Certified, Diagnosed, Pair, gather
from reporter.summary.counted_document import CountedDocument
from reporter.summary.grading import GradeCount
from reporter.summary.pushes import PushCount, list_pushes
from reporter.summary.slices import SliceCount

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


class Counted(Protocol):
    """A part of the summary; `order` has the place of every method of the run."""

    def add(self, document: CountedDocument) -> None:
        """Count one document."""
        ...

    def fields(self, order: Mapping[str, int]) -> dict[str, object]:
        """The fields of the summary that it fills."""
        ...


def _make_parts() -> dict[Part, Counted]:
    """Every part of a summary by its name, with nothing counted yet."""
    return {
        "answers": Answers(),
        "certificates": Certificates(),
        "agreement": Agreements(),
        "diagnostics": Diagnostics(),
        "checks": Checks(),
        "words": Words(),
    }


@dataclass
class Answers:
    """The predicted labels, and how they compare with those given."""

    predicted: Counter[str] = field(default_factory=Counter)
    grades: GradeCount = field(default_factory=GradeCount)

    def add(self, document: CountedDocument) -> None:
        """Count one document, if there is an answer to it."""
        prediction = document.explanation.prediction
        if prediction is None:
            return
        if prediction.positions == 1:
            self.predicted.update((prediction.label,) if prediction.answers is None else prediction.answers or (NONE,))
        self.grades.add(document.explanation)

    def fields(self, order: Mapping[str, int]) -> dict[str, object]:  # noqa: ARG002, no method has a part in it
        """Everything about labels."""
        return {
            "labelled": self.grades.graded,
            "accuracy": self.grades.accuracy(),
            "predicted": dict(sorted(self.predicted.items())),
            "f1": self.grades.f1(),
            "marks": self.grades.scores(),
            "deviation": self.grades.deviation(),
            "unknown": self.grades.strangers(),
            "strangers": self.grades.unknown.total(),
            "graded": self.grades.confusion(),
        }


@dataclass
class Certificates:
    """The verdicts on certificates, by method."""

    by_method: "dict[str, Certified]" = field(default_factory=dict)

    def add(self, document: CountedDocument) -> None:
        """Count one document."""
        certificates = (
            (attribution.method, attribution.certificate)
            for part in document.explanation.sections
            for attribution in part.attributions
        )
        for method, certificates_of_method in gather(certificates).items():
            self.by_method.setdefault(method, Certified(certificates_of_method[0].claim)).add(certificates_of_method)

    def fields(self, order: Mapping[str, int]) -> dict[str, object]:
        """The verdicts of every method, in the order of the run."""
        names = sorted(self.by_method, key=lambda name: order.get(name, len(order)))
        return {"verdicts": tuple(self.by_method[name].record(name) for name in names)}


@dataclass
class Agreements:
    """The agreement of each pair of methods."""

    by_pair: "dict[tuple[str, str], Pair]" = field(default_factory=dict)

    def add(self, document: CountedDocument) -> None:
        """Count one document."""
        pairs = (((pair.a, pair.b), pair) for part in document.explanation.sections for pair in part.agreement)
        for names, compared in gather(pairs).items():
            self.by_pair.setdefault(names, Pair()).add(compared)

    def fields(self, order: Mapping[str, int]) -> dict[str, object]:
        """The agreement of every pair, in the order of the run."""
        pairs = sorted(self.by_pair, key=lambda pair: [order.get(name, len(order)) for name in pair])
        return {"agreement": tuple(self.by_pair[pair].record(*pair) for pair in pairs)}


@dataclass
class Diagnostics:
    """The mean of every diagnostic of every method."""

    by_name: "dict[tuple[str, str], Diagnosed]" = field(default_factory=dict)

    def add(self, document: CountedDocument) -> None:
        """Count one document."""
        diagnosed = (
            ((diagnostic.name, diagnostic.method), diagnostic)
            for part in document.explanation.sections
            for diagnostic in part.diagnostics
        )
        for names, measured in gather(diagnosed).items():
            self.by_name.setdefault(names, Diagnosed()).add(measured)

    def fields(self, order: Mapping[str, int]) -> dict[str, object]:  # noqa: ARG002, they stand as they were asked for
        """Every diagnostic, method by method."""
        return {"diagnostics": tuple(diagnosed.record(*names) for names, diagnosed in self.by_name.items())}


@dataclass
class Checks:
    """The states of the checks of every text, by slice."""

    count: SliceCount = field(default_factory=SliceCount)

    def add(self, document: CountedDocument) -> None:
        """Count one document."""
        self.count.add(document.explanation, document.sections)

    def fields(self, order: Mapping[str, int]) -> dict[str, object]:  # noqa: ARG002, they are of the method shown first
        """The slices, and how many texts pass every check."""
        return {"slices": self.count.slices(), "passing": self.count.passing}


@dataclass
class Words:
    """Words with the largest mean score by target."""

    count: PushCount = field(default_factory=PushCount)

    def add(self, document: CountedDocument) -> None:
        """Count one document."""
        for push in list_pushes(document.sections):
            self.count.add(push)

    def fields(self, order: Mapping[str, int]) -> dict[str, object]:  # noqa: ARG002, they are of the method shown first
        """The words of every target, and how many occurrences found no place."""
        return {"pushes": self.count.hardest(), "uncounted": self.count.uncounted}


@dataclass
class _Tally:
    counts: Counter[str] = field(default_factory=Counter)
    parts: dict[Part, Counted] = field(default_factory=_make_parts)
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
            with self._noting(name):
                part.add(document)

    @contextmanager
    def _noting(self, part: Part) -> Iterator[None]:
        """Record a part that fails, whatever it raises, as a gap."""
        try:
            yield
        except Exception as error:
            self.gaps.setdefault(part, f"This could not be summed up over all texts: {quote_error(error)}.")

    def summary(self, order: Mapping[str, int]) -> Summary:
        fields_by_part: dict[Part, dict[str, Any]] = {}
        for name, part in self.parts.items():
            with self._noting(name):
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
