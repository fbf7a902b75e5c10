"""Corpus statistics of one method or one pair of methods; numbers are kept, and no text.

Means, medians and intervals are over texts. Numbers for several targets of a text enter as their mean, as targets of
one text are no independent samples.
"""

from array import array
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from math import erfc, sqrt
from statistics import fmean, median
from typing import TypeVar

import numpy as np

from reporter.evidence import quantile
from reporter.records import Agreement, Certificate, Claim, CorpusAgreement, CorpusDiagnostic, Diagnostic, Verdicts
from reporter.summary.exact_sum import Total

_NORMAL_95 = 1.959964
_DRAWS = 200
Key = TypeVar("Key")
Value = TypeVar("Value")


def _numbers() -> "array[float]":
    return array("d")


@dataclass
class Certified:
    """Running counts of the certificates of one method."""

    claim: Claim
    verdicts: Counter[str] = field(default_factory=Counter)
    residuals: "array[float]" = field(default_factory=_numbers)
    evaluations: "array[float]" = field(default_factory=_numbers)
    met: int = 0

    def add(self, certificates: Sequence[Certificate]) -> None:
        """Add the certificates of one text."""
        self.verdicts.update(certificate.verdict for certificate in certificates)
        self.met += all(certificate.verdict == "met" for certificate in certificates)
        self.evaluations.append(fmean(certificate.evaluations for certificate in certificates))
        if residuals := list(list_residuals(certificates)):
            self.residuals.append(fmean(residuals))

    def record(self, method: str) -> Verdicts:
        """The record of the method."""
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


def list_residuals(certificates: Iterable[Certificate]) -> Iterator[float]:
    """The relative residuals of those certificates that could be decided."""
    for certificate in certificates:
        if certificate.verdict in ("met", "not met") and certificate.relative is not None:
            yield certificate.relative


_COMPARED = ("kendall", "spearman", "top_k", "sign", "rank_k", "sign_k", "signed_rank_k", "overlap")


@dataclass
class Pair:
    """Running statistics of the agreement of two methods."""

    values: "dict[str, array[float]]" = field(default_factory=lambda: {name: _numbers() for name in _COMPARED})
    beyond: "array[float]" = field(default_factory=_numbers)
    variance: float = 0.0
    sections: int = 0

    def add(self, pairs: Sequence[Agreement]) -> None:
        """Add the agreements of this pair in one text."""
        for name, values in self.values.items():
            defined = [value for pair in pairs if (value := getattr(pair, name)) is not None]
            if defined:
                values.append(fmean(defined))
        known = [(pair, pair.kendall, pair.chance) for pair in pairs if pair.kendall is not None]
        self.sections += len(known)
        judged = [tau > chance for pair, tau, chance in known if chance is not None and pair.decidable]
        if judged:
            self.beyond.append(fmean(judged))
        widths = [chance for _, _, chance in known if chance is not None]
        if widths:  # as if the targets of a text were one and the same: they are nearly so
            self.variance += (fmean(widths) / _NORMAL_95) ** 2

    def record(self, a: str, b: str) -> CorpusAgreement:
        """The record of the two methods."""
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
            **{name: _round_median(values) for name, values in self.values.items()},
        )

    def _chance(self) -> float | None:
        """The p-value of the mean tau under random orders, whose variance follows from the numbers of words."""
        if not self.variance:
            return None
        return float(f"{erfc(sum(self.values['kendall']) / sqrt(self.variance) / sqrt(2)) / 2:.4g}")


@dataclass
class Diagnosed:
    """Running means of one diagnostic of one method."""

    values: Total = field(default_factory=Total)
    controls: Total = field(default_factory=Total)
    gaps: Total = field(default_factory=Total)
    sections: int = 0

    def add(self, diagnostics: Sequence[Diagnostic]) -> None:
        """Add the diagnostics of one text."""
        self.sections += len(diagnostics)
        self.values.add(fmean(diagnostic.value for diagnostic in diagnostics))
        with_control = [
            (diagnostic.value, diagnostic.control) for diagnostic in diagnostics if diagnostic.control is not None
        ]
        if with_control:
            self.controls.add(fmean(control for _, control in with_control))
            self.gaps.add(fmean(value - control for value, control in with_control))

    def record(self, name: str, method: str) -> CorpusDiagnostic:
        """The record of the diagnostic."""
        number = self.gaps.number
        gap = self.gaps.mean() if number else None
        half = quantile(number - 1) * self.gaps.deviation() / sqrt(number) if number > 1 else None
        return CorpusDiagnostic(
            name=name,
            method=method,
            sections=self.sections,
            value=round_mean(self.values.mean()),
            control=round_mean(self.controls.mean()) if number else None,
            gap=None if gap is None else round_mean(gap),
            low=None if gap is None or half is None else round_mean(gap - half),
            high=None if gap is None or half is None else round_mean(gap + half),
            texts=self.values.number,
        )


def gather(pairs: Iterable[tuple[Key, Value]]) -> dict[Key, list[Value]]:
    """The values of each key, in order."""
    gathered: dict[Key, list[Value]] = {}
    for key, value in pairs:
        gathered.setdefault(key, []).append(value)
    return gathered


def round_mean(value: float) -> float:
    """A mean in six figures, whatever its unit."""
    return float(f"{value:.6g}")


def _round_median(values: "array[float]") -> float | None:
    return round(median(values), 4) if values else None


def _interval(values: "array[float]") -> tuple[float | None, float | None]:
    """The bootstrap 95 % interval of the median; None for fewer than two values."""
    if len(values) < 2:
        return None, None
    random, known = np.random.default_rng(len(values)), np.array(values)
    medians = [np.median(known[random.integers(len(known), size=len(known))]) for _ in range(_DRAWS)]
    low, high = np.quantile(medians, (0.025, 0.975))
    return round(float(low), 4), round(float(high), 4)
