"""What was kept of an answer as a prediction, and which of it the settings ask to be explained."""

from collections.abc import Sequence
from typing import Protocol

import torch
from torch import Tensor

from reporter.records import (
    Document,
    DocumentError,
    Prediction,
    Settings,
    Target,
    find_given,
    find_label,
    read_number,
    round_values,
)

RUNNER_UP = "runner-up"
"""The label with the largest score but for the one that is explained."""


class Scale(Protocol):
    """How the numbers of an answer are to be read."""

    def apart(self, width: int) -> bool:
        """Whether each of so many choices has a probability of its own, and does not exclude the others."""
        ...

    def probabilities(self, choices: Tensor) -> Tensor | None:
        """The probabilities of what was kept (... choices); None where they cannot be told from it."""
        ...


class Kept(Protocol):
    """What was kept of an answer: the labels of its choices, and whether they are candidates of one text."""

    @property
    def labels(self) -> tuple[str, ...]:
        """A label for each choice."""
        ...

    @property
    def candidates(self) -> bool:
        """Whether they are of this text alone, and not of the model."""
        ...


def predict(choices: Tensor, kept: Kept, scale: Scale) -> Prediction:
    """The prediction in what was kept, positions choices; raises `ValueError` if a number in it is not finite."""
    labels = kept.labels
    if not bool(torch.isfinite(choices).all()):
        raise ValueError("The model's answer is not a finite number.")
    shares = scale.probabilities(choices.double())
    over = list_said(choices[0], labels, scale) if len(choices) == 1 and scale.apart(len(labels)) else None
    return Prediction(
        positions=len(choices),
        labels=labels,
        logits=round_values(choices.flatten()),
        probabilities=None if shares is None else round_values(shares.flatten()),
        label=" ".join(labels[index] for index in choices.argmax(-1).tolist()),
        answers=over,
        candidates=kept.candidates,
    )


def list_said(choices: Tensor, labels: Sequence[str], scale: Scale) -> tuple[str, ...]:
    """What a model says by its numbers (choices): the largest, or all over one half where they are apart."""
    if not scale.apart(len(labels)):
        return (labels[int(choices.argmax())],)
    return tuple(label for label, number in zip(labels, choices.tolist(), strict=False) if number > 0)


def find_columns(target: Target, labels: Sequence[str]) -> tuple[int, int | None]:
    """The choice of a target, and the one that it is set against, if any."""
    return target.index, None if target.against is None else find_label(target.against, labels)


def choose_targets(
    prediction: Prediction, positions: Sequence[int], settings: Settings, given: Document
) -> list[Target]:
    """What to explain at each of the positions; raises `DocumentError` if the document allows nothing."""
    against, wanted = settings.against, settings.target
    cells = [(place, index) for place in positions for index in _choose_labels(prediction, place, wanted, given)]
    pairs = [(place, index, _find_other(prediction, place, index, against)) for place, index in cells]
    chosen = [_make_target(prediction, place, index, other) for place, index, other in pairs if index != other]
    if positions and not chosen:
        raise DocumentError(f"The target is {against} itself, so there is no difference to explain; name a --target.")
    return chosen


def _find_other(prediction: Prediction, place: int, index: int, against: str | None) -> int | None:
    """The choice that a target is set against: by its label, or the largest but the target's own."""
    if against is None:
        return None
    known = find_label(against, prediction.labels)
    if known is not None or against != RUNNER_UP:
        return known
    row = prediction.logits[place * len(prediction.labels) :][: len(prediction.labels)]
    others = [at for at in range(len(row)) if at != index]
    return max(others, key=row.__getitem__, default=index)


def _choose_labels(prediction: Prediction, place: int, wanted: str, given: Document) -> list[int]:
    width = len(prediction.labels)
    if wanted == "all":
        return list(range(width))
    if wanted == "predicted":
        logits = prediction.logits[place * width : (place + 1) * width]
        over = [at for at in range(width) if prediction.labels[at] in (prediction.answers or ())]
        return over or [max(range(width), key=logits.__getitem__)]
    if wanted == "given":
        return _choose_given(prediction, given)
    index = find_label(wanted, prediction.labels)
    if index is None:
        raise DocumentError(f"The target '{wanted}' is none of the model's labels: {', '.join(prediction.labels)}.")
    return [index]


def _choose_given(prediction: Prediction, given: Document) -> list[int]:
    """The columns of the labels given; the only one there is of a model with one number or one label."""
    if given.label is None and given.labels is None:
        raise DocumentError("--target given asks for the document's own label, and it has none.")
    if prediction.probabilities is None and len(prediction.labels) == 1 and read_number(given.label) is not None:
        return [0]
    several = prediction.answers is not None
    indices = find_given(given.label, given.labels, prediction.labels, several=several)
    if indices is None:
        raise DocumentError(f"Its label '{given.label}' is none of the model's: {', '.join(prediction.labels)}.")
    if not indices and len(prediction.labels) > 1:
        raise DocumentError("--target given asks for the document's own labels, and it was given none of the model's.")
    return sorted(indices) or [0]


def _make_target(prediction: Prediction, place: int, index: int, other: int | None) -> Target:
    first = place * len(prediction.labels)
    score = prediction.logits[first + index] - (0.0 if other is None else prediction.logits[first + other])
    shares = prediction.probabilities
    return Target(
        position=place,
        label=prediction.labels[index],
        index=index,
        against=None if other is None else prediction.labels[other],
        score=round_values([score])[0],
        probability=None if shares is None else shares[first + index],
    )
