"""A folder of a model that needs another step says which one, and loads nothing."""

import json
import shutil
from pathlib import Path

import pytest
from safetensors.torch import load_file, save_file

from reporter.models.loading import readiness
from reporter.models.loading.checkpoint import load_network
from reporter.records import twin
from reporter.records.errors import UserError
from reporter.tasks.sequence_classification import SequenceClassification
from tests.cli.test_cli import run
from tests.networks import save_network

TASK = SequenceClassification()


@pytest.fixture
def folder(tiny: Path, tmp_path: Path) -> Path:
    """A copy of the tiny classifier, to be spoilt."""
    return Path(shutil.copytree(tiny, tmp_path / "model"))


def edit(path: Path, **values: object) -> None:
    found = json.loads(path.read_text("utf-8")) if path.is_file() else {}
    path.write_text(json.dumps(found | values), "utf-8")


def to_adapter(folder: Path) -> None:
    (folder / "config.json").unlink()
    (folder / "model.safetensors").rename(folder / "adapter_model.safetensors")
    edit(folder / "adapter_config.json", peft_type="IA3", base_model_name_or_path="some/base", task_type="TOKEN_CLS")


def leave_adapter(folder: Path) -> None:
    edit(folder / "adapter_config.json", peft_type="LORA")


def to_training(folder: Path, **state: object) -> None:
    for step in (9, 80, 700):
        shutil.copytree(folder, folder.parent / "all" / f"checkpoint-{step}")
        edit(folder.parent / "all" / f"checkpoint-{step}" / "trainer_state.json", **state)
    shutil.rmtree(folder)
    (folder.parent / "all").rename(folder)


def to_other_weights(folder: Path, name: str) -> None:
    (folder / "model.safetensors").unlink()
    (folder / name).parent.mkdir(exist_ok=True)
    (folder / name).write_bytes(b"weights")


def to_encoder(folder: Path) -> None:
    edit(folder / "config.json", architectures=["BertModel"])
    (folder / "modules.json").write_text("[]")


def rename_labels(folder: Path, names: dict[str, str]) -> None:
    edit(folder / "config.json", id2label=names, label2id={name: int(at) for at, name in names.items()})


UNREADY = {
    "an adapter": (
        to_adapter,
        r"\(IA3\) over the base model some/base.*peft.AutoPeftModelForTokenClass.*merge_and_unload.*--model merged\.$",
    ),
    "an adapter beside a model": (leave_adapter, "merge_and_unload.*take adapter_config.json out"),
    "a training": (to_training, r"\(checkpoint-9, checkpoint-80, checkpoint-700\).*checkpoint-700 is the last one"),
    "a training with a best state": (
        lambda folder: to_training(folder, best_model_checkpoint="/elsewhere/run/checkpoint-80"),
        "checkpoint-80 is the best one by trainer_state.json",
    ),
    "nothing": (lambda folder: [path.unlink() for path in folder.iterdir()], "no config.json. Name a folder"),
    "TensorFlow": (lambda folder: to_other_weights(folder, "tf_model.h5"), r"weights for TensorFlow \(tf_model.h5\)"),
    "Flax": (lambda folder: to_other_weights(folder, "flax_model.msgpack"), "weights for Flax"),
    "ONNX": (lambda folder: to_other_weights(folder, "onnx/model.onnx"), r"weights for ONNX \(onnx/model.onnx\)"),
    "no weights": (lambda folder: (folder / "model.safetensors").unlink(), "There are no weights in"),
    "a sentence encoder": (to_encoder, "a sentence-transformers encoder"),
    "labels from 1": (
        lambda folder: rename_labels(folder, {"2": "good", "1": "bad"}),
        r'numbers its labels 1, 2 .*\{"0": "bad", "1": "good"\}',
    ),
    "labels with a gap": (lambda folder: rename_labels(folder, {"0": "a", "3": "b"}), "numbers its labels 0, 3 in"),
    "too many labels": (
        lambda folder: rename_labels(folder, {"0": "a", "1": "b", "2": "c"}),
        "answers 2 labels .*names 3 in id2label",
    ),
    "too few labels": (lambda folder: rename_labels(folder, {"0": "a"}), "answers 2 labels .*names 1 in id2label"),
}  # fmt: skip


@pytest.mark.parametrize("kind", UNREADY)
def test_a_folder_that_needs_another_step_says_which(kind, folder):
    change, sentence = UNREADY[kind]
    change(folder)
    with pytest.raises(UserError, match=sentence):
        load_network(str(folder), task=TASK, device="cpu")


def test_gguf_alone_is_named_where_there_is_no_configuration(tmp_path):
    (tmp_path / "model.gguf").write_bytes(b"GGUF")
    with pytest.raises(UserError, match=r"weights for GGUF \(model.gguf\)"):
        readiness.check_ready(tmp_path)


def test_a_sentencepiece_tokenizer_names_the_packages_that_are_missing(folder, monkeypatch):
    (folder / "tokenizer.json").unlink()
    (folder / "spm.model").write_bytes(b"")
    there = readiness.find_spec
    monkeypatch.setattr(readiness, "find_spec", lambda name: None if name == "google.protobuf" else there("json"))
    with pytest.raises(UserError, match=r"SentencePiece model \(spm.model\).*pip install sentencepiece protobuf$"):
        load_network(str(folder), task=TASK, device="cpu")
    monkeypatch.setattr(readiness, "find_spec", lambda _: there("json"))
    assert readiness.explain_tokenizer(folder) is None


def test_a_base_model_says_as_what_it_was_saved(tmp_path):
    folder = save_network(tmp_path / "base", head="MaskedLM")
    with pytest.raises(UserError, match=r"saved as BertForMaskedLM, it has no .*classifier.bias.*train it for its"):
        load_network(str(folder), task=TASK, device="cpu")


def test_weights_without_a_use_are_named(folder, tmp_path, capsys):
    weights = load_file(folder / "model.safetensors")
    extra = {f"reader.{at}.weight": weights["classifier.bias"].clone() for at in range(7)}
    save_file(weights | extra, folder / "model.safetensors", metadata={"format": "pt"})
    (tmp_path / "a.txt").write_text("film")
    assert run("build", tmp_path / "a.txt", "-o", tmp_path / "site", "--model", folder, "--methods", "gradient") == 0
    assert "no use for some weights in the model's files: reader.0.weight" in capsys.readouterr().err
    found = twin.load_run((tmp_path / "site" / "data" / "run.json").read_bytes())
    assert found.model.unused == tuple(sorted(extra))
    assert "reader.6.weight" in (tmp_path / "site" / "provenance.html").read_text("utf-8")
