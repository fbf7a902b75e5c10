"""References for Integrated Gradients that share nothing with the reports but the question: float64 and adaptive."""

from collections.abc import Callable

import numpy as np
import torch
from torch import Tensor
from transformers import PreTrainedModel

_PANELS, _MOST, _PASS = 64, 50_000, 4096  # panels to begin with and the most of them; tokens that share a pass
_PLACES = torch.tensor([0.0, 0.25, 0.5, 0.75, 1.0], dtype=torch.float64)
_FINE, _COARSE = np.array([1, 4, 2, 4, 1]) / 12, np.array([1, 0, 4, 0, 1]) / 6

Score = Callable[[Tensor], Tensor]
"""Embeddings, rows tokens width in float64, to one number for each row."""


def answer(model: PreTrainedModel, inputs: dict[str, Tensor], words: Tensor, points: Tensor) -> Tensor:
    """The logits of a text, as `inputs` of one row serve it, with `points` (rows tokens width) for embeddings.

    Encoder-decoders read a text in two places and take no embeddings. There, each of its `words` (tokens) has a number
    and a row of its own in the table, and the model does all else itself: what it makes of these numbers, and where it
    reads them, is its own doing.
    """
    rest = {name: values.expand(len(points), -1) for name, values in inputs.items()}
    ids = rest.pop("input_ids").clone()
    if not model.config.is_encoder_decoder:
        found: Tensor = model(inputs_embeds=points, **rest).logits
        return found
    rows = points[:, words].flatten(0, 1)
    weights, first = _attach_rows(model, rows)
    ids[:, words] = first + torch.arange(len(rows)).view(len(points), -1)
    found = torch.func.functional_call(model, weights, kwargs={"input_ids": ids, **rest}).logits
    return found


def _attach_rows(model: PreTrainedModel, rows: Tensor) -> tuple[dict[str, Tensor], int]:
    """The weights of a model with these rows at the end of its word-embedding table, and the number of the first."""
    table = model.get_input_embeddings().weight
    names = [name for name, one in model.named_parameters() if one is table]
    return dict.fromkeys(names, torch.cat([table.detach(), rows])), len(table)


def integrate_densely(score: Score, start: Tensor, end: Tensor, *, off: float) -> np.ndarray:
    """Integrated Gradients from `start` to `end` (tokens width, float64), one per token, by Simpson's rule.

    The panels that are known worst are halved until all of them together are off by no more than `off` of the sum of
    the sizes. What a panel is off is how far half as many points are from it, also where it jumps, and by how much its
    values miss the change of the score on it.
    """
    edges = torch.linspace(0.0, 1.0, _PANELS + 1, dtype=torch.float64)
    panels = torch.stack([edges[:-1], edges[1:]], 1)
    values, errors = _measure(score, start, end, panels)
    while errors.sum() > (goal := off * np.abs(values.sum(0)).sum()):
        assert len(panels) < _MOST, "a reference needs too many panels"
        order = np.argsort(-errors)
        worst = order[: int(np.argmax(errors.sum() - np.cumsum(errors[order]) <= goal / 2)) + 1]
        middle = panels[worst].mean(1, keepdim=True)
        halves = torch.cat([torch.cat([panels[worst, :1], middle], 1), torch.cat([middle, panels[worst, 1:]], 1)])
        kept = np.setdiff1d(order, worst)
        found = _measure(score, start, end, halves)
        panels = torch.cat([panels[kept], halves])
        values, errors = (np.concatenate([one[kept], more]) for one, more in zip((values, errors), found, strict=True))
    total: np.ndarray = values.sum(0)
    return total


def _measure(score: Score, start: Tensor, end: Tensor, panels: Tensor) -> tuple[np.ndarray, np.ndarray]:
    """The integrals on some panels, panels tokens, and what each panel is off."""
    widths = panels[:, 1:] - panels[:, :1]
    places = (panels[:, :1] + widths * _PLACES).flatten().split(max(1, _PASS // len(start)))
    parts = [_slope(score, start, end, some) for some in places]
    totals, gradients = (np.concatenate(part) for part in zip(*parts, strict=True))
    totals, gradients = (
        totals.reshape(len(panels), 5),
        gradients.reshape(len(panels), 5, -1) * widths.numpy()[..., None],
    )
    fine, coarse = (np.einsum("k,pkt->pt", weights, gradients) for weights in (_FINE, _COARSE))
    return fine, np.abs(fine - coarse).sum(1) + np.abs(fine.sum(1) - (totals[:, -1] - totals[:, 0]))


def _slope(score: Score, start: Tensor, end: Tensor, places: Tensor) -> tuple[np.ndarray, np.ndarray]:
    """The score at some places of the path, and each token's slope there, places tokens."""
    points = torch.lerp(start, end, places.view(-1, 1, 1)).requires_grad_()
    scores = score(points)
    (found,) = torch.autograd.grad(scores.sum(), points)
    return scores.detach().numpy(), (found * (end - start)).sum(-1).numpy()
