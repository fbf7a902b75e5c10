"""Counterfactuals: the answer without each of the strongest words, with each replaced, and a few that flip it.

A word that is removed is deleted, as the diagnostics have it, so that the text without it can be served by anyone; one
that is replaced gives way to another word of the vocabulary. All texts share the passes of every step.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import islice

import torch
from torch import Tensor

from reporter.attribution import Explainer, TargetQuery
from reporter.evidence.levels import find_level
from reporter.evidence.metrics import Cut
from reporter.evidence.metrics.effect import strongest
from reporter.evidence.rankings import rank_words
from reporter.evidence.word_removal import leave, read_answers, serve, write_over
from reporter.models import Vocabulary
from reporter.records import NONE, Change, Counterfactual, Section, places_by_word, round_values
from reporter.tasks import list_said

TOP, NEIGHBOURS, MOST = 5, 3, 8  # words that are changed, what each is changed to, and the most that are removed
_WIDE = 12  # words among which the search goes on, once each was tried alone
_WHOLE: Cut = frozenset()

Heard = tuple[Cut, str | None, Tensor]
"""Words that were changed, by what, and the model's answer (choices)."""


@dataclass(frozen=True)
class _Text:
    """A question with the words to change, and those to try for a flip, both strongest first; none without words."""

    question: TargetQuery
    method: str
    top: tuple[int, ...]
    tried: tuple[int, ...]


class _Inquiry:
    """What the model says to some texts without some of their words; nothing is asked twice."""

    def __init__(self, explainer: Explainer, texts: Sequence[_Text]) -> None:
        self._asking, self._texts = explainer, texts
        self._known: dict[tuple[int, Cut], Tensor] = {}

    def ask(self, wanted: Sequence[tuple[int, Cut]]) -> None:
        """Serve what is not known yet: texts by number, each without a cut."""
        new = [request for request in dict.fromkeys(wanted) if request not in self._known]
        answers = serve(self._asking, [leave(self._texts[number].question, cut) for number, cut in new])
        self._known.update(zip(new, answers, strict=True))

    def says(self, number: int, cut: Cut) -> Tensor:
        """The answer, choices, to what was asked."""
        return self._known[number, cut]

    def hangs(self, number: int) -> bool:
        """Whether a text's target is the usual label, and could be another; or one of the labels over one half."""
        usual = self.says(number, _WHOLE)
        if self._apart(usual):
            return float(usual[self._texts[number].question.target.index]) > 0
        return len(usual) > 1 and int(usual.argmax()) == self._texts[number].question.target.index

    def lead(self, number: int, cut: Cut) -> float:
        """By how much the usual label of a text is still ahead of all others, or its target over one half."""
        usual, answer = int(self.says(number, _WHOLE).argmax()), self.says(number, cut)
        if self._apart(answer):
            return float(answer[self._texts[number].question.target.index])
        return float(answer[usual] - torch.cat([answer[:usual], answer[usual + 1 :]]).max())

    def _apart(self, answer: Tensor) -> bool:
        return self._asking.task.apart(len(answer))


def find_counterfactuals(
    explainer: Explainer, questions: Sequence[TargetQuery], sections: Sequence[Section]
) -> list[Counterfactual | None]:
    """The counterfactuals of each section that the settings ask for; a text without words has none."""
    changed: list[Counterfactual | None] = [None] * len(sections)
    reach = find_level(explainer.settings.evidence).reach
    if not reach:
        return changed
    texts = [_prepare(*pair, reach) for pair in zip(questions, sections, strict=True)]
    inquiry = _Inquiry(explainer, texts)
    known = [number for number, text in enumerate(texts) if text.top or text.tried]
    inquiry.ask([(number, cut) for number in known for cut in (_WHOLE, *_alone(texts[number].top))])
    hunted = {number: texts[number].tried for number in known if texts[number].tried and inquiry.hangs(number)}
    flips, swaps = _search(inquiry, hunted), _swap(explainer, texts)
    for number in known:
        text = texts[number]
        removed = [(cut, None, inquiry.says(number, cut)) for cut in _alone(text.top)]
        flip = [(flips[number], None, inquiry.says(number, flips[number]))] if number in flips else []
        tried = len(hunted.get(number, ()))
        changed[number] = Counterfactual(
            method=text.method,
            removals=_record(explainer, text.question, removed),
            replacements=_record(explainer, text.question, swaps[number]),
            flip=next(iter(_record(explainer, text.question, flip)), None),
            tried=tried,
            most=min(MOST, tried),
        )
    return changed


def _prepare(question: TargetQuery, section: Section, reach: int) -> _Text:
    """The strongest words by the first method that claims completeness, less the one whose own answer is explained."""
    first = section.lead
    if first is None:
        return _Text(question, "", (), ())
    places, ranking = places_by_word(section.tokens), rank_words(section.tokens, first)
    kept = [question.fixed.isdisjoint(places[word]) for word in range(len(places))]
    top = [word for word, _ in strongest(ranking) if kept[word]][:TOP]
    return _Text(question, first.method, tuple(top), tuple([word for word in ranking.words if kept[word]][:reach]))


def _alone(words: Sequence[int]) -> list[Cut]:
    return [frozenset((word,)) for word in words]


def _search(inquiry: _Inquiry, hunted: Mapping[int, Sequence[int]]) -> dict[int, Cut]:
    """Words of each text without which its label is another, removed one by one, each time what costs it most."""
    gone, left, flips = dict.fromkeys(hunted, _WHOLE), dict(hunted), dict[int, Cut]()
    for _ in range(MOST):
        tries = {
            number: [gone[number] | {word} for word in words if word not in gone[number]]
            for number, words in left.items()
        }
        inquiry.ask([(number, cut) for number, cuts in tries.items() for cut in cuts])
        for number, cuts in tries.items():
            order = sorted(cuts, key=partial(inquiry.lead, number))
            if not order:
                del left[number]
                continue
            if not gone[number]:
                left[number] = [word for cut in order[:_WIDE] for word in cut]
            gone[number] = order[0]
            if inquiry.lead(number, order[0]) < 0:
                flips[number] = order[0]
                del left[number]
    return _trim(inquiry, flips)


def _trim(inquiry: _Inquiry, flips: dict[int, Cut]) -> dict[int, Cut]:
    """The same words less those that the label does not hang on after all."""
    tries = {number: [cut - {word} for word in sorted(cut)] for number, cut in flips.items() if len(cut) > 1}
    inquiry.ask([(number, cut) for number, cuts in tries.items() for cut in cuts])
    kept = {
        number: next((less for less in tries.get(number, ()) if inquiry.lead(number, less) < 0), cut)
        for number, cut in flips.items()
    }
    return kept if kept == flips else _trim(inquiry, kept)


def _swap(explainer: Explainer, texts: Sequence[_Text]) -> list[list[Heard]]:
    """Every top word that is a single token, with each of its neighbours written over it."""
    singles = [list(_list_single_tokens(text)) for text in texts]
    words = Vocabulary(explainer.network)
    near = words.find([token_id for text_singles in singles for _, token_id in text_singles], NEIGHBOURS)
    swaps = [[(cut, other) for cut, token_id in text_singles for other in near[token_id]] for text_singles in singles]
    pairs = zip(texts, swaps, strict=True)
    served = serve(explainer, [write_over(text.question, *swap) for text, text_swaps in pairs for swap in text_swaps])
    answers = iter(served)
    return [
        [
            (cut, words.spell(token_id), answer)
            for (cut, token_id), answer in zip(text_swaps, islice(answers, len(text_swaps)), strict=True)
        ]
        for text_swaps in swaps
    ]


def _list_single_tokens(text: _Text) -> Iterator[tuple[Cut, int]]:
    encoded = text.question.encoded
    places = places_by_word(encoded.tokens)
    for word in text.top:
        if len(places[word]) == 1:
            yield frozenset((word,)), encoded.inputs["input_ids"][places[word][0]]


def _record(explainer: Explainer, question: TargetQuery, heard: Sequence[Heard]) -> tuple[Change, ...]:
    """What was heard as it is saved."""
    if not heard:
        return ()
    choices = torch.stack([answer for _, _, answer in heard])
    answers = read_answers(explainer, choices, [question] * len(heard))
    scores = round_values([answer.score for answer in answers])
    values = round_values([answer.value for answer in answers])
    labels = [", ".join(list_said(row, question.labels, explainer.task)) or NONE for row in choices]
    sure = question.target.probability is not None
    return tuple(
        Change(words=tuple(sorted(cut)), by=by, label=label, score=score, probability=value if sure else None)
        for (cut, by, _), label, score, value in zip(heard, labels, scores, values, strict=True)
    )
