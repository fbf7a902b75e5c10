"""The texts of the benchmarks: a file of JSON lines with `text`, plain or gzipped, dealt in a fixed order."""

import gzip
import json
import random
from pathlib import Path

from reporter.encoding import Encoded, encode
from reporter.network import Network
from reporter.records import Document


def deal(path: Path, network: Network, count: int, *, least: int = 8, most: int = 512) -> list[Encoded]:
    """The first `count` texts of the file, shuffled by a fixed seed, that have `least` to `most` tokens."""
    whole = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
    texts = [json.loads(line)["text"] for line in whole.splitlines()]
    random.Random(0).shuffle(texts)
    found: list[Encoded] = []
    for text in texts:
        name = f"text-{len(found):03}"
        encoded = encode(Document(id=name, source=name, group="", text=text), network)
        if least <= len(encoded.tokens) <= most:
            found.append(encoded)
        if len(found) == count:
            break
    return found
