"""The final layer of a classifier: the linear layer whose outputs are the logits, found by measuring."""

from collections.abc import Mapping
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from reporter.models import Network, record_calls
from reporter.records import UserError

_NEAR = 1e-5
_OTHERS = ("regression", "multi_label_classification")  # answers that are not one label of several


@dataclass(frozen=True)
class FinalLayer:
    """The layer by its name in the network, with its weight (choices width), and whether it has a bias."""

    name: str
    weight: Tensor
    bias: bool


def find_final_layer(network: Network) -> FinalLayer:
    """The linear layer that the logits come out of; raises `UserError` if the network has none."""
    linear: dict[nn.Module, str] = {
        layer: name for name, layer in network.model.named_modules() if isinstance(layer, nn.Linear)
    }
    with torch.no_grad(), record_calls(linear) as calls:
        table = network.answer(network.probe)
    logits, single = table[:, 0], network.task.problem not in _OTHERS
    if table.shape[1] != 1 or logits.shape[1] < 2 or not single:
        raise UserError(f"--training-data needs a model with one label of several for each text; {_kind_of(network)}")
    last = {linear[call.module]: call for call in calls}
    for name, (layer, _, out) in reversed(last.items()):
        if out.shape[-1] == logits.shape[1] and bool((_distances(out, logits).amin(-1) < _NEAR).all()):
            return FinalLayer(name, layer.weight, layer.bias is not None)  # type: ignore[arg-type]
    raise UserError(
        "--training-data needs a model whose logits come out of a linear layer at its end; "
        f"{network.facts.architecture} has none."
    )


def read_features(network: Network, name: str, inputs: Mapping[str, Tensor]) -> tuple[Tensor, Tensor]:
    """What goes into the final layer, rows width, and the logits, rows choices.

    A layer that is called for every token is read at the token whose output is the answer.
    """
    with torch.no_grad(), record_calls([network.model.get_submodule(name)]) as calls:
        logits = network.answer(inputs)[:, 0]
    _, (given, *_), out = calls[-1]
    width = given.shape[-1]
    places = _distances(out, logits).argmin(-1)
    features = given.reshape(len(logits), -1, width)[torch.arange(len(logits), device=given.device), places]
    return features, logits


def _distances(out: Tensor, logits: Tensor) -> Tensor:
    """How far each output of a layer is from the logits of its row, rows positions."""
    if out.numel() % logits.numel():
        return torch.full((len(logits), 1), torch.inf)
    gaps = out.reshape(len(logits), -1, logits.shape[1]) - logits.unsqueeze(1)
    return gaps.abs().amax(-1)


def _kind_of(network: Network) -> str:
    kind = network.task.problem if network.task.problem in _OTHERS else None
    return f"{network.facts.architecture} is {'of another kind' if kind is None else 'for ' + kind.replace('_', ' ')}."
