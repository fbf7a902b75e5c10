"""What the index leads with: how often the model is right, how many explanations pass every check, and five figures."""

from dataclasses import dataclass

from reporter.records import Deviation, Held, Slice, Summary, join_names
from reporter.site.digits import in_change
from reporter.site.pages.index.slices import CHECKS
from reporter.site.pages.influence import size_figures
from reporter.site.wording import THIN, count, fine_percent, rank, whole_percent
from reporter.summary import find_accuracy_interval

_ASKED = {
    "complete": "completeness",
    "order": "ranking certain",
    "agree": "methods agree",
    "deletion": "deletion test",
}
_AGAINST = {
    "complete": "scores add up to the change of the answer",
    "order": "top five words keep their ranks, given numerical error",
    "agree": "with every other method, more than chance",
    "deletion": f"strongest fifth of the words against random fifths; by chance 5{THIN}%",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Headline:
    """The first sentence in two parts, the first of them bold, and the sentences under it."""

    bold: str
    rest: str
    lead: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """One number with its unit and name: of how many texts it is, and what it is to be read against."""

    value: str
    unit: str
    name: str
    counted: str
    against: str


def headline(summary: Summary) -> Headline:
    """How often the model is right, then how many explanations pass, then the check that is most often not passed."""
    answers, passing = _tell_correct(summary), _tell_passing(summary)
    bold, rest = answers or passing
    sentences = (" ".join(passing) if answers else "", _tell_most_failed(summary), _tell_cut_off(summary))
    return Headline(bold=bold, rest=rest, lead=" ".join(filter(None, sentences)))


def _tell_correct(summary: Summary) -> tuple[str, str] | None:
    """How often the answers are the labels given, or how far from the numbers given; None where nothing was given."""
    if summary.deviation is not None:
        texts = count(summary.deviation.texts, "text")
        return (
            f"Mean absolute error {size_figures(summary.deviation.absolute)}",
            f"over {texts} that came with a number.",
        )
    if summary.accuracy is None:
        return None
    bold, single = f"{summary.correct:,} of {summary.labelled:,}", summary.correct == 1
    plural = "" if summary.labelled == 1 else "s"
    if summary.marks:
        return bold, f"answer{plural} {'has' if single else 'have'} exactly the labels of the file."
    if summary.labelled < summary.explained:
        return bold, f"labelled text{plural} {'is' if single else 'are'} answered correctly."
    return bold, f"answer{plural} {'is' if single else 'are'} correct."


def _tell_passing(summary: Summary) -> tuple[str, str]:
    """How many explanations pass every check that was made."""
    explained = count(summary.explained, "text")
    verb = "is" if summary.explained == 1 else "are"
    if any(gap.part == "checks" for gap in summary.gaps):
        return explained, f"{verb} explained; how many pass the checks could not be counted."
    whole = _find_whole(summary)
    made = [] if whole is None else [check for check in whole.checks if check.check in _ASKED]
    if whole is None or not made:
        return explained, f"{verb} explained; none of the four checks was made."
    what = "every check" if len(made) == len(_ASKED) else "every check that was made"
    several = any(
        verdicts.met + verdicts.not_met + verdicts.unresolvable + verdicts.not_claimed > verdicts.texts
        for verdicts in summary.verdicts
    )
    who, of = ("text", " for every target") if several else ("explanation", "")
    passes = f"{who}{'' if whole.texts == 1 else 's'} {'passes' if summary.passing == 1 else 'pass'}"
    return f"{summary.passing:,} of {whole.texts:,}", f"{passes} {what}{of}."


def _find_whole(summary: Summary) -> Slice | None:
    return next((part for part in summary.slices if part.kind == "all"), None)


def _tell_most_failed(summary: Summary) -> str:
    """The check that is most often not passed, with those that tie with it; empty where all are passed."""
    whole = _find_whole(summary)
    lost = (
        {check.check: check.measured - check.held for check in whole.checks if check.check in _ASKED} if whole else {}
    )
    most = max(lost.values(), default=0)
    if not most:
        return ""
    names = [_ASKED[check] for check, texts in lost.items() if texts == most]
    return f"Most often not passed: {join_names(names)}, in {count(most, 'text')}{' each' if len(names) > 1 else ''}."


def _tell_cut_off(summary: Summary) -> str:
    if not summary.truncated:
        return ""
    single = summary.truncated == 1
    return (
        f"{count(summary.truncated, 'text')} {'was' if single else 'were'} cut off, as "
        f"{'it is' if single else 'they are'} longer than the model can read."
    )


def figures(summary: Summary, tolerance: float | None) -> tuple[Figure, ...]:
    """Five figures: how often the model is right, and the share of texts that pass each of the four checks."""
    whole = _find_whole(summary)
    held = {check.check: check for check in whole.checks} if whole else {}
    gap = any(gap.part == "checks" for gap in summary.gaps)
    missing = "could not be counted" if gap else "not measured in this run"
    against = _AGAINST | {"complete": _against_residuals(summary, tolerance)}
    return (
        _of_answers(summary),
        *(
            _of_check(held[check], of=whole.texts, against=against[check])
            if whole and check in held
            else Figure(value="–", unit="", name=CHECKS[check], counted=missing, against=_AGAINST[check])
            for check in _ASKED
        ),
    )


def _of_answers(summary: Summary) -> Figure:
    """Accuracy or what stands for it; the number of texts where nothing was given to compare with."""
    if summary.deviation is not None:
        return _of_numbers(summary.deviation)
    interval = find_accuracy_interval(summary)
    if summary.accuracy is None or interval is None:
        return Figure(
            value=f"{summary.explained:,}",
            unit="",
            name="Texts",
            counted=f"explained, of {summary.documents:,}",
            against="no labels to grade the answers by",
        )
    share, exact = whole_percent(summary.accuracy), _count(summary.correct, summary.labelled, interval)
    if summary.f1 is not None:
        return Figure(
            value=rank(summary.f1),
            unit="",
            name="F1 of labels",
            counted=f"over {count(sum(label.given for label in summary.marks), 'label')} given; higher is better",
            against=f"all labels of a text right: {share} ({exact})",
        )
    value, _, unit = share.partition(THIN)
    against = f"always the most frequent label: {whole_percent(summary.majority / summary.labelled)}"
    return Figure(value=value, unit=unit, name="Accuracy", counted=exact, against=against)


def _of_numbers(deviation: Deviation) -> Figure:
    against = f"root mean square error {size_figures(deviation.squared)}"
    if deviation.correlation is not None:
        against += f", correlation {rank(deviation.correlation)}"
    return Figure(
        value=size_figures(deviation.absolute),
        unit="",
        name="Mean absolute error",
        counted=f"of {count(deviation.texts, 'text')} with a number; lower is better",
        against=against,
    )


def _of_check(held: Held, *, of: int, against: str) -> Figure:
    """The share of texts that pass one check, of those in which it was made."""
    value, _, unit = whole_percent(held.share).partition(THIN)
    counted = _count(held.held, held.measured, (held.low, held.high), what=" measured" if held.measured < of else "")
    return Figure(value=value, unit=unit, name=CHECKS[held.check], counted=counted, against=against)


def _against_residuals(summary: Summary, tolerance: float | None) -> str:
    """How nearly the scores must add up, and how nearly they do in the middle text."""
    within = "" if tolerance is None else f" within {fine_percent(tolerance)}"
    residuals = [verdicts.residual for verdicts in summary.verdicts if verdicts.claim == "complete"]
    known = residuals[0] if residuals else None
    return f"{_AGAINST['complete']}{within}" + ("" if known is None else f"; median difference {in_change(known)}")


def _count(held: int, measured: int, interval: tuple[float, float], what: str = "") -> str:
    """How many of how many, with the 95 % interval of the share in whole per cent."""
    low, high = (f"{end * 100:.0f}" for end in interval)
    return f"{held:,} of {measured:,}{what}; 95{THIN}% interval {low} to {high}{THIN}%"
