"""Calls of a network's modules, looked at or changed as they happen; above all those by which a text enters it.

A text enters where the word-embedding layers are called. An encoder-decoder calls them twice, the second time with the
text one place to the right behind a start token. Which of the text's tokens a call reads is told by the numbers it is
given, each time anew.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn

Change = Callable[[Tensor, Tensor], Tensor | None]
"""What a call gives instead, by the numbers it was given (rows tokens) and its output (rows tokens width)."""

Given = tuple[Any, ...]
Named = dict[str, Any]
Before = Callable[[nn.Module, Given], Given]
"""What a module is called with instead, by what it is called with."""

After = Callable[[nn.Module, Given, Named, Any], Any]
"""What a call gives instead, by what it was given and its output; None for no change."""


class Call(NamedTuple):
    """A call of a module: what it was given and what it gave."""

    module: nn.Module
    given: Given
    output: Any


def hook(modules: Iterable[nn.Module], *, before: Before | None = None, after: After | None = None) -> ExitStack:
    """Change what every call of some modules is given or gives: until the context that this returns is left, or ever.

    It is the one place where hooks are registered with torch.
    """
    hooks = ExitStack()
    for module in modules:
        if before is not None:
            hooks.enter_context(module.register_forward_pre_hook(before))
        if after is not None:
            hooks.enter_context(module.register_forward_hook(after, with_kwargs=True))
    return hooks


@contextmanager
def record_calls(modules: Iterable[nn.Module]) -> Iterator[list[Call]]:
    """Every call of some modules in its order, listed as it happens."""
    calls: list[Call] = []
    with hook(modules, after=lambda module, given, _, output: calls.append(Call(module, given, output))):
        yield calls


@dataclass(frozen=True)
class Served:
    """The numbers of some texts as a network is given them, rows tokens, and the place of each text's last token.

    `wraps` says that where the text stands one place to the right, its last token stands before it, not a start token.
    """

    ids: Tensor
    lasts: Tensor
    wraps: bool = False

    def reads(self, given: Tensor) -> bool:
        """Whether a call reads the texts as they stand."""
        return given.shape == self.ids.shape and torch.equal(given, self.ids)

    def follows(self, given: Tensor) -> bool:
        """Whether a call reads the texts one place to the right."""
        return given.shape == self.ids.shape and torch.equal(given[:, 1:], self.ids[:, :-1])

    def shift(self, embeddings: Tensor, output: Tensor) -> Tensor:
        """The texts' embeddings one place to the right; the start token's are as served (`output`)."""
        rows = torch.arange(len(self.ids), device=self.ids.device)
        first = embeddings[rows, self.lasts].unsqueeze(1) if self.wraps else output[:, :1]
        return torch.cat([first, embeddings[:, :-1]], 1)


def read_inside(ids: Tensor, table: Tensor) -> Tensor:
    """Ids by which to look into a table (pieces width): padding that it has no row for reads the first."""
    return ids.where((ids >= 0) & (ids < len(table)), 0)


def substitute(layers: Sequence[nn.Module], served: Served, embeddings: Tensor) -> ExitStack:
    """Let every call of these layers that reads the texts give these embeddings (rows tokens width) in their place.

    Each gets them anew, as some networks go on to scale what they are given in its place.
    """

    def change(given: Tensor, output: Tensor) -> Tensor | None:
        if served.reads(given):
            return embeddings.clone()
        return served.shift(embeddings, output) if served.follows(given) else None

    return _changing(layers, change)


class _Caught(Exception):
    """What was wanted of a network is there, so the rest of it need not run."""


@contextmanager
def catch_embeddings(layers: Sequence[nn.Module], served: Served, caught: list[Tensor]) -> Iterator[None]:
    """Take what the first call that reads the texts as they stand gives, and leave the network there."""

    def change(given: Tensor, output: Tensor) -> None:
        if served.reads(given):
            caught.append(output)
            raise _Caught

    with suppress(_Caught), _changing(layers, change):
        yield


def wraps(run: Callable[[], object], layers: Sequence[nn.Module], served: Served) -> bool:
    """Whether a network has a text's last token stand before it where it reads the text one place to the right.

    `run` runs it with the ids that are `served`, whose last ones are no special tokens.
    """
    calls: list[Tensor] = []
    with torch.no_grad(), suppress(Exception), _changing(layers, lambda given, _: calls.append(given)):
        run()  # it may fail after that, for want of the special token that it looks for
    lasts = served.ids[torch.arange(len(served.ids)), served.lasts]
    return any(served.follows(given) and torch.equal(given[:, 0], lasts) for given in calls)


def reads(run: Callable[[], object], layers: Sequence[nn.Module], served: Served) -> bool:
    """Whether any of these layers is called with the texts that are `served`, as they stand or one place on."""
    calls: list[Tensor] = []
    with torch.no_grad(), _changing(layers, lambda given, _: calls.append(given)):
        run()
    return any(served.reads(given) or served.follows(given) for given in calls)


def _changing(layers: Sequence[nn.Module], change: Change) -> ExitStack:
    """Look at every call of some layers with numbers of tokens; one that goes by tokens and rows is turned for that."""

    def look(_: nn.Module, given: Given, named: Named, output: Any) -> Tensor | None:  # noqa: ANN401
        ids = next((value for value in (*given, *named.values()) if isinstance(value, Tensor)), None)
        if ids is None or ids.dim() != 2 or ids.is_floating_point() or not isinstance(output, Tensor):
            return None
        changed = change(ids, output)
        if changed is None:
            turned = change(ids.mT, output.transpose(0, 1))
            changed = None if turned is None else turned.transpose(0, 1)
        return changed

    return hook(layers, after=look)
