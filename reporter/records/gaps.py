"""The words for what is missing, each with its reason: methods, of a run or of one text, and parts of a summary."""

from dataclasses import dataclass
from typing import Literal

Part = Literal["answers", "certificates", "agreement", "diagnostics", "checks", "words"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Omission:
    """A method that was asked for and is not there, with the reason: it cannot serve the model, or failed on a text."""

    method: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Lapse:
    """A method that failed on one text, which other methods explain, with the reason."""

    id: str
    source: str
    method: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Gap:
    """A part of a run's summary that could not be summed up, with the reason."""

    part: Part
    reason: str
