"""The proof of completeness: the certificate in words and numbers, and the running total up to this text."""

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import accumulate
from math import fsum

from reporter.evidence import OF_CERTIFICATE, AlignedText
from reporter.records import Attribution, Baseline, Certificate, Section
from reporter.site.digits import MANY, in_change, of_change, of_score, size, sure
from reporter.site.pages.drawings.axis import LEFT, RIGHT, Axis
from reporter.site.wording import THIN, count, fine_percent, fixed, of_sizes, percent, spoken, title_of

_APART = 15.0  # least distance of two names in the drawing
_VERDICTS = {
    "met": "met",
    "not met": "not met",
    "unresolvable": "cannot be told",
    "not claimed": "not claimed",
}

_OTHER = {"zero": "pad or mask", "mean": "pad or mask", "pad": "mask or mean", "mask": "pad or mean"}
"""The baselines to try instead of one from which a part of the way is too narrow to be followed."""

_HEADINGS = {
    "met": "Complete: the scores add up",
    "not met": "Not certified: the evaluations did not suffice",
    "unresolvable": "Too small a change to certify",
    "not claimed": "No completeness is claimed",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Proof:
    """The certificate of the method that is shown first."""

    title: str
    sentence: str
    rows: tuple[tuple[str, str], ...]
    method: tuple[tuple[str, str], ...]
    state: str
    verdict: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    """What every method covers of the change, and what it claims of that."""

    title: str
    sum: str
    covers: str
    passes: str
    state: str
    verdict: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Note:
    """A word written into the drawing."""

    x: float
    y: float
    text: str
    anchor: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Running:
    """The running total as a drawing: one step per word, from F(baseline) to F(input).

    The steps are drawn one apart, to be moved by `left` and stretched by `stride`; `width` is that of a step.
    """

    up: str
    down: str
    left: float
    stride: float
    width: float
    grid: tuple[tuple[int, str], ...]
    notes: tuple[Note, ...]
    start: tuple[int, str]
    end: tuple[int, str]


def proof(first: Attribution, reading: AlignedText, *, label: str, titles: Mapping[str, str]) -> Proof:
    """The certificate of a method in one sentence, and line by line."""
    found, tokens = first.certificate, len(reading.section.tokens)
    decimals = of_score(reading.section)
    tolerance = "" if found.tolerance is None else f" (tolerance {fine_percent(found.tolerance)})"
    state, verdict = OF_CERTIFICATE[found.verdict], _VERDICTS[found.verdict]
    rows = (
        ("F(this text)", fixed(found.input, decimals)),
        ("F(baseline)", fixed(found.baseline, decimals)),
        ("Difference", fixed(found.input - found.baseline, decimals)),
        (f"Sum of {count(tokens, 'token')}", fixed(found.sum, decimals)),
        ("Residual", f"{fixed(found.residual, decimals)} ({in_change(*_left(found))})"),
    )
    method = [("Method", title_of(titles, first.method)), ("Baseline", _start(reading.section.baseline))]
    if found.rule:
        method.append(("Rule", found.rule))
    method.append(("Evaluations", f"{found.evaluations:,}"))
    if found.error is not None:
        method.append(("Scores off by", of_sizes(found.error)))
    if found.noise is not None and found.verdict == "unresolvable":
        method.append(("Arithmetic may be off", fixed(found.noise, sure(found.noise, found.noise))))
    return Proof(
        title=_HEADINGS[found.verdict] if found.sliver is None else "Not certified: the score all but jumps",
        sentence=_sentence(found, reading, label=label, decimals=decimals),
        rows=rows,
        method=tuple(method),
        state=state,
        verdict=verdict + tolerance,
    )


def _start(baseline: Baseline) -> str:
    """What stands for absent words, and what the model says to that."""
    sure = "" if baseline.probability is None else f", {percent(baseline.probability)}"
    return f"{baseline.kind}; the model says {spoken(baseline.label)}{sure}"


def _left(found: Certificate) -> tuple[float | None, float]:
    """What is left over, and what arithmetic alone may do, as shares of the change."""
    change = abs(found.input - found.baseline)
    return found.relative, (found.noise or 0.0) / change if change else 0.0


def _describe(sliver: tuple[float, float]) -> str:
    """Where the path is too narrow to be followed."""
    start, end = sliver
    where = f"The first {fine_percent(end)} of the way from the baseline is" if start == 0 else None
    where = where or f"At {fixed(start * 100, 2)}{THIN}% of the way from the baseline the score all but jumps, which is"
    return f"{where} too narrow for more evaluations to tell how that part is to be split."


def _sentence(found: Certificate, reading: AlignedText, *, label: str, decimals: int) -> str:
    change = found.input - found.baseline
    way = "rises" if change >= 0 else "falls"
    told = f"From the baseline to this text the {label} score {way} by {size(change, decimals)}."
    told += f" The scores of {count(len(reading.section.tokens), 'token')} sum to {fixed(found.sum, decimals)}."
    left = size(found.residual, decimals)
    if found.verdict == "not claimed":
        return f"{told} This method does not claim that they add up to the change."
    if found.relative is None or found.tolerance is None:
        return f"{told} Left over is {left}; the change is too small to certify a split of it."
    told += f" Left over is {left}, that is {of_change(*_left(found))}"
    if found.error is not None:
        told += f", all scores may be off by {of_sizes(found.error)}"
    told += f"; {fine_percent(found.tolerance)} was allowed."
    if found.sliver:
        other = _OTHER[reading.section.baseline.kind]
        return f"{told} {_describe(found.sliver)} Another baseline may avoid that: {other} (--baseline)."
    if found.verdict == "not met":
        told += f" All {found.evaluations:,} evaluations that this text was allowed are spent."
    return told if found.verdict != "unresolvable" else f"{told} The change is too small for that to be decided."


def shares(section: Section, titles: Mapping[str, str]) -> tuple[Share, ...]:
    """One row per method: its sum against the change that there was to explain."""
    decimals = of_score(section)
    return tuple(_share(one, title_of(titles, one.method), decimals=decimals) for one in section.attributions)


def _share(one: Attribution, title: str, *, decimals: int) -> Share:
    found = one.certificate
    change = found.input - found.baseline
    state, verdict = OF_CERTIFICATE[found.verdict], _VERDICTS[found.verdict]
    covers = "no change" if not change else "over ten times" if abs(found.sum) > MANY * abs(change) else None
    return Share(
        title=title,
        sum=fixed(found.sum, min(decimals, sure(0.0, found.sum))),
        covers=(covers or percent(found.sum / change)) if one.signed else "other units",
        passes=f"{found.evaluations:,}",
        state=state,
        verdict="none" if found.claim == "none" else verdict,
    )


def running(first: Attribution, reading: AlignedText) -> Running | None:
    """The drawing, for a method whose scores have the units of the answer and a sign; None for others."""
    if not first.signed or first.certificate.claim != "complete" or not reading.words:
        return None
    decimals, special = of_score(reading.section), fsum(first.scores[place] for place in reading.special)
    names = [reading.text(word) for word in reading.words] + (["special tokens"] if special else [])
    steps = [word.total(first.scores) for word in reading.words] + ([special] if special else [])
    totals = list(accumulate(steps, initial=first.certificate.baseline))
    ends = (first.certificate.baseline, first.certificate.input)
    axis = Axis.over([*totals, *ends])
    stride = (RIGHT - LEFT) / len(steps)
    places = [round(LEFT + (at + 0.5) * stride, 1) for at in range(len(steps))]
    bars = [(x, axis.y(a), axis.y(b)) for x, a, b in zip(places, totals, totals[1:], strict=False)]
    return Running(
        up=_steps([(at, a, b) for at, (_, a, b) in enumerate(bars) if b < a]),
        down=_steps([(at, a, b) for at, (_, a, b) in enumerate(bars) if b > a]),
        left=round(LEFT + stride / 2, 2),
        stride=round(stride, 3),
        width=round(min(7.0, max(1.0, stride * 0.8)) / stride, 2),
        grid=axis.grid,
        notes=_notes(names, steps, bars=bars),
        start=(axis.y(ends[0]), fixed(ends[0], decimals)),
        end=(axis.y(ends[1]), fixed(ends[1], decimals)),
    )


def _steps(bars: list[tuple[int, int, int]]) -> str:
    """Upright lines at whole places, each told from the end of the one before."""
    told, x, y = "", 0, 0
    for at, a, b in bars:
        told += f"m{at - x} {a - y}v{b - a}"
        x, y = at, b
    return told.replace(" -", "-")


def _notes(names: list[str], steps: list[float], *, bars: list[tuple[float, int, int]]) -> tuple[Note, ...]:
    """The names of the largest steps, left out where they would lie on each other."""
    notes: list[Note] = []
    for at in sorted(range(len(steps)), key=lambda at: -abs(steps[at]))[:4]:
        x, a, b = bars[at]
        left = x > (LEFT + RIGHT) / 2
        note = Note(
            x=x - 6 if left else x + 6,
            y=round((a + b) / 2 + 4, 1),
            text=names[at] if len(names[at]) <= 16 else f"{names[at][:15]}…",
            anchor="end" if left else "start",
        )
        if all(abs(note.y - other.y) > _APART or abs(note.x - other.x) > 110 for other in notes):
            notes.append(note)
    return tuple(notes)
