"""The run in numbers: one pass over the explanations, holding counts and numbers and never a text."""

from array import array
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from math import erfc, sqrt
from statistics import fmean, median

import numpy as np

from reporter.labels import find_label
from reporter.records import Agreement, Attribution, Diagnostic, Explanation, Failure, Prediction
from reporter.sums import Total
from reporter.totals import Claim, CorpusAgreement, CorpusDiagnostic, Summary, Verdicts

_NORMAL_95 = 1.959964
_DRAWS = 200


def summarise(explanations: Iterable[Explanation]) -> tuple[Summary, tuple[Failure, ...]]:
    """Count what was explained and what failed, and take medians over the corpus."""
    tally = _Tally()
    for explanation in explanations:
        tally.add(explanation)
    return tally.summary(), tuple(tally.failures)


def graded(explanation: Explanation) -> tuple[str, str] | None:
    """The label that was given and the model's answer, as labels of the model; None where they cannot be compared."""
    prediction = explanation.prediction
    if prediction is None or prediction.positions != 1:
        return None
    given = None if explanation.label is None else find_label(explanation.label, prediction.labels)
    return None if given is None else (prediction.labels[given], prediction.label)


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

    def add(self, attribution: Attribution) -> None:
        self.verdicts[attribution.certificate.verdict] += 1
        self.evaluations.append(attribution.certificate.evaluations)
        if attribution.certificate.claim == "complete" and attribution.certificate.relative is not None:
            self.residuals.append(attribution.certificate.relative)

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
        )


@dataclass
class _Pairs:
    kendall: "array[float]" = field(default_factory=_numbers)
    spearman: "array[float]" = field(default_factory=_numbers)
    top_k: "array[float]" = field(default_factory=_numbers)
    sign: "array[float]" = field(default_factory=_numbers)
    rank_k: "array[float]" = field(default_factory=_numbers)
    sign_k: "array[float]" = field(default_factory=_numbers)
    signed_rank_k: "array[float]" = field(default_factory=_numbers)
    overlap: "array[float]" = field(default_factory=_numbers)
    beyond: int = 0
    judged: int = 0
    variance: float = 0.0

    def add(self, pair: Agreement) -> None:
        for name in ("kendall", "spearman", "top_k", "sign", "rank_k", "sign_k", "signed_rank_k", "overlap"):
            value = getattr(pair, name)
            if value is not None:
                getattr(self, name).append(value)
        if pair.kendall is not None and pair.chance is not None:
            self.beyond += pair.kendall > pair.chance
            self.judged += 1
            self.variance += (pair.chance / _NORMAL_95) ** 2

    def record(self, a: str, b: str) -> CorpusAgreement:
        low, high = _interval(self.kendall)
        return CorpusAgreement(
            a=a,
            b=b,
            sections=len(self.kendall),
            kendall=_middle(self.kendall),
            spearman=_middle(self.spearman),
            top_k=_middle(self.top_k),
            sign=_middle(self.sign),
            beyond=round(self.beyond / self.judged, 4) if self.judged else None,
            low=low,
            high=high,
            p=self._chance(),
            rank_k=_middle(self.rank_k),
            sign_k=_middle(self.sign_k),
            signed_rank_k=_middle(self.signed_rank_k),
            overlap=_middle(self.overlap),
        )

    def _chance(self) -> float | None:
        """How likely shuffled orders have so large a mean tau; the spread of each follows from its number of words."""
        if not self.variance:
            return None
        return float(f"{erfc(sum(self.kendall) / sqrt(self.variance) / sqrt(2)) / 2:.4g}")


@dataclass
class _Diagnosed:
    values: Total = field(default_factory=Total)
    controls: Total = field(default_factory=Total)
    gaps: Total = field(default_factory=Total)

    def add(self, one: Diagnostic) -> None:
        self.values.add(one.value)
        if one.control is not None:
            self.controls.add(one.control)
            self.gaps.add(one.value - one.control)

    def record(self, name: str, method: str) -> CorpusDiagnostic:
        number = self.gaps.number
        gap = self.gaps.mean() if number else None
        half = _NORMAL_95 * self.gaps.deviation() / sqrt(number) if number > 1 else None
        return CorpusDiagnostic(
            name=name,
            method=method,
            sections=self.values.number,
            value=round(self.values.mean(), 4),
            control=round(self.controls.mean(), 4) if number else None,
            gap=None if gap is None else round(gap, 4),
            low=None if gap is None or half is None else round(gap - half, 4),
            high=None if gap is None or half is None else round(gap + half, 4),
        )


@dataclass
class _Tally:
    counts: Counter[str] = field(default_factory=Counter)
    predicted: Counter[str] = field(default_factory=Counter)
    certificates: dict[str, _Certificates] = field(default_factory=dict)
    pairs: dict[tuple[str, str], _Pairs] = field(default_factory=dict)
    diagnosed: dict[tuple[str, str], _Diagnosed] = field(default_factory=dict)
    failures: list[Failure] = field(default_factory=list)

    def add(self, explanation: Explanation) -> None:
        self.counts[explanation.status] += 1
        self.counts["truncated"] += is_truncated(explanation)
        if explanation.status == "failed":
            reason = explanation.error or "No reason was recorded."
            self.failures.append(Failure(id=explanation.id, source=explanation.source, error=reason))
        if explanation.prediction is not None:
            self._add_answer(explanation, explanation.prediction)
        for section in explanation.sections:
            for attribution in section.attributions:
                of_method = _Certificates(attribution.certificate.claim)
                self.certificates.setdefault(attribution.method, of_method).add(attribution)
            for pair in section.agreement:
                self.pairs.setdefault((pair.a, pair.b), _Pairs()).add(pair)
            for one in section.diagnostics:
                self.diagnosed.setdefault((one.name, one.method), _Diagnosed()).add(one)

    def _add_answer(self, explanation: Explanation, prediction: Prediction) -> None:
        if prediction.positions == 1:
            self.predicted[prediction.label] += 1
        pair = graded(explanation)
        if pair is not None:
            self.counts["labelled"] += 1
            self.counts["right"] += pair[0] == pair[1]

    def summary(self) -> Summary:
        labelled = self.counts["labelled"]
        return Summary(
            documents=self.counts["explained"] + self.counts["failed"],
            explained=self.counts["explained"],
            failed=self.counts["failed"],
            truncated=self.counts["truncated"],
            labelled=labelled,
            accuracy=round(self.counts["right"] / labelled, 4) if labelled else None,
            predicted=dict(sorted(self.predicted.items())),
            verdicts=tuple(found.record(method) for method, found in self.certificates.items()),
            agreement=tuple(found.record(*names) for names, found in self.pairs.items()),
            diagnostics=tuple(found.record(*names) for names, found in self.diagnosed.items()),
        )


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
