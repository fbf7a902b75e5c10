"""Baselines: the token or the vector that stands in the place of a word that is taken away."""

from typing import Any

from reporter.models import Network
from reporter.records import UserError

BASELINES = ("pad", "mask", "zero", "mean")


def check_baseline(name: str, network: Network) -> None:
    """Raise `UserError` unless there is such a baseline and this network's tokenizer can serve it."""
    if name not in BASELINES:
        raise UserError(f"There is no baseline '{name}'; choose from: {', '.join(BASELINES)}.")
    if name in ("pad", "mask") and find_baseline_token(network, name) is None:
        raise UserError(f"The tokenizer has no {name} token; choose --baseline zero or mean, which need none.")


def find_baseline_token(network: Network, name: str) -> Any:  # noqa: ANN401
    """The vocabulary id of the token that replaces an absent word, or None."""
    return getattr(network.tokenizer, f"{name}_token_id")
