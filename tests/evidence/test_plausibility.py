"""What people marked: how it is read and refused, which words it means, and the measures by counting."""

import json
from dataclasses import replace
from itertools import combinations

import numpy as np
import pytest
from sklearn.metrics import average_precision_score, f1_score

from reporter import registry
from reporter.documents import folder
from reporter.documents.corpus import read_corpus
from reporter.documents.rationales import read_rationale
from reporter.evidence.metrics import PLAUSIBILITY, Observations, Ranking
from reporter.models.tokenization import encode_document
from reporter.records import twin
from reporter.records.errors import UserError
from reporter.records.explanation import Document, Token
from reporter.records.settings import Settings
from reporter.records.words import find_marked_words
from reporter.runs.measure import measure_folder
from reporter.runs.resume import make_key, renew_run
from reporter.runs.store import Store
from reporter.summary.run_summary import summarise
from tests.conftest import prepared
from tests.networks import TEXTS

TEXT = "Dull, but I (really) loved it!"
MEASURES = {name: registry.load("metrics", name)() for name in PLAUSIBILITY}
METHODS = ("gradient", "integrated_gradients")


def ranking(scores) -> Ranking:
    order = np.argsort(-np.asarray(scores), kind="stable")
    return Ranking(tuple(order.tolist()), tuple(np.asarray(scores, float)[order].tolist()))


def document(text=TEXTS[1], rationale=((11, 15),), **changes) -> Document:
    return replace(Document(id="d", source="d.jsonl#1", group="", text=text, rationale=rationale), **changes)


def explained(attribute, *some: Document):
    return [
        one.sections[0].diagnostics
        for one in attribute([encode_document(each, attribute.explainer.network) for each in some])
    ]


def renew(place, settings, store):
    with read_corpus(place) as corpus:
        return renew_run(corpus, settings, store)


def plausible(found):
    return {(one.name, one.method): one for one in found if one.name in PLAUSIBILITY}


# How a rationale is read ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "marked"),
    [
        (None, None),
        ([], []),
        ([4], ["loved"]),
        ([5, 0], ["Dull", "it"]),
        ([3, 3], ["really"]),
        ([[0, 4]], ["Dull"]),
        ([[21, 26], [0, 4], [2, 5]], ["Dull,", "loved"]),
        ([[0, 30]], [TEXT]),
    ],
)
def test_word_numbers_and_spans_become_characters_in_order(value, marked):
    found = read_rationale(value, TEXT)
    assert (None if found is None else [TEXT[start:end] for start, end in found]) == marked


@pytest.mark.parametrize(
    ("value", "sentence"),
    [
        ([6], "names word 6, and its text has the words 0 to 5"),
        ([-1], "names word -1"),
        ([[25, 31]], r"has the span \[25, 31\], and its text has 30 characters"),
        ([[4, 4]], r"has the span \[4, 4\]"),
        ([[-1, 4]], "has the span"),
        ("loved", "is a string, not a list"),
        (4, "is a number, not a list"),
        (True, "is true or false, not a list"),
        ({"words": [4]}, "is an object, not a list"),
        ([True], "holds true"),
        ([1.0], "holds 1.0"),
        (["loved"], 'holds "loved"'),
        ([None], "holds null"),
        ([[1, 2], 3], r"holds \[1, 2\]"),
        ([3, [1, 2]], r"holds \[1, 2\]"),
        ([[1, 2, 3]], r"holds \[1, 2, 3\]"),
        ([[[1, 2]]], "holds what is neither"),
        ([[False, 2]], r"holds \[false, 2\]"),
    ],
)
def test_what_is_no_rationale_of_the_text_is_refused(value, sentence):
    with pytest.raises(UserError, match=sentence):
        read_rationale(value, TEXT)


def test_a_word_is_what_stands_between_white_space_less_its_punctuation():
    text = "  It's\tback-and-forth... :-) «Été»\n"
    words = [text[slice(*read_rationale([number], text)[0])] for number in range(4)]
    assert words == ["It's", "back-and-forth", ":-)", "Été"]


def test_line_ends_of_two_characters_count_as_they_were_written():
    written = "One.\r\nTwo good ones.\r\n\r\nThree."
    text = written.replace("\r\n", "\n")
    for word in ("One", "good", "ones", "Three"):
        start = written.index(word)
        ((first, last),) = read_rationale([[start, start + len(word)]], written)
        assert text[first:last] == word
    assert [text[start:end] for start, end in read_rationale([2, 4], written)] == ["good", "Three"]


def test_a_row_with_a_rationale_is_a_document_with_it_and_a_bad_one_is_its_own_problem(tmp_path):
    rows = [
        {"text": TEXT, "rationale": [4]},
        {"text": TEXT, "rationale": [9]},
        {"text": TEXT, "rationale": "loved"},
        {"text": TEXT},
        {"text": TEXT, "rationale": []},
    ]
    (tmp_path / "a.jsonl").write_text("\n".join(map(json.dumps, rows)))
    found = list(folder.read_documents(tmp_path))
    assert [one.rationale for one in found] == [((21, 26),), None, None, None, ()]
    assert [bool(one.problem) for one in found] == [False, True, True, False, False]
    assert "0 to 5" in found[1].problem


def test_a_table_has_no_rationale(tmp_path):
    (tmp_path / "a.csv").write_text('text,rationale\nx,"because it is"\n')
    (found,) = folder.read_documents(tmp_path)
    assert (found.rationale, found.problem) == (None, None)


# Which words it means -------------------------------------------------------------------------------------------------


def token(start, end, word, segment=0):
    return Token(text="", start=start, end=end, word=word, special=word is None, segment=segment)


def test_a_word_is_marked_that_shares_a_character_other_than_white_space():
    text = "so good  it is"
    tokens = [
        token(0, 0, None), token(0, 2, 0), token(2, 7, 1), token(7, 8, 2), token(8, 11, 3), token(12, 14, 4),
        token(0, 2, 5, segment=1),
    ]  # fmt: skip
    assert find_marked_words(tokens, text, ((3, 7),)) == {1}
    assert find_marked_words(tokens, text, ((2, 3), (7, 9))) == frozenset()
    assert find_marked_words(tokens, text, ((1, 4),)) == {0, 1}
    assert find_marked_words(tokens, text, ((0, 1), (10, 12), (13, 14))) == {0, 3, 4}
    assert find_marked_words(tokens, text, ()) == frozenset()


@pytest.mark.parametrize("word", range(6))
def test_every_marked_word_of_a_text_is_found_among_the_models_words(tiny, word):
    network = prepared(tiny).explainer.network
    encoded = encode_document(document(TEXT, read_rationale([word], TEXT)), network)
    marked = find_marked_words(encoded.tokens, TEXT, encoded.document.rationale)
    shown = [TEXT[one.start : one.end] for one in encoded.tokens if one.word in marked]
    assert "".join(shown) == ["Dull", "but", "I", "really", "loved", "it"][word]


# The measures ---------------------------------------------------------------------------------------------------------


def count_iou(order, marked) -> float:
    """ERASER's partial match, span by span, as F1 of its precision and recall."""

    def spans(words):
        inside = [word in words for word in range(20)]
        edges = [at for at in range(20) if inside[at] and not (at and inside[at - 1])]
        return [{*range(at, next(end for end in range(at, 21) if end == 20 or not inside[end]))} for at in edges]

    truth, found = spans(marked), spans(set(order[: len(marked)]))
    best = [max(len(one & other) / len(one | other) for other in truth) for one in found]
    hits = sum(share >= 0.5 for share in best)
    precision, recall = hits / len(found), hits / len(truth)
    return 2 * precision * recall / (precision + recall) if hits else 0.0


@pytest.mark.parametrize("ties", [False, True])
def test_the_measures_are_their_definitions(ties):
    random = np.random.default_rng(3)
    for _ in range(300):
        words = int(random.integers(2, 20))
        marked = frozenset(random.permutation(words)[: random.integers(1, words)].tolist())
        scores = random.integers(-2, 3, words) if ties else random.standard_normal(words)
        order, truth = ranking(scores), [word in marked for word in range(words)]
        chosen = [word in order.words[: len(marked)] for word in range(words)]
        assert MEASURES["token_f1"].judge(order, Observations(marked=marked)) == pytest.approx(f1_score(truth, chosen))
        assert MEASURES["auprc"].judge(order, Observations(marked=marked)) == pytest.approx(
            average_precision_score(truth, scores)
        )
        assert MEASURES["iou_f1"].judge(order, Observations(marked=marked)) == pytest.approx(
            count_iou(order.words, marked)
        )


def test_average_precision_is_the_mean_over_the_marked_words_where_no_scores_are_equal():
    scores = [0.9, -0.3, 0.5, 0.1, 0.4]
    for marked in combinations(range(5), 2):
        order = ranking(scores)
        places = sorted(order.words.index(word) + 1 for word in marked)
        wanted = np.mean([number / place for number, place in enumerate(places, 1)])
        assert MEASURES["auprc"].judge(order, Observations(marked=frozenset(marked))) == pytest.approx(wanted)


def test_the_best_order_has_one_and_the_scale_of_scores_is_nothing():
    marked = frozenset({1, 2, 5})
    perfect = ranking([0.0, 3.0, 2.0, 0.1, -4.0, 1.0])
    assert all(one.judge(perfect, Observations(marked=marked)) == 1.0 for one in MEASURES.values())
    scaled = replace(perfect, scores=tuple(7 * score for score in perfect.scores))
    assert all(one.judge(scaled, Observations(marked=marked)) == 1.0 for one in MEASURES.values())


def test_a_word_that_speaks_against_the_answer_comes_last():
    against = ranking([-9.0, 1.0, 0.5])
    assert MEASURES["token_f1"].judge(against, Observations(marked=frozenset({0}))) == 0.0
    assert MEASURES["auprc"].judge(against, Observations(marked=frozenset({0}))) == pytest.approx(1 / 3)


# What is measured, and kept -------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def attribute(tiny):
    return prepared(tiny, methods=METHODS)


def test_every_method_is_held_against_random_orders_of_its_own_text(attribute):
    whole = document(rationale=((11, 15), (25, 29), (33, 42)))
    (found,) = explained(attribute, whole)
    measured = plausible(found)
    assert list(measured) == [(name, method) for name in PLAUSIBILITY for method in METHODS]
    for (name, method), one in measured.items():
        assert 0 <= one.value <= 1
        assert one.draws == 99
        assert one.low <= one.control <= one.high
        assert one.control == measured[name, METHODS[0]].control, method
    encoded = encode_document(whole, attribute.explainer.network)
    marked = find_marked_words(encoded.tokens, whole.text, whole.rationale)
    words = 1 + max(one.word for one in encoded.tokens if not one.special)
    assert measured["token_f1", METHODS[0]].control == pytest.approx(len(marked) / words, abs=0.08)
    again, other = (plausible(explained(attribute, one)[0]) for one in (whole, replace(whole, id="e", label="x")))
    assert again == other == measured


def test_batch_mates_and_the_second_text_change_nothing_but_the_seed_does(attribute, tiny):
    one, mate = document(), document("Dull film, but I love it.", ((0, 4),), id="m")
    alone, together = plausible(explained(attribute, one)[0]), plausible(explained(attribute, mate, one)[1])
    assert alone == together
    paired = plausible(explained(attribute, replace(one, text_pair="the film is great"))[0])
    words = 1 + max(
        token.word for token in encode_document(one, attribute.explainer.network).tokens if not token.special
    )
    assert paired["token_f1", "gradient"].control == pytest.approx(1 / words, abs=0.05)
    other = plausible(explained(prepared(tiny, methods=METHODS, seed=1), one)[0])
    assert [found.value for found in other.values()] == [found.value for found in alone.values()]
    assert [found.control for found in other.values()] != [found.control for found in alone.values()]


@pytest.mark.parametrize("rationale", [None, (), ((0, len(TEXTS[1])),), ((2, 3),)])
def test_where_nothing_or_everything_is_marked_nothing_is_measured(attribute, rationale):
    assert plausible(explained(attribute, document(rationale=rationale))[0]) == {}


def test_what_the_model_did_not_read_is_neither_marked_nor_ranked(attribute):
    text = "great " + "film " * 100
    assert plausible(explained(attribute, document(text, ((len(text) - 5, len(text) - 1),)))[0]) == {}
    found = plausible(explained(attribute, document(text, ((0, 5), (len(text) - 5, len(text) - 1))))[0])
    assert found["token_f1", "gradient"].value in (0.0, 1.0)


def test_without_evidence_there_is_none(tiny):
    attribute = prepared(tiny, methods=METHODS, evidence="none")
    assert explained(attribute, document()) == [()]


def test_a_rationale_is_kept_and_another_one_is_noticed(tiny, tmp_path):
    (tmp_path / "in").mkdir()
    table, settings = tmp_path / "in" / "a.jsonl", Settings(model=str(tiny), methods=("gradient",))
    table.write_text(json.dumps({"text": TEXTS[1], "rationale": [2]}))
    with Store(tmp_path / "run.sqlite", create=True) as store:
        measure_folder(tmp_path / "in", settings, store, notice=lambda _: None)
        (first,) = store.explanations()
        assert first.rationale == ((7, 10),)
        assert twin.load_explanation(twin.dump_record(first)) == first
        assert renew(tmp_path / "in", settings, store)
        table.write_text(json.dumps({"text": TEXTS[1], "rationale": [3]}))
        assert not renew(tmp_path / "in", settings, store)
        measure_folder(tmp_path / "in", settings, store, notice=lambda _: None)
        (second,) = store.explanations()
        assert second.rationale == ((11, 15),)
        summary, _ = summarise(store.explanations())
        provenance = store.provenance()
    assert [(one.name, one.sections) for one in summary.diagnostics if one.name in PLAUSIBILITY] == [
        (name, 1) for name in PLAUSIBILITY
    ]
    keys = {make_key(document(rationale=rationale), provenance) for rationale in (None, (), ((0, 4),), ((0, 5),))}
    assert len(keys) == 4


def test_a_row_that_is_refused_fails_alone_and_says_why(tiny, tmp_path):
    (tmp_path / "in").mkdir()
    rows = [{"text": TEXTS[1], "rationale": [2]}, {"text": TEXTS[1], "rationale": [200]}]
    (tmp_path / "in" / "a.jsonl").write_text("\n".join(map(json.dumps, rows)))
    with Store(tmp_path / "run.sqlite", create=True) as store:
        measure_folder(tmp_path / "in", Settings(model=str(tiny), methods=("gradient",)), store, notice=lambda _: None)
        first, second = store.explanations()
    assert (first.status, second.status) == ("explained", "failed")
    assert "names word 200, and its text has the words 0 to 17" in second.error
