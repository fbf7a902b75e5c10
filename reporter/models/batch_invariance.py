"""Numbers that do not depend on company: what a text gets is the same to the last bit, whatever shares its pass.

Two things would make it differ. Attention adds up along the width of a pass: rows are packed, so that each attends to
itself only, or they share passes with rows of their own width. And matrix products of fewer than four rows add up in
another order than all larger ones (in MKL, for every size tried), so a layer is given four rows at least.
"""

from typing import Any

from torch import Tensor, nn
from torch.nn.functional import pad

from reporter.models.batching import WIDTH_STEPS
from reporter.models.hooks import Given, Named, hook

_ROWS = 4


def width_of(length: int, *, limit: int) -> int:
    """The width of the passes that a text of `length` tokens takes part in, in tokens; `limit` is the widest."""
    step = max(1, (1 << length.bit_length() - 1) // WIDTH_STEPS)
    return max(length, min(-(-length // step) * step, limit))


def steady(model: nn.Module) -> None:
    """Let every linear layer of a model, and what GPT-2 has for one, compute few rows as it computes many."""
    layers = (
        module for module in model.modules() if isinstance(module, nn.Linear) or type(module).__name__ == "Conv1D"
    )
    hook(layers, after=_compute_alike)


def accompany(values: Tensor) -> Tensor:
    """These rows, and empty ones to make them four if they are fewer."""
    return values if len(values) >= _ROWS else pad(values, (*(0, 0) * (values.dim() - 1), 0, _ROWS - len(values)))


def multiply_shares(shares: Tensor, weights: Tensor) -> Tensor:
    """Shares (rows tokens) through weights (rows tokens tokens): the product, added up alike for any number of rows."""
    return (shares.unsqueeze(-1) * weights).sum(1)


def _compute_alike(layer: nn.Module, given: Given, _: Named, output: Any) -> Any:  # noqa: ANN401
    rows = output.numel() // max(1, output.shape[-1]) if isinstance(output, Tensor) else 0
    if not given or not 0 < rows < _ROWS:
        return output
    again: Tensor = layer.forward(accompany(given[0].reshape(rows, -1)))[:rows]
    return again.view(output.shape)
