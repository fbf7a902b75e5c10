"""The results of `check` and `verify`, as shown on the terminal and in CI systems."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One check by name, with its outcome in a few words and a sentence for every fault; without faults it passed."""

    name: str
    outcome: str
    faults: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Verified:
    """A document that was explained again, with one sentence for every difference.

    `exact` says that the numbers are the same to the last bit; `whole` that this is about the run, not one document.
    """

    source: str
    differences: tuple[str, ...]
    exact: bool = False
    whole: bool = False
