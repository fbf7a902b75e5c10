"""Numbers that do not depend on company: what a text gets is the same to the last bit, whatever shares its pass.

Two things would make it differ. Attention adds up along the width of a pass, so every text has a width of its own and
shares passes with texts of that width only. And matrix products of fewer than four rows add up in another order than
all larger ones (in MKL, for every size tried), so a layer is given four rows at least.
"""

from typing import Any

from torch import Tensor, nn
from torch.nn.functional import pad

_ROWS = 4
_STEPS = 16  # widths there are between a power of two and the next: padding takes 3 % at most on average


def width_of(length: int, *, limit: int) -> int:
    """The width of the passes that a text of `length` tokens takes part in, in tokens; `limit` is the widest."""
    step = max(1, 2 ** (length.bit_length() - 1) // _STEPS)
    return max(length, min(-(-length // step) * step, limit))


def steady(model: nn.Module) -> None:
    """Let every linear layer of a model compute few rows as it computes many."""
    for layer in model.modules():
        if isinstance(layer, nn.Linear):
            layer.register_forward_hook(_compute_alike)


def flow(shares: Tensor, weights: Tensor) -> Tensor:
    """Shares (rows tokens) through weights (rows tokens tokens): the product, added up alike for any number of rows."""
    return (shares.unsqueeze(-1) * weights).sum(1)


def _compute_alike(layer: nn.Module, given: tuple[Any, ...], output: Tensor) -> Tensor:
    (values,) = given
    rows = values.numel() // max(1, values.shape[-1])
    if rows >= _ROWS or not rows:
        return output
    wide = pad(values.reshape(rows, -1), (0, 0, 0, _ROWS - rows))
    found: Tensor = layer.forward(wide)[:rows]
    return found.view(*values.shape[:-1], -1)
