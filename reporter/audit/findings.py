"""The results of `check` and `verify` as records, which the terminal and CI systems show."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One check by name: what was found, and a sentence for every fault; without faults it passed."""

    name: str
    found: str
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
