"""Shortcuts for passes of which only the answer is wanted: no padding, and only the positions of it that are read.

Rows are concatenated without padding, and each attends to itself (`rows.py`). A head that reads the first position
needs one row of the last layer's attention, and no other position after it; with a single query, keys and values need
not be computed either: `q . (K x) = (K' q) . x`, and values are mixed before they are projected. A network is run so
only if its measured answers stay the same.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any

import torch
from torch import Tensor, nn

from reporter.models.batch_invariance import pad_to_four_rows
from reporter.models.hooks import hook
from reporter.models.packed.rows import PackedRows

_LOUD = 16.0

Inputs = Mapping[str, Tensor]
Shortcut = Callable[[Inputs], Any]
"""Makes a context in which a network computes less, for given inputs (rows tokens)."""


@dataclass(frozen=True)
class Packed:
    """A shortcut that runs an encoder on packed rows: its self-attentions, and the module after the last of them."""

    encoder: nn.Module
    attentions: Sequence[Any]
    output: nn.Module
    line: type[PackedRows]

    @contextmanager
    def __call__(self, inputs: Inputs) -> Iterator[None]:
        """The encoder takes rows tokens width, computes 1 tokens width, and gives the first positions: rows 1 width."""
        packed = self.line(inputs["attention_mask"])
        *earlier, last = self.attentions
        with ExitStack() as stack:
            _change(self.encoder, lambda x: x.flatten(0, 1).index_select(0, packed.places).unsqueeze(0), stack)
            for attention in earlier:
                _replace_forward(attention, partial(_attend, attention, packed), stack)
            _replace_forward(last, partial(_attend_first, last, packed), stack)
            _change(self.output, lambda x: x if len(x) > 1 else x[0, packed.firsts].unsqueeze(1), stack)
            yield


def find_shortcuts(model: nn.Module, layers: int, *, packing: type[PackedRows]) -> list[Shortcut]:
    """The shortcuts to try on a network of so many layers, the one that saves most first."""
    paths = [path for path, _ in model.named_modules() if path.endswith(f"layer.{layers - 1}.attention")]
    outputs = [getattr(model.get_submodule(path), "output", None) for path in paths]
    modules = [output for output in outputs if isinstance(output, nn.Module)]
    packed = _pack(model, paths[0], layers, packing) if len(paths) == len(modules) == 1 else None
    return [*([packed] if packed else []), *([partial(_first_position_only, modules)] if modules else [])]


@contextmanager
def _first_position_only(outputs: Sequence[nn.Module], _: Inputs) -> Iterator[None]:
    """Give the modules after the last attention the first position only."""
    with ExitStack() as stack:
        for output in outputs:
            _change(output, lambda x: x[:, :1].contiguous(), stack)
        yield


@contextmanager
def amplify_attention(shortcut: Shortcut) -> Iterator[None]:
    """Scale hidden states so that attention picks out single tokens, where two kinds of attention would disagree."""
    with ExitStack() as stack:
        if isinstance(shortcut, Packed):
            _change(shortcut.encoder, lambda x: _LOUD * x if x.is_floating_point() and x.dim() == 3 else x, stack)
        yield


def _pack(model: nn.Module, path: str, layers: int, packing: type[PackedRows]) -> Packed | None:
    """The shortcut for the encoder with the last layer's attention at this path; None for unusual attention."""
    above = path.rpartition(f".{layers - 1}.")[0]
    blocks = [model.get_submodule(f"{above}.{layer}.attention") for layer in range(layers)]
    attentions = [getattr(block, "self", None) for block in blocks]
    if not all(map(_is_plain, attentions)):
        return None
    return Packed(model.get_submodule(above.rpartition(".")[0]), attentions, blocks[-1].output, packing)  # type: ignore[arg-type]


def _is_plain(attention: Any) -> bool:  # noqa: ANN401
    """Whether an attention module is bidirectional, with three projections, no other parts, and its class's forward."""
    parts = dict(attention.named_children()) if isinstance(attention, nn.Module) else {}
    projections = [parts.pop(name, None) for name in ("query", "key", "value")]
    usual = hasattr(attention, "num_attention_heads") and "forward" not in vars(attention)
    both_ways = usual and not getattr(attention, "is_causal", False) and parts.keys() <= {"dropout"}
    return both_ways and all(isinstance(layer, nn.Linear) for layer in projections)


def _attend(attention: Any, packed: PackedRows, hidden: Tensor, *_: object, **__: object) -> tuple[Tensor, None]:  # noqa: ANN401
    """The output of attention within each row, 1 tokens width, as is `hidden`."""
    layers = (attention.query, attention.key, attention.value)
    heads = (layer(hidden)[0].unflatten(-1, (attention.num_attention_heads, -1)) for layer in layers)
    return packed.attend(*heads).flatten(1).unsqueeze(0), None


def _attend_first(attention: Any, packed: PackedRows, hidden: Tensor, *_: object, **__: object) -> tuple[Tensor, None]:  # noqa: ANN401
    """The output of attention at the first position of each row, rows 1 width, from `hidden`, 1 tokens width."""
    heads = attention.num_attention_heads
    key, value = (layer.weight.unflatten(0, (heads, -1)) for layer in (attention.key, attention.value))
    query = (
        attention.query(pad_to_four_rows(hidden[0, packed.firsts])).unflatten(-1, (heads, -1)) * key.shape[1] ** -0.5
    )
    folded = torch.einsum("bhd,hdw->bhw", query, key)
    mixed = pad_to_four_rows(packed.mix(folded, hidden[0]))
    gathered = torch.einsum("bhw,hdw->bhd", mixed, value).flatten(1)[: len(packed.firsts)]
    return (gathered + attention.value.bias).unsqueeze(1), None


def _change(module: nn.Module, change: Callable[[Tensor], Tensor], stack: ExitStack) -> None:
    """Change the tensors that a module is called with, until the stack is left."""
    stack.enter_context(
        hook([module], before=lambda _, given: tuple(change(x) if isinstance(x, Tensor) else x for x in given))
    )


def _replace_forward(module: Any, forward: Callable[..., Any], stack: ExitStack) -> None:  # noqa: ANN401
    """Replace a module's forward, until the stack is left."""
    module.forward = forward
    stack.callback(delattr, module, "forward")
