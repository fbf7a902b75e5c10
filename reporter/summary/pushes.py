"""Words with the largest mean score for each target over the corpus, with confidence intervals."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from math import fsum
from unicodedata import category

from reporter.evidence import AlignedText, Moments
from reporter.records import Pushing
from reporter.summary.corpus import round_mean

PushTarget = tuple[str, str | None]

LEAST = 5  # texts in which a word must stand
LONGEST = 40  # characters of a word that is counted
_LISTED, _TARGETS = 10, 6  # words of a target, and targets
_PLACES = 100_000  # words that are counted; those that come when all places are taken are not


@dataclass(frozen=True, slots=True, kw_only=True)
class Push:
    """The mean score of a word's occurrences in one text, for one target."""

    target: PushTarget
    word: str
    score: float


def list_pushes(sections: Iterable[AlignedText]) -> Iterator[Push]:
    """Every word of a text in lower case, once for each target of its `sections`, scored by the method shown first.

    The score is the mean over occurrences and positions; a method without a sign gives none.
    """
    scores_by_word = defaultdict[tuple[PushTarget, str], list[float]](list)
    for aligned in sections:
        lead, target = aligned.section.attributions[0], aligned.section.target
        for span in aligned.words if lead.signed else ():
            word = aligned.text(span).casefold()
            if len(word) <= LONGEST and any(category(sign)[0] in "LNS" for sign in word):
                scores_by_word[(target.label, target.against), word].append(span.total(lead.scores))
    for (towards, word), scores in scores_by_word.items():
        yield Push(target=towards, word=word, score=fsum(scores) / len(scores))


class PushCount:
    """Running statistics of word scores by target, for a bounded number of words."""

    def __init__(self, places: int = _PLACES) -> None:
        """`places` is the most pairs of a word and a target that are counted."""
        self._places = places
        self._moments: dict[tuple[PushTarget, str], Moments] = {}
        self.uncounted = 0

    def add(self, push: Push) -> None:
        """Count a word of a text, if it has a place or there is a free one."""
        key = push.target, push.word
        known = self._moments.get(key)
        if known is None and len(self._moments) < self._places:
            known = self._moments[key] = Moments()
        if known is None:
            self.uncounted += 1
        else:
            known.add(push.score)

    def hardest(self) -> tuple[Pushing, ...]:
        """Words with the largest mean score by target; of many targets, those with most words."""
        by_target: dict[PushTarget, list[Pushing]] = {}
        for (target, word), moments in self._moments.items():
            if moments.number >= LEAST and moments.interval()[0] > 0:
                by_target.setdefault(target, []).append(_make_pushing(target, word, moments))
        largest = sorted(by_target, key=lambda target: (-len(by_target[target]), target[0], target[1] or ""))[:_TARGETS]
        return tuple(pushing for target in largest for pushing in _choose_words(by_target[target]))


def _make_pushing(target: PushTarget, word: str, moments: Moments) -> Pushing:
    low, high = moments.interval()
    mean, low, high = map(round_mean, (moments.mean, low, high))
    return Pushing(label=target[0], against=target[1], word=word, texts=moments.number, mean=mean, low=low, high=high)


def _choose_words(words: list[Pushing]) -> list[Pushing]:
    """The words whose intervals begin furthest above zero, ordered by their means."""
    nearest = sorted(words, key=lambda pushing: (-pushing.low, pushing.word))[:_LISTED]
    return sorted(nearest, key=lambda pushing: (-pushing.mean, pushing.word))
