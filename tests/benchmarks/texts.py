"""What the benchmarks share: their options, their texts (JSON lines, plain or gzipped), and explaining them."""

import argparse
import gzip
import json
import random
from pathlib import Path

from reporter.models.batching import pool_by_cost
from reporter.models.network import Network
from reporter.models.tokenization import Encoded, encode_document
from reporter.records.explanation import Document, Section
from reporter.records.settings import Settings
from reporter.runs.explain import Attribute


def options(description: str | None, *, least: int) -> argparse.ArgumentParser:
    """A parser for which texts, which model and which tolerances."""
    parser = argparse.ArgumentParser(description=description, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("texts", type=Path)
    parser.add_argument("model")
    parser.add_argument("--count", type=int, default=64)
    parser.add_argument("--least", type=int, default=least)
    parser.add_argument("--most", type=int, default=200)
    parser.add_argument("--tolerance", type=float, nargs="+", default=[0.01, 0.001])
    return parser


def integrating(model: str, **more: object) -> Settings:
    """Integrated Gradients alone, with nothing that checks it."""
    return Settings(model=model, methods=("integrated_gradients",), evidence="none", **more)  # type: ignore[arg-type]


def deal(path: Path, network: Network, count: int, *, least: int = 8, most: int = 512) -> list[Encoded]:
    """The first `count` texts of the file, shuffled by a fixed seed, that have `least` to `most` tokens."""
    whole = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
    texts = [json.loads(line)["text"] for line in whole.splitlines()]
    random.Random(0).shuffle(texts)
    found: list[Encoded] = []
    for text in texts:
        name = f"text-{len(found):03}"
        encoded = encode_document(Document(id=name, source=name, group="", text=text), network)
        if least <= len(encoded.tokens) <= most:
            found.append(encoded)
        if len(found) == count:
            break
    return found


def explain(attribute: Attribute, documents: list[Encoded]) -> list[Section]:
    """The section of each document, in their order."""
    ordered = sorted(documents, key=lambda one: len(one.tokens))
    groups = pool_by_cost(ordered, lambda one: len(one.tokens), budget=8192)
    found = {one.id: one.sections[0] for group in groups for one in attribute(group)}
    return [found[one.document.id] for one in documents]
