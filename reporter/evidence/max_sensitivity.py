"""Max-sensitivity of every method: each text is explained again a few times, from embeddings close to its own."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

import numpy as np
import torch

from reporter.attribution import Array, Cases, Explainer, TargetQuery
from reporter.evidence.attempts import attempt
from reporter.evidence.levels import find_level, load_metrics
from reporter.evidence.metrics import Observed
from reporter.evidence.rankings import add_up, beside_random, rank_words
from reporter.methods import Method
from reporter.records import Diagnostic, Section

POINTS = 10
_NAME = "max_sensitivity"
RADIUS = 0.1  # of the standard deviation of a text's own embeddings, as the description says


def measure_sensitivity(
    explainer: Explainer,
    methods: Sequence[Method],
    *,
    batches: Sequence[Sequence[TargetQuery]],
    sections: Sequence[Section],
) -> list[tuple[Diagnostic, ...]]:
    """The max-sensitivity of each section's methods, if the settings ask for it, where it is defined."""
    if not methods or _NAME not in find_level(explainer.settings.evidence).perturbation:
        return [() for _ in sections]
    near = [explain_near(explainer, methods, batches, point) for point in range(POINTS)]
    return [tuple(_judge(*pair)) for pair in zip(sections, zip(*near, strict=True), strict=True)]


def explain_near(
    explainer: Explainer, methods: Sequence[Method], batches: Sequence[Sequence[TargetQuery]], point: int
) -> list[dict[str, Array]]:
    """The word scores of every question by name of the method, at one point near each text, as far as there are any."""
    posed = [explainer.make_cases(questions) for questions in batches]
    moved = [
        replace(cases, shift=_draw(cases, [explainer.seed(question, f"near {point}") for question in questions]))
        for cases, questions in zip(posed, batches, strict=True)
    ]
    by_method = {method.description.name: iter(add_up(batches, attempt(method, moved))) for method in methods}
    asked = sum(map(len, batches))
    rows = [{name: next(scores) for name, scores in by_method.items()} for _ in range(asked)]
    return [{name: scores for name, scores in row.items() if scores is not None} for row in rows]


def _draw(cases: Cases, seeds: Sequence[int]) -> torch.Tensor:
    """Where to: ordinary tokens by up to the radius in every direction, rows tokens width, whoever shares the batch."""
    moved = torch.zeros_like(cases.embeddings)
    for row, (seed, length) in enumerate(zip(seeds, cases.lengths, strict=True)):
        content_mask = cases.content_mask[row, :length].unsqueeze(-1)
        own = cases.embeddings[row, :length]
        if content_mask.any():
            drawn = np.random.default_rng(seed).uniform(-RADIUS, RADIUS, tuple(own.shape))
            moved[row, :length] = torch.from_numpy(drawn).to(own) * own.masked_select(content_mask).std() * content_mask
    return moved


def _judge(section: Section, others: Sequence[Mapping[str, Array]]) -> Iterator[Diagnostic]:
    """From the word scores at every point near by; a method that failed at one of them has no such number."""
    (metric,) = load_metrics((_NAME,))
    for attribution in section.attributions:
        near = [scores[attribution.method] for scores in others if attribution.method in scores]
        if len(near) == len(others):
            value = metric.judge(rank_words(section.tokens, attribution), Observed(near=np.stack(near)))
            yield from beside_random(_NAME, attribution.method, value, ())
