"""Max-sensitivity of every method: each text is explained again a few times, from embeddings close to its own."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

import numpy as np
import torch

from reporter.attribution import Array, Cases, Explainer, TargetQuery
from reporter.evidence.attempts import attempt
from reporter.evidence.levels import find_level, load_metrics
from reporter.evidence.metrics import Observations
from reporter.evidence.rankings import add_up, compare_with_random, rank_words
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
    """The word scores (words) of every query by method, at one point near each text; none of a method that failed."""
    case_batches = [explainer.make_cases(queries) for queries in batches]
    shifted = [
        replace(cases, shift=_draw_shift(cases, [explainer.seed(query, f"near {point}") for query in queries]))
        for cases, queries in zip(case_batches, batches, strict=True)
    ]
    by_method = {method.description.name: iter(add_up(batches, attempt(method, shifted))) for method in methods}
    count = sum(map(len, batches))
    rows = [{name: next(scores) for name, scores in by_method.items()} for _ in range(count)]
    return [{name: scores for name, scores in row.items() if scores is not None} for row in rows]


def _draw_shift(cases: Cases, seeds: Sequence[int]) -> torch.Tensor:
    """A random shift of content tokens, rows tokens width, up to the radius in every number; the same in any batch."""
    shift = torch.zeros_like(cases.embeddings)
    for row, (seed, length) in enumerate(zip(seeds, cases.lengths, strict=True)):
        content_mask = cases.content_mask[row, :length].unsqueeze(-1)
        embeddings = cases.embeddings[row, :length]
        if content_mask.any():
            drawn = np.random.default_rng(seed).uniform(-RADIUS, RADIUS, tuple(embeddings.shape))
            shift[row, :length] = (
                torch.from_numpy(drawn).to(embeddings) * embeddings.masked_select(content_mask).std() * content_mask
            )
    return shift


def _judge(section: Section, others: Sequence[Mapping[str, Array]]) -> Iterator[Diagnostic]:
    """The max-sensitivity of each method from its word scores at all nearby points; none if it failed at one."""
    (metric,) = load_metrics((_NAME,))
    for attribution in section.attributions:
        near = [scores[attribution.method] for scores in others if attribution.method in scores]
        if len(near) == len(others):
            value = metric.judge(rank_words(section.tokens, attribution), Observations(nearby=np.stack(near)))
            yield from compare_with_random(_NAME, attribution.method, value, ())
