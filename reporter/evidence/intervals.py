"""95 % confidence intervals: Wilson's for shares, Student's for means."""

from dataclasses import dataclass
from math import sqrt
from statistics import NormalDist

_Z = NormalDist().inv_cdf(0.975)
_OF_FEW = {1: 12.706205, 2: 4.302653, 3: 3.182446}  # degrees of freedom for which the series below is too far off


def wilson(share: float, number: int) -> tuple[float, float]:
    """Wilson's interval of a share of `number` texts (JASA 22, 1927)."""
    square = _Z * _Z / number
    middle = (share + square / 2) / (1 + square)
    reach = _Z / (1 + square) * sqrt(share * (1 - share) / number + square / (4 * number))
    return max(0.0, middle - reach) if share > 0 else 0.0, min(1.0, middle + reach) if share < 1 else 1.0


def quantile(freedom: int) -> float:
    """The 97.5 % point of Student's t (Abramowitz and Stegun 26.7.5), off by less than 0.05 %."""
    if freedom in _OF_FEW:
        return _OF_FEW[freedom]
    z, series = _Z, _Z
    series += (z**3 + z) / (4 * freedom)
    series += (5 * z**5 + 16 * z**3 + 3 * z) / (96 * freedom**2)
    series += (3 * z**7 + 19 * z**5 + 17 * z**3 - 15 * z) / (384 * freedom**3)
    return series + (79 * z**9 + 776 * z**7 + 1482 * z**5 - 1920 * z**3 - 945 * z) / (92160 * freedom**4)


@dataclass(slots=True)
class Moments:
    """The number, mean and spread of values that come one at a time (Welford 1962)."""

    number: int = 0
    mean: float = 0.0
    squares: float = 0.0

    def add(self, value: float) -> None:
        """Take one more value."""
        self.number += 1
        step = value - self.mean
        self.mean += step / self.number
        self.squares += step * (value - self.mean)

    def interval(self) -> tuple[float, float]:
        """Student's interval of the mean; needs two values at least."""
        reach = quantile(self.number - 1) * sqrt(self.squares / (self.number - 1) / self.number)
        return self.mean - reach, self.mean + reach
