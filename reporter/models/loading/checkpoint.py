"""A checkpoint becomes a frozen network with its tokenizer on a device; nothing else imports transformers."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")

import torch
import transformers
from torch import Tensor, nn

from reporter.models.batch_invariance import make_batch_invariant
from reporter.models.hooks import clamp_ids, hook
from reporter.models.loading import source
from reporter.models.loading.containment import check_folder
from reporter.models.loading.readiness import check_ready, explain_mismatch, explain_tokenizer
from reporter.models.network import Network
from reporter.models.reader import Reader
from reporter.records import DATA, Model, TrustSettings, UserError, quote_error

transformers.utils.logging.set_verbosity_error()
transformers.utils.logging.disable_progress_bar()

_NO_LIMIT = 512
_UNLIMITED = 1_000_000  # as tokenizers and configurations write it: as many tokens, none, or -1
_NO_TOKEN = -1


def load_network(name: str, *, task: Reader, device: str, trust: TrustSettings = DATA) -> Network:
    """The network called `name` with the head of a task.

    Raises `UserError` if there is no such model, if it is not whole, or if it was not trained for this task.
    """
    folder = source.find_checkpoint(name, trust)
    check_folder(folder, trust)
    place = choose_device(device)
    check_ready(folder)
    task.inspect(folder, source.read_json_object(folder / "config.json"))
    model, unused = _read_model(folder, task.head, trust)
    tokenizer = _read_tokenizer(folder, model, trust)
    with _wrapping_errors(f"The model in {folder} cannot be used"):
        task = task.settle(model.config, tokenizer)
        facts = _describe(name, model, tokenizer, fingerprint=source.fingerprint(source.hash_checkpoint(folder, trust)))
        facts = replace(facts, labels=task.labels, unused=unused)
        _tie_embeddings(model)
        _settle_padding(model)
        if place.type == "cpu":
            make_batch_invariant(model)
        return Network(model.eval().requires_grad_(False).to(place), tokenizer, place, facts, task)


def choose_device(name: str) -> torch.device:
    """The device called `name`, or for `auto` the best there is; raises `UserError` if it is not there."""
    is_available = {"cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available(), "cpu": True}
    if name == "auto":
        return torch.device(next(kind for kind, present in is_available.items() if present))
    if name not in is_available:
        raise UserError(f"There is no device '{name}'; choose auto, cpu, cuda or mps.")
    if not is_available[name]:
        raise UserError(f"This machine has no {name} device that torch can use; choose --device auto or cpu.")
    return torch.device(name)


def _read_model(folder: Path, head: str, trust: TrustSettings) -> tuple[Any, tuple[str, ...]]:
    """The network, and the names of the weights in its files that it has no use for."""
    _check_weights(folder, trust)
    torch.manual_seed(0)  # what a head that was never trained begins with
    with _wrapping_errors(f"The model in {folder} cannot be read as {head}"):
        model, report = getattr(transformers, head).from_pretrained(
            folder,
            output_loading_info=True,
            local_files_only=True,
            ignore_mismatched_sizes=True,
            use_safetensors=None if trust.pickle else True,
            trust_remote_code=trust.remote_code,
            dtype=torch.float32,
        )
        gaps, mismatched = sorted(report["missing_keys"]), sorted(report["mismatched_keys"])
        saved = list(map(str, model.config.architectures or [type(model).__name__]))
    if mismatched:
        raise UserError(explain_mismatch(folder, model.config.num_labels, mismatched))
    _check_finite(folder, model)
    if gaps and not trust.untrained_head:
        raise UserError(
            f"The model in {folder} was not trained for {head}: saved as {', '.join(saved)}, it has no "
            f"{', '.join(gaps[:4])}, and these would be made up; train it for its task first, choose another --task or "
            "model, or give --allow-untrained-head."
        )
    if type(model).__name__ not in saved and not trust.untrained_head:
        raise UserError(f"The model in {folder} was not trained for {head}: it was saved as {', '.join(saved)}.")
    return model, tuple(sorted(key for key in report["unexpected_keys"] if not key.endswith("position_ids")))


def _check_weights(folder: Path, trust: TrustSettings) -> None:
    """Raise `UserError` if the weights are a pickle only, which could run code as it is read."""
    pickles = sorted(path.name for path in folder.glob("*.bin"))
    if pickles and not trust.pickle and not any(folder.glob("*.safetensors")):
        raise UserError(
            f"The model in {folder} cannot be read: its weights are a pickle ({pickles[0]}), which could run code; "
            "save it as safetensors, or give --allow-pickle if you trust its author."
        )


def _check_finite(folder: Path, model: Any) -> None:  # noqa: ANN401
    for name, weight in model.named_parameters():
        if not torch.isfinite(weight).all():
            raise UserError(f"The model in {folder} is broken: its weight {name} holds values that are not finite.")


@contextmanager
def _wrapping_errors(sentence: str) -> Iterator[None]:
    """Turn any exception while files from outside are read into a `UserError` of one sentence.

    A broken configuration can make a library raise any exception, panics of Rust included.
    """
    try:
        yield
    except (UserError, KeyboardInterrupt, SystemExit):
        raise
    except BaseException as error:
        reason = f"see whether transformers reads it by itself. It says: {quote_error(error)}."
        if "trust_remote_code" in str(error):
            reason = "it brings code of its own; give --trust-remote-code if you trust its author."
        raise UserError(f"{sentence}; {reason}") from error


def _read_tokenizer(folder: Path, model: Any, trust: TrustSettings) -> Any:  # noqa: ANN401
    problem = explain_tokenizer(folder)
    if problem:
        raise UserError(problem)
    with _wrapping_errors(f"There is no tokenizer in {folder} that can be read; it needs a tokenizer.json"):
        tokenizer = transformers.AutoTokenizer.from_pretrained(
            folder, local_files_only=True, trust_remote_code=trust.remote_code
        )
    if not tokenizer.is_fast:
        raise UserError(
            f"The tokenizer in {folder} tells no character offsets; salience-report needs a fast tokenizer."
        )
    rows = _count_rows(folder, model)
    with _wrapping_errors(f"The tokenizer in {folder} cannot read 'A short text.'"):
        size = len(tokenizer)
        largest = max(tokenizer.get_vocab().values(), default=0)
        tokenizer("A short text.", return_offsets_mapping=True)
    if size < 16 or max(size, largest + 1) > rows:
        raise UserError(
            f"The tokenizer in {folder} has {size} pieces (the last is number {largest}), the network's table {rows} "
            "rows; take the tokenizer that this network was trained with."
        )
    return tokenizer


def _count_rows(folder: Path, model: Any) -> int:  # noqa: ANN401
    """How many pieces the network has word embeddings for; raises `UserError` if it keeps no such table."""
    try:
        return int(model.get_input_embeddings().weight.shape[0])
    except Exception as error:  # a network from outside may raise any
        raise UserError(
            f"{type(model).__name__} in {folder} keeps no table of word embeddings, by which texts are explained; "
            "choose a model that does."
        ) from error


def _tie_embeddings(model: Any) -> None:  # noqa: ANN401
    """Make word-embedding layers with equal weights share one tensor, by which they are recognised as tied."""
    table = model.get_input_embeddings().weight
    for layer in model.modules():
        if isinstance(layer, nn.Embedding) and layer.weight is not table and torch.equal(layer.weight, table):
            layer.weight = table


def _settle_padding(model: Any) -> None:  # noqa: ANN401
    """Set the padding id of a network without one to -1, so that it takes rows of several lengths.

    Without a padding id, a decoder's head takes one text at a time.
    """
    config = model.config.get_text_config()
    table: Tensor = model.get_input_embeddings().weight
    if config.pad_token_id is None:
        config.pad_token_id = _NO_TOKEN
    if not 0 <= config.pad_token_id < len(table):
        layers = (layer for layer in model.modules() if getattr(layer, "weight", None) is table)
        hook(layers, before=lambda _, given: tuple(clamp_ids(argument, table) for argument in given))


def _describe(name: str, model: Any, tokenizer: Any, *, fingerprint: str) -> Model:  # noqa: ANN401
    return Model(
        id=name,
        fingerprint=fingerprint,
        architecture=type(model).__name__,
        labels=(),
        tokenizer=type(tokenizer).__name__,
        vocabulary=len(tokenizer),
        parameters=sum(weight.numel() for weight in model.parameters()),
        layers=int(getattr(model.config, "num_hidden_layers", 0)),
        limit=_measure_limit(model, tokenizer),
        unknown=tokenizer.unk_token or "",
    )


def _measure_limit(model: Any, tokenizer: Any) -> int:  # noqa: ANN401
    """The longest input in tokens: what the position table holds, or what the tokenizer says if that is less."""
    layers = (layer for name, layer in model.named_modules() if name.endswith("position_embeddings"))
    offsets = (getattr(layer, "padding_idx", None) for layer in layers)
    reserved = max((offset + 1 for offset in offsets if offset is not None), default=0)
    positions = getattr(model.config.get_text_config(), "max_position_embeddings", None) or 0
    known = (positions - reserved, tokenizer.model_max_length or 0)
    return min((int(limit) for limit in known if 0 < limit < _UNLIMITED), default=_NO_LIMIT)
