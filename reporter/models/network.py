"""A frozen network: running it, with its word embeddings read or replaced where it calls their layer."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext, suppress
from copy import deepcopy
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, TypeVar

import torch
from torch import Tensor, nn

from reporter.models.attention_weights import AttentionProbe, find_attention_gap
from reporter.models.batch_invariance import choose_pass_width
from reporter.models.batching import FILLED_ACCELERATED, FILLED_PACKED, share_passes
from reporter.models.hooks import ServedTexts, catch_embeddings, clamp_ids, sees_texts, starts_with_last, substitute
from reporter.models.packed.encoder import Packed, Shortcut, amplify_attention, find_shortcuts
from reporter.models.packed.rows import Blocked, RowByRow
from reporter.models.reader import Reader, tabulate_output
from reporter.models.replicas import Replicas
from reporter.models.special_tokens import find_special_ids, measure_seen, pad_rows
from reporter.records import Model, UserError

Result = TypeVar("Result")

_PROBES = ("A short text, to see what the network does with it.", "Another.")


@dataclass(frozen=True)
class Network:
    """A frozen network in evaluation mode with its tokenizer, device, record (`facts`) and task.

    A replica has an `original`, and takes over what was measured of that.
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
        return tabulate_output(self.task, self.run(inputs, embeddings), inputs)

    def embed(self, inputs: Mapping[str, Tensor]) -> Tensor:
        """The word embeddings as served, rows tokens width; raises `UserError` if the network has no such layer."""
        caught: list[Tensor] = []
        with torch.no_grad(), catch_embeddings(self._layers, self._describe(inputs), caught):
            self.model(**inputs)
        if not caught or caught[0].shape[:2] != inputs["input_ids"].shape:
            raise UserError(f"{self.facts.architecture} has no word-embedding layer whose output could be explained.")
        return caught[0]

    def _describe(self, inputs: Mapping[str, Tensor]) -> ServedTexts:
        """The ids by which calls of the word-embedding layer are recognised."""
        ids = clamp_ids(inputs["input_ids"], self.table) if self._layers else inputs["input_ids"]
        return ServedTexts(ids, measure_seen(inputs).sum(1) - 1, self._starts_with_last)

    def pad(self, rows: list[dict[str, list[int]]]) -> dict[str, Tensor]:
        """Encoded texts as one right-padded batch on the device: name -> rows tokens."""
        return self._pad(rows, self.fit(max(len(row["input_ids"]) for row in rows)))

    def serve(self, row: dict[str, list[int]]) -> dict[str, Tensor]:
        """An encoded text as a batch of one, as a pipeline serves it: name -> 1 tokens."""
        return self._pad([row], self._round_width(len(row["input_ids"])))

    def _pad(self, rows: list[dict[str, list[int]]], width: int) -> dict[str, Tensor]:
        return {name: values.to(self.device) for name, values in pad_rows(rows, width, self.padding).items()}

    def fit(self, length: int) -> int:
        """The padded width of a row of `length` tokens, in any batch."""
        return self._round_width(choose_pass_width(length, limit=self.facts.limit) if self.pads_freely else length)

    def _round_width(self, width: int) -> int:
        """The width rounded up to one that the network accepts."""
        return -(-width // self._stride) * self._stride

    def span(self, length: int) -> int:
        """The tokens that a row of `length` takes in a pass with `embeddings`: no padding where rows are packed."""
        return length if isinstance(self._shortcut, Packed) else self.fit(length)

    @property
    def on_accelerator(self) -> bool:
        """Whether it runs on an accelerator, where few large passes are faster than many small ones."""
        return self.device.type != "cpu"

    @property
    def filled(self) -> float:
        """The least share of a padded batch that is no padding: 1, but less on an accelerator."""
        return FILLED_ACCELERATED if self.on_accelerator and self.pads_freely else 1.0

    def share(
        self, work: Callable[["Network", list[int]], Iterable[Result]], lengths: Sequence[int], *, budget: int
    ) -> list[Result]:
        """The result of `work` for each row of these lengths (tokens), by the replicas; it gets row numbers."""
        widths = [self.span(length) for length in lengths]
        filled = FILLED_PACKED if isinstance(self._shortcut, Packed) and not self.on_accelerator else self.filled
        return share_passes(self.replicas, work, widths, budget=budget, filled=filled)

    @property
    def padding(self) -> dict[str, int]:
        """The padding value of each input by name, 0 for all others; a decoder looks for the configured id."""
        return {"input_ids": self._config.pad_token_id, "token_type_ids": self.tokenizer.pad_token_type_id}

    @property
    def _config(self) -> Any:  # noqa: ANN401
        """The configuration of the part that reads text."""
        return self.model.config.get_text_config()

    @cached_property
    def special_ids(self) -> Tensor:
        """The ids of all special tokens, padding included."""
        return torch.tensor(find_special_ids(self._config, self.tokenizer), device=self.device)

    @property
    def _stride(self) -> int:
        """The number of tokens of which a batch's width must be a multiple (Longformer's attention window)."""
        windows = getattr(self.model.config, "attention_window", None) or 1
        return int(max(windows) if isinstance(windows, list) else windows)

    @cached_property
    def exact(self) -> "Network":
        """The same network in float64, to measure by how much float32 is off (on the processor, if need be)."""
        place = torch.device("cpu") if self.device.type == "mps" else self.device
        return self._replica(deepcopy(self.model).to(place).double(), place)

    @cached_property
    def replicas(self) -> "Replicas[Network]":
        """The network and copies of it that share its weights: on a processor one for each core."""
        shared = {id(tensor): tensor for tensor in (*self.model.parameters(), *self.model.buffers())}
        others = 0 if self.on_accelerator else torch.get_num_threads() - 1
        copies = (deepcopy(self.model, dict(shared)) for _ in range(others))
        return Replicas([self, *(self._replica(copy, self.device) for copy in copies)])

    def _replica(self, model: Any, device: torch.device) -> "Network":  # noqa: ANN401
        """A replica; what it takes over is measured first."""
        _ = self.pads_freely, self._starts_with_last
        return replace(self, model=model, device=device, original=self)

    @contextmanager
    def eager(self) -> Iterator[None]:
        """Switch to eager attention, which returns its weights, and back afterwards."""
        usual = self.model.config._attn_implementation
        self.model.set_attn_implementation("eager")
        try:
            yield
        finally:
            self.model.set_attn_implementation(usual)

    @cached_property
    def attention_gap(self) -> str | None:
        """The sentence that says why this network gives no usable attention weights; None if it does."""

        def run_probe() -> AttentionProbe:
            """Run the probe texts with and without attention weights."""
            points, answer = self.embed(self.probe).requires_grad_(), self.answer(self.probe)
            with torch.enable_grad(), self.eager():
                output = self.run(self.probe, points, output_attentions=True, output_hidden_states=True)
            table = tabulate_output(self.task, output, self.probe)
            return AttentionProbe(output, table, points, answer, measure_seen(self.probe))

        return find_attention_gap(self.facts.architecture, run_probe)

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
        """Two short texts of different lengths as a batch, on which properties of the network are measured."""
        rows = [dict(self.tokenizer(text)) for text in _PROBES]
        return self._pad(rows, self._round_width(max(len(row["input_ids"]) for row in rows)))

    @cached_property
    def _starts_with_last(self) -> bool:
        """Whether a decoder's shifted text begins with the text's own last token, and not with a start token."""
        if self.original is not None:
            return self.original._starts_with_last
        if not self.model.config.is_encoder_decoder:
            return False
        ids, lasts = self.probe["input_ids"].clone(), measure_seen(self.probe).sum(1) - 1
        ids[torch.arange(len(ids)), lasts] = ids[~torch.isin(ids, self.special_ids)][0]
        served = ServedTexts(ids, lasts)
        return starts_with_last(lambda: self.model(**{**self.probe, "input_ids": ids}), self._layers, served)

    def reads_beside(self) -> bool:
        """Whether texts are also looked up in other embedding tables, as in a decoder with a table of its own."""
        others = [part for part in self.model.modules() if isinstance(part, nn.Embedding) and part not in self._layers]
        return sees_texts(lambda: self.model(**self.probe), others, self._describe(self.probe))

    @cached_property
    def _shortcut(self) -> Shortcut:
        """The shortcut for passes of which only the answer is wanted; none where the answers would change."""
        shortcuts = find_shortcuts(self.model, self.facts.layers, packing=Blocked if self.on_accelerator else RowByRow)
        with torch.no_grad():
            return next(filter(self._keeps_answers, shortcuts), nullcontext)

    def _keeps_answers(self, shortcut: Shortcut) -> bool:
        """Whether a shortcut leaves answers unchanged, also with amplified attention."""
        inputs = self.probe
        for amplification in (nullcontext(), amplify_attention(shortcut)):
            with suppress(Exception), amplification:
                whole = self.answer(inputs)
                with shortcut(inputs):
                    short = self.answer(inputs)
                if short.shape == whole.shape and short.allclose(whole, rtol=1e-5, atol=1e-5):
                    continue
            return False
        return True

    @cached_property
    def pads_freely(self) -> bool:
        """Whether answers are unchanged when rows of other lengths share the pass."""
        if self.original is not None:
            return self.original.pads_freely
        with torch.no_grad():
            batched = self.answer(self.probe)
            alone = [self.answer(self.serve(dict(self.tokenizer(text))))[0] for text in _PROBES]
        pairs = zip(alone, batched, strict=True)
        return all(answer.allclose(row[: len(answer)], rtol=1e-5, atol=1e-5) for answer, row in pairs)

    @property
    def heads(self) -> int:
        """The number of attention heads in all layers together."""
        return max(1, self.facts.layers * int(getattr(self.model.config, "num_attention_heads", 1)))

    @property
    def table(self) -> Tensor:
        """The word-embedding table, vocabulary width."""
        weight: Tensor = self._layers[0].weight  # type: ignore[assignment]
        return weight
