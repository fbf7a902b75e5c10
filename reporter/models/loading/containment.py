"""Checks that a checkpoint is self-contained: its files lie in its folder and name no pickle, code or outside path."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from reporter.models.loading import source
from reporter.records import TrustSettings, UserError

_WEIGHTS = (".safetensors", ".safetensors.index.json")
_PICKLES = (".bin", ".bin.index.json")
_NAMING = ("_file", "_files", "init_inputs")  # settings of transformers whose values are opened as files


def check_folder(folder: Path, trust: TrustSettings) -> None:
    """Raise `UserError` if a file of the checkpoint leads out of its folder, or names what is not trusted.

    Only links and JSON are looked at: nothing else is opened before this has been asked.
    """
    for path in source.list_model_files(folder, trust):
        if path.is_symlink() and not _is_kept(path.resolve(), folder.resolve()):
            raise UserError(f"{path} is a link that leads out of the model's folder; put the file itself there.")
    _check_weights(folder, trust)
    for name in ("config.json", "tokenizer_config.json"):
        facts = source.read_json_object(folder / name)
        _check_names(folder, name, facts)
        _check_kernels(folder, facts, trust)


def _is_kept(target: Path, folder: Path) -> bool:
    """Whether a file lies in the folder, or where the Hugging Face cache keeps the files of its snapshots."""
    blobs = [folder.parent.parent / "blobs"] if folder.parent.name == "snapshots" else []
    return any(target.is_relative_to(place) for place in (folder, *blobs))


def _check_weights(folder: Path, trust: TrustSettings) -> None:
    """Raise `UserError` unless weights are files of the folder, and safetensors where pickles are not trusted."""
    allowed = (*_WEIGHTS, *(_PICKLES if trust.pickle else ()))
    for index, name in _name_weights(folder):
        if not isinstance(name, str) or Path(name).name != name:
            raise UserError(f"{folder / index} names the weights {name!r}, which is no file of the model's folder.")
        if not name.endswith(allowed):
            raise UserError(
                f"{folder / index} names the weights {name!r}, which are no safetensors and could run code; save "
                "the model as safetensors, or give --allow-pickle if you trust its author."
            )


def _name_weights(folder: Path) -> Iterator[tuple[str, Any]]:
    """Every file of weights that another file of the folder names, with that other file."""
    for path in sorted(folder.glob("*.index.json")):
        listed = source.read_json_object(path).get("weight_map")
        yield from ((path.name, name) for name in (listed.values() if isinstance(listed, dict) else ()))
    explicit = source.read_json_object(folder / "config.json").get("transformers_weights")
    yield from [] if explicit is None else [("config.json", explicit)]


def _check_names(folder: Path, source: str, facts: dict[str, Any]) -> None:
    """Raise `UserError` if a configuration names an existing file outside of the folder."""
    inside = Path(os.path.normpath(folder))
    for name in (name for key, value in facts.items() if key.endswith(_NAMING) for name in _strings(value)):
        path = Path(os.path.normpath(folder / name))
        if inside not in (path, path.parent) and os.path.lexists(path):
            raise UserError(f"{folder / source} names the file {name!r}, which lies outside the model's folder.")


def _check_kernels(folder: Path, facts: dict[str, Any], trust: TrustSettings) -> None:
    """Raise `UserError` if the configuration names a kernel, which is code that would be fetched and run."""
    named = [name for key, value in _entries(facts) if "implementation" in key for name in _strings(value)]
    if not trust.remote_code and (kernels := [name for name in named if "/" in name]):
        raise UserError(f"The model in {folder} asks for the kernel {kernels[0]}, code; see --trust-remote-code.")


def _entries(value: Any) -> Iterator[tuple[str, Any]]:  # noqa: ANN401, whatever JSON holds
    """Every key with its value, at any depth."""
    if isinstance(value, dict):
        for key, inner in value.items():
            yield key, inner
            yield from _entries(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _entries(inner)


def _strings(value: Any) -> Iterator[str]:  # noqa: ANN401
    """Every text in a value, at any depth."""
    if isinstance(value, str):
        yield value
    else:
        for inner in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
            yield from _strings(inner)
