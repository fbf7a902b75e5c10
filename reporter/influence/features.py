"""The features of texts, which are the inputs of the final layer: computed once and cached on disk beside the run.

Texts are taken in windows, sorted by length within each, in passes of one core each. A cached window is not computed
again, so an interrupted run continues, with the same numbers.
"""

import hashlib
import json
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from reporter.influence.final_layer import FinalLayer, read_features
from reporter.influence.tracin import Array, multiply_rows
from reporter.models import FEATURES_WINDOW, Budget, Network, drop_frames, is_out_of_memory, share_passes, take_windows
from reporter.records import Document, UserError

NAME = "features.sqlite"
_TABLE = "create table if not exists features (key blob primary key, vector blob not null)"

Head = tuple[Array, Array]
"""The weights (choices width) and the bias (choices) of a final layer."""


@dataclass(frozen=True)
class FeatureExtractor:
    """Extracts features (the input of a network's final layer) and the logits by each of `heads`, or by its own.

    `projection` (width narrower) makes features narrower; `stamp` names the versions and the machine.
    """

    network: Network
    layer: FinalLayer
    heads: tuple[Head, ...]
    projection: Array | None
    budget: Budget
    stamp: str

    @property
    def width(self) -> int:
        """The length of a text's feature vector."""
        return int(self.layer.weight.shape[1] if self.projection is None else self.projection.shape[1])

    @property
    def columns(self) -> int:
        """The length of a text's whole vector: its features, then the logits by each head."""
        return self.width + int(self.layer.weight.shape[0]) * max(1, len(self.heads))

    @cached_property
    def key(self) -> bytes:
        """A hash of everything that a vector depends on besides the text."""
        whole = hashlib.sha256(json.dumps([self.stamp, self.network.facts.fingerprint, self.width]).encode())
        for array in (array for head in self.heads for array in head):
            whole.update(np.ascontiguousarray(array).tobytes())
        if self.projection is not None:
            whole.update(self.projection.tobytes())
        return whole.digest()

    def look(self, documents: Sequence[Document]) -> Array:
        """The vectors of some documents, shape (documents, columns); raises `UserError` if one is not finite."""
        pairs = None if documents[0].text_pair is None else [document.text_pair or "" for document in documents]
        given = [[document.text for document in documents], *([] if pairs is None else [pairs])]
        rows = self.network.tokenizer(*given, truncation=True, max_length=self.network.facts.limit)
        inputs = [{name: values[at] for name, values in rows.items()} for at in range(len(documents))]
        widths = [self.network.fit(len(encoded["input_ids"])) for encoded in inputs]
        replicas = self.network.replicas

        def run_pass(network: Network, numbers: list[int]) -> Array:
            return self._pass(network, [inputs[at] for at in numbers])

        try:
            with replicas.at_work():
                vectors = np.stack(share_passes(replicas, run_pass, widths, budget=self.budget.tokens))
        except (MemoryError, RuntimeError) as error:
            if not (is_out_of_memory(error) and self.budget.halve()):
                raise
        else:
            if not np.isfinite(vectors).all():
                raise UserError("The model's answer to a training example is not a finite number.")
            return vectors
        drop_frames()
        return self.look(documents)

    def _pass(self, network: Network, rows: list[dict[str, list[int]]]) -> Array:
        """One pass of one of the replicas."""
        features, logits = read_features(network, self.layer.name, network.pad(rows))
        raw: Array = features.float().cpu().numpy()
        answers = [multiply_rows(raw, weight) + bias for weight, bias in self.heads] or [logits.float().cpu().numpy()]
        narrow = raw if self.projection is None else multiply_rows(raw, self.projection.T)
        return np.concatenate([narrow, *answers], 1)


class Cache:
    """Vectors of texts, by their keys; a file that may be deleted at any time."""

    def __init__(self, database: sqlite3.Connection) -> None:
        self._database = database

    def find(self, keys: Sequence[bytes]) -> dict[bytes, bytes]:
        """The cached vectors of these keys."""
        marks = ",".join("?" * len(keys))
        return dict(self._database.execute(f"select key, vector from features where key in ({marks})", keys))

    def keep(self, vectors: dict[bytes, bytes]) -> None:
        """Write some vectors: all of them or, if the process dies, none."""
        with self._database:
            self._database.executemany("insert or replace into features values (?, ?)", vectors.items())


@contextmanager
def open_cache(folder: Path) -> Iterator[Cache]:
    """The cache in a folder; one that is broken is begun anew."""
    path = folder / NAME
    with closing(_connect(path)) as database:
        yield Cache(database)


def _connect(path: Path) -> sqlite3.Connection:
    try:
        database = sqlite3.connect(path)
        database.execute(_TABLE)
        return database
    except sqlite3.OperationalError:
        raise
    except sqlite3.DatabaseError:
        path.unlink()
        database = sqlite3.connect(path)
        database.execute(_TABLE)
        return database


def extract_features(
    extractor: FeatureExtractor, documents: Sequence[Document], cache: Cache, *, notice: Callable[[int], None]
) -> tuple[Array, list[Array]]:
    """The features (texts width) of all documents, and for each head their logits; `notice` gets how many are done."""
    features = np.zeros((len(documents), extractor.width), np.float32)
    logits = np.zeros((len(documents), extractor.columns - extractor.width), np.float32)
    at = 0
    for window in take_windows(documents, FEATURES_WINDOW):
        keys = [_make_key(extractor, document) for document in window]
        vectors_by_key = cache.find(keys)
        missing = {
            key: document
            for key, document in zip(keys, window, strict=True)
            if len(vectors_by_key.get(key, b"")) != 4 * extractor.columns
        }
        for alike in _split_pairs(missing):
            vectors = extractor.look(list(alike.values()))
            vectors_by_key |= {key: vector.tobytes() for key, vector in zip(alike, vectors, strict=True)}
        cache.keep({key: vectors_by_key[key] for key in missing})
        rows = np.frombuffer(b"".join(vectors_by_key[key] for key in keys), np.float32).reshape(len(keys), -1)
        features[at : at + len(keys)], logits[at : at + len(keys)] = (
            rows[:, : extractor.width],
            rows[:, extractor.width :],
        )
        at += len(keys)
        notice(len(window))
    heads = max(1, len(extractor.heads))
    return features, [np.ascontiguousarray(part) for part in np.split(logits, heads, axis=1)]


def _split_pairs(documents: dict[bytes, Document]) -> list[dict[bytes, Document]]:
    """The single texts and the pairs, as a tokenizer takes a batch of either."""
    single = {key: document for key, document in documents.items() if document.text_pair is None}
    pairs = {key: document for key, document in documents.items() if document.text_pair is not None}
    return [group for group in (single, pairs) if group]


def _make_key(extractor: FeatureExtractor, document: Document) -> bytes:
    return hashlib.sha256(extractor.key + json.dumps([document.text, document.text_pair]).encode()).digest()


def project(width: int, narrower: int, seed: int) -> NDArray[np.float32]:
    """A random projection that keeps products of vectors on average (Johnson and Lindenstrauss 1984)."""
    random = torch.Generator().manual_seed(seed)
    projection: NDArray[np.float32] = (torch.randn(width, narrower, generator=random) / narrower**0.5).numpy()
    return projection
