"""A checkpoint becomes a frozen network with its tokenizer on a device; nothing else imports transformers."""

import hashlib
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from importlib.resources import files
from pathlib import Path
from typing import Any

os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")

import torch
import transformers
from huggingface_hub import snapshot_download
from huggingface_hub.errors import HfHubHTTPError, HFValidationError, LocalEntryNotFoundError
from safetensors import SafetensorError
from torch import Tensor, nn

from reporter.errors import UserError
from reporter.records import Model

transformers.utils.logging.set_verbosity_error()
transformers.utils.logging.disable_progress_bar()

_FILES = ("*.json", "*.safetensors", "*.txt", "*.model")
_NO_LIMIT = 512


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
        with _substituting(self._layers, embeddings):
            return self.model(**inputs, **options)

    def embed(self, inputs: Mapping[str, Tensor]) -> Tensor:
        """The word embeddings as served, rows tokens width; raises `UserError` if the network has no such layer."""
        caught: list[Tensor] = []
        with torch.no_grad(), _watching(self._layers, caught):
            self.model(**inputs)
        if not caught or caught[0].shape[:2] != inputs["input_ids"].shape:
            raise UserError(f"{self.facts.architecture} has no word-embedding layer whose output could be explained.")
        return caught[0]

    def pad(self, rows: list[dict[str, list[int]]]) -> dict[str, Tensor]:
        """Encoded texts as one right-padded batch on the device: name -> rows tokens."""
        windows = getattr(self.model.config, "attention_window", None)
        multiple = max(windows) if isinstance(windows, list) else windows
        padded = self.tokenizer.pad(rows, padding_side="right", pad_to_multiple_of=multiple, return_tensors="pt")
        return {name: values.to(self.device) for name, values in padded.items()}

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


@contextmanager
def _substituting(layers: list[nn.Module], embeddings: Tensor) -> Iterator[None]:
    pending = [embeddings]
    handles = [layer.register_forward_hook(lambda *_: pending.pop() if pending else None) for layer in layers]
    try:
        yield
    finally:
        for handle in handles:
            handle.remove()


@contextmanager
def _watching(layers: list[nn.Module], caught: list[Tensor]) -> Iterator[None]:
    handles = [layer.register_forward_hook(lambda _m, _i, output: caught.append(output)) for layer in layers]
    try:
        yield
    finally:
        for handle in handles:
            handle.remove()


def load(name: str, *, head: str, device: str) -> Network:
    """The network called `name` with a head of the given transformers class.

    Raises `UserError` if there is no such model, if it is not whole, or if it was not trained for this task.
    """
    folder = _find(name)
    place = choose_device(device)
    model = _read_model(folder, head).eval().requires_grad_(False).to(place)
    tokenizer = _read_tokenizer(folder, model)
    return Network(model, tokenizer, place, _describe(name, folder, model, tokenizer))


def choose_device(name: str) -> torch.device:
    """The device called `name`, or for `auto` the best there is; raises `UserError` if it is not there."""
    there = {"cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available(), "cpu": True}
    if name == "auto":
        return torch.device(next(kind for kind, present in there.items() if present))
    if name not in there:
        raise UserError(f"There is no device '{name}'; choose auto, cpu, cuda or mps.")
    if not there[name]:
        raise UserError(f"This machine has no {name} device that torch can use; choose --device auto or cpu.")
    return torch.device(name)


def _find(name: str) -> Path:
    if name == "embedded":
        return Path(str(files("reporter"))) / "embedded"
    if name and Path(name).is_dir():
        return Path(name)
    missing = UserError(f"There is no model '{name}': neither a folder here nor a Hugging Face id that can be reached.")
    try:
        return Path(snapshot_download(name, allow_patterns=list(_FILES), local_files_only=True))
    except (LocalEntryNotFoundError, FileNotFoundError):
        pass
    except HFValidationError as error:
        raise missing from error
    try:
        return Path(snapshot_download(name, allow_patterns=list(_FILES), etag_timeout=10))
    except (HfHubHTTPError, LocalEntryNotFoundError, OSError, ValueError) as error:
        raise missing from error


def _read_model(folder: Path, head: str) -> Any:  # noqa: ANN401
    kind = getattr(transformers, head)
    options = {"local_files_only": True, "use_safetensors": True, "trust_remote_code": False, "dtype": torch.float32}
    try:
        model, found = kind.from_pretrained(folder, output_loading_info=True, **options)
    except (OSError, ValueError, RuntimeError, SafetensorError, KeyError) as error:
        reason = str(error).strip().splitlines()[0]
        raise UserError(f"The model in {folder} cannot be read as {head}: {reason}") from error
    gaps = sorted(found["missing_keys"]) + sorted(str(key) for key in found["mismatched_keys"])
    if gaps:
        raise UserError(f"The model in {folder} was not trained for {head}: it has no {', '.join(gaps[:4])}.")
    saved = model.config.architectures or [type(model).__name__]
    if type(model).__name__ not in saved:
        raise UserError(f"The model in {folder} was not trained for {head}: it was saved as {', '.join(saved)}.")
    return model


def _read_tokenizer(folder: Path, model: Any) -> Any:  # noqa: ANN401
    try:
        tokenizer = transformers.AutoTokenizer.from_pretrained(folder, local_files_only=True, trust_remote_code=False)
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise UserError(f"There is no tokenizer in {folder} that can be read; it needs a tokenizer.json.") from error
    if not tokenizer.is_fast:
        raise UserError(
            f"The tokenizer in {folder} tells no character offsets; salience-report needs a fast tokenizer."
        )
    if len(tokenizer) < 16 or len(tokenizer) > model.get_input_embeddings().weight.shape[0]:
        pieces = model.get_input_embeddings().weight.shape[0]
        raise UserError(f"The tokenizer in {folder} has {len(tokenizer)} pieces, the network's table {pieces} rows.")
    return tokenizer


def _describe(name: str, folder: Path, model: Any, tokenizer: Any) -> Model:  # noqa: ANN401
    labels = tuple(str(model.config.id2label[index]) for index in range(model.config.num_labels))
    return Model(
        id=name,
        fingerprint=fingerprint(folder),
        architecture=type(model).__name__,
        labels=labels,
        tokenizer=type(tokenizer).__name__,
        vocabulary=len(tokenizer),
        parameters=sum(weight.numel() for weight in model.parameters()),
        layers=int(getattr(model.config, "num_hidden_layers", 0)),
        limit=_measure_limit(model, tokenizer),
    )


def fingerprint(folder: Path) -> str:
    """A SHA-256 over the names and contents of a checkpoint's weights, configuration and tokenizer."""
    whole = hashlib.sha256()
    for path in sorted({path for pattern in _FILES for path in folder.glob(pattern)}):
        whole.update(path.name.encode() + b"\0" + hashlib.sha256(path.read_bytes()).digest())
    return whole.hexdigest()


def _measure_limit(model: Any, tokenizer: Any) -> int:  # noqa: ANN401
    """The longest input in tokens: what the position table holds, or what the tokenizer says if that is less."""
    offsets = (layer.padding_idx for name, layer in model.named_modules() if name.endswith("position_embeddings"))
    reserved = max((offset + 1 for offset in offsets if offset is not None), default=0)
    positions = getattr(model.config, "max_position_embeddings", None)
    known = [positions - reserved] if positions else []
    if tokenizer.model_max_length < 1_000_000:
        known.append(tokenizer.model_max_length)
    return min(known, default=_NO_LIMIT)
