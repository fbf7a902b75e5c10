"""Training influence, measured: how fast texts are looked at, whether planted labels are found, whether it is true.

    python -m tests.benchmarks.influence TEXTS [--model embedded] [--count 5000]

TEXTS are JSON lines, plain or gzipped, with `text` and `label`: best some that the model was trained on. One in twenty
labels is turned into another, and the examples are ordered by self-influence: chance finds a tenth of the turned ones
in the first tenth. "Trained on them" is a final layer that was trained anew on the turned labels, as if the model had
learnt from the mistakes. The validity is the linear datamodelling score that the pages show.
"""

import argparse
import gzip
import json
import random
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from reporter.influence import training_data
from reporter.influence.features import Cache, FeatureExtractor, extract_features, open_cache
from reporter.influence.final_layer import find_final_layer
from reporter.influence.retraining import measure_validity, train_final_layer
from reporter.influence.tracin import (
    Array,
    CheckpointView,
    Columns,
    compute_loss_gradient,
    find_largest,
    trace_self_influence,
)
from reporter.models.batching import Budget
from reporter.models.loading.checkpoint import load_network
from reporter.models.network import Network
from reporter.records.explanation import Document
from reporter.records.labels import find_label
from reporter.records.settings import Settings
from reporter.tasks.sequence_classification import SequenceClassification

_TASK = SequenceClassification()


def deal(path: Path, count: int, labels: tuple[str, ...]) -> tuple[list[Document], Columns]:
    """The first `count` texts of the file, shuffled by a fixed seed, with the columns of their labels."""
    whole = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
    rows = random.Random(0).sample([json.loads(line) for line in whole.splitlines()], count)
    documents = [Document(id=str(at), source=str(at), group="", text=row["text"]) for at, row in enumerate(rows)]
    return documents, np.array([find_label(row["label"], labels) for row in rows])


def look(network: Network, documents: Sequence[Document], cache: Cache, **heads: object) -> tuple[Array, list[Array]]:
    """Features and logits of the documents."""
    lens = FeatureExtractor(network, find_final_layer(network), heads.get("heads", ()), None, Budget(512), "")  # type: ignore[arg-type]
    return extract_features(lens, documents, cache, notice=lambda _: None)


def plant(features: Array, logits: Array, targets: Columns) -> tuple[float, float]:
    """Which share of turned labels stands in the first tenth: by the model, and by a layer trained on them."""
    random_, choices = np.random.default_rng(0), logits.shape[1]
    turned = random_.permutation(len(targets))[: len(targets) // 20]
    wrong = targets.copy()
    wrong[turned] = (wrong[turned] + random_.integers(1, choices, size=len(turned))) % choices
    full = np.concatenate([features, np.ones((len(features), 1), np.float32)], 1)
    trained = (full @ train_final_layer(full, wrong, choices).T).astype(np.float32)
    shares = []
    for answers in (logits, trained):
        first = find_largest(
            trace_self_influence([CheckpointView(features, compute_loss_gradient(answers, wrong), 1.0, True)]),
            len(targets) // 10,
        )
        shares.append(len(set(first) & set(turned.tolist())) / len(turned))
    return shares[0], shares[1]


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("texts", type=Path)
    parser.add_argument("--model", default="embedded")
    parser.add_argument("--count", type=int, default=5000)
    given = parser.parse_args()
    network = load_network(given.model, task=_TASK, device="auto")
    documents, targets = deal(given.texts, given.count, network.facts.labels)
    with tempfile.TemporaryDirectory() as folder, open_cache(Path(folder)) as cache:
        clock, processor = time.perf_counter(), time.process_time()
        features, (logits,) = look(network, documents, cache)
        clock, processor = time.perf_counter() - clock, time.process_time() - processor
        print(f"{given.count / clock:.0f} texts a second ({given.count / processor:.0f} a second of the processor)")
        hundred = 1e5 / given.count / 60
        print(f"100,000 of them in {hundred * clock:.1f} min ({hundred * processor:.1f} of a core)")
        print(f"accuracy on them {(logits.argmax(1) == targets).mean():.3f}")
        own, trained = plant(features, logits, targets)
        print(f"of 5 % turned labels, in the first 10 %: {own:.0%} by the model, {trained:.0%} trained on them")
        moments = [CheckpointView(features, compute_loss_gradient(logits, targets), 1.0, True)]
        print("validity, these texts, the model itself:", measure_validity(moments, targets, logits.argmax(1), 0))
        if given.model == "embedded":
            inside(network, cache)


def inside(network: Network, cache: Cache) -> None:
    """The validity of the examples inside: by the model itself, and by the heads inside."""
    sources = training_data.find_sources(Settings(training_data="embedded"))
    assert sources is not None
    examples = training_data.read_examples(sources, network.facts.labels)
    heads = tuple(training_data.read_head(path, (2, 384)) for path in sources.checkpoints)
    for name, some in (("the model itself", ()), ("the heads inside", heads)):
        features, logits = look(network, examples.documents, cache, heads=some)
        moments = [CheckpointView(features, compute_loss_gradient(one, examples.targets), 1.0, True) for one in logits]
        found = measure_validity(moments, examples.targets, logits[-1].argmax(1), 0)
        print(f"validity, the examples inside, {name}:", found)


if __name__ == "__main__":
    main()
