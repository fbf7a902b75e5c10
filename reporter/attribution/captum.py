"""Adaptive Integrated Gradients as a Captum method, for any forward function.

    >>> method = AdaptiveIntegratedGradients(model)
    >>> method.attribute(inputs, baselines, target=1, tolerance=0.001)

Sundararajan, Taly and Yan, Axiomatic Attribution for Deep Networks, ICML 2017. `quadrature/` places the nodes, decides
when to stop and bounds the error of each score; reports use it along the paths of `paths.py`.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from captum.attr import GradientAttribution
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
        paths = ForwardPaths.build(self.forward_func, inputs, baselines, target, additional_forward_args)
        goal = Goal(tolerance, max_evaluations, few_rounds=paths.inputs[0].device.type != "cpu")
        integrations = paths.integrate(goal, rows_per_pass=internal_batch_size)
        values = paths.shape([integration.integral.values for integration in integrations])
        result = values if isinstance(inputs, tuple) else values[0]
        deltas = torch.tensor([integration.integral.residual for integration in integrations], dtype=values[0].dtype)
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
        """The integration of each row: nodes, F along the path, values with their errors, evaluations."""
        paths = ForwardPaths.build(self.forward_func, inputs, baselines, target, additional_forward_args)
        return paths.integrate(goal, rows_per_pass=None)

    def has_convergence_delta(self) -> bool:
        """True: `attribute` can return the convergence delta."""
        return True

    @property
    def multiplies_by_inputs(self) -> bool:
        """True: gradients are multiplied by input - baseline."""
        return True


@dataclass(frozen=True)
class ForwardPaths:
    """Straight paths from baselines to inputs, one per row, with a forward function to evaluate and differentiate.

    `inputs` and `baselines` are tensors (rows ...); `target` and `extra` are Captum's `target` and
    `additional_forward_args`.
    """

    forward: Callable[..., Tensor]
    baselines: tuple[Tensor, ...]
    inputs: tuple[Tensor, ...]
    target: Any
    extra: tuple[Any, ...]

    @classmethod
    def build(
        cls,
        forward: Callable[..., Tensor],
        inputs: Tensors,
        baselines: Any,  # noqa: ANN401
        target: Any,  # noqa: ANN401
        extra: Any,  # noqa: ANN401
    ) -> "ForwardPaths":
        """The paths, in Captum's terms; raises `ValueError` where baselines do not go with the inputs."""
        given = tuple(tensor.detach() for tensor in _as_tuple(inputs))
        absent = (0,) * len(given) if baselines is None else _as_tuple(baselines)
        if len(absent) != len(given):
            raise ValueError(f"There are {len(given)} inputs and {len(absent)} baselines; give one for each.")
        whole = tuple(_expand(baseline, given_input) for baseline, given_input in zip(absent, given, strict=True))
        return cls(forward, whole, given, target, () if extra is None else _as_tuple(extra))

    def integrate(self, goal: Goal, *, rows_per_pass: int | None) -> list[Integration]:
        """The integration of each row; at most `rows_per_pass` evaluations share a pass, or all of a round if None."""

        def sample(rows: list[int], nodes: list[float]) -> tuple[Array, list[Array]]:
            """F and the gradients (features) at `nodes` on the paths of `rows`."""
            step = rows_per_pass or len(rows)
            parts = [self._evaluate(rows[at : at + step], nodes[at : at + step]) for at in range(0, len(rows), step)]
            totals, gradients = (np.concatenate(part) for part in zip(*parts, strict=True))
            return totals, list(gradients)

        return integrate_paths(sample, [None] * len(self.inputs[0]), goal)

    def shape(self, rows: list[Array]) -> tuple[Tensor, ...]:
        """Arrays (features) of each row as tensors shaped like the inputs."""
        sizes = [tensor[0].numel() for tensor in self.inputs]
        parts = torch.split(torch.tensor(np.stack(rows)), sizes, dim=1)
        return tuple(part.reshape(tensor.shape).to(tensor) for part, tensor in zip(parts, self.inputs, strict=True))

    def _evaluate(self, rows: list[int], nodes: list[float]) -> tuple[Array, Array]:
        """F (nodes) and gradient times (input - baseline) (nodes features) at `nodes` on the paths of `rows`."""
        count, where = len(self.inputs[0]), torch.tensor(rows)
        baselines, inputs = (
            [tensor[where.to(tensor.device)] for tensor in side] for side in (self.baselines, self.inputs)
        )
        points = []
        for baseline, given in zip(baselines, inputs, strict=True):
            share = torch.tensor(nodes, dtype=given.dtype, device=given.device).view(-1, *[1] * (given.dim() - 1))
            points.append(torch.lerp(baseline, given, share).requires_grad_())
        extra = [_select_rows(argument, where, count) for argument in self.extra]
        with torch.enable_grad():
            scores = _select_target(self.forward(*points, *extra), _select_rows(self.target, where, count))
            gradients = torch.autograd.grad(scores.sum(), points)
        parts = zip(gradients, inputs, baselines, strict=True)
        moved = [(gradient * (given - baseline)).flatten(1).cpu() for gradient, given, baseline in parts]
        return scores.detach().cpu().double().numpy(), torch.cat(moved, 1).double().numpy()


def _as_tuple(value: Any) -> tuple[Any, ...]:  # noqa: ANN401, Captum takes one or several of anything
    return value if isinstance(value, tuple) else (value,)


def _expand(baseline: Tensor | float, given: Tensor) -> Tensor:
    """A baseline as one tensor like the input."""
    if not isinstance(baseline, Tensor):
        return torch.full_like(given, baseline)
    if baseline.shape not in (given.shape, (1, *given.shape[1:])):
        raise ValueError(
            f"A baseline of shape {tuple(baseline.shape)} does not go with an input of shape {tuple(given.shape)}; "
            "give a number, or as many rows or one."
        )
    return baseline.detach().to(given).expand_as(given)


def _select_target(output: Tensor, target: Any) -> Tensor:  # noqa: ANN401
    """The score of each row: the output itself, or the place in it that a target names for all rows, or for each.

    Raises `ValueError` where that is not one number for each row.
    """
    if isinstance(target, Tensor):
        target = target.item() if target.numel() == 1 else target.tolist()
    if isinstance(target, list):
        places = torch.tensor([_as_tuple(index) for index in target], device=output.device)
        output = output[(torch.arange(len(output), device=output.device), *places.T)]
    elif target is not None:
        output = output[(slice(None), *_as_tuple(target))]
    if output.numel() != len(output):
        raise ValueError(f"The forward function gives {tuple(output.shape)} scores; name a target for one of each row.")
    return output.flatten()


def _select_rows(value: Any, rows: Tensor, count: int) -> Any:  # noqa: ANN401, whatever the caller's forward takes
    """What belongs to `rows`, of a value with one entry for each of `count` rows; any other value as it is."""
    if isinstance(value, Tensor) and value.dim() and len(value) == count:
        return value[rows.to(value.device)]
    if isinstance(value, list) and len(value) == count:
        return [value[row] for row in rows.tolist()]
    return value
