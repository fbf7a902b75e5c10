"""How numbers and names are written on the pages: a true minus, thin spaces, and no more digits than are meant."""

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from math import floor, log10
from unicodedata import category

MINUS = "−"
THIN = "\N{NARROW NO-BREAK SPACE}"


def exact(value: float) -> str:
    """A number of the twin as it stands there, in plain decimals, with four of them at least."""
    text = format(Decimal(repr(float(value))), "f")
    whole, _, decimals = text.partition(".")
    return f"{whole}.{decimals.ljust(4, '0')}".replace("-", MINUS)


def brief(value: float) -> str:
    """A number of the twin with four figures, for a sentence."""
    return exact(float(f"{value:.4g}"))


def signed(value: float, digits: int) -> str:
    """A score with its sign: +0.28 or −0.28, and a bare zero."""
    text = f"{value:+.{digits}f}"
    return text[1:] if float(text) == 0 else text.replace("-", MINUS)


def digits_for(largest: float) -> int:
    """How many decimals show two figures of the largest of some numbers: 2 at least, 6 at most."""
    return 2 if largest == 0 else min(6, max(2, 1 - floor(log10(largest))))


def count(number: int, noun: str) -> str:
    """A number with its noun: 1 text, 1,024 texts."""
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"


def listed(names: Sequence[str], most: int = 5) -> str:
    """The first of some names in a sentence: a, b, c and 4 more."""
    return ", ".join(names[:most]) + (f" and {len(names) - most:,} more" if len(names) > most else "")


def percent(share: float) -> str:
    """A share as people read it: 92.5 %, and never a false 0 or 100."""
    if 0 < share < 0.0005:
        return f"under 0.1{THIN}%"
    if 0.9995 <= share < 1:
        return f"over 99.9{THIN}%"
    return f"{share * 100:.1f}{THIN}%".replace("-", MINUS)


def whole_percent(share: float) -> str:
    """A share in whole per cent, for a small place."""
    return f"{share * 100:.0f}{THIN}%".replace("-", MINUS).replace(f"{MINUS}0{THIN}", f"0{THIN}")


def fine_percent(share: float) -> str:
    """A small share with two figures: 0.34 %, 1 %, 0.00012 %."""
    if share != 0 and share < 1e-8:
        return f"under 0.000001{THIN}%"
    value = Decimal(f"{share * 100:.2g}")
    text = format(value, ",f")
    return f"{text.rstrip('0').rstrip('.') if '.' in text else text}{THIN}%"


def written(value: float, unit: str) -> str:
    """An answer as people read it: a probability in per cent, or a score."""
    return whole_percent(value).replace("-", MINUS) if unit == "probability" else signed(value, 2).lstrip("+")


def rank(value: float | None) -> str:
    """A rank correlation, or a number like it, without its leading zero: .26, −.14, 1.00, 10.31; None is undefined."""
    if value is None:
        return "undefined"
    size = f"{abs(value):.2f}".removeprefix("0")
    return size if value >= 0 or size == ".00" else MINUS + size


def css(value: float) -> str:
    """A number from -1 to 1 for a style attribute, as short as it can be: .42, -.1, 0."""
    return _BRIEFEST[f"{-1.0 if value < -1 else 1.0 if value > 1 else value:.2f}"]


def hundredths(value: float) -> str:
    """A number from -1 to 1 in hundredths, for a style attribute where thousands stand: 42, -10, 0."""
    return str(round(100 * min(1.0, max(-1.0, value))))


def _briefest(text: str) -> str:
    short = text.rstrip("0").rstrip(".").replace("0.", ".", 1)
    return "0" if short in ("-0", "") else short


_BRIEFEST = {text: _briefest(text) for at in range(101) for text in (f"{at / 100:.2f}", f"-{at / 100:.2f}")}


def spoken(label: str) -> str:
    """A label for a sentence: one shouted word is lowered (POSITIVE), anything else stays as it is (LABEL_0)."""
    return label.lower() if len(label) > 3 and label.isascii() and label.isalpha() and label.isupper() else label


def quoted(word: str) -> str:
    """A word as it is named outside its text: bare punctuation goes into quotation marks."""
    return f"“{word}”" if word and all(category(sign)[0] == "P" for sign in word) else word


def titled(name: str) -> str:
    """A method's or diagnostic's name for people, where it has no title: `attention_rollout` is Attention rollout."""
    return name.replace("_", " ").capitalize()


def date(created: str) -> str:
    """The day of an ISO 8601 time: 22 November 2026; anything else stays as it is."""
    try:
        when = datetime.fromisoformat(created)
    except ValueError:
        return created
    return f"{when.day} {when:%B} {when.year}"
