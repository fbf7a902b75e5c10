"""Randomization tests: whether a method's map depends on the model's weights, the target and the order of words.

Adebayo et al., Sanity Checks for Saliency Maps, NeurIPS 2018: weights are drawn at random, from the head down, and the
maps are compared. A map that does not change shows the text and not what the model has learnt.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from copy import deepcopy
from dataclasses import replace
from math import sqrt

import numpy as np
import torch
from scipy import stats

from reporter.attribution import Cases, Explainer, TargetQuery
from reporter.evidence.attempts import attempt
from reporter.evidence.intervals import quantile
from reporter.methods import Method
from reporter.models import Encoded, Network, drop_frames, is_out_of_memory
from reporter.records import Likeness, Sanities, Sanity, UserError, sum_by_word

TEXTS = 6
SURVIVES = 0.5  # a mean correlation with the map of a model of random weights, above which a method is flagged
_SAME = 0.99  # a mean correlation below which a repeated map counts as another one
_IDENTICAL = 0.99995
_MOST = 24  # evaluations of one explanation: more would sharpen a map that is only ranked
_STAGES = 6

Map = Mapping[int, float]
"""The score of each word by its number."""

SURVIVED = "Its map survives random weights: it shows the text more than the model."
UNSTEADY = "It does not repeat: the same question gets another map."
EXHAUSTED = (
    "The methods' sanity checks could not be made: they hold two more copies of the model, and the memory is too small."
)
DEAF = "It does not ask for the target: another label gets the very same map."


def examine_methods(explainer: Explainer, methods: Sequence[Method], documents: Sequence[Encoded]) -> Sanities:
    """The correlation of every method's maps with those after weights, target or order of words change.

    If memory runs out even with the smallest batches, the record says so (`failure`).
    """
    try:
        return _examine(explainer, methods, documents)
    except Exception as error:
        if not is_out_of_memory(error):
            raise
    drop_frames()
    if explainer.budget.halve():
        return examine_methods(explainer, methods, documents)
    return Sanities(texts=tuple(encoded.document.id for encoded in documents), methods=(), failure=EXHAUSTED)


def _examine(explainer: Explainer, methods: Sequence[Method], documents: Sequence[Encoded]) -> Sanities:
    cheap = [method.bounded(_MOST) for method in methods]
    with explainer.network.replicas.at_work():
        queries = [query for encoded in documents for query in _choose_query(explainer, encoded)]
        usual = draw_maps(explainer, cheap, queries)
        repeated_maps = draw_maps(explainer, cheap, queries)
        retargeted = draw_maps(explainer, cheap, [_target_next_label(query) for query in queries])
        shuffled = draw_maps(explainer, cheap, [_shuffle_tokens(query, explainer.settings.seed) for query in queries])
        stages = [
            (name, draw_maps(replace(explainer, network=network), cheap, queries))
            for name, network in randomise(explainer.network, explainer.settings.seed)
        ]
    sanities: list[Sanity] = []
    for number, method in enumerate(methods):
        signed = method.description.signed
        usual_maps = usual[number]
        sane = Sanity(
            method=method.description.name,
            randomised=tuple(compare_maps(name, usual_maps, maps[number]) for name, maps in stages),
            repeat=compare_maps("nothing", usual_maps, repeated_maps[number]),
            target=compare_maps("another label", usual_maps, retargeted[number], signed=signed),
            order=compare_maps("words in random order", usual_maps, shuffled[number]),
            flags=(),
        )
        sanities.append(replace(sane, flags=tuple(_find_flags(sane))))
    return Sanities(texts=tuple(encoded.document.id for encoded in documents), methods=tuple(sanities))


def _choose_query(explainer: Explainer, document: Encoded) -> list[TargetQuery]:
    """The first query of a document; none where the network cannot answer, which its page says."""
    try:
        return explainer.choose(document, *explainer.predict([document]))[:1]
    except UserError:
        raise
    except Exception:
        return []


def draw_maps(explainer: Explainer, methods: Sequence[Method], queries: Sequence[TargetQuery]) -> list[list[Map]]:
    """The maps of the queries, method by method."""
    case_batches = [explainer.make_cases([query]) for query in queries]
    return [_map_words(method, queries, case_batches) for method in methods]


def _map_words(method: Method, queries: Sequence[TargetQuery], case_batches: Sequence[Cases]) -> list[Map]:
    """The maps of one method; empty where it fails, as with random weights whose answer is not finite."""
    answered = zip(queries, attempt(method, case_batches), strict=True)
    return [
        {} if isinstance(scores, str) else sum_by_word(query.encoded.tokens, scores.values[0, : query.length].tolist())
        for query, scores in answered
    ]


def randomise(network: Network, seed: int) -> Iterator[tuple[str, Network]]:
    """The network with more and more of its weights random, from the head down to the embeddings (cascading).

    Each tensor is drawn from a normal distribution with its own mean and standard deviation.
    """
    random = torch.Generator().manual_seed(seed)
    randomised = replace(network, model=deepcopy(network.model))
    weights = dict(randomised.model.named_parameters())
    for name, group in _group(list(weights)):
        with torch.no_grad():
            for weight in (weights[weight_name] for weight_name in group):
                drawn = torch.randn(weight.shape, generator=random).to(weight.device, weight.dtype)
                spread = weight.std() if weight.numel() > 1 else weight.abs().mean()
                weight.copy_(drawn * spread + weight.mean())
        yield name, replace(randomised, model=deepcopy(randomised.model))


def _group(names: Sequence[str]) -> list[tuple[str, list[str]]]:
    """The names of weights in the order of randomization: the head, the layers from the last, the embeddings."""
    layers: dict[int, list[str]] = {}
    head: list[str] = []
    embeddings: list[str] = []
    for name in names:
        layer = re.search(r"\b(?:layers?|h|block)\.(\d+)\.", name)
        if layer:
            layers.setdefault(int(layer[1]), []).append(name)
        else:
            (embeddings if "embed" in name or "wte" in name or "wpe" in name else head).append(name)
    deep = sorted(layers, reverse=True)
    size = -(-len(deep) // _STAGES) or 1
    runs = [deep[at : at + size] for at in range(0, len(deep), size)]
    groups = [("the head", head)]
    for run in runs:
        title = f"layer {run[0] + 1}" if len(run) == 1 else f"layers {run[-1] + 1} to {run[0] + 1}"
        groups.append((title, [name for layer in run for name in layers[layer]]))
    return [(name, group) for name, group in (*groups, ("the embeddings", embeddings)) if group]


def _target_next_label(query: TargetQuery) -> TargetQuery:
    """The query for the next label."""
    labels = query.labels
    next_index = (query.target.index + 1) % len(labels)
    return replace(query, target=replace(query.target, label=labels[next_index], index=next_index, against=None))


def _shuffle_tokens(query: TargetQuery, seed: int) -> TargetQuery:
    """The query with its tokens in random order; special tokens stay, and all do where each token has an answer."""
    if query.per_token:
        return query
    tokens, encoded = query.encoded.tokens, query.encoded
    places = [at for at, token in enumerate(tokens) if not token.special]
    order = list(range(len(tokens)))
    for at, target in zip(places, np.random.default_rng(seed).permutation(places).tolist(), strict=True):
        order[at] = target
    ids = [encoded.inputs["input_ids"][at] for at in order]
    mixed = replace(encoded, inputs={**encoded.inputs, "input_ids": ids}, tokens=tuple(tokens[at] for at in order))
    return replace(query, encoded=mixed)


def compare_maps(change: str, usual: Sequence[Map], other: Sequence[Map], *, signed: bool = False) -> Likeness:
    """The mean Spearman correlation of two lists of maps, text by text: of sizes, or with `signed` of scores."""
    correlations = []
    for first, second in zip(usual, other, strict=True):
        pair = np.array([[first[word], second.get(word, np.nan)] for word in first]).reshape(-1, 2)
        pair = pair if signed else np.abs(pair)
        if len(pair) > 2 and np.isfinite(pair).all() and np.ptp(pair, axis=0).all():
            correlations.append(float(stats.spearmanr(pair[:, 0], pair[:, 1]).statistic))
    if not correlations:
        return Likeness(change=change, mean=None, low=None, high=None)
    mean = float(np.mean(correlations))
    if len(correlations) < 2:
        return Likeness(change=change, mean=round(mean, 4), low=None, high=None)
    half = quantile(len(correlations) - 1) * float(np.std(correlations, ddof=1)) / sqrt(len(correlations))
    return Likeness(change=change, mean=round(mean, 4), low=round(mean - half, 4), high=round(mean + half, 4))


def _find_flags(sanity: Sanity) -> Iterator[str]:
    if sanity.repeat.mean is not None and sanity.repeat.mean < _SAME:
        yield UNSTEADY
    last = sanity.randomised[-1].mean if sanity.randomised else None
    if last is not None and last > SURVIVES:
        yield SURVIVED
    if sanity.target.mean is not None and sanity.target.mean > _IDENTICAL:
        yield DEAF
