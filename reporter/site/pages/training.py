"""The page about the training data: how accurate influence is, and which labels are worth a second look."""

from dataclasses import dataclass, replace

from reporter.records import EMBEDDED, Run, Training, Validity
from reporter.site.pages.frame import Frame, frame
from reporter.site.pages.influence import Row, Trust, row, size_figures, trust
from reporter.site.wording import THIN, count, rank, spoken

_LEFT, _RIGHT = 16, 392
_NAMED = 6  # checkpoints that are named, and learning rates


@dataclass(frozen=True, slots=True, kw_only=True)
class Interval:
    """The correlation with its interval on a line from -1 to 1, in units of the drawing."""

    told: str
    low: int
    middle: int
    high: int
    value: str
    ticks: tuple[tuple[int, str], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainingPage:
    """What the answers were traced to, whether that is true, and the examples that are most unlike their labels."""

    frame: Frame
    lead: str
    trust: Trust
    interval: Interval | None
    facts: tuple[tuple[str, str], ...]
    suspects: tuple[Row, ...]
    told: str


def training_page(run: Run, training: Training) -> TrainingPage:
    """The page of the training data of a run."""
    largest = max((suspect.influence for suspect in training.suspects), default=0.0)
    wrong = sum(suspect.said != suspect.label for suspect in training.suspects)
    return TrainingPage(
        frame=frame(run, "Training data"),
        lead=_lead(training, str(run.settings.get("training_data"))),
        trust=trust(training.validity),
        interval=None if training.validity is None else _interval(training.validity),
        facts=tuple(_facts(training)),
        suspects=tuple(
            replace(row(suspect, largest), value=size_figures(suspect.influence)) for suspect in training.suspects
        ),
        told=f"For {wrong} of these {len(training.suspects)}, the model gives another label.",
    )


def _lead(training: Training, source: str) -> str:
    labels = ", ".join(f"{number:,} {spoken(label)}" for label, number in training.labels.items())
    skipped = f" {count(training.skipped, 'row')} could not be used." if training.skipped else ""
    where = "of the embedded model" if source == EMBEDDED else f"of {source}"
    return f"Every answer was traced to {count(training.examples, 'training example')} {where}: {labels}.{skipped}"


def _interval(validity: Validity) -> Interval:
    def x(value: float) -> int:
        return round(_LEFT + (value + 1) / 2 * (_RIGHT - _LEFT))

    span = f"{rank(validity.low)} to {rank(validity.high)}"
    return Interval(
        told=f"Correlation {rank(validity.correlation)}, 95 % interval {span}, on a line from −1 to 1",
        low=x(validity.low),
        middle=x(validity.correlation),
        high=x(validity.high),
        value=f"ρ {rank(validity.correlation)}",
        ticks=tuple((x(at), mark) for at, mark in ((-1, "−1"), (-0.5, "−.5"), (0, "0"), (0.5, ".5"), (1, "1"))),
    )


def _facts(training: Training) -> list[tuple[str, str]]:
    validity = training.validity
    rates = sorted(set(training.rates))
    names = [name.removesuffix(".safetensors") for name in training.checkpoints]
    shown = names if len(names) <= _NAMED else [*names[: _NAMED - 2], "…", names[-1]]
    return [
        *(
            [
                ("Correlation (linear datamodelling score)", rank(validity.correlation)),
                (f"95{THIN}% interval, over texts and halves", f"{rank(validity.low)} to {rank(validity.high)}"),
                ("Retrainings, each on a random half", f"{validity.halves:,}"),
                ("Training examples in them", f"{validity.examples:,}"),
                ("Held-out examples that were predicted", f"{validity.texts:,}"),
            ]
            if validity
            else []
        ),
        ("Checkpoints", ", ".join(shown) if names else "the model itself"),
        ("Weighted by learning rate", "no" if rates == [1.0] else ", ".join(f"{rate:.3g}" for rate in rates[-_NAMED:])),
        ("Features per text", f"{training.width:,}{', by random projection' if training.projected else ''}"),
    ]
