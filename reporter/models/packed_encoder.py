"""Less to compute where only the answer is wanted: no padding, and of the last layer only what is read.

Rows stand in one line, without padding, and each attends to itself (`packed_rows.py`). A head that reads the first
position needs one row of the last layer's attention and nothing of the other positions after it; with a single query
the keys and values need not be computed either: `q . (K x) = (K' q) . x`, and the values are mixed before they are
projected. Whether a network may be run so is measured: its answer must stay the same.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any

import torch
from torch import Tensor, nn

from reporter.models.batch_invariance import accompany
from reporter.models.hooks import hook
from reporter.models.packed_rows import PackedRows

_LOUD = 16.0

Inputs = Mapping[str, Tensor]
Shortcut = Callable[[Inputs], Any]
"""Makes a context in which a network computes less, for the inputs (rows tokens) that it is about to be given."""


@dataclass(frozen=True)
class Packed:
    """An encoder, the self-attention of its layers, and what follows the last of these: its rows are run packed."""

    encoder: nn.Module
    attentions: Sequence[Any]
    output: nn.Module
    line: type[PackedRows]

    @contextmanager
    def __call__(self, inputs: Inputs) -> Iterator[None]:
        """The encoder takes rows tokens width, computes 1 tokens width, and gives the first positions: rows 1 width."""
        line = self.line(inputs["attention_mask"])
        *earlier, last = self.attentions
        with ExitStack() as stack:
            _before(self.encoder, lambda x: x.flatten(0, 1).index_select(0, line.places).unsqueeze(0), stack)
            for attention in earlier:
                _instead(attention, partial(_attend, attention, line), stack)
            _instead(last, partial(_attend_first, last, line), stack)
            _before(self.output, lambda x: x if len(x) > 1 else x[0, line.firsts].unsqueeze(1), stack)
            yield


def find_shortcuts(model: nn.Module, layers: int, *, line: type[PackedRows]) -> list[Shortcut]:
    """What may be tried on a network of so many layers, the most thorough first."""
    paths = [path for path, _ in model.named_modules() if path.endswith(f"layer.{layers - 1}.attention")]
    outputs = [getattr(model.get_submodule(path), "output", None) for path in paths]
    modules = [output for output in outputs if isinstance(output, nn.Module)]
    packed = _pack(model, paths[0], layers, line) if len(paths) == len(modules) == 1 else None
    return [*([packed] if packed else []), *([partial(_reading, modules)] if modules else [])]


@contextmanager
def _reading(outputs: Sequence[nn.Module], _: Inputs) -> Iterator[None]:
    """What follows the last layer's attention sees the first position only."""
    with ExitStack() as stack:
        for output in outputs:
            _before(output, lambda x: x[:, :1].contiguous(), stack)
        yield


@contextmanager
def amplified(shortcut: Shortcut) -> Iterator[None]:
    """What attention looks at is so large that it picks out single tokens, whatever the weights: no two kinds agree."""
    with ExitStack() as stack:
        if isinstance(shortcut, Packed):
            _before(shortcut.encoder, lambda x: _LOUD * x if x.is_floating_point() and x.dim() == 3 else x, stack)
        yield


def _pack(model: nn.Module, path: str, layers: int, line: type[PackedRows]) -> Packed | None:
    """The encoder that holds the last layer's attention at this path, if all its layers have ordinary attention."""
    above = path.rpartition(f".{layers - 1}.")[0]
    blocks = [model.get_submodule(f"{above}.{layer}.attention") for layer in range(layers)]
    attentions = [getattr(block, "self", None) for block in blocks]
    if not all(map(_is_plain, attentions)):
        return None
    return Packed(model.get_submodule(above.rpartition(".")[0]), attentions, blocks[-1].output, line)  # type: ignore[arg-type]


def _is_plain(attention: Any) -> bool:  # noqa: ANN401
    """Whether it has three projections and nothing else, looks both ways, and works as its class says."""
    parts = dict(attention.named_children()) if isinstance(attention, nn.Module) else {}
    projections = [parts.pop(name, None) for name in ("query", "key", "value")]
    usual = hasattr(attention, "num_attention_heads") and "forward" not in vars(attention)
    both_ways = usual and not getattr(attention, "is_causal", False) and parts.keys() <= {"dropout"}
    return both_ways and all(isinstance(layer, nn.Linear) for layer in projections)


def _attend(attention: Any, line: PackedRows, hidden: Tensor, *_: object, **__: object) -> tuple[Tensor, None]:  # noqa: ANN401
    """What every position gathers from its own row, 1 tokens width, as `hidden` is."""
    layers = (attention.query, attention.key, attention.value)
    heads = (layer(hidden)[0].unflatten(-1, (attention.num_attention_heads, -1)) for layer in layers)
    return line.attend(*heads).flatten(1).unsqueeze(0), None


def _attend_first(attention: Any, line: PackedRows, hidden: Tensor, *_: object, **__: object) -> tuple[Tensor, None]:  # noqa: ANN401
    """What the first position of each row gathers from its row, rows 1 width; of `hidden`, 1 tokens width."""
    heads = attention.num_attention_heads
    key, value = (layer.weight.unflatten(0, (heads, -1)) for layer in (attention.key, attention.value))
    query = attention.query(accompany(hidden[0, line.firsts])).unflatten(-1, (heads, -1)) * key.shape[1] ** -0.5
    folded = torch.einsum("bhd,hdw->bhw", query, key)
    mixed = accompany(line.mix(folded, hidden[0]))
    gathered = torch.einsum("bhw,hdw->bhd", mixed, value).flatten(1)[: len(line.firsts)]
    return (gathered + attention.value.bias).unsqueeze(1), None


def _before(module: nn.Module, change: Callable[[Tensor], Tensor], stack: ExitStack) -> None:
    """Change the tensors that a module is called with, until the stack is left."""
    stack.enter_context(
        hook([module], before=lambda _, given: tuple(change(x) if isinstance(x, Tensor) else x for x in given))
    )


def _instead(module: Any, forward: Callable[..., Any], stack: ExitStack) -> None:  # noqa: ANN401
    """Let a module compute something else, until the stack is left."""
    module.forward = forward
    stack.callback(delattr, module, "forward")
