"""The parts of a run's summary: each counts every document and fills some of its fields."""

from array import array
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from statistics import median
from typing import Protocol

from reporter.evidence import mean_tau
from reporter.records import NONE, AnswerUnit, MethodAgreement, Part
from reporter.summary.corpus import Certified, Diagnosed, Pair, gather
from reporter.summary.counted_document import CountedDocument
from reporter.summary.grading import GradeCount
from reporter.summary.pushes import PushCount, list_pushes
from reporter.summary.slices import SliceCount


class Counted(Protocol):
    """A part of the summary; `order` has the place of every method of the run."""

    def add(self, document: CountedDocument) -> None:
        """Count one document."""
        ...

    def fields(self, order: Mapping[str, int]) -> dict[str, object]:
        """The fields of the summary that it fills."""
        ...


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
        if prediction.positions == 1 and not prediction.candidates:
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
            "correct": self.grades.right,
            "majority": self.grades.majority(),
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
    """The agreement of each pair of methods, and of each method with all others."""

    by_pair: "dict[tuple[str, str], Pair]" = field(default_factory=dict)
    taus: "dict[str, array[float]]" = field(default_factory=dict)

    def add(self, document: CountedDocument) -> None:
        """Count one document."""
        pairs = (((pair.a, pair.b), pair) for part in document.explanation.sections for pair in part.agreement)
        for names, compared in gather(pairs).items():
            self.by_pair.setdefault(names, Pair()).add(compared)
        for aligned in document.sections[:1]:
            for attribution in aligned.section.attributions:
                tau = mean_tau(aligned.section, attribution.method)
                if tau is not None:
                    self.taus.setdefault(attribution.method, array("d")).append(tau)

    def fields(self, order: Mapping[str, int]) -> dict[str, object]:
        """The agreement of every pair and of every method, in the order of the run."""
        pairs = sorted(self.by_pair, key=lambda pair: [order.get(name, len(order)) for name in pair])
        methods = sorted(self.taus, key=lambda name: order.get(name, len(order)))
        return {
            "agreement": tuple(self.by_pair[pair].record(*pair) for pair in pairs),
            "method_agreement": tuple(
                MethodAgreement(method=name, texts=len(self.taus[name]), tau=round(median(self.taus[name]), 4))
                for name in methods
            ),
        }


@dataclass
class Diagnostics:
    """The mean of every diagnostic of every method, and what is read of the answers."""

    by_name: "dict[tuple[str, str], Diagnosed]" = field(default_factory=dict)
    units: set[AnswerUnit] = field(default_factory=set)

    def add(self, document: CountedDocument) -> None:
        """Count one document."""
        diagnosed = (
            ((diagnostic.name, diagnostic.method), diagnostic)
            for part in document.explanation.sections
            for diagnostic in part.diagnostics
        )
        sections = document.explanation.sections
        self.units.update("score" if part.target.probability is None else "probability" for part in sections)
        for names, measured in gather(diagnosed).items():
            self.by_name.setdefault(names, Diagnosed()).add(measured)

    def fields(self, order: Mapping[str, int]) -> dict[str, object]:  # noqa: ARG002, they stand as they were asked for
        """Every diagnostic, method by method."""
        unit = next(iter(self.units)) if len(self.units) == 1 else None
        return {
            "diagnostics": tuple(diagnosed.record(*names) for names, diagnosed in self.by_name.items()),
            "unit": unit,
        }


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


def make_parts() -> dict[Part, Counted]:
    """Every part of a summary by its name, with nothing counted yet."""
    return {
        "answers": Answers(),
        "certificates": Certificates(),
        "agreement": Agreements(),
        "diagnostics": Diagnostics(),
        "checks": Checks(),
        "words": Words(),
    }
