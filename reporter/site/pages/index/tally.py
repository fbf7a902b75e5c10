"""What a summary takes from the documents one by one: the checks by slice, words that push, right and wrong answers."""

from collections import Counter
from dataclasses import dataclass, field, replace

from reporter.records import Graded, Summary
from reporter.site.pages.checks import is_measured
from reporter.site.pages.index.facts import Facts
from reporter.site.pages.index.pushes import PushCount
from reporter.site.pages.index.slices import SliceCount


@dataclass
class Tally:
    """Counts and numbers, and never a text."""

    slices: SliceCount = field(default_factory=SliceCount)
    pushes: PushCount = field(default_factory=PushCount)
    graded: Counter[tuple[str, str]] = field(default_factory=Counter)
    passing: int = 0

    def add(self, facts: Facts) -> None:
        """Take note of one document."""
        self.slices.add(facts)
        measured = [state for state in facts.states if is_measured(state)]
        self.passing += bool(measured) and all(state == "holds" for state in measured)
        if facts.graded is not None and facts.graded.pair is not None:
            self.graded[facts.graded.pair] += 1
        for push in facts.pushes:
            self.pushes.add(push)

    def complete(self, summary: Summary) -> Summary:
        """The summary with everything that was added."""
        found = sorted(self.graded.items())
        return replace(
            summary,
            slices=self.slices.slices(),
            passing=self.passing,
            pushes=self.pushes.hardest(),
            uncounted=self.pushes.uncounted,
            graded=tuple(Graded(given=given, said=said, texts=number) for (given, said), number in found),
        )
