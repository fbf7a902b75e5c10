"""A checkpoint becomes a frozen network with its tokenizer on a device; nothing else imports transformers."""

import hashlib
import os
from importlib.resources import files
from pathlib import Path
from typing import Any

os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")

import torch
import transformers
from huggingface_hub import snapshot_download
from huggingface_hub.errors import HfHubHTTPError, HFValidationError, LocalEntryNotFoundError
from safetensors import SafetensorError

from reporter.errors import UserError
from reporter.network import Network
from reporter.records import Model

transformers.utils.logging.set_verbosity_error()
transformers.utils.logging.disable_progress_bar()

_FILES = ("*.json", "*.safetensors", "*.txt", "*.model")
_NO_LIMIT = 512


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
