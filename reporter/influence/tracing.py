"""Tracing: the training examples that support and oppose each answer, by TracIn over all checkpoints."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from math import log2
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from reporter.attribution import Explainer
from reporter.influence.features import Cache, FeatureExtractor, Head, extract_features, open_cache, project
from reporter.influence.final_layer import FinalLayer, find_final_layer
from reporter.influence.retraining import measure_validity
from reporter.influence.tracin import (
    Array,
    CheckpointView,
    Columns,
    compute_loss_gradient,
    find_largest,
    trace_influence,
    trace_self_influence,
)
from reporter.influence.training_data import Examples, find_sources, hash_training, read_examples, read_head, read_rate
from reporter.models import FEATURES_BYTES, Network, identify_machine, load_network
from reporter.records import Document, Example, Explanation, Influence, Training, UserError, find_label, round_values

SHOWN = 5  # examples on either side of an answer
SUSPECTS = 50
_LONGEST = 600  # characters of an example that are kept
_NARROWEST = 64  # numbers to which features are projected at least

Notice = Callable[[int], None]


@dataclass(frozen=True)
class Views:
    """The texts at each checkpoint: training examples as `CheckpointView`, documents as features and logits.

    `predicted` is the column of the label that the last checkpoint gives each example.
    """

    examples: list[CheckpointView]
    documents: list[tuple[Array, Array]]
    predicted: Columns


@dataclass(frozen=True)
class Tracing:
    """Traces answers of the network of `explainer` to training examples, through its final layer and checkpoints.

    `versions` are those of the libraries, on which features depend; `more` is how many examples are listed beyond those
    that are shown.
    """

    explainer: Explainer
    layer: FinalLayer
    checkpoints: tuple[Path, ...]
    examples: Examples
    fingerprint: str
    versions: dict[str, str]
    more: int = 0

    def count(self, documents: int) -> int:
        """The number of feature vectors, computed or cached, that tracing so many documents needs."""
        folders = sum(path.is_dir() for path in self.checkpoints)
        networks = folders + (folders < max(1, len(self.checkpoints)))
        return networks * (len(self.examples.documents) + documents)

    def trace_again(self, explained: Sequence[Explanation], folder: Path) -> tuple[list[Explanation], Training]:
        """Explanations with their influences, and the record of the training data; features are cached in `folder`."""
        documents = [explanation.document for explanation in explained if explanation.sections]
        views = self.view(documents, folder, notice=lambda _: None)
        return list(self.trace(explained, views)), self.describe(views)

    def view(self, documents: Sequence[Document], folder: Path, *, notice: Notice) -> Views:
        """The examples and these documents at every checkpoint; features are cached in `folder`."""
        with open_cache(folder) as cache:
            return self._view(documents, cache, notice)

    def _view(self, documents: Sequence[Document], cache: Cache, notice: Notice) -> Views:
        views, document_views, predicted = list[CheckpointView](), list[tuple[Array, Array]](), np.zeros(0, np.int64)
        for extractor, rates in self._make_extractors():
            features, logits = extract_features(extractor, self.examples.documents, cache, notice=notice)
            texts, answers = extract_features(extractor, documents, cache, notice=notice)
            for rate, example_logits, answer in zip(rates, logits, answers, strict=True):
                gradient = compute_loss_gradient(example_logits, self.examples.targets)
                views.append(CheckpointView(features, gradient, rate, self.layer.bias))
                document_views.append((texts, answer))
            predicted = logits[-1].argmax(-1)
        return Views(views, document_views, predicted)

    def _make_extractors(self) -> Iterator[tuple[FeatureExtractor, list[float]]]:
        """How to look at texts: through the network with its own head or those given, then through each whole model."""
        rates, layer = self._read_rates(), self.layer
        heads = [path for path in self.checkpoints if path.is_file()]
        if heads or not self.checkpoints:
            shape = (layer.weight.shape[0], layer.weight.shape[1])
            yield (
                self._make_extractor(self.explainer.network, layer, tuple(read_head(path, shape) for path in heads)),
                [rates[path] for path in heads] or [1.0],
            )
        for path in (path for path in self.checkpoints if path.is_dir()):
            network = self._load(path)
            yield self._make_extractor(network, find_final_layer(network), ()), [rates[path]]

    def _make_extractor(self, network: Network, layer: FinalLayer, heads: tuple[Head, ...]) -> FeatureExtractor:
        width = layer.weight.shape[1]
        room = FEATURES_BYTES // (4 * len(self.examples.documents) * max(1, len(self.checkpoints)))
        narrower = max(_NARROWEST, 2 ** int(log2(max(1, room))))
        projection = project(width, narrower, self.explainer.settings.seed) if width > max(room, narrower) else None
        stamp = f"{sorted(self.versions.items())} on {network.device}: {identify_machine(network.device)}"
        return FeatureExtractor(network, layer, heads, projection, self.explainer.budget, stamp)

    def _read_rates(self) -> dict[Path, float]:
        """The learning rate at each checkpoint; 1 for all if one of them does not tell it."""
        rates = {path: read_rate(path) for path in self.checkpoints}
        known = {path: rate for path, rate in rates.items() if rate is not None}
        return known if len(known) == len(rates) else dict.fromkeys(rates, 1.0)

    def _load(self, path: Path) -> Network:
        explainer, network_of_run = self.explainer, self.explainer.network
        network = load_network(
            str(path), task=explainer.task, device=str(network_of_run.device), trust=explainer.settings.trust
        )
        if network.facts.labels != network_of_run.facts.labels:
            raise UserError(
                f"The checkpoint {path} has other labels than the model: {', '.join(network.facts.labels)}."
            )
        return network

    def trace(self, explained: Sequence[Explanation], views: Views, first: int = 0) -> Iterator[Explanation]:
        """Explanations with their influences; their documents in `views` begin with the number `first`."""
        known = self.explainer.network.facts.labels
        shown = enumerate((explanation for explanation in explained if explanation.sections), first)
        targets = [(at, section.target) for at, explanation in shown for section in explanation.sections]
        rows = np.array([at for at, _ in targets], dtype=np.int64)
        labels = np.array([target.index for _, target in targets], dtype=np.int64)
        others = [None if target.against is None else find_label(target.against, known) for _, target in targets]
        against = np.array([-1 if other is None else other for other in others], dtype=np.int64)
        answer_views = [
            CheckpointView(features[rows], compute_loss_gradient(logits[rows], labels, against), view.rate, view.bias)
            for view, (features, logits) in zip(views.examples, views.documents, strict=True)
        ]
        influences = iter(trace_influence(answer_views, views.examples))
        for explanation in explained:
            sections = tuple(
                replace(section, influence=self._record(next(influences), views)) for section in explanation.sections
            )
            yield replace(explanation, sections=sections)

    def _record(self, values: NDArray[np.float64], views: Views) -> Influence:
        """The record of the strongest examples on both sides."""
        sums = round_values([values[values > 0].sum(), values[values < 0].sum()])
        opposing = self._list_strongest(-values, views, SHOWN + self.more)
        return Influence(
            supporting=tuple(self._list_strongest(values, views, SHOWN + self.more)),
            opposing=tuple(replace(example, influence=-example.influence) for example in opposing),
            support=sums[0],
            opposition=sums[1],
        )

    def _list_strongest(self, values: NDArray[np.float64], views: Views, count: int) -> Iterator[Example]:
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
                    said=labels[views.predicted[at]],
                    influence=round_values([float(values[at])])[0],
                )

    def describe(self, views: Views) -> Training:
        """The record of the training data, with the validity of the influences and the suspect examples."""
        last, labels = views.examples[-1], self.explainer.network.facts.labels
        width, seed = last.features.shape[1], self.explainer.settings.seed
        return Training(
            fingerprint=self.fingerprint,
            examples=len(self.examples.documents),
            skipped=self.examples.skipped,
            labels={labels[at]: number for at, number in sorted(self.examples.labels.items())},
            checkpoints=tuple(path.name for path in self.checkpoints),
            rates=tuple(view.rate for view in views.examples),
            width=width,
            projected=width < self.layer.weight.shape[1],
            validity=measure_validity(views.examples, self.examples.targets, views.predicted, seed),
            suspects=tuple(self._list_strongest(trace_self_influence(views.examples), views, SUSPECTS + self.more)),
        )


def prepare_tracing(explainer: Explainer, versions: dict[str, str]) -> Tracing | None:
    """The tracing that the settings ask for, None if they ask for none; raises `UserError` if it cannot be done."""
    sources = find_sources(explainer.settings)
    if sources is None:
        return None
    layer = find_final_layer(explainer.network)
    examples = read_examples(sources, explainer.network.facts.labels)
    return Tracing(explainer, layer, sources.checkpoints, examples, hash_training(explainer.settings), versions)
