"""Sources of models: a checkpoint's folder, the files of it that may be read, and their hash; nothing is loaded."""

import hashlib
import json
from collections.abc import Mapping
from importlib.resources import files
from pathlib import Path
from typing import Any

from reporter.records import TrustSettings, UserError, hash_file

_FILES = ("*.json", "*.safetensors", "*.txt", "*.model")

Sums = dict[str, tuple[int, int, int, int, str]]
"""For each file its size, its times of change, its number on the disk, and its SHA-256."""


def find_checkpoint(name: str, trust: TrustSettings) -> Path:
    """The folder of the model called `name`; raises `UserError` if there is none, or none that may be fetched."""
    if name == "embedded":
        return Path(str(files("reporter"))) / "embedded"
    if name and Path(name).is_dir():
        return Path(name)
    return _find_in_hub(name, trust)


def list_patterns(trust: TrustSettings) -> list[str]:
    """The files that a model may consist of: data, and pickles or code only where they are trusted."""
    return [*_FILES, *(["*.bin"] if trust.pickle else []), *(["*.py"] if trust.remote_code else [])]


def list_model_files(folder: Path, trust: TrustSettings) -> list[Path]:
    """The files in a folder that a checkpoint may consist of, by name."""
    matches = {path for pattern in list_patterns(trust) for path in folder.glob(pattern)}
    return sorted(path for path in matches if path.is_file())


def read_json_object(path: Path) -> dict[str, Any]:
    """The object in a JSON file; an empty one if it cannot be read (who needs it reports that)."""
    try:
        content = json.loads(path.read_bytes())
    except (OSError, ValueError, RecursionError):
        return {}
    return content if isinstance(content, dict) else {}


def hash_checkpoint(
    folder: Path, trust: TrustSettings, known: Mapping[str, tuple[int, int, int, int, str]] | None = None
) -> Sums:
    """The files of a checkpoint with their hashes; one that was not touched since it was `known` is not read again."""
    sums: Sums = {}
    for path in list_model_files(folder, trust):
        status = path.stat()
        stamp = (status.st_size, status.st_mtime_ns, status.st_ctime_ns, status.st_ino)
        before = (known or {}).get(path.name)
        if before is not None and tuple(before[:4]) == stamp:
            sums[path.name] = (*stamp, before[4])
        else:
            sums[path.name] = (*stamp, hash_file(path))
    return sums


def fingerprint(sums: Sums) -> str:
    """A SHA-256 over the names and contents of a checkpoint's weights, configuration and tokenizer."""
    whole = hashlib.sha256()
    for name in sorted(sums):
        whole.update(name.encode() + b"\0" + bytes.fromhex(sums[name][4]))
    return whole.hexdigest()


def dump_hashes(folder: Path, sums: Sums) -> str:
    """The hashes of a folder's files as a line that `load_hashes` reads."""
    return json.dumps([str(folder.resolve()), sums])


def load_hashes(folder: Path, written: str | None) -> Sums:
    """The hashes that `dump_hashes` wrote, if they are of this folder."""
    place, sums = json.loads(written) if written else ("", {})
    return {name: tuple(facts) for name, facts in sums.items()} if place == str(folder.resolve()) else {}


def _is_whole(folder: Path, trust: TrustSettings) -> bool:
    """Whether the cache holds weights, and code where that is trusted; it may have been filled without."""
    weights = any(folder.glob("*.safetensors")) or (trust.pickle and any(folder.glob("*.bin")))
    return weights and (not trust.remote_code or any(folder.glob("*.py")))


def _find_in_hub(name: str, trust: TrustSettings) -> Path:
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import HfHubHTTPError, HFValidationError, LocalEntryNotFoundError

    missing = UserError(f"There is no model '{name}': neither a folder here nor a Hugging Face id that can be reached.")
    wanted = list_patterns(trust)
    try:
        cached = Path(snapshot_download(name, allow_patterns=wanted, local_files_only=True))
        if trust.offline or _is_whole(cached, trust):
            return cached
    except (LocalEntryNotFoundError, FileNotFoundError):
        pass
    except HFValidationError as error:
        raise missing from error
    if trust.offline:
        raise UserError(
            f"There is no model '{name}' here: neither a folder nor in the cache, and --offline forbids to fetch it."
        )
    try:
        return Path(snapshot_download(name, allow_patterns=wanted, etag_timeout=10))
    except (HfHubHTTPError, LocalEntryNotFoundError, OSError, ValueError) as error:
        raise missing from error
