"""Training data and checkpoints named on the command line: finding, reading and hashing them."""

import hashlib
import json
import re
from collections import Counter
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError, safe_open

from reporter.documents import TABLES, USUAL, Intake, read_documents, read_intake, show_path
from reporter.models import find_checkpoint, fingerprint, hash_checkpoint
from reporter.records import (
    DATA,
    EMBEDDED,
    INTAKE,
    Document,
    Settings,
    UserError,
    check_numbering,
    find_label,
    hash_file,
)

ABOUT = (
    "The training examples that most support and most oppose each answer (TracIn by the final layer), what that is "
    "worth (the rank correlation with retraining the final layer on halves of the examples), and labels to look at.",
    "Σ η (f·f′ + b)(r·r′) over the checkpoints: f goes into the layer, r = softmax − one-hot, b is 1 with a bias.",
    "Cost: one forward pass for each example and checkpoint, kept in data/features.sqlite; then nearly nothing.",
    "Limits: the final layer alone is asked; examples that the model gets wrong weigh most, whatever is asked.",
    "Source: Pruthi, Liu, Kale and Sundararajan 2020, arXiv:2002.08484; Park et al. 2023, arXiv:2303.14186.",
)
_INSIDE = find_checkpoint(EMBEDDED, DATA) / "training"
_HEAD = ".safetensors"
_NAMED = 5  # rows and labels that are named where they are the problem


@dataclass(frozen=True)
class Examples:
    """The training examples with the column of each one's label; `skipped` rows had no text, or no label."""

    documents: tuple[Document, ...]
    targets: NDArray[np.int64]
    skipped: int

    @cached_property
    def labels(self) -> dict[int, int]:
        """How many examples each column has."""
        return dict(Counter(self.targets.tolist()))


@dataclass(frozen=True)
class Sources:
    """The file of training examples and how it is read, and the checkpoints in order: models or final layers."""

    data: Path
    checkpoints: tuple[Path, ...]
    intake: Intake = USUAL


def find_sources(settings: Settings) -> Sources | None:
    """The paths of the training data and the checkpoints, None if none are asked for.

    Raises `UserError` if something is not there, or is not what it should be.
    """
    if settings.training_data is None:
        if settings.checkpoints:
            raise UserError("--checkpoints says by what influence is traced, and needs --training-data to trace it to.")
        return None
    if settings.training_data == EMBEDDED:
        if settings.model != EMBEDDED:
            raise UserError(
                f"The training examples inside are those of the embedded model; name a file with those of "
                f"'{settings.model}' by --training-data."
            )
        return Sources(_INSIDE / "examples.jsonl", _find_checkpoints(settings.checkpoints or (str(_INSIDE),)))
    data = Path(settings.training_data)
    if data.suffix.lower() not in TABLES or data.is_dir():
        raise UserError(
            f"--training-data names '{show_path(data)}'; it takes a .csv, .tsv, .jsonl or .json file with a text and a "
            "label in each row, or the word 'embedded'."
        )
    return Sources(data, _find_checkpoints(settings.checkpoints), read_intake(settings))


def read_examples(sources: Sources, labels: tuple[str, ...]) -> Examples:
    """The examples of the file, in its order; raises `UserError` if there are none, or a label the model has not."""
    documents, targets, problems, unknown = [], [], list[str](), dict[str, str]()
    for document in read_documents(sources.data, sources.intake):
        if document.problem or document.label is None:
            problems.append(f"{document.source}: {document.problem or 'The row has no label; give it one.'}")
            continue
        target = find_label(document.label, labels)
        if target is None:
            unknown.setdefault(document.label, document.source)
            continue
        documents.append(document)
        targets.append(target)
    check_numbering({document.label for document in documents if document.label} | set(unknown), labels)
    if unknown:
        listed = ", ".join(f"'{label}' ({source})" for label, source in list(unknown.items())[:_NAMED])
        more = f" and {len(unknown) - _NAMED} more" if len(unknown) > _NAMED else ""
        raise UserError(
            f"The training data have the label {listed}{more}, which the model does not know; it knows "
            f"{', '.join(labels)}. Say which is which with --labels, or take such rows out."
        )
    if len(documents) < 2:
        why = f" Problems ({len(problems)}): {' '.join(problems[:_NAMED])}" if problems else ""
        raise UserError(f"{show_path(sources.data)} holds {len(documents)} training examples with text and label.{why}")
    return Examples(tuple(documents), np.array(targets), len(problems))


def hash_training(settings: Settings) -> str:
    """A hash of everything that influence depends on except model and texts; "" if no influence is asked for."""
    sources = find_sources(settings)
    if sources is None:
        return ""
    intake = [getattr(settings, name) for name in INTAKE]
    parts = [_hash(sources.data), settings.seed, settings.training_data, settings.checkpoints, intake]
    for path in sources.checkpoints:
        rate = read_rate(path)
        parts.append([path.name, rate, _hash(path) if path.is_file() else _hash_model(path, settings)])
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()


def read_rate(path: Path) -> float | None:
    """The learning rate at a checkpoint, from a head's metadata or a Trainer's state; None where neither has it."""
    try:
        if path.is_file():
            with safe_open(path, framework="numpy") as head:
                written = (head.metadata() or {}).get("learning_rate")
        else:
            history = json.loads((path / "trainer_state.json").read_text("utf-8"))["log_history"]
            written = [entry["learning_rate"] for entry in history if "learning_rate" in entry][-1]
        rate = float(written) if written is not None else 0.0
    except (OSError, SafetensorError, ValueError, KeyError, IndexError, TypeError):
        return None
    return rate if 0.0 < rate < float("inf") else None


def read_head(path: Path, shape: tuple[int, int]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """The weights (choices width) and the bias (choices) of a final layer; raises `UserError` if they do not fit."""
    try:
        with safe_open(path, framework="numpy") as head:
            tensors = [np.asarray(head.get_tensor(name), dtype=np.float32) for name in head.keys()]  # noqa: SIM118
    except (OSError, SafetensorError, TypeError, ValueError) as error:
        raise UserError(f"The checkpoint {show_path(path)} cannot be read: {error}") from error
    weights = [tensor for tensor in tensors if tensor.shape == shape]
    biases = [tensor for tensor in tensors if tensor.shape == shape[:1]]
    if len(weights) != 1 or len(tensors) != 1 + len(biases) or len(biases) > 1:
        raise UserError(
            f"The checkpoint {show_path(path)} is no final layer of this model: it must hold a weight of {shape[0]} x "
            f"{shape[1]} numbers, perhaps a bias of {shape[0]}, and nothing else."
        )
    return weights[0], biases[0] if biases else np.zeros(shape[0], np.float32)


def _find_checkpoints(names: tuple[str, ...]) -> tuple[Path, ...]:
    return tuple(path for name in names for path in _find_checkpoint(Path(name)))


def _find_checkpoint(path: Path) -> list[Path]:
    """One checkpoint, or all of those in a folder, by the numbers in their names."""
    if _is_checkpoint(path):
        return [path]
    checkpoints = [entry for entry in path.iterdir() if _is_checkpoint(entry)] if path.is_dir() else []
    if not checkpoints:
        raise UserError(
            f"There is no checkpoint at {show_path(path)}; it must be a folder with a model, a .safetensors file "
            "with the "
            "final layer alone, or a folder that holds such."
        )
    return sorted(checkpoints, key=_natural_key)


def _natural_key(path: Path) -> list[int | str]:
    """The name of a path as text, number, text, ...: so that epoch-9 comes before epoch-10."""
    return [int(part) if part.isdigit() else part for part in re.split(r"(\d+)", path.name)]


def _is_checkpoint(path: Path) -> bool:
    return (path.suffix == _HEAD and path.is_file()) or (path / "config.json").is_file()


def _hash_model(path: Path, settings: Settings) -> str:
    return fingerprint(hash_checkpoint(path, settings.trust))


def _hash(path: Path) -> str:
    try:
        return hash_file(path)
    except OSError as error:
        raise UserError(f"There is no file at {show_path(path)} that can be read; check the path.") from error
