"""How a build reads tables, as a person meets it: what it says, what it refuses, and what it writes into the run."""

import json
from pathlib import Path

import pytest

from reporter.records.errors import UserError
from reporter.records.labels import read_names
from tests.cli.test_cli import refusal, run
from tests.networks import save_network

QUICK = ("--methods", "gradient", "--evidence", "none")


@pytest.fixture(scope="module")
def judge(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A tiny classifier with named labels."""
    names = {0: "NEGATIVE", 1: "POSITIVE"}
    options = {"id2label": names, "label2id": {name: at for at, name in names.items()}}
    return save_network(tmp_path_factory.mktemp("judge") / "model", **options)


@pytest.fixture
def table(tmp_path: Path) -> Path:
    """A folder with a table whose columns have no usual names."""
    folder = tmp_path / "in"
    folder.mkdir()
    (folder / "t.csv").write_text("Opinion;Verdict\nfilm good;pos\n\nfilm bad;neg\n")
    return folder


def load(site: Path) -> tuple[dict, list[dict]]:
    lines = (site / "data" / "documents.jsonl").read_text("utf-8").splitlines()
    return json.loads((site / "data" / "run.json").read_text("utf-8")), [json.loads(line) for line in lines]


def test_columns_and_labels_that_are_named_are_taken_and_said(table, judge, tmp_path, capsys):
    command = ("build", table, "-o", tmp_path / "site", "--model", judge, *QUICK)
    said = refusal(capsys, *command)
    assert "There is no column of texts (it has: opinion, verdict); name it with --text-column" in said
    named = ("--text-column", "opinion", "--label-column", "VERDICT", "--labels", "neg=NEGATIVE, POS = positive")
    assert run(*command, *named) == 0
    said = capsys.readouterr().out
    assert "Columns taken: text from opinion, label from verdict (t.csv)." in said
    assert "Blank lines passed over: t.csv 1." in said
    found, documents = load(tmp_path / "site")
    assert found["settings"]["labels"] == ["neg=NEGATIVE", "POS=positive"]
    assert found["settings"]["text_column"] == "opinion"
    (read,) = found["tables"]
    assert read == {
        "source": "t.csv", "text": "opinion", "pair": None, "label": "verdict", "rows": 2, "blank": 1,
        "delimiter": ";", "quoting": True,
    }  # fmt: skip
    assert [document["label"] for document in documents] == ["positive", "NEGATIVE"]
    assert found["summary"]["labelled"] == 2


def test_another_column_is_measured_anew_and_the_same_one_is_not(table, judge, tmp_path, monkeypatch):
    command = ("build", table, "-o", tmp_path / "site", "--model", judge, *QUICK, "--text-column")
    assert run(*command, "opinion") == 0
    assert run(*command, "verdict") == 0
    found, documents = load(tmp_path / "site")
    assert [document["text"] for document in documents] == ["pos", "neg"]
    assert [one["text"] for one in found["tables"]] == ["verdict"]
    monkeypatch.setattr("reporter.runs.explain.Attribute.__call__", lambda *_: pytest.fail("measured again"))
    assert run(*command, "verdict") == 0


def test_a_config_file_names_columns_and_labels(table, judge, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("salience.toml").write_text(
        f'model = "{judge}"\nmethods = ["gradient"]\nevidence = "none"\ntext-column = "opinion"\n'
        'label_column = "verdict"\n[labels]\nneg = "NEGATIVE"\npos = "POSITIVE"\n'
    )
    assert run("build", table, "-o", "site", "--target", "given") == 0
    _, documents = load(Path("site"))
    assert [one["sections"][0]["target"]["label"] for one in documents] == ["POSITIVE", "NEGATIVE"]


@pytest.mark.parametrize(
    "content",
    [
        "neg=NEGATIVE\n\npos = POSITIVE\n",
        '{"neg": "NEGATIVE", "pos": "POSITIVE"}',
        "\ufeffneg=NEGATIVE\npos=POSITIVE",
    ],
)
def test_names_for_labels_come_from_a_file(tmp_path, content):
    (tmp_path / "names").write_text(content, "utf-8")
    assert read_names(str(tmp_path / "names")) == ("neg=NEGATIVE", "pos=POSITIVE")


@pytest.mark.parametrize(
    ("written", "sentence"),
    [("nowhere.json", "no file that can be read"), ("neg=", "gives 'neg='"), ("=A,b=C", "gives '=A'")],
)
def test_names_that_name_nothing_are_refused(written, sentence):
    with pytest.raises(UserError, match=sentence):
        read_names(written)


def test_names_for_labels_must_be_of_the_model(table, judge, tmp_path, capsys):
    command = ("build", table, "-o", tmp_path / "site", "--model", judge, "--text-column", "opinion", *QUICK)
    said = refusal(capsys, *command, "--labels", "neg=BAD")
    assert "--labels gives 'neg=BAD', and the model's labels are: NEGATIVE, POSITIVE." in said


def test_every_problem_is_listed_where_nothing_can_be_read(tmp_path, capsys):
    folder = tmp_path / "in"
    folder.mkdir()
    for at in range(25):
        (folder / f"{at:02}.csv").write_text("opinion\nfilm\n")
    assert run("build", folder, "-o", tmp_path / "site") == 2
    *listed, more, last = capsys.readouterr().err.splitlines()
    assert [line[:6] for line in listed] == [f"{at:02}.csv" for at in range(20)]
    assert more == "... and 5 more."
    assert "Nothing in" in last
    assert "(25 tried)" in last


def test_training_data_say_all_labels_that_are_unknown_and_take_other_names(judge, tmp_path, capsys):
    data = tmp_path / "train.csv"
    rows = ("good,pos", "bad,neg", "film,pos", "dull,neg", "plot,odd", "great,")
    data.write_text("\n".join(["sentence,gold", *rows, ""]))
    command = ("build", data, "-o", tmp_path / "site", "--model", judge, *QUICK, "--training-data", data)
    assert "'pos' (train.csv#1), 'neg' (train.csv#2), 'odd' (train.csv#5)" in refusal(capsys, *command)
    data.write_text("\n".join(["sentence,gold", *rows[:4], ""]))
    assert run(*command, "--labels", "pos=POSITIVE,neg=NEGATIVE") == 0
    found, _ = load(tmp_path / "site")
    assert found["training"]["labels"] == {"NEGATIVE": 2, "POSITIVE": 2}
