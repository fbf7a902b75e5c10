"""The consensus: against its definition written out, its threshold, and what is shown of it."""

from random import Random

import numpy as np
import pytest

from reporter.evidence.aligned_text import AlignedText
from reporter.records import add_by_word
from reporter.records.consensus import find_consensus
from reporter.site.pages.document.page import document_page
from tests import example_runs as runs
from tests.site.test_report import run_of

METHODS = (*runs.METHODS, "occlusion")


def spelled_out(scores, signed, k):
    """The words of the consensus with their votes, word by word."""
    found = {}
    for word in range(len(next(iter(scores.values())))):
        top = sum(
            values[word] != 0 and sum(abs(other) > abs(values[word]) for other in values) < k
            for values in scores.values()
        )
        for sign in (1, -1):
            same = sum(scores[name][word] * sign > 0 for name in scores if signed[name])
            if top > len(scores) / 2 and same > sum(signed.values()) / 2:
                found[word] = (sign > 0, top, same)
    return found


@pytest.mark.parametrize("seed", range(20))
def test_the_consensus_is_what_most_methods_say(seed):
    draws = Random(seed)
    words = draws.choice((1, 3, 12, 80))
    common = [draws.gauss(0, 1) for _ in range(words)]
    signed = {f"m{at}": at % 3 != 0 for at in range(draws.choice((3, 4, 6)))}
    scores = {
        name: np.array([value + draws.gauss(0, 0.7) for value in common]) * (1 if sign else 5)
        for name, sign in signed.items()
    }
    scores = {name: values if signed[name] else np.abs(values) for name, values in scores.items()}
    one = find_consensus(scores, signed)
    assert one.k == min(words, max(5, words // 10))
    assert {vote.word: (vote.positive, vote.top, vote.same) for vote in one.words} == spelled_out(scores, signed, one.k)
    assert [vote.top for vote in one.words] == sorted((vote.top for vote in one.words), reverse=True)


def test_too_few_methods_or_signs_have_none():
    some = np.array([1.0, -2.0, 3.0])
    assert find_consensus({"a": some, "b": some}, {"a": True, "b": True}) is None
    assert find_consensus({"a": some, "b": some, "c": some}, {"a": True, "b": False, "c": False}) is None
    assert find_consensus(dict.fromkeys("abc", some[:0]), dict.fromkeys("abc", True)) is None
    assert find_consensus({}, {}) is None


def test_a_word_without_a_score_is_no_top_word():
    none = np.zeros(4)
    assert find_consensus(dict.fromkeys("abc", none), dict.fromkeys("abc", True)).words == ()


def test_the_page_shows_the_votes_of_the_twin():
    found = runs.explanation("a")
    section = runs.section(found.text, None, "POSITIVE", methods=METHODS)
    found = runs.changed(found, sections=(section,))
    page = document_page(run_of(found), found)
    (part,), votes = page.parts, section.consensus.words
    assert page.consensus
    assert votes
    reading = AlignedText(found, section)
    shown = {bar.text: bar for bar in (*part.agreed.supporting, *part.agreed.opposing)}
    for vote in votes:
        word = reading.words[vote.word]
        bar, share = shown[reading.text(word)], vote.top / 6 * (1 if vote.positive else -1)
        assert (bar.value, bar.positive) == (f"{vote.top} of 6", vote.positive)
        assert float(bar.style.removeprefix("--s:")) == pytest.approx(share, abs=0.006)
    tinted = [item for item in part.blocks[0].items if "--c:" in item.style]
    assert [item.text for item in tinted] == [reading.text(reading.words[at]) for at in sorted(v.word for v in votes)]
    assert len(add_by_word(section.tokens, section.attributions[0].scores)) == len(reading.words)


def test_one_method_has_no_consensus_to_switch_to():
    found = runs.explanation("a")
    section = runs.section(found.text, None, "POSITIVE", methods=("integrated_gradients",))
    page = document_page(run_of(found), runs.changed(found, sections=(section,)))
    assert not page.consensus
    assert page.parts[0].agreed is None
