"""Counterfactuals: the answer with each of the strongest words deleted, with each replaced, and a set that flips it.

Removed words are deleted from the text, as in the diagnostics; a replaced word becomes one of its nearest neighbours in
the vocabulary. All texts share the passes of every step.
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
from reporter.evidence.word_removal import answer_texts, delete_words, read_answers, replace_words
from reporter.models import Vocabulary
from reporter.records import NONE, Change, Counterfactual, Section, places_by_word, round_values
from reporter.tasks import list_said

TOP, NEIGHBOURS, MOST = 5, 3, 8  # words that are changed, what each is changed to, and the most that are removed
_WIDE = 12  # words among which the search goes on, once each was tried alone
_WHOLE: Cut = frozenset()

ChangedAnswer = tuple[Cut, str | None, Tensor]
"""The words that were changed, the word written over them (None: deleted), and the model's answer (choices)."""


@dataclass(frozen=True)
class _Search:
    """A query with the words to change (`top`) and those to search for a flip (`tried`), both strongest first."""

    query: TargetQuery
    method: str
    top: tuple[int, ...]
    tried: tuple[int, ...]


class _AnswerCache:
    """The model's answers to some texts with words deleted, each computed once."""

    def __init__(self, explainer: Explainer, texts: Sequence[_Search]) -> None:
        self._explainer, self._texts = explainer, texts
        self._known: dict[tuple[int, Cut], Tensor] = {}

    def ask(self, wanted: Sequence[tuple[int, Cut]]) -> None:
        """Compute the answers that are not known yet: texts by number, each without the words of a cut."""
        new = [request for request in dict.fromkeys(wanted) if request not in self._known]
        answers = answer_texts(self._explainer, [delete_words(self._texts[number].query, cut) for number, cut in new])
        self._known.update(zip(new, answers, strict=True))

    def get(self, number: int, cut: Cut) -> Tensor:
        """The answer (choices) to a text without the words of a cut, which was asked for before."""
        return self._known[number, cut]

    def can_flip(self, number: int) -> bool:
        """Whether a text's target is the predicted label, of two or more, or one of the labels over one half."""
        usual = self.get(number, _WHOLE)
        if self._apart(usual):
            return float(usual[self._texts[number].query.target.index]) > 0
        return len(usual) > 1 and int(usual.argmax()) == self._texts[number].query.target.index

    def lead(self, number: int, cut: Cut) -> float:
        """The margin of the predicted label over all others, or of the target over one half; negative after a flip."""
        usual, answer = int(self.get(number, _WHOLE).argmax()), self.get(number, cut)
        if self._apart(answer):
            return float(answer[self._texts[number].query.target.index])
        return float(answer[usual] - torch.cat([answer[:usual], answer[usual + 1 :]]).max())

    def _apart(self, answer: Tensor) -> bool:
        return self._explainer.task.apart(len(answer))


def find_counterfactuals(
    explainer: Explainer, queries: Sequence[TargetQuery], sections: Sequence[Section]
) -> list[Counterfactual | None]:
    """The counterfactuals of each section that the settings ask for; a text without words has none."""
    changed: list[Counterfactual | None] = [None] * len(sections)
    reach = find_level(explainer.settings.evidence).reach
    if not reach:
        return changed
    texts = [_prepare(*pair, reach) for pair in zip(queries, sections, strict=True)]
    answers = _AnswerCache(explainer, texts)
    known = [number for number, text in enumerate(texts) if text.top or text.tried]
    answers.ask([(number, cut) for number in known for cut in (_WHOLE, *_single_words(texts[number].top))])
    searched = {number: texts[number].tried for number in known if texts[number].tried and answers.can_flip(number)}
    flips, swaps = _search(answers, searched), _replace_words(explainer, texts)
    for number in known:
        text = texts[number]
        removed = [(cut, None, answers.get(number, cut)) for cut in _single_words(text.top)]
        flip = [(flips[number], None, answers.get(number, flips[number]))] if number in flips else []
        tried = len(searched.get(number, ()))
        changed[number] = Counterfactual(
            method=text.method,
            removals=_record(explainer, text.query, removed),
            replacements=_record(explainer, text.query, swaps[number]),
            flip=next(iter(_record(explainer, text.query, flip)), None),
            tried=tried,
            most=min(MOST, tried),
        )
    return changed


def _prepare(query: TargetQuery, section: Section, reach: int) -> _Search:
    """The strongest words by the first method that claims completeness, less the one whose own answer is explained."""
    first = section.lead
    if first is None:
        return _Search(query, "", (), ())
    places, ranking = places_by_word(section.tokens), rank_words(section.tokens, first)
    is_removable = [query.fixed.isdisjoint(places[word]) for word in range(len(places))]
    top = [word for word, _ in strongest(ranking) if is_removable[word]][:TOP]
    return _Search(
        query, first.method, tuple(top), tuple([word for word in ranking.words if is_removable[word]][:reach])
    )


def _single_words(words: Sequence[int]) -> list[Cut]:
    return [frozenset((word,)) for word in words]


def _search(answers: _AnswerCache, searched: Mapping[int, Sequence[int]]) -> dict[int, Cut]:
    """A set of words of each text without which its label flips, found greedily: each time the word that costs most."""
    removed, candidates, flips = dict.fromkeys(searched, _WHOLE), dict(searched), dict[int, Cut]()
    for _ in range(MOST):
        tries = {
            number: [removed[number] | {word} for word in words if word not in removed[number]]
            for number, words in candidates.items()
        }
        answers.ask([(number, cut) for number, cuts in tries.items() for cut in cuts])
        for number, cuts in tries.items():
            order = sorted(cuts, key=partial(answers.lead, number))
            if not order:
                del candidates[number]
                continue
            if not removed[number]:
                candidates[number] = [word for cut in order[:_WIDE] for word in cut]
            removed[number] = order[0]
            if answers.lead(number, order[0]) < 0:
                flips[number] = order[0]
                del candidates[number]
    return _trim(answers, flips)


def _trim(answers: _AnswerCache, flips: dict[int, Cut]) -> dict[int, Cut]:
    """The same sets without words that the flip does not need."""
    tries = {number: [cut - {word} for word in sorted(cut)] for number, cut in flips.items() if len(cut) > 1}
    answers.ask([(number, cut) for number, cuts in tries.items() for cut in cuts])
    trimmed = {
        number: next((smaller for smaller in tries.get(number, ()) if answers.lead(number, smaller) < 0), cut)
        for number, cut in flips.items()
    }
    return trimmed if trimmed == flips else _trim(answers, trimmed)


def _replace_words(explainer: Explainer, texts: Sequence[_Search]) -> list[list[ChangedAnswer]]:
    """The answers of each text with every top word of one token replaced by each of its neighbours."""
    singles = [list(_list_single_tokens(text)) for text in texts]
    words = Vocabulary(explainer.network)
    near = words.find([token_id for text_singles in singles for _, token_id in text_singles], NEIGHBOURS)
    swaps = [[(cut, other) for cut, token_id in text_singles for other in near[token_id]] for text_singles in singles]
    pairs = zip(texts, swaps, strict=True)
    served = answer_texts(
        explainer, [replace_words(text.query, *swap) for text, text_swaps in pairs for swap in text_swaps]
    )
    answers = iter(served)
    return [
        [
            (cut, words.spell(token_id), answer)
            for (cut, token_id), answer in zip(text_swaps, islice(answers, len(text_swaps)), strict=True)
        ]
        for text_swaps in swaps
    ]


def _list_single_tokens(text: _Search) -> Iterator[tuple[Cut, int]]:
    encoded = text.query.encoded
    places = places_by_word(encoded.tokens)
    for word in text.top:
        if len(places[word]) == 1:
            yield frozenset((word,)), encoded.inputs["input_ids"][places[word][0]]


def _record(explainer: Explainer, query: TargetQuery, changed: Sequence[ChangedAnswer]) -> tuple[Change, ...]:
    """The records of changed answers."""
    if not changed:
        return ()
    choices = torch.stack([answer for _, _, answer in changed])
    answers = read_answers(explainer, choices, [query] * len(changed))
    scores = round_values([answer.score for answer in answers])
    values = round_values([answer.value for answer in answers])
    labels = [", ".join(list_said(row, query.labels, explainer.task)) or NONE for row in choices]
    sure = query.target.probability is not None
    return tuple(
        Change(words=tuple(sorted(cut)), by=by, label=label, score=score, probability=value if sure else None)
        for (cut, by, _), label, score, value in zip(changed, labels, scores, values, strict=True)
    )
