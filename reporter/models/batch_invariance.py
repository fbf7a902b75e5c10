"""Batch invariance: a text's numbers are the same to the last bit, whichever texts share its pass.

Two things would break it. Attention sums along the width of a pass: so rows are packed, and each attends to itself
only, or rows share passes with rows of the same padded width. And matrix products of fewer than four rows are summed in
another order than larger ones (in MKL, for every size tried): so a linear layer is given four rows at least.
"""

from typing import Any

from torch import Tensor, nn
from torch.nn.functional import pad

from reporter.models.batching import WIDTH_STEPS
from reporter.models.hooks import Given, Named, hook

_ROWS = 4


def choose_pass_width(length: int, *, limit: int) -> int:
    """The padded width, in tokens, of the passes that a text of `length` tokens is in; `limit` is the widest."""
    step = max(1, (1 << length.bit_length() - 1) // WIDTH_STEPS)
    return max(length, min(-(-length // step) * step, limit))


def make_batch_invariant(model: nn.Module) -> None:
    """Hook every linear layer of a model (Conv1D in GPT-2), so that few rows are computed as many are."""
    layers = (
        module for module in model.modules() if isinstance(module, nn.Linear) or type(module).__name__ == "Conv1D"
    )
    hook(layers, after=_compute_alike)


def pad_to_four_rows(values: Tensor) -> Tensor:
    """The rows, followed by rows of zeros up to four (rows ...)."""
    return values if len(values) >= _ROWS else pad(values, (*(0, 0) * (values.dim() - 1), 0, _ROWS - len(values)))


def multiply_shares(shares: Tensor, weights: Tensor) -> Tensor:
    """The product of shares (rows tokens) and weights (rows tokens tokens), summed alike for any number of rows."""
    return (shares.unsqueeze(-1) * weights).sum(1)


def _compute_alike(layer: nn.Module, given: Given, _: Named, output: Any) -> Any:  # noqa: ANN401
    rows = output.numel() // max(1, output.shape[-1]) if isinstance(output, Tensor) else 0
    if not given or not 0 < rows < _ROWS:
        return output
    again: Tensor = layer.forward(pad_to_four_rows(given[0].reshape(rows, -1)))[:rows]
    return again.view(output.shape)
