"""Validity of influence: predicted effects are compared with those of retraining the final layer on random halves.

The linear datamodelling score (Park et al., TRAK, ICML 2023): over many random halves of the examples, the rank
correlation of the sum of a half's influences with the answer of a final layer that is trained on that half.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy import optimize, stats

from reporter.influence.tracin import CheckpointView, Columns, trace_influence
from reporter.records import Validity

HALVES = 96
EXAMPLES, TEXTS = 1000, 100
_FEWEST = 40  # examples from which halves can be told apart
_PENALTY = 1.0  # half of it times the squared weights is added to the summed loss: scikit-learn's default
_DRAWS = 500

Floats = NDArray[np.floating]


@dataclass(frozen=True, slots=True)
class RetrainingSample:
    """The rows of the examples that final layers are trained on, and of those whose answers are tested (`texts`)."""

    examples: Columns
    texts: Columns


def measure_validity(
    trained: Sequence[CheckpointView], targets: Columns, predicted_labels: Columns, seed: int
) -> Validity | None:
    """The linear datamodelling score: how well influences predict the effect of retraining the final layer.

    `targets` are the columns of the examples' own labels, `predicted_labels` those that the model gives them, whose
    influences are tested. None where there are too few examples to tell.
    """
    sample = draw_sample(targets, seed)
    if sample is None:
        return None
    last, choices = trained[-1], trained[-1].gradients.shape[1]
    halves = draw_halves(len(sample.examples), seed)
    features = np.concatenate([last.features, np.ones((len(targets), int(last.bias)), np.float32)], 1)
    own_targets, texts, labels_asked = targets[sample.examples], features[sample.texts], predicted_labels[sample.texts]
    measured = []
    for half in halves:
        weights = train_final_layer(features[sample.examples[half]], own_targets[half], choices)
        measured.append(predict_log_probabilities(weights, texts)[np.arange(len(labels_asked)), labels_asked])
    gradient_change = (np.eye(choices)[targets] - np.eye(choices)[predicted_labels]).astype(np.float32)
    answer_views = [replace(view, gradients=view.gradients + gradient_change).pick(sample.texts) for view in trained]
    predicted = trace_influence(answer_views, [view.pick(sample.examples) for view in trained]) @ halves.T
    return validate(predicted, np.array(measured).T, examples=len(sample.examples), seed=seed)


def draw_sample(targets: Columns, seed: int) -> RetrainingSample | None:
    """A random sample of the training examples; None where there are too few, or all have one label."""
    order = np.random.default_rng(seed).permutation(len(targets))
    texts = min(TEXTS, len(targets) // 4)
    sample = RetrainingSample(order[texts:][:EXAMPLES], order[:texts])
    return sample if len(targets) >= _FEWEST and len(set(targets[sample.examples].tolist())) > 1 else None


def draw_halves(examples: int, seed: int) -> NDArray[np.bool_]:
    """Which examples are in each random half, halves examples."""
    ranks = np.random.default_rng(seed).random((HALVES, examples)).argsort(-1).argsort(-1)
    halves: NDArray[np.bool_] = ranks < examples // 2
    return halves


def train_final_layer(features: Floats, targets: Columns, choices: int) -> Floats:
    """The weights, choices width, of a multinomial logistic regression on features, rows width."""
    inputs, one_hot = features.astype(np.float64), np.eye(choices)[targets]

    def loss_and_gradient(flat: Floats) -> tuple[float, Floats]:
        """The penalised cross-entropy of flattened weights, and its gradient."""
        weights = flat.reshape(choices, -1)
        log_probabilities = _log_softmax(inputs @ weights.T)
        loss = float(_PENALTY / 2 * flat @ flat - (log_probabilities * one_hot).sum())
        return loss, ((np.exp(log_probabilities) - one_hot).T @ inputs + _PENALTY * weights).ravel()

    start = np.zeros(choices * inputs.shape[1])
    weights: Floats = optimize.minimize(
        loss_and_gradient, start, jac=True, method="L-BFGS-B", options={"maxiter": 500}
    ).x
    return weights.reshape(choices, -1)


def predict_log_probabilities(weights: Floats, features: Floats) -> Floats:
    """The log-probabilities that a final layer gives, rows choices."""
    return _log_softmax(features.astype(np.float64) @ weights.T)


def validate(predicted: Floats, measured: Floats, *, examples: int, seed: int) -> Validity:
    """The rank correlation of predicted and measured effects (both texts halves); 0 for a text that never changes."""
    draws, random = [], np.random.default_rng(seed)
    texts, halves = predicted.shape
    for _ in range(_DRAWS):
        drawn = np.ix_(random.integers(texts, size=texts), random.integers(halves, size=halves))
        draws.append(_correlate(predicted[drawn], measured[drawn]))
    low, high = np.quantile(draws, (0.025, 0.975))
    return Validity(
        correlation=round(_correlate(predicted, measured), 4),
        low=round(float(low), 4),
        high=round(float(high), 4),
        halves=halves,
        examples=examples,
        texts=texts,
    )


def _correlate(predicted: Floats, measured: Floats) -> float:
    """The mean over texts of Spearman's correlation over halves."""
    first, other = (stats.rankdata(effects, axis=1) for effects in (predicted, measured))
    first, other = (ranks - ranks.mean(1, keepdims=True) for ranks in (first, other))
    size = np.sqrt((first**2).sum(1) * (other**2).sum(1))
    return float(np.mean(np.divide((first * other).sum(1), size, out=np.zeros(len(size)), where=size > 0)))


def _log_softmax(logits: Floats) -> Floats:
    shifted = logits - logits.max(-1, keepdims=True)
    log_shares: Floats = shifted - np.log(np.exp(shifted).sum(-1, keepdims=True))
    return log_shares
