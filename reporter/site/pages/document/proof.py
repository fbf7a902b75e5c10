"""The proof of completeness: the certificate in words and numbers, and the running total up to this text."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import accumulate
from math import fsum

from reporter.evidence import OF_CERTIFICATE, AlignedText
from reporter.records import Attribution, Baseline, Certificate, Section
from reporter.site.digits import MANY, digits_for, in_change, of_change, of_residual, of_score, size, sure
from reporter.site.pages.drawings.axis import LEFT, RIGHT, Axis
from reporter.site.wording import THIN, count, fine_percent, fixed, of_sizes, percent, spoken, title_of

_APART = 15.0  # least distance of two names in the drawing
_VERDICTS = {
    "met": "met",
    "not met": "not met",
    "unresolvable": "undecidable",
    "not claimed": "not claimed",
}

_OTHER = {"zero": "pad or mask", "mean": "pad or mask", "pad": "mask or mean", "mask": "pad or mean"}
"""The baselines to try instead of one from which a part of the way is too narrow to be followed."""

_HEADINGS = {
    "met": "Complete: the scores add up",
    "not met": "Not certified: the evaluations were not enough",
    "unresolvable": "The change is too small to certify",
    "not claimed": "No completeness is claimed",
}
_JUMPS = "Not certified: the score all but jumps"


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


def proof(first: Attribution, aligned: AlignedText, *, label: str, titles: Mapping[str, str]) -> Proof:
    """The certificate of a method in one sentence, and line by line."""
    certificate, decimals = first.certificate, of_score(aligned.section)
    tolerance = "" if certificate.tolerance is None else f" (tolerance {fine_percent(certificate.tolerance)})"
    state, verdict = OF_CERTIFICATE[certificate.verdict], _VERDICTS[certificate.verdict]
    return Proof(
        title=_HEADINGS[certificate.verdict] if certificate.sliver is None else _JUMPS,
        sentence=_sentence(certificate, aligned, label=label, decimals=decimals),
        rows=_rows(certificate, tokens=len(aligned.section.tokens), decimals=decimals),
        method=tuple(_method(first, aligned.section.baseline, titles)),
        state=state,
        verdict=verdict + tolerance,
    )


def _rows(certificate: Certificate, *, tokens: int, decimals: int) -> tuple[tuple[str, str], ...]:
    """The certificate in numbers."""
    residual = fixed(certificate.residual, of_residual(certificate.residual, decimals))
    return (
        ("F(this text)", fixed(certificate.input, decimals)),
        ("F(baseline)", fixed(certificate.baseline, decimals)),
        ("Difference", fixed(certificate.input - certificate.baseline, decimals)),
        (f"Sum of {count(tokens, 'token')}", fixed(certificate.sum, decimals)),
        ("Residual", f"{residual} ({in_change(*_left(certificate))})"),
    )


def _method(first: Attribution, baseline: Baseline, titles: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """How the certificate was come by."""
    certificate = first.certificate
    yield "Method", title_of(titles, first.method)
    yield "Baseline", _start(baseline)
    if certificate.rule:
        yield "Rule", certificate.rule
    yield "Evaluations", f"{certificate.evaluations:,}"
    if certificate.error is not None:
        yield "Estimated error", of_sizes(certificate.error)
    if certificate.noise is not None and certificate.verdict == "unresolvable":
        yield "Arithmetic may be off", fixed(certificate.noise, sure(certificate.noise, certificate.noise))


def _start(baseline: Baseline) -> str:
    """What stands for absent words, and what the model says to that."""
    sure = "" if baseline.probability is None else f", {percent(baseline.probability)}"
    return f"{baseline.kind}; the model says {spoken(baseline.label)}{sure}"


def _left(certificate: Certificate) -> tuple[float | None, float]:
    """What is left over, and what arithmetic alone may do, as shares of the change."""
    change = abs(certificate.input - certificate.baseline)
    return certificate.relative, (certificate.noise or 0.0) / change if change else 0.0


def _describe(sliver: tuple[float, float]) -> str:
    """Where the path is too narrow to be followed."""
    start, end = sliver
    where = f"The first {fine_percent(end)} of the way from the baseline is" if start == 0 else None
    where = where or f"At {fixed(start * 100, 2)}{THIN}% of the way from the baseline the score nearly jumps, which is"
    return f"{where} too narrow for more evaluations to divide."


def _sentence(certificate: Certificate, aligned: AlignedText, *, label: str, decimals: int) -> str:
    change = certificate.input - certificate.baseline
    moves = "rises" if change >= 0 else "falls"
    sentence = f"From the baseline to this text the {label} score {moves} by {size(change, decimals)}."
    sentence += (
        f" The scores of {count(len(aligned.section.tokens), 'token')} sum to {fixed(certificate.sum, decimals)}."
    )
    left = size(certificate.residual, of_residual(certificate.residual, decimals))
    if certificate.verdict == "not claimed":
        return f"{sentence} This method does not claim that they add up to the change."
    if certificate.relative is None or certificate.tolerance is None:
        return f"{sentence} The difference is {left}; the change is too small to divide reliably."
    limit = fine_percent(certificate.tolerance)
    sentence += f" The difference is {left} ({of_change(*_left(certificate))}; limit {limit})."
    if certificate.error is not None:
        sentence += f" Estimated total error of the scores: {of_sizes(certificate.error)}."
    if certificate.sliver:
        other = _OTHER[aligned.section.baseline.kind]
        return f"{sentence} {_describe(certificate.sliver)} Another baseline may avoid that: {other} (--baseline)."
    if certificate.verdict == "not met":
        sentence += f" All {certificate.evaluations:,} evaluations allowed for this text are used."
    return (
        sentence
        if certificate.verdict != "unresolvable"
        else f"{sentence} The change is too small for that to be decided."
    )


def shares(section: Section, titles: Mapping[str, str]) -> tuple[Share, ...]:
    """One row per method: its sum against the change that there was to explain."""
    decimals = of_score(section)
    return tuple(
        _share(attribution, title_of(titles, attribution.method), decimals=decimals)
        for attribution in section.attributions
    )


def _share(attribution: Attribution, title: str, *, decimals: int) -> Share:
    certificate = attribution.certificate
    change = certificate.input - certificate.baseline
    state, verdict = OF_CERTIFICATE[certificate.verdict], _VERDICTS[certificate.verdict]
    covers = "no change" if not change else "over ten times" if abs(certificate.sum) > MANY * abs(change) else None
    return Share(
        title=title,
        sum=fixed(certificate.sum, decimals if attribution.signed else digits_for(certificate.sum)),
        covers=(covers or percent(certificate.sum / change)) if attribution.signed else "not comparable",
        passes=f"{certificate.evaluations:,}",
        state=state,
        verdict="none" if certificate.claim == "none" else verdict,
    )


def running(first: Attribution, aligned: AlignedText) -> Running | None:
    """The drawing, for a method whose scores have the units of the answer and a sign; None for others."""
    if not first.signed or first.certificate.claim != "complete" or not aligned.words:
        return None
    decimals, special = of_score(aligned.section), fsum(first.scores[place] for place in aligned.special)
    names = [aligned.text(word) for word in aligned.words] + (["special tokens"] if special else [])
    steps = [word.total(first.scores) for word in aligned.words] + ([special] if special else [])
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
    path, x, y = "", 0, 0
    for at, a, b in bars:
        path += f"m{at - x} {a - y}v{b - a}"
        x, y = at, b
    return path.replace(" -", "-")


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
