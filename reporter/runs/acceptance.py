"""Acceptance of a network: it must answer in its task's shape, deterministically, and from its word embeddings alone.

Measured once, on two short texts, so that a network that fails on every text is refused before the first.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor

from reporter.models import Network, tabulate_output
from reporter.records import UserError, quote_error
from reporter.tasks import Task

_TIMES = 3
_NEAR, _NEAR_ACCELERATED = 1e-6, 1e-5  # how far answers of equal passes may be apart: on a processor, and elsewhere
_HOW = {
    True: "by several tables of word embeddings, as where a decoder has one of its own",
    False: "by its tokens' numbers in another way as well as through its word embeddings",
}
_SAME = 1e-3  # the same of passes that may be made shorter


def check_network(network: Network, task: Task) -> None:
    """Raise `UserError` unless a network's answers have its task's shape, repeat, and depend on word embeddings alone.

    If token ids reached the answer in another way, a text would still be read with its embeddings at the baseline.
    """
    name, near = network.facts.architecture, _NEAR_ACCELERATED if network.on_accelerator else _NEAR
    first, *answers = [_answer(network, task) for _ in range(_TIMES)]
    with _wrapping_errors(network), torch.no_grad():
        points, served = network.embed(network.probe), (network.probe, _swap_words(network), network.probe)
        substituted, swapped, again = (network.answer(inputs, points) for inputs in served)
        _try_gradient(network, points)
        _ = network.pads_freely  # each text alone, which a network may refuse as well
    if not (all(_alike(first, answer, near) for answer in answers) and _alike(substituted, again, near)):
        raise UserError(
            f"{name} gives another answer to the same text each time, so no explanation of its answers can be checked; "
            "look for dropout that stays on, random numbers, a counter or a clock in its code."
        )
    if not (_alike(substituted, swapped, near) and _alike(substituted, first, _SAME)):
        with _wrapping_errors(network):
            how = _HOW[network.reads_beside()]
        raise UserError(
            f"{name} reads a text {how}, so an explanation by one table of word embeddings would be of only a part of "
            "what it reads; it cannot be explained. Choose another model."
        )


def _try_gradient(network: Network, points: Tensor) -> None:
    """Differentiate the answer by the word embeddings, as every explanation does; what that raises is raised."""
    with torch.enable_grad():
        leaves = points.detach().requires_grad_()
        torch.autograd.grad(network.answer(network.probe, leaves).sum(), leaves)


@contextmanager
def _wrapping_errors(network: Network) -> Iterator[None]:
    """Turn any exception of a network on the probe texts into a `UserError` of one sentence."""
    try:
        yield
    except UserError:
        raise
    except Exception as error:  # a network from outside may raise any
        raise UserError(
            f"{network.facts.architecture} was run on two short texts and stopped, so nothing can be explained by it; "
            "see whether it answers by itself with these versions of torch and transformers. It says: "
            f"{quote_error(error)}."
        ) from error


def _answer(network: Network, task: Task) -> Tensor:
    """The table for the probe texts; raises `UserError` if outputs do not have the shape that the task reads."""
    name, inputs = network.facts.architecture, network.probe
    with _wrapping_errors(network), torch.no_grad():
        output: Any = network.run(inputs)
    wanted = task.settle(network.model.config, network.tokenizer).shape(*inputs["input_ids"].shape)
    for field in task.outputs:
        answer = getattr(output, field, None)
        if not isinstance(answer, Tensor):
            raise UserError(
                f"{name} answers with no {field}: its forward returns {_name(output)}, where an output with the field "
                f"'{field}' is needed."
            )
        if answer.shape != wanted:
            raise UserError(
                f"{name} answers two texts of {inputs['input_ids'].shape[1]} tokens with {field} of shape "
                f"{tuple(answer.shape)}, where {wanted} is needed for its {len(network.facts.labels)} labels; choose "
                "another --task or model."
            )
    return tabulate_output(task, output, inputs)


def _name(output: object) -> str:
    return "None" if output is None else f"a {type(output).__name__}"


def _swap_words(network: Network) -> dict[str, Tensor]:
    """The probe texts with other words' ids in place of their own; special tokens stay."""
    ids = network.probe["input_ids"]
    words = [
        token_id for token_id in range(len(network.tokenizer)) if token_id not in set(network.special_ids.tolist())
    ]
    drawn = torch.randint(len(words), ids.shape, generator=torch.Generator().manual_seed(0))
    others = torch.tensor(words)[drawn].to(ids.device)
    return {**network.probe, "input_ids": torch.where(torch.isin(ids, network.special_ids), ids, others)}


def _alike(answer: Tensor, other: Tensor, share: float) -> bool:
    """Whether two answers are equal, up to a share of the largest number in them."""
    return torch.allclose(answer, other, rtol=0.0, atol=share * float(answer.abs().max()), equal_nan=True)
