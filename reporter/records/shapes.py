"""Validation of records: every list has the length of what it is about, and every index is in range.

The JSON Schema checks types only. A record that is forged or cut short is refused as it is read, with the first field
that does not fit, so that no other code has to expect one.
"""

from collections.abc import Collection, Iterable, Iterator, Sequence
from itertools import pairwise

from reporter.records.evidence import Counterfactual, Erasure
from reporter.records.explanation import Attribution, Explanation, Prediction, Section, Token
from reporter.records.words import count_words


def find_misfit(explanation: Explanation) -> str | None:
    """The first field of a record that does not fit the others, and why; None if all do."""
    return next(_list_misfits(explanation), None)


def _list_misfits(explanation: Explanation) -> Iterator[str]:
    texts = (explanation.text,) if explanation.text_pair is None else (explanation.text, explanation.text_pair)
    if (explanation.status == "explained") != (explanation.prediction is not None and explanation.seen is not None):
        yield f"status is '{explanation.status}', and prediction and seen say otherwise"
    if explanation.status == "failed" and (explanation.sections or not explanation.error):
        yield "status is 'failed', and there are sections, or no error"
    spans = explanation.rationale or ()
    if any(not 0 <= start < end <= len(explanation.text) for start, end in spans):
        yield "rationale has a span that is not in the text"
    if any(span[1] > following[0] for span, following in pairwise(spans)):
        yield "rationale has spans that are not in order, or not apart"
    if explanation.seen is not None and not (
        0 <= explanation.seen.characters <= explanation.seen.of and explanation.seen.windows > 0
    ):
        yield "seen has more characters than there are, or less than none, or no windows"
    if explanation.prediction is not None:
        yield from (f"prediction.{fault}" for fault in _list_answer_misfits(explanation.prediction))
        for at, section in enumerate(explanation.sections):
            faults = _list_section_misfits(section, explanation.prediction, texts)
            yield from (f"sections[{at}].{fault}" for fault in faults)


def _list_answer_misfits(answer: Prediction) -> Iterator[str]:
    cells = answer.positions * len(answer.labels)
    if answer.positions < 1 or not answer.labels:
        yield f"positions is {answer.positions}, for {len(answer.labels)} labels"
    yield from _check_length("logits", answer.logits, cells, "cells")
    if answer.probabilities is not None:
        yield from _check_length("probabilities", answer.probabilities, cells, "cells")


def _list_section_misfits(section: Section, answer: Prediction, texts: Sequence[str]) -> Iterator[str]:
    target, count = section.target, len(section.tokens)
    if not (0 <= target.position < answer.positions and 0 <= target.index < len(answer.labels)):
        yield f"target is column {target.index} at position {target.position}, which the answer has not"
    yield from _list_token_misfits(section.tokens, texts)
    words = count_words(section.tokens)
    for at, attribution in enumerate(section.attributions):
        yield from (f"attributions[{at}].{fault}" for fault in _list_score_misfits(attribution, count))
    methods = [attribution.method for attribution in section.attributions]
    if len(set(methods)) < len(methods):
        yield "attributions has a method twice"
    named = [
        *(diagnostic.method for diagnostic in section.diagnostics),
        *(name for agreement in section.agreement for name in (agreement.a, agreement.b)),
    ]
    yield from _check_methods("diagnostics or agreement", named, methods)
    if section.heads is not None:
        yield from _list_heads_misfits(section, count)
    if section.erasure is not None:
        yield from (f"erasure.{fault}" for fault in _list_erasure_misfits(section.erasure, words, methods))
    if section.counterfactual is not None:
        yield from (f"counterfactual.{fault}" for fault in _list_change_misfits(section.counterfactual, words))
    yield from _list_word_misfits(section, words, methods)


def _list_token_misfits(tokens: Sequence[Token], texts: Sequence[str]) -> Iterator[str]:
    if not tokens:
        yield "tokens is empty"
    number = -1
    for at, token in enumerate(tokens):
        if not (0 <= token.segment < len(texts) and 0 <= token.start <= token.end <= len(texts[token.segment])):
            yield f"tokens[{at}] is not in the text"
        if token.special != (token.word is None):
            yield f"tokens[{at}] is of word {token.word}, and special is {str(token.special).lower()}"
        if token.word is not None:
            if not 0 <= token.word <= number + 1:
                yield f"tokens[{at}].word is {token.word}, and words are numbered from 0 in reading order"
            number = max(number, token.word)


def _list_score_misfits(attribution: Attribution, count: int) -> Iterator[str]:
    yield from _check_length("scores", attribution.scores, count, "tokens")
    if attribution.errors is not None:
        yield from _check_length("errors", attribution.errors, count, "tokens")
    if attribution.certificate.evaluations < 0:
        yield f"certificate.evaluations is {attribution.certificate.evaluations}"
    if attribution.certificate.claim == "complete" and None in (
        attribution.certificate.noise,
        attribution.certificate.tolerance,
    ):
        yield "certificate claims completeness, and has no noise or no tolerance"


def _list_heads_misfits(section: Section, count: int) -> Iterator[str]:
    heads = section.heads
    assert heads is not None
    if any(not 0 <= start < end <= count for start, end in heads.stretches):
        yield "heads.stretches has one that is not among the tokens"
    if any(stretch[1] > following[0] for stretch, following in pairwise(heads.stretches)):
        yield "heads.stretches are not in order"
    sizes = {len(layer) for layer in heads.shares}
    if len(sizes) != 1 or 0 in sizes:
        yield "heads.shares has no layers, or layers of different numbers of heads"
    for layer in heads.shares:
        for head in layer:
            yield from _check_length("heads.shares", head, len(heads.stretches) + 1, "stretches")
            if min(head) < 0 or max(head) > 1:
                yield f"heads.shares holds {min(head):g} and {max(head):g}, which are no shares"


def _list_erasure_misfits(erasure: Erasure, words: int, methods: Collection[str]) -> Iterator[str]:
    for at, curve in enumerate(erasure.curves):
        yield from _list_place_misfits(f"curves[{at}]", curve.words, words)
        yield from _check_length(f"curves[{at}].values", curve.values, len(curve.words), "words")
    for at, band in enumerate(erasure.bands):
        yield from _list_place_misfits(f"bands[{at}]", band.words, words)
        for name, values in (("median", band.median), ("low", band.low), ("high", band.high)):
            yield from _check_length(f"bands[{at}].{name}", values, len(band.words), "words")
    yield from _check_words("effects", (effect.word for effect in erasure.effects), words)
    named = [*(record.method for record in erasure.curves), *(record.method for record in erasure.effects)]
    yield from _check_methods("curves or effects", named, methods)


def _list_place_misfits(name: str, places: Sequence[int], words: int) -> Iterator[str]:
    rising = all(place < following for place, following in pairwise(places))
    if not places or not rising or places[0] < 0 or places[-1] > words:
        yield f"{name}.words does not rise from none to all of {words} words"


def _list_change_misfits(counterfactual: Counterfactual, words: int) -> Iterator[str]:
    flip = () if counterfactual.flip is None else (counterfactual.flip,)
    for name, changes in (
        ("removals", counterfactual.removals),
        ("replacements", counterfactual.replacements),
        ("flip", flip),
    ):
        if any(not change.words or len(set(change.words)) < len(change.words) for change in changes):
            yield f"{name} has a change of no word, or of one twice"
        yield from _check_words(name, (word for change in changes for word in change.words), words)
    if any(change.by is None or len(change.words) != 1 for change in counterfactual.replacements):
        yield "replacements has one of several words, or by none"
    if not 0 <= counterfactual.tried <= words or not 0 <= counterfactual.most <= words:
        yield f"tried is {counterfactual.tried} and most is {counterfactual.most}, of {words} words"


def _list_word_misfits(section: Section, words: int, methods: Collection[str]) -> Iterator[str]:
    range_, agreed = section.sensitivity, section.consensus
    if range_ is not None:
        yield from _check_length("sensitivity.low", range_.low, words, "words")
        yield from _check_length("sensitivity.high", range_.high, words, "words")
        yield from _check_words("sensitivity.flips", range_.flips, words)
        yield from _check_methods("sensitivity", [range_.method], methods)
        if not range_.baselines:
            yield "sensitivity.baselines is empty"
    if agreed is not None:
        yield from _check_words("consensus.words", (vote.word for vote in agreed.words), words)
        if agreed.methods < 1 or any(not 0 <= vote.top <= agreed.methods for vote in agreed.words):
            yield f"consensus has a word that more than its {agreed.methods} methods chose"


def _check_length(name: str, values: Sequence[object], expected: int, unit: str) -> Iterator[str]:
    if len(values) != expected:
        yield f"{name} has {len(values)} numbers, for {expected} {unit}"


def _check_words(name: str, places: Iterable[int], words: int) -> Iterator[str]:
    if outside := [place for place in places if not 0 <= place < words]:
        yield f"{name} names the word {outside[0]}, of {words} words numbered from 0"


def _check_methods(name: str, named: Iterable[str], methods: Collection[str]) -> Iterator[str]:
    if unknown := [method for method in named if method not in methods]:
        yield f"{name} names the method '{unknown[0]}', which has no attribution"
