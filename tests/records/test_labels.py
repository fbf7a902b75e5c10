"""Labels as they come: which of the model's labels is meant, what a pipeline says, and how right and wrong are told."""

import json
from dataclasses import replace
from pathlib import Path

import pytest
import torch
import transformers

from reporter.models.tokenization import encode_document
from reporter.records.errors import UserError
from reporter.records.explanation import Document, Explanation
from reporter.records.labels import check_numbering, find_given, find_label, name_labels
from reporter.records.summary import Unknown
from reporter.runs.explain import Attribute
from reporter.site.pages.document.answer import answer
from reporter.summary.grading import describe_unknown, grade_answer
from reporter.summary.run_summary import summarise
from tests.cli.test_cli import refusal, run
from tests.conftest import prepared
from tests.networks import TEXTS, save_network

SENTIMENT, PLAIN, STARS = ("NEGATIVE", "POSITIVE"), ("LABEL_0", "LABEL_1"), ("1 star", "2 stars", "3 stars")
TOPICS = ("praise", "complaint", "food")


@pytest.mark.parametrize(
    ("name", "labels", "column"),
    [
        ("1", SENTIMENT, 1),
        ("1.0", SENTIMENT, 1),
        ("LABEL_0", SENTIMENT, 0),
        ("label_1", SENTIMENT, 1),
        ("true", SENTIMENT, 1),
        (" positive ", SENTIMENT, 1),
        ("2", SENTIMENT, None),
        ("-1", SENTIMENT, None),
        ("0.5", SENTIMENT, None),
        ("LABEL_2", SENTIMENT, None),
        ("0", PLAIN, 0),
        ("LABEL_1", PLAIN, 1),
        ("1", STARS, None),
        ("LABEL_1", STARS, 1),
        ("2  STARS", STARS, 1),
        ("3", ("1", "2", "3"), 2),
        ("0", ("1", "2", "3"), None),
        ("true", TOPICS, None),
        ("b", ("A", "B", "b"), 2),
        ("B ", ("A", "B", "b"), None),
    ],
)
def test_a_name_means_one_label_or_none(name, labels, column):
    assert find_label(name, labels) == column


@pytest.mark.parametrize(
    ("label", "listed", "labels", "columns"),
    [
        (None, ("praise", "food"), TOPICS, {0, 2}),
        (None, ("1", "0", "1"), TOPICS, {0, 2}),
        (None, ("0.0", "1.0", "0.0"), TOPICS, {1}),
        (None, ("0", "2"), TOPICS, {0, 2}),
        (None, (), TOPICS, set()),
        (None, ("0", "1"), SENTIMENT, None),  # both of them, or the second alone: nobody can tell
        (None, ("praise", "joy"), TOPICS, None),
        ("food; Praise", None, TOPICS, {0, 2}),
        ("food", None, TOPICS, {2}),
        ("food|joy", None, TOPICS, None),
        ("1", None, ("toxic",), {0}),
        ("0", None, ("toxic",), set()),
        ("false", None, ("toxic",), set()),
        ("Toxic", None, ("toxic",), {0}),
        ("4.5", None, ("toxic",), None),
    ],
)
def test_several_labels_are_given_in_many_ways(label, listed, labels, columns):
    found = find_given(label, listed, labels, several=True)
    assert found == (None if columns is None else frozenset(columns))


def test_one_label_of_several_is_no_list():
    assert find_given(None, ("POSITIVE",), SENTIMENT, several=False) == {1}
    assert find_given(None, ("NEGATIVE", "POSITIVE"), SENTIMENT, several=False) is None
    assert find_given("NEGATIVE, POSITIVE", None, SENTIMENT, several=False) is None


def test_labels_of_one_name_are_told_apart():
    assert name_labels(["X", "Y", "X"]) == ("X (0)", "Y", "X (2)")
    assert len(set(name_labels(["X", "X", "X (0)", "X (1)"]))) == 4


@pytest.mark.parametrize(
    ("given", "labels", "sentence"),
    [
        ({"1", "2"}, SENTIMENT, "the numbers 1, 2, .*0 NEGATIVE, 1 POSITIVE.*--labels 1=NEGATIVE,2=POSITIVE"),
        ({"1", "2", "3", "4", "5"}, SENTIMENT, "--labels 0=…,1=…"),
        ({"-1", "0", "1"}, TOPICS, "the numbers -1, 0, 1"),
        ({"0", "0.5", "1"}, SENTIMENT, "the numbers 0, 0.5, 1"),
        ({"1", "4.5"}, ("LABEL_0",), "the numbers 1, 4.5, .*problem_type"),
    ],
)
def test_numbers_that_are_not_all_columns_are_refused(given, labels, sentence):
    with pytest.raises(UserError, match=sentence):
        check_numbering(given, labels)


@pytest.mark.parametrize(
    ("given", "labels"),
    [
        ({"0", "1", "good"}, SENTIMENT),
        ({"-1"}, SENTIMENT),
        ({"1"}, SENTIMENT),
        ({"LABEL_2", "0"}, SENTIMENT),
        ({"1", "2"}, ("1", "2")),
        ({"1.0", "0"}, ("toxic",)),
        ({"4.5", "3.5"}, ("LABEL_0",)),
        (set(), SENTIMENT),
    ],
)
def test_other_numbers_are_not_refused(given, labels):
    check_numbering(given, labels)


# Answers as a pipeline has them ---------------------------------------------------------------------------------------


KINDS = {
    "one logit": {"num_labels": 1},
    "one logit for labels apart": {"num_labels": 1, "problem_type": "multi_label_classification"},
    "a number": {"num_labels": 1, "problem_type": "regression"},
    "two labels": {"num_labels": 2},
    "labels apart": {"num_labels": 3, "problem_type": "multi_label_classification"},
    "two labels of one name": {"id2label": {0: "X", 1: "X"}, "label2id": {"X": 0}},
}


def explain(attribute: Attribute, text: str, **given: object) -> Explanation:
    document = Document(id="a", source="a.csv#1", group="a", text=text, **given)  # type: ignore[arg-type]
    return attribute([encode_document(document, attribute.explainer.network)])[0]


@pytest.mark.parametrize("kind", KINDS)
def test_probabilities_are_those_of_the_pipeline(kind, tmp_path):
    folder = save_network(tmp_path / "model", **KINDS[kind])
    pipe = transformers.pipeline("text-classification", model=str(folder), top_k=None)
    attribute = prepared(folder, methods=("gradient",), evidence="none")
    for text in TEXTS[:2]:
        said = explain(attribute, text).prediction
        scores = sorted(said.probabilities or said.logits, reverse=True)
        assert scores == pytest.approx([one["score"] for one in pipe([text])[0]], rel=1e-4)
    assert len(set(said.labels)) == len(said.labels)


def set_bias(folder: Path, *bias: float) -> Path:
    """The network with these logits, whatever the text, but for a little."""
    network = transformers.AutoModelForSequenceClassification.from_pretrained(folder)
    with torch.no_grad():
        network.classifier.weight.mul_(0.01)
        network.classifier.bias.copy_(torch.tensor(bias))
    network.save_pretrained(folder)
    return folder


@pytest.fixture(scope="module")
def topics(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A tiny network that finds praise and food in every text."""
    names = dict(enumerate(TOPICS))
    options = {"id2label": names, "label2id": {name: at for at, name in names.items()}}
    folder = save_network(
        tmp_path_factory.mktemp("topics") / "model", problem_type="multi_label_classification", **options
    )
    return set_bias(folder, 2.0, -3.0, 1.0)


def test_every_label_over_one_half_is_the_answer_and_is_explained(topics):
    attribute = prepared(topics, methods=("gradient",), evidence="none")
    found = explain(attribute, TEXTS[0], label="praise, food", labels=("praise", "food"))
    assert (found.prediction.label, found.prediction.answers) == ("praise", ("praise", "food"))
    assert [section.target.label for section in found.sections] == ["praise", "food"]
    told = answer(found, found.prediction, reading=None)
    assert (told.lead, told.bold) == ("The model says ", "praise and food")
    assert [share.label for share in told.shares if share.chosen] == ["praise", "food"]
    assert told.notes == ("Correct: the file is labelled praise and food.",)
    other = answer(replace(found, label="complaint", labels=None), found.prediction, reading=None)
    assert other.wrong == "the file is labelled complaint."


def test_the_labels_given_are_explained_where_they_are_asked_for(topics):
    attribute = prepared(topics, methods=("gradient",), evidence="none", target="given")
    found = explain(attribute, TEXTS[0], label="complaint, food", labels=("complaint", "food"))
    assert [section.target.label for section in found.sections] == ["complaint", "food"]
    assert "has none" in explain(attribute, TEXTS[0]).error
    assert "was given none" in explain(attribute, TEXTS[0], labels=()).error
    assert "is none of the model's" in explain(attribute, TEXTS[0], label="joy").error


def test_a_label_over_one_half_hangs_on_words_by_itself(tmp_path):
    folder = save_network(tmp_path / "model", num_labels=1)
    attribute = prepared(folder, methods=("gradient",), evidence="standard")
    found = explain(attribute, TEXTS[1])
    (section,) = found.sections
    assert section.counterfactual is not None
    whole = found.prediction.logits[0] > 0
    assert (section.counterfactual.tried > 0) == whole
    for change in section.counterfactual.removals:
        assert change.label == ("LABEL_0" if change.score > 0 else "none of its labels")
    if section.counterfactual.flip is not None:
        assert section.counterfactual.flip.score < 0


def test_right_and_wrong_are_told_label_by_label(topics):
    attribute = prepared(topics, methods=("gradient",), evidence="none")
    given = (("praise", "food"), ("food",), ("complaint",), (), ("joy",))
    found = [explain(attribute, "film", label=", ".join(labels) or None, labels=labels) for labels in given]
    summary, _ = summarise(found)
    assert (summary.labelled, summary.accuracy) == (4, 0.25)
    assert [(one.label, one.given, one.said, one.both) for one in summary.marks] == [
        ("praise", 1, 4, 1),
        ("complaint", 1, 0, 0),
        ("food", 2, 4, 2),
    ]
    assert summary.f1 == 0.5  # twice 3 of 4 and 8
    assert [(one.label, one.texts) for one in summary.unknown] == [("joy", 1)]
    assert summary.predicted == {"food": 5, "praise": 5}


def test_a_number_is_held_against_the_number_given(tmp_path):
    folder = set_bias(save_network(tmp_path / "model", num_labels=1, problem_type="regression"), 3.0)
    attribute = prepared(folder, methods=("gradient",), evidence="none", target="given")
    found = [explain(attribute, TEXTS[0], label=label) for label in ("4.5", "1", "good")]
    said = found[0].prediction.logits[0]
    assert grade_answer(found[0]).gap == pytest.approx(said - 4.5)
    told = answer(found[0], found[0].prediction, reading=None)
    assert told.notes[0].startswith("The value given is 4.5; the answer is 1.")
    assert told.notes[0].endswith(" lower.")
    summary, _ = summarise(found)
    assert (summary.labelled, summary.accuracy, summary.deviation.texts) == (2, None, 2)
    assert summary.deviation.absolute == pytest.approx((abs(said - 4.5) + abs(said - 1)) / 2, rel=1e-5)
    assert summary.deviation.mean == pytest.approx(said - 2.75, rel=1e-4)
    assert "is none of the model's" in found[2].error


def test_unknown_labels_are_one_sentence():
    assert describe_unknown((), 0, SENTIMENT) == ""
    told = describe_unknown((Unknown(label="good", texts=7), Unknown(label="2", texts=5)), 12, SENTIMENT)
    assert told.startswith("12 texts have a label that is none of the model’s (NEGATIVE, POSITIVE): good (7), 2 (5).")
    assert "--labels good=…,2=…" in told
    told = describe_unknown((Unknown(label="4.5", texts=1),), 1, ("LABEL_0",))
    assert told.startswith("1 text has a label that the model’s answer cannot be held against: 4.5 (1).")
    assert '"problem_type": "regression"' in told
    assert "regression" not in describe_unknown((Unknown(label="toxic?", texts=1),), 1, ("LABEL_0",))


# From the command line ------------------------------------------------------------------------------------------------

QUICK = ("--methods", "gradient", "--evidence", "none")


def test_integer_labels_fill_the_table_and_train(tmp_path):
    names = dict(enumerate(SENTIMENT))
    options = {"id2label": names, "label2id": {name: at for at, name in names.items()}}
    folder = save_network(tmp_path / "model", **options)
    data = tmp_path / "r.csv"
    data.write_text("text,label\nfilm good,1\nfilm bad,0.0\nno hope,LABEL_0\ngreat,Positive\nfood,sweet\n")
    command = ("build", data, "-o", tmp_path / "site", "--model", folder, *QUICK, "--target", "given")
    assert run(*command) == 1
    found = json.loads((tmp_path / "site" / "data" / "run.json").read_text("utf-8"))
    assert sum(one["texts"] for one in found["summary"]["graded"]) == 4
    assert found["failures"][0]["error"].endswith("Its label 'sweet' is none of the model's: NEGATIVE, POSITIVE.")
    data.write_text("text,label\nfilm good,1\nfilm bad,0\nno hope,LABEL_0\ngreat,Positive\nfood,sour\n")
    assert run(*command[:-2], "--labels", "sour=NEGATIVE", "--training-data", data) == 0
    found = json.loads((tmp_path / "site" / "data" / "run.json").read_text("utf-8"))
    assert found["training"]["labels"] == {"NEGATIVE": 3, "POSITIVE": 2}


def test_the_index_says_which_labels_are_unknown(tmp_path, topics, capsys):
    (tmp_path / "t.jsonl").write_text('{"text": "film", "label": ["food"]}\n{"text": "plot", "label": "<joy>"}\n')
    assert run("build", tmp_path / "t.jsonl", "-o", tmp_path / "site", "--model", topics, *QUICK) == 0
    sentence = "1 text has a label that is none of the model’s (praise, complaint, food): <joy> (1)."
    assert sentence in capsys.readouterr().err
    page = (tmp_path / "site" / "index.html").read_text("utf-8")
    assert sentence.replace("<", "&lt;").replace(">", "&gt;") in page
    assert "Label by label" in page
    assert "F1 of labels" in page
    assert "labelled <bdi>food</bdi>" in page
    document = (tmp_path / "site" / "documents" / "t" / "1.html").read_text("utf-8")
    assert "praise and food" in document
    assert "Words credited most" not in document  # of which of the two?
    assert run("check", tmp_path / "site") == 0


def test_labels_numbered_from_1_are_refused_before_anything_is_measured(tmp_path, tiny, capsys):
    (tmp_path / "r.csv").write_text("text,label\nfilm,1\nplot,2\n")
    said = refusal(capsys, "build", tmp_path / "r.csv", "-o", tmp_path / "site", "--model", tiny, *QUICK)
    assert "--labels 1=LABEL_0,2=LABEL_1" in said
