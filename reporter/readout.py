"""The last layer, computed for the position that is read only: most of a layer less to do for every pass.

A head that reads the first position needs one row of the last layer's attention and nothing of the other positions
after it. With a single query the keys and values need not be computed either: `q . (K x) = (K' q) . x`, and the values
are mixed before they are projected. Whether a network may be read so is measured: its answer must stay what it was.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from functools import partial
from typing import Any

import torch
from torch import Tensor, nn

Shortcut = Callable[[], Any]
"""Makes a context in which a network computes less."""


def find_shortcuts(model: nn.Module, layers: int) -> list[Shortcut]:
    """What may be tried on a network of so many layers, the most thorough first."""
    blocks = [part for path, part in model.named_modules() if path.endswith(f"layer.{layers - 1}.attention")]
    outputs = [block.output for block in blocks if isinstance(getattr(block, "output", None), nn.Module)]
    if not outputs:
        return []
    parts = [getattr(block, "self", None) for block in blocks]
    plain = [part for part in parts if isinstance(part, nn.Module) and _is_plain(part)]
    thorough = [partial(_reading, plain, outputs)] if len(plain) == len(outputs) else []
    return [*thorough, partial(_reading, [], outputs)]


@contextmanager
def _reading(attentions: Sequence[nn.Module], outputs: Sequence[nn.Module]) -> Iterator[None]:
    """Attention asks for the first position only, and so does what follows it (tensors are rows tokens width)."""
    with ExitStack() as stack:
        for output in outputs:
            hook = output.register_forward_pre_hook(lambda _, given: tuple(x[:, :1] for x in given))
            stack.callback(hook.remove)
        for attention in attentions:
            attention.forward = partial(_attend, attention)
            stack.callback(delattr, attention, "forward")
        yield


def _is_plain(attention: nn.Module) -> bool:
    """Whether it has the three projections of ordinary attention, as many heads as it says, and its class's way."""
    projections = (getattr(attention, name, None) for name in ("query", "key", "value"))
    usual = hasattr(attention, "num_attention_heads") and "forward" not in vars(attention)
    return usual and all(isinstance(one, nn.Linear) for one in projections)


def _attend(attention: Any, hidden: Tensor, attention_mask: Tensor | None = None, **_: object) -> tuple[Tensor, None]:  # noqa: ANN401
    """What the first position gathers from all, rows 1 width; of `hidden`, rows tokens width."""
    heads = attention.num_attention_heads
    key, value = (one.weight.unflatten(0, (heads, -1)) for one in (attention.key, attention.value))
    query = attention.query(hidden[:, 0]).unflatten(-1, (heads, -1)) * key.shape[1] ** -0.5
    scores = torch.einsum("bhd,hdw->bhw", query, key) @ hidden.mT
    if attention_mask is not None:
        seen = attention_mask[:, :, 0]
        scores = scores.masked_fill(~seen, -torch.inf) if seen.dtype == torch.bool else scores + seen
    mixed = scores.softmax(-1) @ hidden
    gathered = torch.einsum("bhw,hdw->bhd", mixed, value).flatten(1)
    return (gathered + attention.value.bias).unsqueeze(1), None
