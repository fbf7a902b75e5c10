"""Whether a network gives usable attention weights: token by token, summing to 1, and on the path to its answer."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from reporter.records import quote_error

_OFF = 1e-3  # how far shares may be from adding up to 1


@dataclass(frozen=True)
class AttentionProbe:
    """A network's output for probe texts with attention weights and hidden states, and the embeddings it was given.

    `answer` is the table of the output, rows positions choices, and `usual` the same without attention weights asked
    for. `points` are the embeddings, rows tokens width; `seen` is the attention mask, rows tokens.
    """

    output: Any
    answer: Tensor
    points: Tensor
    usual: Tensor
    seen: Tensor


def find_attention_gap(name: str, run_probe: Callable[[], AttentionProbe]) -> str | None:
    """The sentence that says why the network called `name` gives no usable attention weights; None if it does."""
    try:
        probe = run_probe()
    except Exception as error:  # a network from outside may raise any
        return (
            f"{name} was asked to show its attention weights and stopped with {quote_error(error)}; take methods that "
            "need none of them, such as integrated_gradients or occlusion."
        )
    output, points = probe.output, probe.points
    if getattr(output, "decoder_attentions", None) is not None:
        return f"{name} reads its answer from a decoder, so its self-attention does not lead there."
    weights, states = getattr(output, "attentions", None), getattr(output, "hidden_states", None)
    if not weights or not all(_is_square(layer, points) for layer in weights):
        return f"{name} gives no attention weights from every token to every token."
    if not all(_is_shared(layer, probe.seen) for layer in weights):
        return f"{name} gives numbers for its attention that are no shares: they do not add up to 1."
    if not torch.allclose(probe.answer, probe.usual, rtol=0.0, atol=_OFF * float(probe.usual.abs().max())):
        return f"{name} answers otherwise as soon as it shows its attention weights."
    if not states or not _leads(probe.answer, (states[-1], *weights), points):
        return f"{name} gives no attention weights and hidden states that its answer can be followed back to."
    return None


def _is_square(weights: Any, points: Tensor) -> bool:  # noqa: ANN401
    """Whether weights are rows heads tokens tokens."""
    rows, tokens = points.shape[:2]
    return (
        isinstance(weights, Tensor) and weights.dim() == 4 and weights.shape == (rows, weights.shape[1], tokens, tokens)
    )


def _is_shared(weights: Tensor, attention_mask: Tensor) -> bool:
    """Whether the weights of every token that is not padding are not negative and sum to 1."""
    sums = weights.sum(-1).transpose(1, 2)[attention_mask.bool()]
    return bool((weights >= 0).all() and ((sums - 1).abs() < _OFF).all())


def _leads(answer: Tensor, intermediates: Sequence[Tensor], points: Tensor) -> bool:
    """Whether the answer can be differentiated by all of these tensors, and by the embeddings."""
    if intermediates[0].shape[:2] != points.shape[:2] or not all(tensor.requires_grad for tensor in intermediates):
        return False
    return None not in torch.autograd.grad(answer.sum(), (*intermediates, points), allow_unused=True)
