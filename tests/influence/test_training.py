"""--training-data on the command line: what is refused, what is measured and shown, and what is not measured again."""

import json
import os
import random
import shutil
import signal
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file

from reporter.audit.check import Thresholds, check_site
from reporter.audit.recomputed.records import find_faults
from reporter.influence import features, tracing, training_data
from reporter.records.settings import Settings
from reporter.runs.explain import Attribute
from reporter.runs.store import Store
from tests.cli.test_cli import refusal, run
from tests.example_runs import influence
from tests.networks import WORDS, save_network
from tests.runs.test_resume import read_all

COMMAND = ("--methods", "gradient", "--evidence", "none")


@pytest.fixture(scope="module")
def inputs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two texts and a file that cannot be read."""
    folder = tmp_path_factory.mktemp("traced") / "inputs"
    folder.mkdir()
    (folder / "a.txt").write_text("The film is great!")
    (folder / "b.txt").write_text("The food was bad, and the service never good.")
    (folder / "scan.txt").write_bytes(b"\x89PNG\x00\xff")
    return folder


def write_examples(path: Path, count: int = 60, *, order: int = 0) -> Path:
    """Rows of a few words with either label, the same ones in another order for each `order`."""
    draw = random.Random(7)
    texts = [" ".join(draw.choices(WORDS, k=draw.randint(3, 12))) for _ in range(count)]
    rows = [{"id": f"row{at}", "text": text, "label": f"label_{at % 2}"} for at, text in enumerate(texts)]
    path.write_text("".join(json.dumps(row) + "\n" for row in random.Random(order).sample(rows, count)))
    return path


@pytest.fixture(scope="module")
def built(inputs: Path, tiny: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A site with the training examples of its answers."""
    folder = tmp_path_factory.mktemp("built")
    data = write_examples(folder / "train.jsonl")
    assert run("build", inputs, "-o", folder / "site", "--model", tiny, "--training-data", data, *COMMAND) == 1
    return folder / "site"


def read_lines(site: Path) -> list[dict]:
    """The documents of the twin that were explained."""
    lines = [json.loads(line) for line in (site / "data" / "documents.jsonl").read_text().splitlines()]
    return [line for line in lines if line["sections"]]


def found(site: Path) -> list[dict]:
    """The influence of every section."""
    return [section["influence"] for line in read_lines(site) for section in line["sections"]]


def test_a_site_tells_what_its_answers_were_traced_to(built, tiny):
    assert not [fault for one in check_site(built, Thresholds()) for fault in one.faults]
    assert run("verify", built, "--model", tiny, "--sample", 2) == 0
    for one in found(built):
        sizes = [example["influence"] for example in one["supporting"]]
        assert sizes == sorted(sizes, reverse=True)
        assert min(sizes) > 0 > max(example["influence"] for example in one["opposing"])
        assert sum(sizes) <= one["support"] * (1 + 1e-6)
        assert {example["label"] for example in one["supporting"]} <= {"LABEL_0", "LABEL_1"}
    said = json.loads((built / "data" / "run.json").read_text())["training"]
    assert (said["examples"], said["labels"]) == (60, {"LABEL_0": 30, "LABEL_1": 30})
    assert -1 <= said["validity"]["low"] <= said["validity"]["correlation"] <= said["validity"]["high"] <= 1
    assert "features.sqlite" not in (built / "data" / "manifest.json").read_text()
    assert "Which training examples influenced this?" in (built / "documents" / "a.html").read_text()


def test_the_order_of_the_examples_does_not_matter(built, inputs, tiny, tmp_path):
    data = write_examples(tmp_path / "train.jsonl", order=1)
    run("build", inputs, "-o", tmp_path / "site", "--model", tiny, "--training-data", data, *COMMAND)
    for one, other in zip(found(built), found(tmp_path / "site"), strict=True):
        for side in ("supporting", "opposing"):
            assert [example["text"] for example in one[side]] == [example["text"] for example in other[side]]
            values = ([example["influence"] for example in each[side]] for each in (one, other))
            np.testing.assert_allclose(*values, rtol=1e-3)


def test_tracing_measures_nothing_else_again_and_comes_and_goes(built, inputs, tiny, tmp_path, monkeypatch):
    site, data = tmp_path / "site", built.parent / "train.jsonl"
    command = ("build", inputs, "-o", site, "--model", tiny, *COMMAND)
    assert run(*command) == 1
    plain = read_all(site)
    assert "training.html" not in plain
    with monkeypatch.context() as patch:
        patch.setattr(
            Attribute, "__call__", lambda _self, documents: [pytest.fail("explained again") for _ in documents]
        )
        assert run(*command, "--training-data", data) == 1
        assert read_all(site) == read_all(built)
        assert run(*command) == 1
    assert read_all(site) == plain


def test_what_was_traced_is_not_traced_again_and_new_texts_are(built, inputs, tiny, tmp_path, monkeypatch):
    folder, site, data = shutil.copytree(inputs, tmp_path / "in"), tmp_path / "site", built.parent / "train.jsonl"
    shutil.copytree(built, site)
    (folder / "c.txt").write_text("Dull.")
    looked: list[int] = []
    extractor, usual = tracing.FeatureExtractor, tracing.FeatureExtractor.look
    monkeypatch.setattr(extractor, "look", lambda self, some: (looked.append(len(some)), usual(self, some))[1])
    monkeypatch.setattr(tracing, "measure_validity", lambda *_: pytest.fail("validated again"))
    command = ("build", folder, "-o", site, "--model", tiny, "--training-data", data, *COMMAND)
    assert run(*command) == 1
    assert looked == [1]
    assert all(found(site))
    assert run(*command) == 1
    assert looked == [1]


def test_an_interruption_goes_on_to_the_same_bytes(inputs, tiny, built, tmp_path, monkeypatch):
    monkeypatch.setattr(features, "FEATURES_WINDOW", 16)
    command = ("build", inputs, "--model", tiny, "--training-data", built.parent / "train.jsonl", *COMMAND)
    assert run(*command, "-o", tmp_path / "whole") == 1
    kept: list[int] = []
    usual = features.Cache.keep

    def pressed(self, vectors):
        kept.append(len(vectors))
        if len(kept) == 2:
            os.kill(os.getpid(), signal.SIGINT)
        usual(self, vectors)

    with monkeypatch.context() as patch:
        patch.setattr(features.Cache, "keep", pressed)
        assert run(*command, "-o", tmp_path / "site") == 130
        assert kept == [16, 16]
        assert not (tmp_path / "site" / "data" / "manifest.json").exists()
        assert run(*command, "-o", tmp_path / "site") == 1
    assert kept == [16, 16, 0, 0, 16, 12, 2]
    assert read_all(tmp_path / "site") == read_all(tmp_path / "whole")


def test_a_large_set_is_projected(built, inputs, tiny, tmp_path, monkeypatch):
    monkeypatch.setattr(tracing, "FEATURES_BYTES", 60 * 16 * 4)
    monkeypatch.setattr(tracing, "_NARROWEST", 16)
    data = built.parent / "train.jsonl"
    run("build", inputs, "-o", tmp_path / "site", "--model", tiny, "--training-data", data, *COMMAND)
    said = json.loads((tmp_path / "site" / "data" / "run.json").read_text())["training"]
    assert (said["width"], said["projected"]) == (16, True)
    sums = [[one["support"] for one in found(site)] for site in (built, tmp_path / "site")]
    np.testing.assert_allclose(*sums, rtol=1.0)  # 16 random numbers for 32 keep the sign and the size


def test_checkpoints_are_added_up_with_their_rates(built, inputs, tiny, tmp_path):
    data, folder = built.parent / "train.jsonl", tmp_path / "states"
    for number, rate in ((1000, 0.25), (500, 0.75)):
        shutil.copytree(tiny, folder / f"checkpoint-{number}")
        log = {"log_history": [{"learning_rate": 9.0}, {"learning_rate": rate}, {"eval_loss": 1.0}]}
        (folder / f"checkpoint-{number}" / "trainer_state.json").write_text(json.dumps(log))
    command = ("build", inputs, "-o", tmp_path / "site", "--model", tiny, "--training-data", data, *COMMAND)
    assert run(*command, "--checkpoints", folder) == 1
    said = json.loads((tmp_path / "site" / "data" / "run.json").read_text())["training"]
    assert (said["checkpoints"], said["rates"]) == (["checkpoint-500", "checkpoint-1000"], [0.75, 0.25])
    for one, other in zip(found(built), found(tmp_path / "site"), strict=True):
        assert one["support"] == pytest.approx(other["support"], rel=1e-4)  # twice the model itself, by 3/4 and 1/4
    (folder / "checkpoint-500" / "trainer_state.json").unlink()
    run(*command, "--checkpoints", folder)
    for one, other in zip(found(built), found(tmp_path / "site"), strict=True):
        assert 2 * one["support"] == pytest.approx(other["support"], rel=1e-4)


def test_heads_are_checkpoints_too(built, inputs, tiny, tmp_path):
    weights = load_file(tiny / "model.safetensors")
    head = {name: weights[name] for name in ("classifier.weight", "classifier.bias")}
    save_file(head, tmp_path / "head.safetensors", {"learning_rate": "2.0"})
    data = built.parent / "train.jsonl"
    command = ("build", inputs, "-o", tmp_path / "site", "--model", tiny, "--training-data", data, *COMMAND)
    assert run(*command, "--checkpoints", tmp_path / "head.safetensors") == 1
    for one, other in zip(found(built), found(tmp_path / "site"), strict=True):
        assert 2 * one["support"] == pytest.approx(other["support"], rel=1e-4)


def test_a_difference_of_labels_and_all_labels_are_traced(built, inputs, tiny, tmp_path):
    data = built.parent / "train.jsonl"
    command = ("build", inputs, "--model", tiny, "--training-data", data, *COMMAND)
    assert run(*command, "-o", tmp_path / "all", "--target", "all") == 1
    assert len(found(tmp_path / "all")) == 4
    two = found(tmp_path / "all")[:2]
    assert two[0]["support"] == pytest.approx(-two[1]["opposition"] * _odds(tmp_path / "all"), rel=1e-2)
    assert run(*command, "-o", tmp_path / "apart", "--target", "LABEL_0", "--against", "LABEL_1") == 1
    assert all(found(tmp_path / "apart"))


def _odds(site: Path) -> float:
    """How much larger the slope of the loss of the first label is than that of the second, for the first text."""
    shares = read_lines(site)[0]["prediction"]["probabilities"]
    return float((1 - shares[0]) / (1 - shares[1]))


def test_the_examples_inside_work_at_once():
    sources = training_data.find_sources(Settings(training_data="embedded"))
    assert sources is not None
    assert [path.name for path in sources.checkpoints] == [f"head-{at}.safetensors" for at in (1, 3, 8, 20)]
    assert {training_data.read_rate(path) for path in sources.checkpoints} == {0.03}
    for path in sources.checkpoints:
        weight, bias = training_data.read_head(path, (2, 384))
        assert np.isfinite(weight).all()
        assert np.isfinite(bias).all()
    assert sum(path.stat().st_size for path in sources.data.parent.iterdir()) < 200_000
    named = (sources.data.parent / "SOURCES.md").read_text()
    rows = [json.loads(line) for line in sources.data.read_text().splitlines()]
    assert len(rows) == 1200
    assert all(f"`{row['source']}`" in named for row in rows)


DATA = {
    "no label": ('{"text": "Good."}\n{"text": "Bad."}\n', "has no label"),
    "no text": ('{"label": "LABEL_0"}\n', "There is no column of texts"),
    "nothing": ("", "holds no rows"),
    "another label": ('{"text": "Good.", "label": "neutral"}\n', "'neutral'"),
    "one row": ('{"text": "Good.", "label": "LABEL_0"}\n', "holds 1 training examples"),
}


@pytest.mark.parametrize("kind", DATA)
def test_data_that_cannot_be_used_are_refused(kind, inputs, tiny, tmp_path, capsys):
    (tmp_path / "train.jsonl").write_text(DATA[kind][0])
    data = ("--training-data", tmp_path / "train.jsonl")
    assert DATA[kind][1] in refusal(capsys, "build", inputs, "-o", tmp_path / "site", "--model", tiny, *data)


REFUSALS = {
    "a file that is not there": (("--training-data", "nowhere.csv"), "nowhere.csv"),
    "another kind of file": (("--training-data", "train.parquet"), "it takes a .csv, .tsv, .jsonl or .json file"),
    "checkpoints alone": (("--checkpoints", "x"), "needs --training-data"),
    "the examples of another model": (("--training-data", "embedded"), "those of the embedded model"),
    "no checkpoint": (("--training-data", "DATA", "--checkpoints", "nowhere"), "no checkpoint at nowhere"),
    "another head": (("--training-data", "DATA", "--checkpoints", "HEAD"), "no final layer of this model"),
    "other labels": (("--training-data", "DATA", "--checkpoints", "OTHER"), "has other labels"),
}


@pytest.mark.parametrize("kind", REFUSALS)
def test_what_cannot_be_traced_is_refused(kind, inputs, tiny, built, tmp_path, capsys):
    save_file({"weight": torch.zeros(3, 32)}, tmp_path / "head.safetensors")
    labels = {0: "A", 1: "B"}
    options = {"id2label": labels, "label2id": {name: number for number, name in labels.items()}}
    places = {"DATA": built.parent / "train.jsonl", "HEAD": tmp_path / "head.safetensors"}
    if "OTHER" in REFUSALS[kind][0]:
        places["OTHER"] = save_network(tmp_path / "other", **options)
    arguments = [places.get(one, one) for one in REFUSALS[kind][0]]
    assert run("build", inputs, "-o", tmp_path / "site", "--model", tiny, *COMMAND, *arguments) == 2
    assert REFUSALS[kind][1] in capsys.readouterr().err.strip().splitlines()[-1]


def test_a_model_that_labels_every_token_is_refused(inputs, tagger, built, tmp_path, capsys):
    arguments = ("--task", "token_classification", "--training-data", built.parent / "train.jsonl")
    said = refusal(capsys, "build", inputs, "-o", tmp_path / "site", "--model", tagger, *arguments)
    assert "needs a model with one label of several for each text" in said


def test_rows_that_cannot_be_used_are_counted(inputs, tiny, tmp_path):
    data = write_examples(tmp_path / "train.jsonl")
    data.write_text(data.read_text() + '{"text": "", "label": "LABEL_0"}\n{"text": "Good."}\n')
    run("build", inputs, "-o", tmp_path / "site", "--model", tiny, "--training-data", data, *COMMAND)
    said = json.loads((tmp_path / "site" / "data" / "run.json").read_text())["training"]
    assert (said["examples"], said["skipped"]) == (60, 2)


def test_influences_that_contradict_themselves_are_found(built):
    with Store(built / "data" / "run.sqlite") as store:
        one, run = next(each for each in store.explanations() if each.sections), store.finished()
    assert list(find_faults(one, run)) == []
    wrong = replace(influence(), supporting=influence().opposing)
    (fault,) = find_faults(replace(one, sections=(replace(one.sections[0], influence=wrong),)), run)
    assert "training examples" in fault
