"""A text aligned with the tokens of one section: its words in reading order, and the scores of each."""

from collections.abc import Sequence
from functools import cached_property

from reporter.records import Explanation, Section, Span, cut_words, find_marked_words, order_sections


class AlignedText:
    """One section of a document with its `texts` (one per segment), `words`, and the places of `special` tokens.

    `truncated` says that the model did not read the whole text.
    """

    def __init__(self, explanation: Explanation, section: Section) -> None:
        """Cut the text and, where there is one, its pair."""
        self.texts = explanation.segments
        self.truncated = explanation.is_truncated
        self.section = section
        self.words = [
            word for at, text in enumerate(self.texts) for word in cut_words(section.tokens, text, segment=at)
        ]
        self._scales: dict[tuple[float, ...], float] = {}  # found once, asked for often
        self._rationale = explanation.rationale or ()
        self.special = [place for place, token in enumerate(section.tokens) if token.special]

    @cached_property
    def marked(self) -> frozenset[Span]:
        """The words that people marked."""
        tokens = self.section.tokens
        marked = find_marked_words(tokens, self.texts[0], self._rationale)
        return frozenset(word for word in self.words if any(tokens[place].word in marked for place in word.tokens))

    def text(self, span: Span) -> str:
        """The original characters of a word or subword."""
        return self.texts[span.segment][span.start : span.end]

    def scale(self, scores: Sequence[float]) -> float:
        """The largest absolute score of a word or subword, by which shown scores are divided; 0 if all are 0."""
        known = self._scales.get(key := tuple(scores))
        if known is None:
            spans = (span for word in self.words for span in (word, *(word.parts if len(word.parts) > 1 else ())))
            known = self._scales[key] = max((abs(span.total(scores)) for span in spans), default=0.0)
        return known

    def shares(self, scores: Sequence[float]) -> list[float]:
        """Every word's score as a share of the scale, -1 to 1."""
        scale = self.scale(scores)
        return [ratio(word.total(scores), scale) for word in self.words]


def align_sections(explanation: Explanation) -> list[AlignedText]:
    """The sections of a document that have attributions, in reading order, each aligned with its text."""
    return [AlignedText(explanation, section) for section in order_sections(explanation)]


def ratio(value: float, scale: float) -> float:
    """A score as a share of the scale, 0 where everything is 0."""
    return value / scale if scale else 0.0
