"""Measurement of batch invariance: whether, on this machine, a text's numbers depend on the texts in its passes.

A matrix library may sum in another order for another number of rows, depending on processor and settings, and so may a
network's own kernels. Both are measured once, as they are used: on one thread, forward and backward.
"""

import os
import platform
import re
from collections.abc import Iterable
from dataclasses import replace

import torch
from torch import Tensor, nn

from reporter.models.batching import BATCH_TOKENS
from reporter.models.network import Network
from reporter.models.threads import describe_processor
from reporter.records import Machine

_COUNTS = (4, 5, 6, 7, 9, 11, 14, 18, 23, 31)  # rows of a product, and where they begin in a larger one
_WORK = 2**26  # multiplications in the largest product that is tried
_ROWS = (64, 512)  # in that one, at least and at most
_LENGTHS = (0, 0, 1, 1, 2, 2, 5, 9, 9, 14, 23)  # of the texts that are tried, in words

Row = dict[str, list[int]]


def examine_machine(network: Network) -> Machine:
    """The machine of a network, with its measured batch invariance (None on an accelerator)."""
    return replace(
        identify_machine(network.device),
        batch_invariant=None if network.on_accelerator else is_batch_invariant(network),
    )


def identify_machine(place: torch.device) -> Machine:
    """The machine's processor, instructions and matrix library; nothing is measured."""
    if place.type == "cuda":
        name, library = torch.cuda.get_device_name(place), f"CUDA {torch.version.cuda}"
        return Machine(processor=name, instructions="CUDA", library=library)
    library = _name_library()
    return Machine(
        processor=describe_processor().get("model name") or platform.processor() or platform.machine(),
        instructions=torch.backends.cpu.get_cpu_capability(),
        library=library,
        mkl_cbwr=os.environ.get("MKL_CBWR") if library.startswith("MKL") else None,
    )


def is_batch_invariant(network: Network) -> bool | None:
    """Whether products of the network's matrix sizes, and its answers to probe texts, are the same alone and batched.

    None where the network raises an exception.
    """
    try:
        with network.replicas.at_work():
            return multiplies_alike(_list_sizes(network.model)) and _answers_alike(network)
    except Exception:  # a network from outside may raise any; where it explains no text, that is said of the text
        return None


def multiplies_alike(sizes: Iterable[tuple[int, int]]) -> bool:
    """Whether a row times a matrix of each size, or its transpose, is the same to the last bit among any other rows."""
    random = torch.Generator().manual_seed(0)
    for size in sizes:
        weight = torch.randn(size, generator=random)
        most, least = _ROWS[1], _ROWS[0]
        count = min(most, max(least, _WORK // weight.numel()))
        for matrix in (weight, weight.T):
            rows = torch.randn(count, len(matrix), generator=random)
            whole = rows @ matrix
            spans = (slice(first, first + part) for part in (*_COUNTS, count // 2 + 1) for first in (0, part // 2))
            if not all((rows[span] @ matrix).equal(whole[span]) for span in spans):
                return False
    return True


def _list_sizes(model: nn.Module) -> list[tuple[int, int]]:
    """The sizes of all matrices that a network multiplies by."""
    looked_up = {id(layer.weight) for layer in model.modules() if isinstance(layer, nn.Embedding)}
    weights = (parameter for parameter in model.parameters() if parameter.dim() == 2 and id(parameter) not in looked_up)
    return sorted({(parameter.shape[0], parameter.shape[1]) for parameter in weights})


def _answers_alike(network: Network) -> bool:
    """Whether texts get the same answers and gradients in shared passes as each in a pass of its own."""
    texts = [" ".join(["so"] * count) for count in _LENGTHS]
    limit = network.facts.limit
    rows_of_texts: list[Row] = [dict(network.tokenizer(text, truncation=True, max_length=limit)) for text in texts]
    nonempty = [row for row in rows_of_texts if row["input_ids"]]

    def run_pass(member: Network, numbers: list[int]) -> list[Tensor]:
        return _run_pass(member, [nonempty[at] for at in numbers])

    lengths = [len(row["input_ids"]) for row in nonempty]
    together = network.share(run_pass, lengths, budget=BATCH_TOKENS["cpu"])
    alone = [answer for row in nonempty for answer in _run_pass(network, [row])]
    return all(answer.equal(other) for answer, other in zip(alone, together, strict=True))


def _run_pass(network: Network, rows: list[Row]) -> list[Tensor]:
    """The answer to each row and the gradient of its sum by the word embeddings, as one tensor."""
    inputs = network.pad(rows)
    points = network.embed(inputs).requires_grad_()
    with torch.enable_grad():
        answer = network.answer(inputs, points)
        (gradients,) = torch.autograd.grad(answer.sum(), points)
    with torch.no_grad():
        again = network.answer(inputs, points)
    parts = zip(answer.detach(), again, gradients, rows, strict=True)
    return [torch.cat([_take(part, len(row["input_ids"])).flatten() for part in values]) for *values, row in parts]


def _take(values: Tensor, length: int) -> Tensor:
    """The first `length` entries of values per token, tokens (...); values for the whole text are shorter and stay."""
    return values[:length]


def _name_library() -> str:
    """The library by which torch multiplies matrices on a processor."""
    built = torch.__config__.show()
    library = re.search(r"Math Kernel Library Version ([\d.]+)", built)
    backend = re.search(r"BLAS_INFO=(\w+)", built)
    return f"MKL {library[1]}" if library else backend[1] if backend else "unknown"
