"""A frozen network: running it, with its word embeddings read or replaced where it calls their layer."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext, suppress
from copy import deepcopy
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, TypeVar

import torch
from torch import Tensor, nn
from torch.utils.hooks import RemovableHandle

from reporter.batches import share_passes
from reporter.crew import Crew
from reporter.errors import UserError
from reporter.lines import Apart, Beside
from reporter.readout import Packed, Shortcut, find_shortcuts
from reporter.records import Model
from reporter.steady import width_of

Result = TypeVar("Result")

_PROBES = ("A short text, to see what the network does with it.", "Another.")
_PACKED, _ROOMY = 0.5, 0.15  # how much of a pass must be rows where they are packed, and where passes are dear


@dataclass(frozen=True)
class Network:
    """A frozen network in evaluation mode, its tokenizer, its device and what is known of it."""

    model: Any
    tokenizer: Any
    device: torch.device
    facts: Model

    def run(self, inputs: Mapping[str, Tensor], embeddings: Tensor | None = None, **options: bool) -> Any:  # noqa: ANN401
        """The network's output for `inputs`, with `embeddings` (rows tokens width) in place of the word embeddings.

        The substitution happens where the network calls its word-embedding layer, so positions, token types, masks and
        whatever follows stay exactly as served, also in networks that refuse `inputs_embeds`.
        """
        if embeddings is None:
            return self.model(**inputs, **options)
        shortcut = nullcontext if options else self._shortcut
        with _substituting(self._layers, embeddings), shortcut(inputs):
            return self.model(**inputs, **options)

    def embed(self, inputs: Mapping[str, Tensor]) -> Tensor:
        """The word embeddings as served, rows tokens width; raises `UserError` if the network has no such layer."""
        caught: list[Tensor] = []
        with torch.no_grad(), _catching(self._layers, caught):
            self.model(**inputs)
        if not caught or caught[0].shape[:2] != inputs["input_ids"].shape:
            raise UserError(f"{self.facts.architecture} has no word-embedding layer whose output could be explained.")
        return caught[0]

    def pad(self, rows: list[dict[str, list[int]]]) -> dict[str, Tensor]:
        """Encoded texts as one right-padded batch on the device: name -> rows tokens."""
        return self._pad(rows, self.fit(max(len(row["input_ids"]) for row in rows)))

    def serve(self, row: dict[str, list[int]]) -> dict[str, Tensor]:
        """An encoded text by itself, as it is plainly served: name -> 1 tokens."""
        return self._pad([row], self._stretch(len(row["input_ids"])))

    def _pad(self, rows: list[dict[str, list[int]]], width: int) -> dict[str, Tensor]:
        padded = self.tokenizer.pad(rows, padding="max_length", max_length=width, padding_side="right")
        return {name: torch.tensor(values, device=self.device) for name, values in padded.items()}

    def fit(self, length: int) -> int:
        """The width to which a row of `length` tokens is padded, whatever else is in its batch."""
        return self._stretch(width_of(length, limit=self.facts.limit))

    def _stretch(self, width: int) -> int:
        """The next width that the network takes."""
        return -(-width // self._stride) * self._stride

    def span(self, length: int) -> int:
        """What a row of `length` tokens takes of a pass with `embeddings`."""
        return length if isinstance(self._shortcut, Packed) else self.fit(length)

    @property
    def roomy(self) -> bool:
        """Whether a pass takes nearly as long for little as for much, so that few passes are wanted, as on a GPU."""
        return self.device.type != "cpu"

    @property
    def filled(self) -> float:
        """How much of a pass of padded rows must be rows, as a share: all, but where passes are dear."""
        return _ROOMY if self.roomy else 1.0

    def share(
        self, work: Callable[["Network", list[int]], Iterable[Result]], lengths: Sequence[int], *, budget: int
    ) -> list[Result]:
        """What `work` makes of each of some rows of so many tokens, in passes by the crew; it gets their numbers."""
        widths = [self.span(length) for length in lengths]
        filled = _PACKED if isinstance(self._shortcut, Packed) and not self.roomy else self.filled
        return share_passes(self.crew, work, widths, budget=budget, filled=filled)

    @property
    def padding(self) -> dict[str, int]:
        """What stands in a padded place, by the name of the input; 0 in all others."""
        return {"input_ids": self.tokenizer.pad_token_id, "token_type_ids": self.tokenizer.pad_token_type_id}

    @property
    def _stride(self) -> int:
        """What the width of a batch must be a multiple of."""
        windows = getattr(self.model.config, "attention_window", None) or 1
        return int(max(windows) if isinstance(windows, list) else windows)

    @cached_property
    def exact(self) -> "Network":
        """The same network in float64, to measure by how much float32 is off (on the processor, if need be)."""
        place = torch.device("cpu") if self.device.type == "mps" else self.device
        return replace(self, model=deepcopy(self.model).to(place).double(), device=place)

    @cached_property
    def crew(self) -> "Crew[Network]":
        """The network and copies of it that share its weights: on a processor one for each core."""
        shared = {id(one): one for one in (*self.model.parameters(), *self.model.buffers())}
        others = 0 if self.roomy else torch.get_num_threads() - 1
        return Crew([self, *(replace(self, model=deepcopy(self.model, dict(shared))) for _ in range(others))])

    @contextmanager
    def eager(self) -> Iterator[None]:
        """Attention that returns its weights, and afterwards again the kind that was there before."""
        usual = self.model.config._attn_implementation
        self.model.set_attn_implementation("eager")
        try:
            yield
        finally:
            self.model.set_attn_implementation(usual)

    @cached_property
    def attention_gap(self) -> str | None:
        """Why this network shows no self-attention towards its answer, or None if it does."""
        if self.model.config.is_encoder_decoder:
            return (
                f"{self.facts.architecture} reads its answer from a decoder, so its self-attention does not lead there."
            )
        inputs = self.pad([dict(self.tokenizer("a"))])
        try:
            with torch.no_grad(), self.eager():
                shown = self.model(**inputs, output_attentions=True).attentions
        except (ImportError, ValueError) as error:
            return f"{self.facts.architecture} cannot show its attention weights: {error}"
        if not shown or shown[0].shape[-2:] != inputs["input_ids"].shape[-1:] * 2:
            return f"{self.facts.architecture} gives no attention weights from every token to every token."
        return None

    @cached_property
    def _layers(self) -> list[nn.Module]:
        """The word-embedding layer and every other layer tied to its weights; the first one called is the input's."""
        try:
            weight = self.model.get_input_embeddings().weight
        except (NotImplementedError, AttributeError):
            return []
        return [layer for layer in self.model.modules() if getattr(layer, "weight", None) is weight]

    @cached_property
    def probe(self) -> dict[str, Tensor]:
        """Two short texts of different lengths as a batch, to see what the network does with them."""
        return self.pad([dict(self.tokenizer(text)) for text in _PROBES])

    @cached_property
    def _shortcut(self) -> Shortcut:
        """How the network may be run where only its answer is wanted: with less to compute, if that is the same."""
        shortcuts = find_shortcuts(self.model, self.facts.layers, line=Beside if self.roomy else Apart)
        if not shortcuts:
            return nullcontext
        inputs = self.probe
        with torch.no_grad():
            whole = self.model(**inputs).logits
            for shortcut in shortcuts:
                with suppress(RuntimeError, IndexError, TypeError, KeyError), shortcut(inputs):
                    short = self.model(**inputs).logits
                    if short.shape == whole.shape and short.allclose(whole, rtol=1e-5, atol=1e-5):
                        return shortcut
        return nullcontext

    @cached_property
    def pads_freely(self) -> bool:
        """Whether its answers stay what they are if rows of other lengths share the pass."""
        with torch.no_grad():
            both = self.model(**self.probe).logits
            alone = [self.model(**self.serve(dict(self.tokenizer(text)))).logits[0] for text in _PROBES]
        return all(one.allclose(row[: len(one)], rtol=1e-5, atol=1e-5) for one, row in zip(alone, both, strict=True))

    @cached_property
    def rereads(self) -> bool:
        """Whether it looks at the numbers of its tokens again, beside their embeddings and where padding is."""
        inputs = self.probe
        ids = inputs["input_ids"].clone()
        ordinary = ~torch.isin(ids, torch.tensor(self.tokenizer.all_special_ids, device=self.device))
        ids[ordinary] = ids[ordinary].flip(0)
        points = self.embed(inputs)
        with torch.no_grad():
            logits, others = (self.run(one, points).logits for one in (inputs, {**inputs, "input_ids": ids}))
        return not torch.equal(logits, others)

    @property
    def heads(self) -> int:
        """How many attention heads there are in all layers together."""
        return max(1, self.facts.layers * int(getattr(self.model.config, "num_attention_heads", 1)))

    @property
    def problem(self) -> str | None:
        """What the configuration says the logits are: regression, multi_label_classification, or nothing special."""
        said: str | None = self.model.config.problem_type
        return said

    @property
    def table(self) -> Tensor:
        """The word-embedding table, pieces width."""
        weight: Tensor = self._layers[0].weight  # type: ignore[assignment]
        return weight


def _substituting(layers: list[nn.Module], embeddings: Tensor) -> AbstractContextManager[None]:
    """Let the first of these layers that is called give the embeddings instead of its own output."""
    pending = [embeddings]
    return _holding([one.register_forward_hook(lambda *_: pending.pop() if pending else None) for one in layers])


class _Caught(Exception):
    """What was wanted of a network is there, so the rest of it need not run."""


@contextmanager
def _catching(layers: list[nn.Module], caught: list[Tensor]) -> Iterator[None]:
    """Take what the first of these layers that is called gives, and leave the network there."""

    def catch(_module: nn.Module, _inputs: Any, output: Tensor) -> None:  # noqa: ANN401
        caught.append(output)
        raise _Caught

    with suppress(_Caught), _holding([one.register_forward_hook(catch) for one in layers]):
        yield


@contextmanager
def _holding(hooks: list[RemovableHandle]) -> Iterator[None]:
    """Take the hooks off again, whatever happens."""
    try:
        yield
    finally:
        for hook in hooks:
            hook.remove()
