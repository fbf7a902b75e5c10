"""How many digits are shown of a number: as many as its error leaves sure, and never more than the twin holds.

Where a number has no error, three rules take its place: scores by a method without errors have two figures of the
largest, shares of texts a tenth of a per cent, and answers beside each other as many digits as tell them apart.
"""

from collections.abc import Iterable, Sequence
from decimal import ROUND_CEILING, Decimal
from math import floor, log10

from reporter.evidence import AlignedText
from reporter.records import Attribution, Section
from reporter.site.wording import THIN, fine_percent, fixed, round_figures, rounds_to_zero

HELD = 7  # figures of every measured number in the twin
_READ = 5  # figures of a score at most, as its place is narrow
MANY = 10.0  # a residual that is so many times the change says that the change is next to nothing
_TENTHS, _FINEST = 1, 2  # decimals of a probability in per cent, and how many more tell answers apart
_SIGNS = {"probability": f"{THIN}%"}  # what follows a number in this unit
_SECOND = Decimal("3.55")  # an error whose figures begin below this is told by two of them


def sure(error: float, largest: float) -> int:
    """The decimals that an error leaves sure in numbers up to `largest`, within the figures that the twin holds.

    The rule of the Particle Data Group (Review of Particle Physics, 5.3): two figures of an error up to 354, else one.
    """
    most = HELD if largest == 0 else HELD - 1 - floor(log10(abs(largest)))
    if error > 0:
        rounded = round_figures(error, 3)
        power = rounded.adjusted()
        most = min(most, (rounded.scaleb(-power) < _SECOND) - power)
    return max(0, most)


def digits_for(largest: float) -> int:
    """Decimals of numbers without an error: two, or as many as show two figures of the largest, of five at most."""
    if largest == 0:
        return 2
    power = floor(log10(abs(largest)))
    return max(0, min(max(2, 1 - power), _READ - 1 - power))


def of_score(section: Section) -> int:
    """Decimals of everything in units of the score: F at both ends, its change, sums, and what is left over.

    Their error is what arithmetic adds to the change or takes from it, where that was measured.
    """
    lead = section.lead
    ends = (abs(lead.certificate.input), abs(lead.certificate.baseline)) if lead else ()
    noise = max((attribution.certificate.noise or 0.0 for attribution in section.attributions), default=0.0)
    return sure(noise, max(ends, default=0.0))


def of_word(attribution: Attribution, error: float, scale: float) -> int:
    """Decimals of a word's score by a method whose largest is `scale`: by its error, in five figures at most."""
    if attribution.errors is None:
        return digits_for(scale)
    known = sure(max(error, attribution.certificate.noise or 0.0), scale)
    return known if scale == 0 else max(0, min(known, _READ - 1 - floor(log10(scale))))


def largest(attribution: Attribution, aligned: AlignedText) -> str:
    """The largest size of a word or piece by a method, in the digits of its strongest word."""
    scale = aligned.scale(attribution.scores)
    strongest = max(aligned.words, key=lambda word: abs(word.total(attribution.scores)), default=None)
    error = strongest.total(attribution.errors) if strongest is not None and attribution.errors is not None else 0.0
    return fixed(scale, of_word(attribution, error, scale))


def bound(error: float, decimals: int) -> str:
    """An error rounded up, so that it still holds."""
    return fixed(float(Decimal(repr(error)).quantize(Decimal(1).scaleb(-decimals), ROUND_CEILING)), decimals)


def apart(groups: Iterable[Sequence[float]], unit: str, first: int | None = None) -> int:
    """Decimals with which answers that differ are printed differently within each group, if two more can do it.

    They begin with a tenth of a per cent where the unit is a probability, and then never give a false 0 or 100 either.
    """
    scaled = [[_scaled(value, unit) for value in group] for group in groups]
    if first is None:
        largest = max((abs(value) for group in scaled for value in group), default=0.0)
        first = _TENTHS if unit == "probability" else digits_for(largest)
    for decimals in range(first, first + _FINEST):
        if all(_told(group, decimals, unit) for group in scaled):
            return decimals
    return first + _FINEST


def _told(group: Sequence[float], decimals: int, unit: str) -> bool:
    ends = (0.0, 100.0) if unit == "probability" else ()
    shown = {value: round(value, decimals) for value in (*group, *ends)}
    return len(set(shown.values())) == len(shown)


def unit_of(section: Section) -> str:
    """What is read of an answer without some words: the target's probability or, where it has none, its score."""
    return "score" if section.target.probability is None else "probability"


def answered(value: float, unit: str, decimals: int) -> str:
    """An answer to so many decimals: a probability in per cent, or a score."""
    return f"{fixed(_scaled(value, unit), decimals)}{_SIGNS.get(unit, '')}"


def answered_between(low: float, high: float, unit: str, decimals: int) -> str:
    """Answers from one to another, the unit told once; a single one where both are printed alike."""
    ends = dict.fromkeys(fixed(_scaled(value, unit), decimals) for value in (low, high))
    return f"{' to '.join(ends)}{_SIGNS.get(unit, '')}"


def gap(first: float, second: float, unit: str, decimals: int) -> str:
    """How much more the first is than the second as both are printed."""
    minuend, subtrahend = (round(_scaled(value, unit), decimals) for value in (first, second))
    return f"{fixed(minuend - subtrahend, decimals)}{_SIGNS.get(unit, '')}"


def _scaled(value: float, unit: str) -> float:
    return value * 100 if unit == "probability" else value


def of_change(relative: float | None, noise: float = 0.0) -> str:
    """A residual as a share of the change, in words where that is next to nothing; `noise` is as `relative` is."""
    share = in_change(relative, noise)
    return share if _is_many(relative) else f"{share} of the change"


def in_change(relative: float | None, noise: float = 0.0) -> str:
    """The same where the change is named already."""
    if relative is None or _is_many(relative):
        return "more than ten times the change"
    return f"under {fine_percent(noise)}" if relative < noise else fine_percent(relative)


def _is_many(relative: float | None) -> bool:
    return relative is None or relative > MANY


def of_residual(value: float, decimals: int) -> int:
    """Decimals of what is itself an error: two figures, and never more decimals than what it is an error of."""
    return min(decimals, max(0, 1 - floor(log10(abs(value))))) if value else decimals


def size(value: float, decimals: int) -> str:
    """How large a number is; one that is too small for so many decimals is under the last of them."""
    hidden = value != 0 and rounds_to_zero(value, decimals)
    return f"under {fixed(10.0**-decimals, decimals)}" if hidden else fixed(abs(value), decimals)
