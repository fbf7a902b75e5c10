"""The model's answer to one text becomes a prediction, and the settings pick the cells of it to explain."""

import torch
from torch import Tensor

from reporter.errors import UserError
from reporter.labels import find_label
from reporter.records import Baseline, Prediction, Target
from reporter.rounding import rounded
from reporter.settings import Settings

WORDS = ("predicted", "given", "all")


def check_labels(settings: Settings, labels: tuple[str, ...]) -> None:
    """Raise `UserError` if the settings name a label that the model does not have."""
    target, against = settings.target, settings.against
    for pair in settings.labels:
        if find_label(pair.partition("=")[2], labels) is None:
            raise UserError(f"--labels gives '{pair}', and the model's labels are: {', '.join(labels)}.")
    for option, name in (("--target", target), ("--against", against)):
        if name is not None and not (option == "--target" and name in WORDS) and find_label(name, labels) is None:
            choices = ", ".join((*WORDS, *labels) if option == "--target" else labels)
            raise UserError(f"{option} names '{name}', which the model does not know; choose from: {choices}.")


def predict(table: Tensor, labels: tuple[str, ...], problem: str | None) -> Prediction:
    """The prediction in a table positions choices; raises `ValueError` if a logit is not finite."""
    if not bool(torch.isfinite(table).all()):
        raise ValueError("The model's answer is not a finite number.")
    shares = to_probabilities(table.double(), problem)
    return Prediction(
        positions=len(table),
        labels=labels,
        logits=rounded(table.flatten()),
        probabilities=None if shares is None else rounded(shares.flatten()),
        label=" ".join(winners(table, labels)),
    )


def winners(table: Tensor, labels: tuple[str, ...]) -> list[str]:
    """The label with the largest logit at each position of a table positions choices."""
    return [labels[index] for index in table.argmax(-1).tolist()]


def read_baseline(kind: str, choices: Tensor, labels: tuple[str, ...], problem: str | None) -> Baseline:
    """What the model answers at the baseline, from its logits (choices) at the position that is explained."""
    shares, best = to_probabilities(choices.double(), problem), int(choices.argmax())
    return Baseline(
        kind=kind, label=labels[best], probability=None if shares is None else rounded([float(shares[best])])[0]
    )


def to_probabilities(table: Tensor, problem: str | None) -> Tensor | None:
    """The probabilities in a table of logits (... choices); None for a model that has none."""
    if problem == "regression" or table.shape[-1] == 1:
        return None
    return table.sigmoid() if problem == "multi_label_classification" else table.softmax(-1)


def choose(
    prediction: Prediction, positions: list[int], wanted: str, against: str | None, given: str | None
) -> list[Target]:
    """The cells to explain at each of the positions; raises `ValueError` if the document allows none."""
    other = None if against is None else find_label(against, prediction.labels)
    cells = [(place, index) for place in positions for index in _choose_labels(prediction, place, wanted, given)]
    chosen = [_read(prediction, place, index, other) for place, index in cells if index != other]
    if positions and not chosen:
        raise ValueError(f"The target is {against} itself, so there is no difference to explain; name a --target.")
    return chosen


def _choose_labels(prediction: Prediction, place: int, wanted: str, given: str | None) -> list[int]:
    width = len(prediction.labels)
    if wanted == "all":
        return list(range(width))
    if wanted == "predicted":
        logits = prediction.logits[place * width : (place + 1) * width]
        return [max(range(width), key=logits.__getitem__)]
    if wanted == "given" and given is None:
        raise ValueError("--target given asks for the document's own label, and it has none.")
    name = given if wanted == "given" and given is not None else wanted
    found = find_label(name, prediction.labels)
    if found is None:
        raise ValueError(f"Its label '{name}' is none of the model's: {', '.join(prediction.labels)}.")
    return [found]


def _read(prediction: Prediction, place: int, index: int, other: int | None) -> Target:
    start = place * len(prediction.labels)
    score = prediction.logits[start + index] - (0.0 if other is None else prediction.logits[start + other])
    shares = prediction.probabilities
    return Target(
        position=place,
        label=prediction.labels[index],
        index=index,
        against=None if other is None else prediction.labels[other],
        score=rounded([score])[0],
        probability=None if shares is None else shares[start + index],
    )
