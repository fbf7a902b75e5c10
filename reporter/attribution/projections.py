"""The value and output projections of the last attention layer, by which norm-weighted attention is computed.

Architectures name them differently, so they are found by name and then verified on a pass of the network: attention
weights times values must equal the input of the output projection.
"""

from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from reporter.attribution.cases import Cases
from reporter.models import Network, record_calls

_NAMES = (
    ("attention.self.value", "attention.output.dense"),  # BERT and those like it
    ("attention.attn.v", "attention.attn.o"),  # MPNet
    ("attention.v_lin", "attention.out_lin"),  # DistilBERT
    ("attention.value", "attention.dense"),  # ALBERT
    ("self_attn.v_proj", "self_attn.o_proj"),  # Llama, Mistral, Qwen and others
    ("self_attn.v_proj", "self_attn.out_proj"),  # OPT and others
)
_PROBE = "A short text, to see what the network does with it."


@dataclass(frozen=True)
class Projections:
    """The value projection and the output projection of the last attention layer."""

    value: nn.Module
    output: nn.Module


@dataclass(frozen=True)
class CarriedVectors:
    """The value vectors of one layer, rows tokens heads size, and its output projection, width heads size."""

    values: Tensor
    output: Tensor


def find_projection_gap(network: Network) -> str | None:
    """The sentence that says why this network's projections cannot be found or verified; None if they can."""
    if network.attention_gap is not None:
        return network.attention_gap
    inputs = network.pad([dict(network.tokenizer(_PROBE))])
    projections = _find_projections(network.model)
    if projections is not None and _are_verified(network, projections, inputs):
        return None
    return f"{network.facts.architecture} keeps no value and output projections from which its attention could be told."


def project_values(cases: Cases) -> CarriedVectors:
    """The value vectors and output projection of the last layer at the text; only for a network without a gap."""
    projections = _find_projections(cases.network.model)
    assert projections is not None, "a method asked for values without looking at `find_projection_gap`"
    with torch.no_grad(), record_calls([projections.value]) as values:
        cases.network.run(cases.inputs, cases.embeddings, output_attentions=True)
    return _split_heads(projections, values[-1].output, heads=cases.attention.weights.shape[2])


def _find_projections(model: Any) -> Projections | None:  # noqa: ANN401, a network of any family
    modules = dict(model.named_modules())
    for value, output in _NAMES:
        stems = [name.removesuffix(value) for name in modules if name.endswith(value)]
        if stems and stems[-1] + output in modules:
            return Projections(modules[stems[-1] + value], modules[stems[-1] + output])
    return None


def _split_heads(projections: Projections, values: Tensor, *, heads: int) -> CarriedVectors:
    weight: Tensor = projections.output.weight  # type: ignore[assignment]
    return CarriedVectors(*(part.reshape(*part.shape[:-1], heads, -1) for part in (values, weight)))


def _are_verified(network: Network, projections: Projections, inputs: dict[str, Tensor]) -> bool:
    """Whether attention weights times values equal the input of the output projection."""
    try:
        with torch.no_grad(), network.eager(), record_calls([projections.value, projections.output]) as calls:
            weights = network.model(**inputs, output_attentions=True).attentions[-1]
        last_calls = {call.module: call for call in calls}
        carried, gathered = (
            _split_heads(projections, last_calls[projections.value].output, heads=weights.shape[1]),
            last_calls[projections.output].given[0],
        )
        expected = torch.einsum("rhij,rjhs->rihs", weights, carried.values).flatten(2)
        return expected.shape == gathered.shape and bool(expected.allclose(gathered, rtol=1e-4, atol=1e-5))
    except Exception:  # a network from outside may raise any, and its modules may be of any kind
        return False
