"""The influence of training examples on an answer, by the gradients of the final layer alone, in closed form.

TracIn (Pruthi, Liu, Kale and Sundararajan, NeurIPS 2020): how far one step of gradient descent on a training example
lowers the loss of a text, added up over checkpoints. The gradient of a linear layer is an outer product, so the product
of two gradients is (f . f' + b) (r . r'), where f is what goes into the layer, r the gradient of the loss by logits,
and b is 1 if the layer has a bias, else 0.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float32]
Columns = NDArray[np.integer]


@dataclass(frozen=True, slots=True)
class CheckpointView:
    """Features (rows width) and loss gradients (rows choices) of texts at one checkpoint, its learning rate, and b."""

    features: Array
    gradients: Array
    rate: float
    bias: bool

    def pick(self, rows: Columns) -> "CheckpointView":
        """The view of these rows alone."""
        return CheckpointView(self.features[rows], self.gradients[rows], self.rate, self.bias)


def compute_loss_gradient(logits: Array, labels: Columns, against: Columns | None = None) -> Array:
    """The gradient of the loss by the logits, rows choices: of cross-entropy, which is softmax less one-hot.

    For a row with a label `against` (-1 is none) the loss is that label's logit less its own.
    """
    choices = np.eye(logits.shape[1], dtype=np.float32)
    powers = np.exp(logits - logits.max(-1, keepdims=True))
    gradient: Array = powers / powers.sum(-1, keepdims=True) - choices[labels]
    if against is not None:
        apart = against >= 0
        gradient[apart] = choices[against[apart]] - choices[labels[apart]]
    return gradient


def trace_influence(answers: Sequence[CheckpointView], trained: Sequence[CheckpointView]) -> NDArray[np.float64]:
    """The TracIn influence of every training example on every text, texts examples: positive where it lowers the loss.

    Both have a view at each checkpoint, in the same order.
    """
    total = np.zeros((len(answers[0].features), len(trained[0].features)))
    for text, example in zip(answers, trained, strict=True):
        features, gradients = (
            multiply_rows(*pair) for pair in ((text.features, example.features), (text.gradients, example.gradients))
        )
        total += example.rate * (features + example.bias) * gradients
    return total


def multiply_rows(rows: Array, others: Array) -> Array:
    """The inner products of `rows` with `others`, rows others, computed row by row so that each is batch invariant.

    One product of all rows would be summed in another order for another number of them.
    """
    return np.stack([others @ row for row in rows]) if len(rows) else np.zeros((0, len(others)), rows.dtype)


def trace_self_influence(trained: Sequence[CheckpointView]) -> NDArray[np.float64]:
    """The influence of every training example on itself, examples: large where its label contradicts the model."""
    total = np.zeros(len(trained[0].features))
    for view in trained:
        lengths = np.einsum("nw,nw->n", view.features, view.features) + view.bias
        total += view.rate * lengths * np.einsum("nc,nc->n", view.gradients, view.gradients)
    return total


def find_largest(values: NDArray[np.floating], count: int) -> list[int]:
    """The indices of the largest values, largest first; of equal ones the earlier."""
    largest = np.argpartition(-values, count - 1)[:count] if count < len(values) else np.arange(len(values))
    least = values[largest].min()
    candidates = np.flatnonzero(values >= least)
    order = candidates[np.argsort(-values[candidates], kind="stable")]
    return [int(at) for at in order[:count]]
