"""The model's answer to one text becomes a prediction, and the settings pick the cells of it to explain."""

from collections.abc import Sequence

import torch
from torch import Tensor

from reporter.records import (
    NONE,
    Baseline,
    Document,
    DocumentError,
    Prediction,
    Settings,
    Target,
    UserError,
    find_given,
    find_label,
    read_number,
    round_values,
)

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
    over = list_answers(table[0], labels) if len(table) == 1 and are_apart(problem, len(labels)) else None
    return Prediction(
        positions=len(table),
        labels=labels,
        logits=round_values(table.flatten()),
        probabilities=None if shares is None else round_values(shares.flatten()),
        label=" ".join(winners(table, labels)),
        answers=over,
    )


def are_apart(problem: str | None, width: int) -> bool:
    """Whether each label has a probability of its own, and does not exclude the others."""
    return problem != "regression" and (problem == "multi_label_classification" or width == 1)


def list_answers(choices: Tensor, labels: Sequence[str]) -> tuple[str, ...]:
    """The labels over one half of a model whose labels are apart, by its logits (choices)."""
    return tuple(label for label, logit in zip(labels, choices.tolist(), strict=True) if logit > 0)


def winners(table: Tensor, labels: tuple[str, ...]) -> list[str]:
    """The label with the largest logit at each position of a table positions choices."""
    return [labels[index] for index in table.argmax(-1).tolist()]


def read_baseline(kind: str, choices: Tensor, labels: tuple[str, ...], problem: str | None) -> Baseline:
    """What the model answers at the baseline, from its logits (choices) at the position that is explained."""
    shares, best = to_probabilities(choices.double(), problem), int(choices.argmax())
    over = list_answers(choices, labels) if are_apart(problem, len(labels)) else (labels[best],)
    told = shares is not None and over == (labels[best],)
    return Baseline(
        kind=kind,
        label=", ".join(over) or NONE,
        probability=round_values([float(shares[best])])[0] if shares is not None and told else None,
    )


def to_probabilities(table: Tensor, problem: str | None) -> Tensor | None:
    """The probabilities in a table of logits (... choices), as a pipeline has them; None for a model that has none.

    TextClassificationPipeline.postprocess in transformers: nothing for a regression, the sigmoid for several labels at
    once or for a single one, the softmax for the others.
    """
    if problem == "regression":
        return None
    return table.sigmoid() if are_apart(problem, table.shape[-1]) else table.softmax(-1)


def choose(
    prediction: Prediction, positions: list[int], wanted: str, against: str | None, given: Document
) -> list[Target]:
    """The cells to explain at each of the positions; raises `DocumentError` if the document allows none."""
    other = None if against is None else find_label(against, prediction.labels)
    cells = [(place, index) for place in positions for index in _choose_labels(prediction, place, wanted, given)]
    chosen = [_read(prediction, place, index, other) for place, index in cells if index != other]
    if positions and not chosen:
        raise DocumentError(f"The target is {against} itself, so there is no difference to explain; name a --target.")
    return chosen


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
    found = find_label(wanted, prediction.labels)
    if found is None:
        raise DocumentError(f"The target '{wanted}' is none of the model's labels: {', '.join(prediction.labels)}.")
    return [found]


def _choose_given(prediction: Prediction, given: Document) -> list[int]:
    """The columns of the labels given; the only one there is of a model with one number or one label."""
    if given.label is None and given.labels is None:
        raise DocumentError("--target given asks for the document's own label, and it has none.")
    if prediction.probabilities is None and len(prediction.labels) == 1 and read_number(given.label) is not None:
        return [0]
    several = prediction.answers is not None
    found = find_given(given.label, given.labels, prediction.labels, several=several)
    if found is None:
        raise DocumentError(f"Its label '{given.label}' is none of the model's: {', '.join(prediction.labels)}.")
    if not found and len(prediction.labels) > 1:
        raise DocumentError("--target given asks for the document's own labels, and it was given none of the model's.")
    return sorted(found) or [0]


def _read(prediction: Prediction, place: int, index: int, other: int | None) -> Target:
    start = place * len(prediction.labels)
    score = prediction.logits[start + index] - (0.0 if other is None else prediction.logits[start + other])
    shares = prediction.probabilities
    return Target(
        position=place,
        label=prediction.labels[index],
        index=index,
        against=None if other is None else prediction.labels[other],
        score=round_values([score])[0],
        probability=None if shares is None else shares[start + index],
    )
