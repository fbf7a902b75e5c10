"""The run in numbers: one pass over the explanations, holding counts and numbers and never a text.

Means, medians and intervals are over texts. What is measured for several targets of a text goes in as their mean: the
targets of one text are no independent samples.
"""

from array import array
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from math import erfc, sqrt
from statistics import fmean, median
from typing import TypeVar

import numpy as np

from reporter.grading import GradeCount
from reporter.intervals import quantile
from reporter.labels import NONE
from reporter.records import Agreement, Certificate, Diagnostic, Explanation, Failure, Prediction
from reporter.sums import Total
from reporter.totals import Claim, CorpusAgreement, CorpusDiagnostic, Summary, Verdicts

_NORMAL_95 = 1.959964
_DRAWS = 200
Key = TypeVar("Key")
Value = TypeVar("Value")


def summarise(explanations: Iterable[Explanation]) -> tuple[Summary, tuple[Failure, ...]]:
    """Count what was explained and what failed, and take medians over the corpus."""
    tally = _Tally()
    for explanation in explanations:
        tally.add(explanation)
    return tally.summary(), tuple(tally.failures)


def is_truncated(explanation: Explanation) -> bool:
    """Whether the model was given less than the whole text."""
    return explanation.seen is not None and explanation.seen.characters < explanation.seen.of


def _numbers() -> "array[float]":
    return array("d")


@dataclass
class _Certificates:
    claim: Claim
    verdicts: Counter[str] = field(default_factory=Counter)
    residuals: "array[float]" = field(default_factory=_numbers)
    evaluations: "array[float]" = field(default_factory=_numbers)
    met: int = 0

    def add(self, found: Sequence[Certificate]) -> None:
        """Take the certificates of one text."""
        self.verdicts.update(one.verdict for one in found)
        self.met += all(one.verdict == "met" for one in found)
        self.evaluations.append(fmean(one.evaluations for one in found))
        told = [one.relative for one in found if one.verdict in ("met", "not met") and one.relative is not None]
        if told:
            self.residuals.append(fmean(told))

    def record(self, method: str) -> Verdicts:
        return Verdicts(
            method=method,
            claim=self.claim,
            met=self.verdicts["met"],
            not_met=self.verdicts["not met"],
            unresolvable=self.verdicts["unresolvable"],
            not_claimed=self.verdicts["not claimed"],
            residual=float(f"{median(self.residuals):.4g}") if self.residuals else None,
            evaluations=round(fmean(self.evaluations), 2) if self.evaluations else None,
            texts=len(self.evaluations),
            texts_met=self.met,
        )


_COMPARED = ("kendall", "spearman", "top_k", "sign", "rank_k", "sign_k", "signed_rank_k", "overlap")


@dataclass
class _Pairs:
    values: "dict[str, array[float]]" = field(default_factory=lambda: {name: _numbers() for name in _COMPARED})
    beyond: "array[float]" = field(default_factory=_numbers)
    variance: float = 0.0
    sections: int = 0

    def add(self, found: Sequence[Agreement]) -> None:
        """Take what was compared in one text."""
        for name, values in self.values.items():
            some = [value for pair in found if (value := getattr(pair, name)) is not None]
            if some:
                values.append(fmean(some))
        known = [(pair, pair.kendall, pair.chance) for pair in found if pair.kendall is not None]
        self.sections += len(known)
        judged = [tau > chance for pair, tau, chance in known if chance is not None and pair.decidable]
        if judged:
            self.beyond.append(fmean(judged))
        widths = [chance for _, _, chance in known if chance is not None]
        if widths:  # as if the targets of a text were one and the same: they are nearly so
            self.variance += (fmean(widths) / _NORMAL_95) ** 2

    def record(self, a: str, b: str) -> CorpusAgreement:
        low, high = _interval(self.values["kendall"])
        return CorpusAgreement(
            a=a,
            b=b,
            sections=self.sections,
            beyond=round(fmean(self.beyond), 4) if self.beyond else None,
            low=low,
            high=high,
            p=self._chance(),
            texts=len(self.values["kendall"]),
            **{name: _middle(values) for name, values in self.values.items()},
        )

    def _chance(self) -> float | None:
        """How likely shuffled orders have so large a mean tau; the spread of each follows from its number of words."""
        if not self.variance:
            return None
        return float(f"{erfc(sum(self.values['kendall']) / sqrt(self.variance) / sqrt(2)) / 2:.4g}")


@dataclass
class _Diagnosed:
    values: Total = field(default_factory=Total)
    controls: Total = field(default_factory=Total)
    gaps: Total = field(default_factory=Total)
    sections: int = 0

    def add(self, found: Sequence[Diagnostic]) -> None:
        """Take what was measured of one text."""
        self.sections += len(found)
        self.values.add(fmean(one.value for one in found))
        held = [(one.value, one.control) for one in found if one.control is not None]
        if held:
            self.controls.add(fmean(control for _, control in held))
            self.gaps.add(fmean(value - control for value, control in held))

    def record(self, name: str, method: str) -> CorpusDiagnostic:
        number = self.gaps.number
        gap = self.gaps.mean() if number else None
        half = quantile(number - 1) * self.gaps.deviation() / sqrt(number) if number > 1 else None
        return CorpusDiagnostic(
            name=name,
            method=method,
            sections=self.sections,
            value=_figures(self.values.mean()),
            control=_figures(self.controls.mean()) if number else None,
            gap=None if gap is None else _figures(gap),
            low=None if gap is None or half is None else _figures(gap - half),
            high=None if gap is None or half is None else _figures(gap + half),
            texts=self.values.number,
        )


@dataclass
class _Tally:
    counts: Counter[str] = field(default_factory=Counter)
    predicted: Counter[str] = field(default_factory=Counter)
    certificates: dict[str, _Certificates] = field(default_factory=dict)
    pairs: dict[tuple[str, str], _Pairs] = field(default_factory=dict)
    diagnosed: dict[tuple[str, str], _Diagnosed] = field(default_factory=dict)
    grades: GradeCount = field(default_factory=GradeCount)
    failures: list[Failure] = field(default_factory=list)

    def add(self, explanation: Explanation) -> None:
        self.counts[explanation.status] += 1
        self.counts["truncated"] += is_truncated(explanation)
        if explanation.status == "failed":
            reason = explanation.error or "No reason was recorded."
            self.failures.append(Failure(id=explanation.id, source=explanation.source, error=reason))
        if explanation.prediction is not None:
            self._add_answer(explanation, explanation.prediction)
        sections = explanation.sections
        certificates = ((one.method, one.certificate) for section in sections for one in section.attributions)
        for method, some in _gather(certificates).items():
            self.certificates.setdefault(method, _Certificates(some[0].claim)).add(some)
        pairs = (((pair.a, pair.b), pair) for section in sections for pair in section.agreement)
        for names, compared in _gather(pairs).items():
            self.pairs.setdefault(names, _Pairs()).add(compared)
        diagnosed = (((one.name, one.method), one) for section in sections for one in section.diagnostics)
        for names, measured in _gather(diagnosed).items():
            self.diagnosed.setdefault(names, _Diagnosed()).add(measured)

    def _add_answer(self, explanation: Explanation, prediction: Prediction) -> None:
        if prediction.positions == 1:
            self.predicted.update((prediction.label,) if prediction.answers is None else prediction.answers or (NONE,))
        self.grades.add(explanation)

    def summary(self) -> Summary:
        return Summary(
            documents=self.counts["explained"] + self.counts["failed"],
            explained=self.counts["explained"],
            failed=self.counts["failed"],
            truncated=self.counts["truncated"],
            labelled=self.grades.graded,
            accuracy=self.grades.accuracy(),
            predicted=dict(sorted(self.predicted.items())),
            verdicts=tuple(found.record(method) for method, found in self.certificates.items()),
            agreement=tuple(found.record(*names) for names, found in self.pairs.items()),
            diagnostics=tuple(found.record(*names) for names, found in self.diagnosed.items()),
            f1=self.grades.f1(),
            marks=self.grades.scores(),
            deviation=self.grades.deviation(),
            unknown=self.grades.strangers(),
            strangers=self.grades.unknown.total(),
        )


def _gather(pairs: Iterable[tuple[Key, Value]]) -> dict[Key, list[Value]]:
    """The values of each key, in order."""
    found: dict[Key, list[Value]] = {}
    for key, value in pairs:
        found.setdefault(key, []).append(value)
    return found


def _figures(value: float) -> float:
    """A mean in six figures, whatever its unit."""
    return float(f"{value:.6g}")


def _middle(values: "array[float]") -> float | None:
    return round(median(values), 4) if values else None


def _interval(values: "array[float]") -> tuple[float | None, float | None]:
    """What holds the median of 95 % of as many values drawn anew; None for fewer than two."""
    if len(values) < 2:
        return None, None
    random, known = np.random.default_rng(len(values)), np.array(values)
    medians = [np.median(known[random.integers(len(known), size=len(known))]) for _ in range(_DRAWS)]
    low, high = np.quantile(medians, (0.025, 0.975))
    return round(float(low), 4), round(float(high), 4)
