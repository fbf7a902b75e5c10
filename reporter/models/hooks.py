"""Forward hooks: they record or change the calls of a network's modules, above all of its word-embedding layers.

A text enters a network through its word-embedding layers. An encoder-decoder calls them twice, the second time with the
text shifted one place to the right behind a start token. Each call is recognised by the token ids it is given.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn

Change = Callable[[Tensor, Tensor], Tensor | None]
"""Gives the output that replaces a call's, from its ids (rows tokens) and its output (rows tokens width), or None."""

Given = tuple[Any, ...]
Named = dict[str, Any]
Before = Callable[[nn.Module, Given], Given]
"""Gives the arguments that replace those of a module's call."""

After = Callable[[nn.Module, Given, Named, Any], Any]
"""Gives the output that replaces a call's, from its arguments and its output; None for no change."""


class Call(NamedTuple):
    """A call of a module: its arguments and its output."""

    module: nn.Module
    given: Given
    output: Any


def hook(modules: Iterable[nn.Module], *, before: Before | None = None, after: After | None = None) -> ExitStack:
    """Hook every call of some modules, until the returned context is left, or for good if it is not entered.

    Hooks are registered with torch nowhere else.
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
    """A list to which every call of some modules is appended as it happens."""
    calls: list[Call] = []
    with hook(modules, after=lambda module, given, _, output: calls.append(Call(module, given, output))):
        yield calls


@dataclass(frozen=True)
class ServedTexts:
    """The token ids of a batch as a network is given them (`ids`, rows tokens), and the place of each last token.

    `starts_with_last` says that a decoder's shifted text begins with its own last token, and not with a start token.
    """

    ids: Tensor
    lasts: Tensor
    starts_with_last: bool = False

    def matches(self, given: Tensor) -> bool:
        """Whether a call is given the texts unshifted."""
        return given.shape == self.ids.shape and torch.equal(given, self.ids)

    def matches_shifted(self, given: Tensor) -> bool:
        """Whether a call is given the texts shifted one place to the right."""
        return given.shape == self.ids.shape and torch.equal(given[:, 1:], self.ids[:, :-1])

    def shift(self, embeddings: Tensor, output: Tensor) -> Tensor:
        """The texts' embeddings shifted one place to the right; those of the start token are as served (`output`)."""
        rows = torch.arange(len(self.ids), device=self.ids.device)
        first = embeddings[rows, self.lasts].unsqueeze(1) if self.starts_with_last else output[:, :1]
        return torch.cat([first, embeddings[:, :-1]], 1)


def clamp_ids(ids: Tensor, table: Tensor) -> Tensor:
    """Ids that are rows of a table (vocabulary width): any other, such as padding, becomes 0."""
    return ids.where((ids >= 0) & (ids < len(table)), 0)


def substitute(layers: Sequence[nn.Module], served: ServedTexts, embeddings: Tensor) -> ExitStack:
    """Replace the output of these layers with embeddings (rows tokens width), wherever they are called with the texts.

    Each call gets a copy, as some networks scale it in place.
    """

    def replace_output(given: Tensor, output: Tensor) -> Tensor | None:
        """The embeddings for a call with the texts, shifted where the ids are; None for other calls."""
        if served.matches(given):
            return embeddings.clone()
        return served.shift(embeddings, output) if served.matches_shifted(given) else None

    return _hook_calls(layers, replace_output)


class _Caught(Exception):
    """Raised to stop a forward pass once its embeddings have been caught."""


@contextmanager
def catch_embeddings(layers: Sequence[nn.Module], served: ServedTexts, caught: list[Tensor]) -> Iterator[None]:
    """Append the output of the first call with the unshifted texts to `caught`, and stop the forward pass there."""

    def catch_output(given: Tensor, output: Tensor) -> None:
        """Keep the output of a call with the texts, and raise `_Caught`."""
        if served.matches(given):
            caught.append(output)
            raise _Caught

    with suppress(_Caught), _hook_calls(layers, catch_output):
        yield


def starts_with_last(run: Callable[[], object], layers: Sequence[nn.Module], served: ServedTexts) -> bool:
    """Whether a decoder's shifted text begins with the text's own last token.

    `run` runs the network with the ids of `served`, whose last ones are no special tokens.
    """
    calls: list[Tensor] = []
    with torch.no_grad(), suppress(Exception), _hook_calls(layers, lambda given, _: calls.append(given)):
        run()  # it may fail after that, for want of the special token that it looks for
    lasts = served.ids[torch.arange(len(served.ids)), served.lasts]
    return any(served.matches_shifted(given) and torch.equal(given[:, 0], lasts) for given in calls)


def sees_texts(run: Callable[[], object], layers: Sequence[nn.Module], served: ServedTexts) -> bool:
    """Whether any of these layers is called with the texts of `served`, shifted or not."""
    calls: list[Tensor] = []
    with torch.no_grad(), _hook_calls(layers, lambda given, _: calls.append(given)):
        run()
    return any(served.matches(given) or served.matches_shifted(given) for given in calls)


def _hook_calls(layers: Sequence[nn.Module], change: Change) -> ExitStack:
    """Apply `change` to every call of some layers with token ids, also where they are tokens rows, not rows tokens."""

    def on_call(_: nn.Module, given: Given, named: Named, output: Any) -> Tensor | None:  # noqa: ANN401
        """The changed output of a call, None where it is given no token ids or is not to be changed."""
        ids = next((value for value in (*given, *named.values()) if isinstance(value, Tensor)), None)
        if ids is None or ids.dim() != 2 or ids.is_floating_point() or not isinstance(output, Tensor):
            return None
        changed = change(ids, output)
        if changed is None:
            turned = change(ids.mT, output.transpose(0, 1))
            changed = None if turned is None else turned.transpose(0, 1)
        return changed

    return hook(layers, after=on_call)
