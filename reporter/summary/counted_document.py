"""A document as the parts of the summary count it: its explanation, and its text, cut into words once."""

from dataclasses import dataclass
from functools import cached_property

from reporter.evidence import AlignedText, align_sections
from reporter.records import Explanation


@dataclass(frozen=True)
class CountedDocument:
    """A document on its way into the summary; its words are cut once, when a part first needs its sections."""

    explanation: Explanation

    @cached_property
    def sections(self) -> list[AlignedText]:
        """Its sections in reading order, aligned with its text."""
        return align_sections(self.explanation)
