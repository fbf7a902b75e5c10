"""Whether a network gives attention weights: shares from every token to every token, which its answer depends on."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from reporter.records import quote_error

_OFF = 1e-3  # how far shares may be from adding up to 1


@dataclass(frozen=True)
class Shown:
    """A network's output for some texts, with attention weights and hidden states, and the embeddings it read.

    `answer` is what is read of the output, rows positions choices, and `usual` the same where the network need not show
    its attention. `points` are rows tokens width; `seen` marks what is not padding, rows tokens.
    """

    output: Any
    answer: Tensor
    points: Tensor
    usual: Tensor
    seen: Tensor


def find_attention_gap(name: str, show: Callable[[], Shown]) -> str | None:
    """Why the network called `name` shows no self-attention towards its answer, or None if it does."""
    try:
        shown = show()
    except Exception as error:  # a network from outside may raise any
        return (
            f"{name} was asked to show its attention weights and stopped with {quote_error(error)}; take methods that "
            "need none of them, such as integrated_gradients or occlusion."
        )
    output, points = shown.output, shown.points
    if getattr(output, "decoder_attentions", None) is not None:
        return f"{name} reads its answer from a decoder, so its self-attention does not lead there."
    weights, states = getattr(output, "attentions", None), getattr(output, "hidden_states", None)
    if not weights or not all(_is_square(layer, points) for layer in weights):
        return f"{name} gives no attention weights from every token to every token."
    if not all(_is_shared(layer, shown.seen) for layer in weights):
        return f"{name} gives numbers for its attention that are no shares: they do not add up to 1."
    if not torch.allclose(shown.answer, shown.usual, rtol=0.0, atol=_OFF * float(shown.usual.abs().max())):
        return f"{name} answers otherwise as soon as it shows its attention weights."
    if not states or not _leads(shown.answer, (states[-1], *weights), points):
        return f"{name} gives no attention weights and hidden states that its answer can be followed back to."
    return None


def _is_square(weights: Any, points: Tensor) -> bool:  # noqa: ANN401
    """Whether weights are rows heads tokens tokens."""
    rows, tokens = points.shape[:2]
    return (
        isinstance(weights, Tensor) and weights.dim() == 4 and weights.shape == (rows, weights.shape[1], tokens, tokens)
    )


def _is_shared(weights: Tensor, seen: Tensor) -> bool:
    """Whether every token that is not padding shares out just 1, and nothing below 0."""
    sums = weights.sum(-1).transpose(1, 2)[seen.bool()]
    return bool((weights >= 0).all() and ((sums - 1).abs() < _OFF).all())


def _leads(answer: Tensor, through: Sequence[Tensor], points: Tensor) -> bool:
    """Whether the answer depends on all of these, and on the embeddings."""
    if through[0].shape[:2] != points.shape[:2] or not all(tensor.requires_grad for tensor in through):
        return False
    return None not in torch.autograd.grad(answer.sum(), (*through, points), allow_unused=True)
