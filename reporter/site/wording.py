"""How numbers and names are written on the pages: a true minus, thin spaces, and no more digits than are meant."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Context, Decimal
from math import floor, log10
from unicodedata import category

import regex

from reporter.records import Prediction, Provenance, is_number

MINUS = "−"
THIN = "\N{NARROW NO-BREAK SPACE}"
_PLAIN = 9  # decimals up to which a number is written without a power of ten
_RAISED = str.maketrans("0123456789-", "⁰¹²³⁴⁵⁶⁷⁸⁹⁻")


def exact(value: float) -> str:
    """A number of the twin as it stands there, in plain decimals."""
    text = format(Decimal(repr(float(value))), "f")
    return (text.rstrip("0").rstrip(".") if "." in text else text).replace("-", MINUS)


def fixed(value: float, decimals: int) -> str:
    """A number to so many decimals, and never a negative zero; more than nine are written with a power of ten."""
    if decimals <= _PLAIN:
        return f"{value:z.{decimals}f}".replace("-", MINUS)
    if rounds_to_zero(value, decimals):
        return "0"
    figures = decimals + floor(log10(abs(value)))
    rounded = round_figures(value, figures + 1)
    power = rounded.adjusted()
    return f"{rounded.scaleb(-power):.{figures}f} × 10{raised(power)}".replace("-", MINUS)


def rounds_to_zero(value: float, decimals: int) -> bool:
    """Whether a number that is written with so many decimals is a bare zero."""
    if decimals <= _PLAIN:
        return round(value, decimals) == 0
    return not value or decimals + floor(log10(abs(value))) < 0


def round_figures(value: float, figures: int) -> Decimal:
    """A number rounded to so many significant figures."""
    return Context(prec=figures).create_decimal_from_float(value)


def count_decimals(value: float) -> int:
    """How many decimals a number of the twin has there."""
    return max(0, -int(Decimal(repr(float(value))).normalize().as_tuple().exponent))


def raised(power: int) -> str:
    """A number as an exponent: ⁻³."""
    return str(power).translate(_RAISED)


def signed(value: float, decimals: int) -> str:
    """A score with its sign: +0.28 or −0.28, and a bare zero."""
    return f"{'+' if value > 0 and not rounds_to_zero(value, decimals) else ''}{fixed(value, decimals)}"


def count(number: int, noun: str) -> str:
    """A number with its noun: 1 text, 1,024 texts."""
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"


def list_names(names: Sequence[str], most: int = 5) -> str:
    """The first of some names in a sentence: a, b, c and 4 more."""
    return ", ".join(names[:most]) + (f" and {len(names) - most:,} more" if len(names) > most else "")


def percent(share: float) -> str:
    """A share as people read it: 92.5 %, and never a false 0 or 100."""
    return f"{in_percent(share)}{THIN}%"


def in_percent(share: float) -> str:
    """The same without its unit."""
    if 0 < abs(share) < 0.0005:
        return "under 0.1" if share > 0 else f"over {MINUS}0.1"
    if 0.9995 <= share < 1:
        return "over 99.9"
    return f"{share * 100:,.1f}".replace("-", MINUS)


def whole_percent(share: float) -> str:
    """A share from 0 to 1 in whole per cent, for a small place: 93 %, <1 %, >99 %, and never a false 0 or 100."""
    if 0 < share < 0.005:
        return f"<1{THIN}%"
    if 0.995 <= share < 1:
        return f">99{THIN}%"
    return f"{share * 100:.0f}{THIN}%"


def fine_percent(share: float) -> str:
    """A small share with two figures: 0.34 %, 1 %, 0.00012 %."""
    if share != 0 and share < 1e-8:
        return f"under 0.000001{THIN}%"
    value = round_figures(share * 100, 2)
    text = format(value, ",f")
    return f"{text.rstrip('0').rstrip('.') if '.' in text else text}{THIN}%"


def of_sizes(error: float) -> str:
    """What all scores together may be off, against the sum of their sizes."""
    return "more than their sizes" if error > 1 else f"{fine_percent(error)} of their sizes"


def rank(value: float | None, decimals: int = 2) -> str:
    """A rank correlation, or a number like it, without its leading zero: .26, −.14, 1.00, 10.31; None is undefined."""
    if value is None:
        return "undefined"
    text = fixed(value, decimals)
    return text.replace("0.", ".", 1) if abs(value) < 1 and text.lstrip(MINUS).startswith("0.") else text


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


def shorten(text: str, most: int) -> str:
    """The beginning of a text in so many characters at most: whole words, or whole characters of one long word."""
    if len(text) <= most:
        return text
    spaces = [match.start() for match in regex.finditer(r"\s", text, endpos=most + 1)]
    if spaces and text[: spaces[-1]].strip():
        return text[: spaces[-1]]
    head = ""
    for sign in regex.findall(r"\X", text[: most + 1])[:-1]:
        head += sign
    return head or text[:most]


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


def name_document(id: str, source: str) -> str:
    """What a document is called: its file, and for the row of a table that has an id of its own, that id."""
    _, _, row = source.rpartition("#")
    return source if not row.isdigit() or id.rpartition("/")[2] == row else id


def cell_name(label: str, against: str | None) -> str:
    """What a target is called: its label, or the difference from another."""
    return spoken(label) if against is None else f"{spoken(label)} against {spoken(against)}"


def name_sides(prediction: Prediction | None) -> tuple[str, str]:
    """What words with a negative and with a positive score do to an answer: to a label, or to a number."""
    return ("lowers", "raises") if is_number(prediction) else ("opposes", "supports")


def name_unit(prediction: Prediction | None) -> str:
    """The unit of scores, and of F, their changes and sums: logits, log-probabilities, or a number's own unit."""
    if prediction is not None and prediction.candidates:
        return "nats of log-probability"
    return "units of the answer" if is_number(prediction) else "logits"


def title_of(titles: Mapping[str, str], method: str) -> str:
    """A method's title as the run describes it."""
    return titles.get(method, titled(method))


def titles(run: Provenance) -> dict[str, str]:
    """The titles of the methods of a run, by name."""
    return {method.name: method.title for method in run.methods}
