"""The words of a text that its row shows: whole, in their tints, around the strongest, in two lines at most."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reporter.site.pages.index.excerpts import _LONG, WIDTH, Excerpt, _measure_width, cut_excerpt
from reporter.site.wording import name_document
from tests import example_runs as runs
from tests.site.test_index import index_of

WORDS = st.lists(
    st.sampled_from(["a", "film", "worth,", "seeing", "naïve", "שלום", "真好看", "e\u0301te\u0301", "😀"]), max_size=80
)
SPACES = st.sampled_from([" ", "  ", "\n", "\t \n", "\u00a0"])


@st.composite
def shaded_texts(draw: st.DrawFn) -> list[tuple[str, float]]:
    """Words with shares and white space of any kind between them."""
    shaded = []
    for word in draw(WORDS):
        shaded += [(word, draw(st.sampled_from([0.0, 0.0, 0.1, -0.4, 1.0]))), (draw(SPACES), 0.0)]
    return shaded


def shown(excerpt: Excerpt) -> str:
    return "".join(fragment.text for fragment in excerpt.text)


@given(shaded_texts())
def test_an_excerpt_is_whole_words_of_the_text_around_the_strongest(shaded: list[tuple[str, float]]) -> None:
    whole = "".join(text for text, _ in shaded).split()
    excerpt = cut_excerpt(shaded)
    words = shown(excerpt).split()
    assert _measure_width(shown(excerpt)) <= WIDTH
    starts = [at for at in range(len(whole) + 1) if whole[at : at + len(words)] == words]
    assert starts
    assert any((at > 0, at + len(words) < len(whole)) == (excerpt.before, excerpt.after) for at in starts)
    strongest = max((abs(share) for _, share in shaded), default=0.0)
    if strongest:
        assert max(abs(float(fragment.style[4:])) for fragment in excerpt.text if fragment.style) == pytest.approx(
            strongest
        )


@given(shaded_texts())
def test_no_window_as_wide_holds_more(shaded: list[tuple[str, float]]) -> None:
    excerpt = cut_excerpt(shaded)
    tinted = [(word, share) for word, share in shaded if word.strip()]
    held = sum(abs(float(fragment.style[4:])) for fragment in excerpt.text if fragment.style)
    if not tinted:
        return
    strongest = max(range(len(tinted)), key=lambda at: abs(tinted[at][1]))
    for first in range(strongest + 1):
        for last in range(strongest, len(tinted)):
            part = tinted[first : last + 1]
            if _measure_width(" ".join(word for word, _ in part)) < WIDTH:
                assert sum(abs(share) for _, share in part) <= held + 1e-9


@pytest.mark.parametrize("text", ["真" * 400, "Donaudampf" * 60, "👩‍👩‍👧‍👦" * 80, "क्षि" * 200])
def test_a_text_without_spaces_is_cut_between_its_characters(text: str) -> None:
    middle = len(text) // 2
    excerpt = cut_excerpt([(text[:middle], 0.0), (text[middle : middle + 1], 1.0), (text[middle + 1 :], 0.0)])
    assert 0 < _measure_width(shown(excerpt)) <= WIDTH
    assert excerpt.before
    assert excerpt.after
    assert shown(excerpt) in text
    assert _measure_width(text) > _LONG


@pytest.mark.parametrize(
    ("text", "direction"),
    [("12 … שלום great", "rtl"), ("great שלום", "ltr"), ("كان الفيلم", "rtl"), ("12!", "auto"), ("", "auto")],
)
def test_an_excerpt_has_the_direction_of_its_text(text: str, direction: str) -> None:
    assert cut_excerpt([(text, 0.0)]).direction == direction


def test_a_row_shows_the_strongest_word_of_a_long_text() -> None:
    filler = "and so on it went for a while " * 12
    listing = index_of([runs.explanation("a", f"{filler} loveliest {filler}")]).listing
    (row,) = listing.entries
    assert "loveliest" in shown(row.excerpt)
    assert (row.excerpt.before, row.excerpt.after) == (True, True)
    assert "loveliest" not in listing.words


@pytest.mark.parametrize(
    ("id", "source", "name"),
    [
        ("everyday/soup", "everyday.csv#2", "everyday/soup"),
        ("everyday/2", "everyday.csv#2", "everyday.csv#2"),
        ("films/a", "films/a.txt", "films/a.txt"),
        ("notes-3", "notes#3.txt", "notes#3.txt"),
        ("cases/case-9-1a2b3c4d", "cases.jsonl#17", "cases/case-9-1a2b3c4d"),
    ],
)
def test_a_document_is_called_by_the_id_that_its_table_gives_it(id: str, source: str, name: str) -> None:
    assert name_document(id, source) == name
    listing = index_of([runs.changed(runs.explanation(id), source=source)]).listing
    assert listing.entries[0].name == name
    assert source == name or f"\n{source} 00" in listing.words  # the search finds it by its file too


def test_what_every_row_would_say_is_said_once() -> None:
    several = [runs.explanation(str(at), targets=("POSITIVE", "NEGATIVE")) for at in range(3)]
    listing = index_of(several).listing
    assert listing.said_once == "Not measured in this run: ranking certain, deletion test. All texts here: 2 targets."
    assert {entry.flags for entry in listing.entries} == {()}
    assert listing.columns == ("Complete", "Methods agree")
    mixed = index_of([*several, runs.explanation("one")]).listing
    assert "targets" not in mixed.said_once
    assert [entry.flags for entry in mixed.entries] == [("2 targets",)] * 3 + [()]
