"""What would change the answer, on the page: every number is the twin's, every sentence says what was searched."""

from dataclasses import replace

import pytest

from reporter.evidence.aligned_text import AlignedText
from reporter.records.evidence import Change
from reporter.site.pages.document.changes import changes
from tests import example_runs as runs


def shown(record=runs.REVIEW, **changed):
    """What is shown of a text whose counterfactual has other fields."""
    found = runs.explanation("a", record)
    section = runs.examined(found.sections[0])
    section = replace(section, counterfactual=replace(section.counterfactual, **changed))
    return section.counterfactual, changes(AlignedText(found, section), found)


def flip(*words: int) -> Change:
    return Change(words=words, by=None, label="NEGATIVE", score=-1.0, probability=0.38)


def test_the_table_has_the_numbers_of_the_twin():
    found, page = shown()
    for change, row in zip(found.removals, page.rows, strict=True):
        assert row.without == f"{change.probability * 100:.1f}\N{NARROW NO-BREAK SPACE}%"
        assert row.flips == (change.label == "NEGATIVE")
        swaps = [one for one in found.replacements if one.words == change.words]
        assert [(swap.text, swap.value, swap.flips) for swap in row.swaps] == [
            (one.by, f"{one.probability * 100:.1f}\N{NARROW NO-BREAK SPACE}%", one.label == "NEGATIVE") for one in swaps
        ]
        assert row.label == "negative with dull"


def test_the_words_of_the_flip_are_struck_and_nothing_else_is_lost():
    _, page = shown("A warm, funny and honest film about maps.", flip=flip(1, 5), tried=9, most=8)
    assert page.struck == ("A ", "warm", ", funny and ", "honest", " film about maps.")


@pytest.mark.parametrize(
    ("words", "tried", "said"),
    [
        ((1,), 9, "Without “warm” the model says negative: positive falls to 38"),
        ((1, 3), 9, "No single word does that."),
        ((1, 3), 4, "No single word of the 4 that support it most does that."),
        ((1, 3, 5), 4, "Each of these 3 words is needed; the search is greedy"),
        ((), 9, "No removal of up to 8 words flips the label"),
        ((), 4, "No removal of words among the 4 that support it most flips the label"),
    ],
)
def test_the_sentence_says_how_far_was_searched(words, tried, said):
    text = "A warm, funny and honest film."
    _, page = shown(text, flip=flip(*words) if words else None, tried=tried, most=min(8, tried))
    assert said in page.told
    assert (page.struck == ()) == (words == ())


def test_nothing_is_said_of_a_flip_where_none_was_searched():
    _, page = shown(flip=None, tried=0, most=0)
    assert (page.told, page.struck) == ("", ())
    assert page.rows


def test_of_a_long_text_what_stands_around_the_words_is_shown():
    text = "plain " * 200 + "warm " + "plain " * 200
    _, page = shown(text, flip=flip(200), tried=401)
    before, word, after = page.struck
    assert word == "warm"
    assert len(before) < 100
    assert before.endswith("plain ")
    assert after.startswith(" plain")
    assert len("".join(page.struck)) < 300


def test_a_section_without_a_probe_shows_nothing():
    found = runs.explanation("a")
    assert changes(AlignedText(found, found.sections[0]), found) is None
