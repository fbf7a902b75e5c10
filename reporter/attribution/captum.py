"""Integrated Gradients that integrates until it knows, as a Captum method for any forward function.

    >>> method = AdaptiveIntegratedGradients(model)
    >>> method.attribute(inputs, baselines, target=1, tolerance=0.001)

Sundararajan, Taly and Yan, Axiomatic Attribution for Deep Networks, ICML 2017; where the nodes go, when it stops and
how far each score may be off is `quadrature/`. The reports give the same engine paths of their own (`paths.py`).
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from captum._utils.common import (
    _format_additional_forward_args,
    _format_output,
    _format_tensor_into_tuples,
    _is_tuple,
    _run_forward,
)
from captum.attr import GradientAttribution
from captum.attr._utils.common import _format_input_baseline, _validate_input
from torch import Tensor

from reporter.attribution.quadrature.integration import Integration, integrate_paths
from reporter.attribution.quadrature.refinement import Goal
from reporter.attribution.quadrature.rules import Array

Tensors = Tensor | tuple[Tensor, ...]


class AdaptiveIntegratedGradients(GradientAttribution):  # type: ignore[misc]
    """Integrated Gradients, refined for each example until its sum and its scores are within a tolerance."""

    def __init__(self, forward_func: Callable[..., Tensor]) -> None:
        """`forward_func` takes inputs (rows ...) and returns one score per row, or rows classes with a `target`."""
        super().__init__(forward_func)

    def attribute(
        self,
        inputs: Tensors,
        baselines: Any = None,  # noqa: ANN401, Captum's own type
        target: Any = None,  # noqa: ANN401
        additional_forward_args: Any = None,  # noqa: ANN401
        *,
        tolerance: float = 0.01,
        max_evaluations: int = 512,
        internal_batch_size: int | None = None,
        return_convergence_delta: bool = False,
    ) -> Any:  # noqa: ANN401, as in Captum: what `inputs` are, and with `return_convergence_delta` a pair
        """Attributions shaped like `inputs`; with `return_convergence_delta` also sum - (F(input) - F(baseline)), rows.

        All but `tolerance` (a share of that change, and of the scores) and `max_evaluations` (per row) is as in
        Captum's IntegratedGradients. Raises `ValueError` where the score or its gradient is not finite.
        """
        ways = Ways.ask(self.forward_func, inputs, baselines, target, additional_forward_args)
        goal = Goal(tolerance, max_evaluations, few_rounds=ways.ends[0].device.type != "cpu")
        found = ways.answer(goal, width=internal_batch_size)
        values = ways.shaped([journey.integral.values for journey in found])
        result = _format_output(_is_tuple(inputs), values)
        deltas = torch.tensor([journey.integral.residual for journey in found], dtype=values[0].dtype)
        return (result, deltas.to(values[0].device)) if return_convergence_delta else result

    def integrate(
        self,
        inputs: Tensors,
        baselines: Any = None,  # noqa: ANN401
        target: Any = None,  # noqa: ANN401
        additional_forward_args: Any = None,  # noqa: ANN401
        *,
        goal: Goal,
    ) -> list[Integration]:
        """What `attribute` rests on, row by row: nodes, F along the path, values with their errors, evaluations."""
        ways = Ways.ask(self.forward_func, inputs, baselines, target, additional_forward_args)
        return ways.answer(goal, width=None)

    def has_convergence_delta(self) -> bool:
        """It has one."""
        return True

    @property
    def multiplies_by_inputs(self) -> bool:
        """The scores are those of the whole way from baseline to input."""
        return True


@dataclass(frozen=True)
class Ways:
    """The ways from baselines to inputs: the score anywhere on them, and its gradient along each feature's part."""

    forward: Callable[..., Tensor]
    starts: tuple[Tensor, ...]
    ends: tuple[Tensor, ...]
    target: Any
    extra: Any

    @classmethod
    def ask(
        cls,
        forward: Callable[..., Tensor],
        inputs: Tensors,
        baselines: Any,  # noqa: ANN401
        target: Any,  # noqa: ANN401
        extra: Any,  # noqa: ANN401
    ) -> "Ways":
        """The ways, in Captum's terms."""
        given = _format_tensor_into_tuples(inputs)
        ends, starts = _format_input_baseline(given, baselines)
        _validate_input(ends, starts)
        ends = tuple(end.detach() for end in ends)
        whole = (_whole(start, end) for start, end in zip(starts, ends, strict=True))
        return cls(forward, tuple(whole), ends, target, _format_additional_forward_args(extra))

    def answer(self, goal: Goal, *, width: int | None) -> list[Integration]:
        """Integrate every row, `width` evaluations in one pass, or all that are wanted at a time."""

        def sample(rows: list[int], nodes: list[float]) -> tuple[Array, list[Array]]:
            step = width or len(rows)
            parts = [self._evaluate(rows[at : at + step], nodes[at : at + step]) for at in range(0, len(rows), step)]
            totals, gradients = (np.concatenate(part) for part in zip(*parts, strict=True))
            return totals, list(gradients)

        return integrate_paths(sample, [None] * len(self.ends[0]), goal)

    def shaped(self, rows: list[Array]) -> tuple[Tensor, ...]:
        """Numbers for every feature of every row, as tensors like the inputs."""
        sizes = [end[0].numel() for end in self.ends]
        parts = torch.split(torch.tensor(np.stack(rows)), sizes, dim=1)
        return tuple(part.reshape(end.shape).to(end) for part, end in zip(parts, self.ends, strict=True))

    def _evaluate(self, rows: list[int], nodes: list[float]) -> tuple[Array, Array]:
        count, where = len(self.ends[0]), torch.tensor(rows)
        starts, ends = ([one[where.to(one.device)] for one in side] for side in (self.starts, self.ends))
        points = []
        for start, end in zip(starts, ends, strict=True):
            share = torch.tensor(nodes, dtype=end.dtype, device=end.device).view(-1, *[1] * (end.dim() - 1))
            points.append(torch.lerp(start, end, share).requires_grad_())
        extra = None if self.extra is None else tuple(_follow(one, where, count) for one in self.extra)
        with torch.enable_grad():
            scores = _run_forward(self.forward, tuple(points), _follow(self.target, where, count), extra)
            gradients = torch.autograd.grad(scores.sum(), points)
        ways = (
            (gradient * (end - start)).flatten(1).cpu()
            for gradient, end, start in zip(gradients, ends, starts, strict=True)
        )
        return scores.detach().cpu().double().numpy(), torch.cat(list(ways), 1).double().numpy()


def _whole(start: Tensor | float, end: Tensor) -> Tensor:
    """A baseline as one tensor like the input."""
    if isinstance(start, Tensor):
        return start.detach().to(end).expand_as(end)
    return torch.full_like(end, start)


def _follow(value: Any, rows: Tensor, count: int) -> Any:  # noqa: ANN401, whatever the caller's forward takes
    """What belongs to `rows`, of a value with one entry for each of `count` rows; any other value as it is."""
    if isinstance(value, Tensor) and value.dim() and len(value) == count:
        return value[rows.to(value.device)]
    if isinstance(value, list) and len(value) == count:
        return [value[row] for row in rows.tolist()]
    return value
