"""Every answer is traced to the training examples that support and oppose it: a stage of its own, after explaining."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from math import log2
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from reporter.attribution import Explainer
from reporter.influence import (
    Array,
    Cache,
    CheckpointView,
    Columns,
    Examples,
    FeatureExtractor,
    FinalLayer,
    Head,
    compute_loss_gradient,
    extract_features,
    find_final_layer,
    find_largest,
    find_sources,
    hash_training,
    measure_validity,
    open_cache,
    project,
    read_examples,
    read_head,
    read_rate,
    trace_influence,
    trace_self_influence,
)
from reporter.models import FEATURES_BYTES, TRACED_TOGETHER, Network, identify_machine, load_network, take_windows
from reporter.records import (
    Document,
    Example,
    Explanation,
    Influence,
    Training,
    UserError,
    find_label,
    round_values,
    twin,
)
from reporter.runs.store import Store
from reporter.runs.versions import list_versions

SHOWN = 5  # examples on either side of an answer
SUSPECTS = 50
_LONGEST = 600  # characters of an example that are kept
_NARROWEST = 64

Notice = Callable[[int], None]


@dataclass(frozen=True)
class Seen:
    """All texts as each checkpoint sees them: examples as moments, documents as features and logits.

    `said` is the column of the label that the last checkpoint gives each example.
    """

    trained: list[CheckpointView]
    asked: list[tuple[Array, Array]]
    said: Columns


@dataclass(frozen=True)
class Tracing:
    """What is traced to what: the network that answers, its final layer, the checkpoints, and the examples."""

    explainer: Explainer
    layer: FinalLayer
    checkpoints: tuple[Path, ...]
    examples: Examples
    fingerprint: str
    more: int = 0  # examples that are listed beyond those that are shown

    def count(self, store: Store) -> int:
        """How many times a text has to be looked at, or its features to be found."""
        documents = sum(1 for _ in store.untraced(self.fingerprint))
        folders = sum(path.is_dir() for path in self.checkpoints)
        return (folders + (folders < max(1, len(self.checkpoints)))) * (len(self.examples.documents) + documents)

    def __call__(self, store: Store, *, notice: Notice) -> None:
        """Write the influences into every document that does not have them; what is computed stays on the disk."""
        saved = store.provenance()
        store.describe(saved)
        lines = (twin.load_explanation(line) for _, line in store.untraced(self.fingerprint))
        documents = [one.document for one in lines if one.sections]
        if documents or saved.training is None:
            with open_cache(store.folder) as cache:
                seen = self._look(documents, cache, notice)
            self._trace_all(store, seen)
            store.describe(replace(saved, training=saved.training or self._describe(seen)))
        store.arrange(store.keys())

    def again(self, explained: Sequence[Explanation], folder: Path) -> tuple[list[Explanation], Training]:
        """Some documents with their influences, and what those were traced to; what is computed is kept in a folder."""
        documents = [one.document for one in explained if one.sections]
        with open_cache(folder) as cache:
            seen = self._look(documents, cache, notice=lambda _: None)
        return list(self._trace(explained, seen, 0)), self._describe(seen)

    def _look(self, documents: Sequence[Document], cache: Cache, notice: Notice) -> Seen:
        trained, asked, said = list[CheckpointView](), list[tuple[Array, Array]](), np.zeros(0, np.int64)
        for lens, rates in self._make_lenses():
            features, logits = extract_features(lens, self.examples.documents, cache, notice=notice)
            texts, answers = extract_features(lens, documents, cache, notice=notice)
            for rate, one, other in zip(rates, logits, answers, strict=True):
                trained.append(
                    CheckpointView(features, compute_loss_gradient(one, self.examples.targets), rate, self.layer.bias)
                )
                asked.append((texts, other))
            said = logits[-1].argmax(-1)
        return Seen(trained, asked, said)

    def _make_lenses(self) -> Iterator[tuple[FeatureExtractor, list[float]]]:
        """How to look at texts: through the network with its own head or those given, then through each whole model."""
        rates, layer = self._read_rates(), self.layer
        heads = [path for path in self.checkpoints if path.is_file()]
        if heads or not self.checkpoints:
            shape = (layer.weight.shape[0], layer.weight.shape[1])
            yield (
                self._make_lens(self.explainer.network, layer, tuple(read_head(path, shape) for path in heads)),
                [rates[path] for path in heads] or [1.0],
            )
        for path in (path for path in self.checkpoints if path.is_dir()):
            network = self._load(path)
            yield self._make_lens(network, find_final_layer(network), ()), [rates[path]]

    def _make_lens(self, network: Network, layer: FinalLayer, heads: tuple[Head, ...]) -> FeatureExtractor:
        width = layer.weight.shape[1]
        room = FEATURES_BYTES // (4 * len(self.examples.documents) * max(1, len(self.checkpoints)))
        narrower = max(_NARROWEST, 2 ** int(log2(max(1, room))))
        projection = project(width, narrower, self.explainer.settings.seed) if width > max(room, narrower) else None
        stamp = f"{sorted(list_versions().items())} on {network.device}: {identify_machine(network.device)}"
        return FeatureExtractor(network, layer, heads, projection, self.explainer.budget, stamp)

    def _read_rates(self) -> dict[Path, float]:
        """The learning rate at each checkpoint; 1 for all if one of them does not tell it."""
        rates = {path: read_rate(path) for path in self.checkpoints}
        known = {path: rate for path, rate in rates.items() if rate is not None}
        return known if len(known) == len(rates) else dict.fromkeys(rates, 1.0)

    def _load(self, path: Path) -> Network:
        explainer, own = self.explainer, self.explainer.network
        network = load_network(str(path), task=explainer.task, device=str(own.device), trust=explainer.settings.trust)
        if network.facts.labels != own.facts.labels:
            raise UserError(
                f"The checkpoint {path} has other labels than the model: {', '.join(network.facts.labels)}."
            )
        return network

    def _trace_all(self, store: Store, seen: Seen) -> None:
        """Write the influences into all documents, some at a time."""
        at = 0
        for some in take_windows(store.untraced(self.fingerprint), TRACED_TOGETHER):
            explained = [twin.load_explanation(line) for _, line in some]
            lines = [twin.dump(one).decode() for one in self._trace(explained, seen, at)]
            store.trace(dict(zip((key for key, _ in some), lines, strict=True)), fingerprint=self.fingerprint)
            at += sum(1 for one in explained if one.sections)

    def _trace(self, explained: Sequence[Explanation], seen: Seen, first: int) -> Iterator[Explanation]:
        """Some documents with their influences; the first of them that has sections is this one of all."""
        known = self.explainer.network.facts.labels
        shown = enumerate((one for one in explained if one.sections), first)
        targets = [(at, section.target) for at, one in shown for section in one.sections]
        rows = np.array([at for at, _ in targets], dtype=np.int64)
        labels = np.array([target.index for _, target in targets], dtype=np.int64)
        others = [None if target.against is None else find_label(target.against, known) for _, target in targets]
        against = np.array([-1 if other is None else other for other in others], dtype=np.int64)
        moments = [
            CheckpointView(features[rows], compute_loss_gradient(logits[rows], labels, against), one.rate, one.bias)
            for one, (features, logits) in zip(seen.trained, seen.asked, strict=True)
        ]
        found = iter(trace_influence(moments, seen.trained))
        for one in explained:
            sections = tuple(replace(each, influence=self._pick(next(found), seen)) for each in one.sections)
            yield replace(one, sections=sections)

    def _pick(self, values: NDArray[np.float64], seen: Seen) -> Influence:
        """The strongest examples on both sides."""
        sums = round_values([values[values > 0].sum(), values[values < 0].sum()])
        return Influence(
            supporting=tuple(self._list(values, seen, SHOWN + self.more)),
            opposing=tuple(
                replace(one, influence=-one.influence) for one in self._list(-values, seen, SHOWN + self.more)
            ),
            support=sums[0],
            opposition=sums[1],
        )

    def _list(self, values: NDArray[np.float64], seen: Seen, count: int) -> Iterator[Example]:
        """The examples with the largest of these values, as far as those are over zero."""
        labels = self.explainer.network.facts.labels
        for at in find_largest(values, count):
            document = self.examples.documents[at]
            whole = document.text if document.text_pair is None else f"{document.text}\n{document.text_pair}"
            if values[at] > 0:
                yield Example(
                    source=document.source,
                    text=whole[:_LONGEST],
                    characters=len(whole),
                    label=labels[self.examples.targets[at]],
                    said=labels[seen.said[at]],
                    influence=round_values([float(values[at])])[0],
                )

    def _describe(self, seen: Seen) -> Training:
        last, labels = seen.trained[-1], self.explainer.network.facts.labels
        width = last.features.shape[1]
        return Training(
            fingerprint=self.fingerprint,
            examples=len(self.examples.documents),
            skipped=self.examples.skipped,
            labels={labels[at]: number for at, number in sorted(self.examples.labels.items())},
            checkpoints=tuple(path.name for path in self.checkpoints),
            rates=tuple(one.rate for one in seen.trained),
            width=width,
            projected=width < self.layer.weight.shape[1],
            validity=measure_validity(seen.trained, self.examples.targets, seen.said, self.explainer.settings.seed),
            suspects=tuple(self._list(trace_self_influence(seen.trained), seen, SUSPECTS + self.more)),
        )


def prepare_tracing(explainer: Explainer) -> Tracing | None:
    """What the settings ask to be traced, None if nothing; raises `UserError` if it cannot be."""
    sources = find_sources(explainer.settings)
    if sources is None:
        return None
    layer = find_final_layer(explainer.network)
    examples = read_examples(sources, explainer.network.facts.labels)
    return Tracing(explainer, layer, sources.checkpoints, examples, hash_training(explainer.settings))
