"""What came of a check, in the words that the terminal and a CI system show."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing that was checked: what was found, and every fault; without a fault it holds."""

    name: str
    found: str
    faults: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Verified:
    """A document that was explained again, and what came out differently: a sentence each.

    `exact` says that it came out the same to the last bit. What is of a run as a `whole` is no document.
    """

    source: str
    differences: tuple[str, ...]
    exact: bool = False
    whole: bool = False
