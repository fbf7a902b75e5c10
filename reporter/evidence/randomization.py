"""Randomization tests: whether a method's map depends on the model's weights, the target and the order of words.

Adebayo et al., Sanity Checks for Saliency Maps, NeurIPS 2018: the model's weights are drawn anew, from the head down,
and the maps are compared. A map that stays what it was shows the text and not what the model learnt.
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
SURVIVES = 0.5  # a mean correlation with the map of a model of random weights, from which a method is flagged
_SAME = 0.99  # one that nobody would tell from the same map
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
    """How alike every method's maps of some texts remain when the weights, the target or the order of words change.

    Where there is no memory for that, even with the smallest batches, it says so.
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
        questions = [question for encoded in documents for question in _ask(explainer, encoded)]
        usual = draw_maps(explainer, cheap, questions)
        repeated = draw_maps(explainer, cheap, questions)
        turned = draw_maps(explainer, cheap, [_turn(question) for question in questions])
        mixed = draw_maps(explainer, cheap, [_mix(question, explainer.settings.seed) for question in questions])
        stages = [
            (name, draw_maps(replace(explainer, network=network), cheap, questions))
            for name, network in randomise(explainer.network, explainer.settings.seed)
        ]
    sanities: list[Sanity] = []
    for number, method in enumerate(methods):
        signed = method.description.signed
        own = usual[number]
        sane = Sanity(
            method=method.description.name,
            randomised=tuple(compare(name, own, maps[number]) for name, maps in stages),
            repeat=compare("nothing", own, repeated[number]),
            target=compare("another label", own, turned[number], signed=signed),
            order=compare("words in random order", own, mixed[number]),
            flags=(),
        )
        sanities.append(replace(sane, flags=tuple(_flag(sane))))
    return Sanities(texts=tuple(encoded.document.id for encoded in documents), methods=tuple(sanities))


def _ask(explainer: Explainer, document: Encoded) -> list[TargetQuery]:
    """The first question about a document; none about one that the network cannot answer, which its page says."""
    try:
        return explainer.choose(document, *explainer.predict([document]))[:1]
    except UserError:
        raise
    except Exception:
        return []


def draw_maps(explainer: Explainer, methods: Sequence[Method], questions: Sequence[TargetQuery]) -> list[list[Map]]:
    """The map of each question by each method."""
    posed = [explainer.make_cases([question]) for question in questions]
    return [_draw(method, questions, posed) for method in methods]


def _draw(method: Method, questions: Sequence[TargetQuery], posed: Sequence[Cases]) -> list[Map]:
    """The maps of one method; empty ones where it fails, as where a model of random weights answers with no number."""
    answered = zip(questions, attempt(method, posed), strict=True)
    return [
        {}
        if isinstance(scores, str)
        else sum_by_word(question.encoded.tokens, scores.values[0, : question.length].tolist())
        for question, scores in answered
    ]


def randomise(network: Network, seed: int) -> Iterator[tuple[str, Network]]:
    """The network with ever more of its weights drawn anew, from the head down to the embeddings.

    Every tensor gets normal numbers with the mean and the spread that it had.
    """
    random = torch.Generator().manual_seed(seed)
    changed = replace(network, model=deepcopy(network.model))
    weights = dict(changed.model.named_parameters())
    for name, group in _group(list(weights)):
        with torch.no_grad():
            for weight in (weights[weight_name] for weight_name in group):
                drawn = torch.randn(weight.shape, generator=random).to(weight.device, weight.dtype)
                spread = weight.std() if weight.numel() > 1 else weight.abs().mean()
                weight.copy_(drawn * spread + weight.mean())
        yield name, replace(changed, model=deepcopy(changed.model))


def _group(names: Sequence[str]) -> list[tuple[str, list[str]]]:
    """The weights in the order in which they are drawn anew: the head, the layers from the last, the embeddings."""
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


def _turn(question: TargetQuery) -> TargetQuery:
    """The question about another label, the next one."""
    labels = question.labels
    index = (question.target.index + 1) % len(labels)
    return replace(question, target=replace(question.target, label=labels[index], index=index, against=None))


def _mix(question: TargetQuery, seed: int) -> TargetQuery:
    """The same words, each token somewhere else; special tokens, and what every token has an answer of, stay."""
    if question.per_token:
        return question
    tokens, encoded = question.encoded.tokens, question.encoded
    places = [at for at, token in enumerate(tokens) if not token.special]
    order = list(range(len(tokens)))
    for at, other in zip(places, np.random.default_rng(seed).permutation(places).tolist(), strict=True):
        order[at] = other
    ids = [encoded.inputs["input_ids"][at] for at in order]
    mixed = replace(encoded, inputs={**encoded.inputs, "input_ids": ids}, tokens=tuple(tokens[at] for at in order))
    return replace(question, encoded=mixed)


def compare(change: str, usual: Sequence[Map], other: Sequence[Map], *, signed: bool = False) -> Likeness:
    """How alike two lists of maps are, text by text: by the size of the scores, or with their sign."""
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


def _flag(sanity: Sanity) -> Iterator[str]:
    if sanity.repeat.mean is not None and sanity.repeat.mean < _SAME:
        yield UNSTEADY
    last = sanity.randomised[-1].mean if sanity.randomised else None
    if last is not None and last > SURVIVES:
        yield SURVIVED
    if sanity.target.mean is not None and sanity.target.mean > _IDENTICAL:
        yield DEAF
