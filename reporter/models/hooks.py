"""Where a text enters a network: the calls of its word-embedding layers, read or replaced as they happen.

An encoder-decoder calls them twice, the second time with the text one place to the right behind a start token. Which
of the text's tokens a call reads is told by the numbers it is given, each time anew.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager, suppress
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

Change = Callable[[Tensor, Tensor], Tensor | None]
"""What a call gives instead, by the numbers it was given (rows tokens) and its output (rows tokens width)."""


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


def substitute(layers: Sequence[nn.Module], served: Served, embeddings: Tensor) -> AbstractContextManager[None]:
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


@contextmanager
def _changing(layers: Sequence[nn.Module], change: Change) -> Iterator[None]:
    """Look at every call of some layers with numbers of tokens; one that goes by tokens and rows is turned for that."""

    def hook(_: nn.Module, given: tuple[Any, ...], named: dict[str, Any], output: Any) -> Tensor | None:  # noqa: ANN401
        ids = next((one for one in (*given, *named.values()) if isinstance(one, Tensor)), None)
        if ids is None or ids.dim() != 2 or ids.is_floating_point() or not isinstance(output, Tensor):
            return None
        found = change(ids, output)
        if found is None:
            turned = change(ids.mT, output.transpose(0, 1))
            found = None if turned is None else turned.transpose(0, 1)
        return found

    with ExitStack() as hooks:
        for layer in layers:
            hooks.enter_context(layer.register_forward_hook(hook, with_kwargs=True))
        yield
