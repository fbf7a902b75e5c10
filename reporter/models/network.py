"""A frozen network: running it, with its word embeddings read or replaced where it calls their layer."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext, suppress
from copy import deepcopy
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, TypeVar

import torch
from torch import Tensor, nn

from reporter.models.attention_weights import Shown, find_attention_gap
from reporter.models.batch_invariance import width_of
from reporter.models.batching import FILLED_DEAR, FILLED_PACKED, share_passes
from reporter.models.hooks import Served, catch_embeddings, read_inside, reads, substitute, wraps
from reporter.models.packed_encoder import Packed, Shortcut, amplified, find_shortcuts
from reporter.models.packed_rows import Blocked, RowByRow
from reporter.models.reader import Reader
from reporter.models.replicas import Replicas
from reporter.models.special_tokens import find_marked, measure_seen, pad_rows
from reporter.records import Model, UserError

Result = TypeVar("Result")

_PROBES = ("A short text, to see what the network does with it.", "Another.")


@dataclass(frozen=True)
class Network:
    """A frozen network in evaluation mode, its tokenizer, its device, what is known of it, and its task.

    A copy has an `original`; what was measured of that is not measured again.
    """

    model: Any
    tokenizer: Any
    device: torch.device
    facts: Model
    task: Reader
    original: "Network | None" = None

    def run(self, inputs: Mapping[str, Tensor], embeddings: Tensor | None = None, **options: bool) -> Any:  # noqa: ANN401
        """The network's output for `inputs`, with `embeddings` (rows tokens width) in place of the word embeddings.

        The substitution happens wherever the network calls its word-embedding layer on the text, so positions, token
        types, masks and whatever follows stay exactly as served, also in networks that refuse `inputs_embeds`.
        """
        if embeddings is None:
            return self.model(**inputs, **options)
        shortcut = nullcontext if options else self._shortcut
        with substitute(self._layers, self._describe(inputs), embeddings), shortcut(inputs):
            return self.model(**inputs, **options)

    def answer(self, inputs: Mapping[str, Tensor], embeddings: Tensor | None = None) -> Tensor:
        """The answer to `inputs`, with `embeddings` in place of the word embeddings: rows positions choices."""
        return self.task.table(self.run(inputs, embeddings))

    def embed(self, inputs: Mapping[str, Tensor]) -> Tensor:
        """The word embeddings as served, rows tokens width; raises `UserError` if the network has no such layer."""
        caught: list[Tensor] = []
        with torch.no_grad(), catch_embeddings(self._layers, self._describe(inputs), caught):
            self.model(**inputs)
        if not caught or caught[0].shape[:2] != inputs["input_ids"].shape:
            raise UserError(f"{self.facts.architecture} has no word-embedding layer whose output could be explained.")
        return caught[0]

    def _describe(self, inputs: Mapping[str, Tensor]) -> Served:
        """What the calls of the word-embedding layer are told apart by."""
        ids = read_inside(inputs["input_ids"], self.table) if self._layers else inputs["input_ids"]
        return Served(ids, measure_seen(inputs).sum(1) - 1, self._wraps)

    def pad(self, rows: list[dict[str, list[int]]]) -> dict[str, Tensor]:
        """Encoded texts as one right-padded batch on the device: name -> rows tokens."""
        return self._pad(rows, self.fit(max(len(row["input_ids"]) for row in rows)))

    def serve(self, row: dict[str, list[int]]) -> dict[str, Tensor]:
        """An encoded text by itself, as it is plainly served: name -> 1 tokens."""
        return self._pad([row], self._stretch(len(row["input_ids"])))

    def _pad(self, rows: list[dict[str, list[int]]], width: int) -> dict[str, Tensor]:
        return {name: values.to(self.device) for name, values in pad_rows(rows, width, self.padding).items()}

    def fit(self, length: int) -> int:
        """The width to which a row of `length` tokens is padded, whatever else is in its batch."""
        return self._stretch(width_of(length, limit=self.facts.limit) if self.pads_freely else length)

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
        return FILLED_DEAR if self.roomy and self.pads_freely else 1.0

    def share(
        self, work: Callable[["Network", list[int]], Iterable[Result]], lengths: Sequence[int], *, budget: int
    ) -> list[Result]:
        """The result of `work` for each row of these lengths (tokens), by the replicas; it gets row numbers."""
        widths = [self.span(length) for length in lengths]
        filled = FILLED_PACKED if isinstance(self._shortcut, Packed) and not self.roomy else self.filled
        return share_passes(self.replicas, work, widths, budget=budget, filled=filled)

    @property
    def padding(self) -> dict[str, int]:
        """What stands in a padded place, by the name of the input; 0 in all others.

        What padding is, is the network's to say: a decoder reads its answer before the first of that number.
        """
        return {"input_ids": self._config.pad_token_id, "token_type_ids": self.tokenizer.pad_token_type_id}

    @property
    def _config(self) -> Any:  # noqa: ANN401
        """The configuration of the part that reads text."""
        return self.model.config.get_text_config()

    @cached_property
    def marked(self) -> Tensor:
        """The ids of tokens that are no words: special tokens, padding, the end of a text."""
        return torch.tensor(find_marked(self._config, self.tokenizer), device=self.device)

    @property
    def _stride(self) -> int:
        """What the width of a batch must be a multiple of."""
        windows = getattr(self.model.config, "attention_window", None) or 1
        return int(max(windows) if isinstance(windows, list) else windows)

    @cached_property
    def exact(self) -> "Network":
        """The same network in float64, to measure by how much float32 is off (on the processor, if need be)."""
        place = torch.device("cpu") if self.device.type == "mps" else self.device
        return self._copy(deepcopy(self.model).to(place).double(), place)

    @cached_property
    def replicas(self) -> "Replicas[Network]":
        """The network and copies of it that share its weights: on a processor one for each core."""
        shared = {id(tensor): tensor for tensor in (*self.model.parameters(), *self.model.buffers())}
        others = 0 if self.roomy else torch.get_num_threads() - 1
        return Replicas([self, *(self._copy(deepcopy(self.model, dict(shared)), self.device) for _ in range(others))])

    def _copy(self, model: Any, device: torch.device) -> "Network":  # noqa: ANN401
        """The same network as another object, once it is known what need not be measured there."""
        _ = self.pads_freely, self._wraps
        return replace(self, model=model, device=device, original=self)

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

        def show() -> Shown:
            points = self.embed(self.probe).requires_grad_()
            usual = self.answer(self.probe)
            with torch.enable_grad(), self.eager():
                output = self.run(self.probe, points, output_attentions=True, output_hidden_states=True)
            return Shown(output, self.task.table(output), points, usual, measure_seen(self.probe))

        return find_attention_gap(self.facts.architecture, show)

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
        rows = [dict(self.tokenizer(text)) for text in _PROBES]
        return self._pad(rows, self._stretch(max(len(row["input_ids"]) for row in rows)))

    @cached_property
    def _wraps(self) -> bool:
        """Whether a decoder reads the text's last token before the text, as some do, and not a start token."""
        if self.original is not None:
            return self.original._wraps
        if not self.model.config.is_encoder_decoder:
            return False
        ids, lasts = self.probe["input_ids"].clone(), measure_seen(self.probe).sum(1) - 1
        ids[torch.arange(len(ids)), lasts] = ids[~torch.isin(ids, self.marked)][0]
        return wraps(lambda: self.model(**{**self.probe, "input_ids": ids}), self._layers, Served(ids, lasts))

    def reads_beside(self) -> bool:
        """Whether other tables than its word embeddings read texts as well, as where a decoder has one of its own."""
        others = [part for part in self.model.modules() if isinstance(part, nn.Embedding) and part not in self._layers]
        return reads(lambda: self.model(**self.probe), others, self._describe(self.probe))

    @cached_property
    def _shortcut(self) -> Shortcut:
        """How the network may be run where only its answer is wanted: with less to compute, if that is the same."""
        shortcuts = find_shortcuts(self.model, self.facts.layers, line=Blocked if self.roomy else RowByRow)
        with torch.no_grad():
            return next(filter(self._agrees, shortcuts), nullcontext)

    def _agrees(self, shortcut: Shortcut) -> bool:
        """Whether answers stay what they are by a shortcut, also where all hangs on where attention goes."""
        inputs = self.probe
        for loud in (nullcontext(), amplified(shortcut)):
            with suppress(Exception), loud:
                whole = self.answer(inputs)
                with shortcut(inputs):
                    short = self.answer(inputs)
                if short.shape == whole.shape and short.allclose(whole, rtol=1e-5, atol=1e-5):
                    continue
            return False
        return True

    @cached_property
    def pads_freely(self) -> bool:
        """Whether its answers stay what they are if rows of other lengths share the pass."""
        if self.original is not None:
            return self.original.pads_freely
        with torch.no_grad():
            both = self.answer(self.probe)
            alone = [self.answer(self.serve(dict(self.tokenizer(text))))[0] for text in _PROBES]
        pairs = zip(alone, both, strict=True)
        return all(answer.allclose(row[: len(answer)], rtol=1e-5, atol=1e-5) for answer, row in pairs)

    @property
    def heads(self) -> int:
        """How many attention heads there are in all layers together."""
        return max(1, self.facts.layers * int(getattr(self.model.config, "num_attention_heads", 1)))

    @property
    def table(self) -> Tensor:
        """The word-embedding table, vocabulary width."""
        weight: Tensor = self._layers[0].weight  # type: ignore[assignment]
        return weight
