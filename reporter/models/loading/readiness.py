"""Model folders that need a step before they can be explained (merging, converting ...), and a sentence on which."""

import re
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from reporter.models.loading import source
from reporter.records import UserError

_OTHERS = {
    "*.h5": "TensorFlow",
    "*.msgpack": "Flax",
    "*.gguf": "GGUF",
    "*.onnx": "ONNX",
    "onnx/*.onnx": "ONNX",
    "*.ckpt.index": "TensorFlow",
    "*.ckpt": "PyTorch Lightning",
    "*.mlmodel": "Core ML",
}
_HEADS = {"TOKEN_CLS": "TokenClassification"}  # of adapters, by their task; others are of sequence classifiers
_PIECES = (
    "spm.model", "spiece.model", "sentencepiece.bpe.model", "sentencepiece.model", "tokenizer.model", "source.spm",
)  # fmt: skip
_ENOUGH = ("tokenizer.json", "vocab.txt", "vocab.json")  # what a tokenizer is read from without them
_WEIGHTS = ("*.safetensors", "*.bin", "*.pt", "*.pth")
_SHOWN = 5


def check_ready(folder: Path) -> None:
    """Raise `UserError` if the folder holds an adapter, a training's checkpoints, a sentence encoder or no weights."""
    if (folder / "adapter_config.json").is_file():
        raise UserError(_explain_adapter(folder))
    if not (folder / "config.json").is_file():
        raise UserError(_explain_missing(folder))
    config = source.read_json_object(folder / "config.json")
    if (folder / "modules.json").is_file() and not _names_head(config):
        raise UserError(
            f"The model in {folder} is a sentence-transformers encoder (modules.json): it gives a vector and no label, "
            "so there is nothing to explain; name the folder of a classifier that was trained and saved as one."
        )
    if not any(True for pattern in _WEIGHTS for _ in folder.glob(pattern)):
        raise UserError(_explain_weights(folder))


def explain_tokenizer(folder: Path) -> str | None:
    """Which packages the tokenizer in a folder cannot be read without and that are not installed; None for none."""
    models = [name for name in _PIECES if (folder / name).is_file()]
    packages = {"sentencepiece": "sentencepiece", "protobuf": "google.protobuf"}
    missing = [package for package, module in packages.items() if not _is_installed(module)]
    if not models or not missing or any((folder / name).is_file() for name in _ENOUGH):
        return None
    return (
        f"The tokenizer in {folder} is a SentencePiece model ({models[0]}) without a tokenizer.json, and to read it "
        f"takes packages that are not installed: pip install {' '.join(packages)}"
    )


def explain_mismatch(folder: Path, labels: int, mismatched: list[tuple[str, Any, Any]]) -> str:
    """What to do about weights (name, shape in the file, shape by the configuration) of another shape."""
    name, saved, wanted = mismatched[0]
    if wanted[0] == labels and saved[0] != wanted[0] and saved[1:] == wanted[1:]:
        return (
            f"The model in {folder} answers {saved[0]} labels ({name} in its weights), and its config.json names "
            f"{labels} in id2label; give each answer its name there, 0 to {saved[0] - 1}, in the order of training."
        )
    more = f", and {len(mismatched) - 1} more" if len(mismatched) > 1 else ""
    return (
        f"The model in {folder} does not fit its config.json: {name} is {_name_shape(saved)} in the weights and "
        f"{_name_shape(wanted)} by the configuration{more}; take the config.json that the weights were saved with."
    )


def _explain_adapter(folder: Path) -> str:
    adapter = source.read_json_object(folder / "adapter_config.json")
    kind, over = str(adapter.get("peft_type", "PEFT")), adapter.get("base_model_name_or_path")
    head = _HEADS.get(str(adapter.get("task_type")), "SequenceClassification")
    whole = (folder / "model.safetensors").is_file()
    return (
        f"The model in {folder} is an adapter ({kind}) over the base model {over or 'that it does not name'}, not a "
        f"whole model; merge them once in Python: peft.AutoPeftModelFor{head}.from_pretrained"
        f'("{folder}").merge_and_unload().save_pretrained("merged"), save the tokenizer there too, and give '
        f"--model merged{'; if it is merged already, take adapter_config.json out' if whole else ''}."
    )


def _explain_missing(folder: Path) -> str:
    """What to name instead of a folder without a configuration."""
    within = [path.parent.relative_to(folder) for path in folder.glob("*/config.json")]
    if not within:
        other = _find_others(folder)
        seen = f"; it holds {other}" if other else ""
        return (
            f"There is no model in {folder}: it has no config.json{seen}. Name a folder that save_pretrained has "
            "written, with config.json, model.safetensors and the tokenizer."
        )
    names = [str(path) for path in sorted(within, key=lambda path: [int(n) for n in re.findall(r"\d+", path.name)])]
    listed = ", ".join(names[-_SHOWN:]) + (f" and {len(names) - _SHOWN} before them" if len(names) > _SHOWN else "")
    best = _find_best(folder / names[-1])
    chosen = best if best in names else names[-1]
    which = "the best one by trainer_state.json" if best in names else "the last one"
    return (
        f"There is no model in {folder} itself, but in its sub-folders ({listed}), as a training leaves them; name one "
        f"of them: --model {folder / chosen} is {which}."
    )


def _find_best(checkpoint: Path) -> str | None:
    """The folder that a Trainer calls its best, by name."""
    best = source.read_json_object(checkpoint / "trainer_state.json").get("best_model_checkpoint")
    return re.split(r"[\\/]", best.rstrip("\\/"))[-1] if isinstance(best, str) else None


def _explain_weights(folder: Path) -> str:
    other = _find_others(folder)
    if other is None:
        return f"There are no weights in {folder}: no model.safetensors; save the model there with save_pretrained."
    return (
        f"The model in {folder} holds {other} alone, which cannot be read here; salience-report needs the PyTorch "
        "model that it was made from, or made into, saved with save_pretrained as model.safetensors."
    )


def _find_others(folder: Path) -> str | None:
    """The first file of weights that are made for another library."""
    others = [(path, kind) for pattern, kind in _OTHERS.items() for path in sorted(folder.glob(pattern))]
    return f"weights for {others[0][1]} ({others[0][0].relative_to(folder)})" if others else None


def _names_head(config: dict[str, Any]) -> bool:
    return any("Classification" in str(name) for name in config.get("architectures") or [])


def _is_installed(module: str) -> bool:
    try:
        return find_spec(module) is not None
    except ModuleNotFoundError:  # the package that it lies in is not there
        return False


def _name_shape(shape: Any) -> str:  # noqa: ANN401
    return " x ".join(map(str, shape))
