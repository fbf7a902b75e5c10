"""The words that push hardest towards each label over the corpus: means over texts, with intervals."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from math import fsum
from unicodedata import category

from reporter.evidence import Moments
from reporter.records import Explanation, Pushing, cut_words, order_sections
from reporter.summary.corpus import round_mean

PushTarget = tuple[str, str | None]

LEAST = 5  # texts in which a word must stand
LONGEST = 40  # characters of a word that is counted
_LISTED, _TARGETS = 10, 6  # words of a target, and targets
_PLACES = 100_000  # words that are counted; those that come when all places are taken are not


@dataclass(frozen=True, slots=True, kw_only=True)
class Push:
    """How hard a word pushes towards a target in one text: the mean score of its occurrences there."""

    target: PushTarget
    word: str
    score: float


def list_pushes(explanation: Explanation) -> Iterator[Push]:
    """Every word of a text, in small letters, once for each label, with its score by the method shown first.

    That must have a sign; a word that stands there often, or that is explained at many positions, has its mean.
    """
    scores_by_word = defaultdict[tuple[PushTarget, str], list[float]](list)
    for section in order_sections(explanation):
        lead, target = section.attributions[0], section.target
        for segment, text in enumerate(explanation.segments) if lead.signed else ():
            for span in cut_words(section.tokens, text, segment=segment):
                word = text[span.start : span.end].casefold()
                if len(word) <= LONGEST and any(category(sign)[0] in "LNS" for sign in word):
                    scores_by_word[(target.label, target.against), word].append(span.total(lead.scores))
    for (towards, word), scores in scores_by_word.items():
        yield Push(target=towards, word=word, score=fsum(scores) / len(scores))


class PushCount:
    """Words and their scores, gathered while the documents go by; what it holds is bounded."""

    def __init__(self, places: int = _PLACES) -> None:
        """Room for so many pairs of a word and a target."""
        self._places = places
        self._found: dict[tuple[PushTarget, str], Moments] = {}
        self.uncounted = 0

    def add(self, push: Push) -> None:
        """Count a word of a text; every number of a word that has a place is exact."""
        key = push.target, push.word
        known = self._found.get(key)
        if known is None and len(self._found) < self._places:
            known = self._found[key] = Moments()
        if known is None:
            self.uncounted += 1
        else:
            known.add(push.score)

    def hardest(self) -> tuple[Pushing, ...]:
        """The words of every target, of the targets with most words if there are many."""
        by_target: dict[PushTarget, list[Pushing]] = {}
        for (target, word), moments in self._found.items():
            if moments.number >= LEAST and moments.interval()[0] > 0:
                by_target.setdefault(target, []).append(_pushing(target, word, moments))
        largest = sorted(by_target, key=lambda target: (-len(by_target[target]), target[0], target[1] or ""))[:_TARGETS]
        return tuple(pushing for target in largest for pushing in _choose(by_target[target]))


def _pushing(target: PushTarget, word: str, moments: Moments) -> Pushing:
    low, high = moments.interval()
    mean, low, high = map(round_mean, (moments.mean, low, high))
    return Pushing(label=target[0], against=target[1], word=word, texts=moments.number, mean=mean, low=low, high=high)


def _choose(words: list[Pushing]) -> list[Pushing]:
    """The words whose intervals begin furthest from zero, ordered by their means."""
    nearest = sorted(words, key=lambda pushing: (-pushing.low, pushing.word))[:_LISTED]
    return sorted(nearest, key=lambda pushing: (-pushing.mean, pushing.word))
