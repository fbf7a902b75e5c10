"""Nobody is trusted by name alone: a model keeps to its folder, and a site or a file that was found sets no trust."""

import json
import os
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file

from reporter.audit.verify import choose_settings
from reporter.models.loading import checkpoint
from reporter.models.loading.checkpoint import load_network
from reporter.records.errors import UserError
from reporter.records.settings import LIFTING, Settings, TrustSettings
from reporter.runs import preparation
from tests import example_runs as runs
from tests.cli.test_cli import refusal, run
from tests.networks import save_network
from tests.whole.test_hostile import TASK, bring_code, edit_json

PICKLE = b"cos\nsystem\n(S'touch %b'\ntR."


def shard(folder: Path, *names: str) -> None:
    """Part the weights of a model into files of these names, with an index; a pickle where a name says so."""
    weights, parts = load_file(folder / "model.safetensors"), {}
    (folder / "model.safetensors").unlink()
    for at, name in enumerate(names):
        part = {key: weights[key] for key in sorted(weights)[at :: len(names)]}
        parts |= dict.fromkeys(part, name)
        if name.endswith(".safetensors"):
            save_file(part, folder / name, metadata={"format": "pt"})
        else:
            torch.save(part, folder / name)
    index = {"metadata": {"total_size": 0}, "weight_map": parts}
    (folder / "model.safetensors.index.json").write_text(json.dumps(index))


def move_out(folder: Path, name: str) -> Path:
    """Take a file out of the folder of a model."""
    outside = folder.parent / "outside"
    outside.mkdir(exist_ok=True)
    return Path(shutil.move(folder / name, outside / name))


def link_out(name: str) -> Callable[[Path], None]:
    """Put a link to a file elsewhere in the place of a file."""
    return lambda folder: (folder / name).symlink_to(move_out(folder, name))


def name_outside(source: str, key: str, name: str, *, several: bool = True) -> Callable[[Path], None]:
    """Let a JSON file name a file that lies beside the folder."""

    def spoil(folder: Path) -> None:
        (folder.parent / name).write_text("{}")
        found = f"../{name}"
        edit_json(folder / source, **{key: [found] if several else found})

    return spoil


LEADING_OUT = {
    "a shard that is a pickle": (lambda folder: shard(folder, "a.safetensors", "b.bin"), "'b.bin'.*no safetensors"),
    "only pickles": (lambda folder: shard(folder, "a.bin", "b.bin"), "no safetensors"),
    "a shard without an ending": (lambda folder: shard(folder, "a.safetensors", "b"), "no safetensors"),
    "a shard above": (lambda folder: shard(folder, "a.safetensors", "../b.safetensors"), "no file of the model's"),
    "a shard elsewhere": (lambda folder: shard(folder, str(folder.parent / "b.safetensors")), "no file of the model's"),
    "a shard below, which no fingerprint covers": (
        lambda folder: ((folder / "sub").mkdir(), shard(folder, "sub/b.safetensors")),
        "no file of the model's",
    ),
    "a shard that is a number": (
        lambda folder: (
            shard(folder, "a.safetensors"),
            edit_json(folder / "model.safetensors.index.json", weight_map={"x": 3}),
        ),
        "no file of the model's",
    ),
    "weights by another name above": (
        lambda folder: edit_json(folder / "config.json", transformers_weights="../b.safetensors"),
        "no file of the model's",
    ),
    "weights by another name that are a pickle": (
        lambda folder: (
            torch.save(load_file(folder / "model.safetensors"), folder / "adapter_model.bin"),
            edit_json(folder / "config.json", transformers_weights="adapter_model.bin"),
        ),
        "no safetensors",
    ),
    "linked weights": (link_out("model.safetensors"), "is a link that leads out"),
    "a linked configuration": (link_out("config.json"), "is a link that leads out"),
    "a linked tokenizer": (link_out("tokenizer.json"), "is a link that leads out"),
    "a configuration of another version": (
        name_outside("config.json", "configuration_files", "config.4.0.0.json"),
        "lies outside",
    ),
    "a tokenizer of another version": (
        name_outside("tokenizer_config.json", "fast_tokenizer_files", "tokenizer.4.0.0.json"),
        "lies outside",
    ),
    "a vocabulary elsewhere": (
        name_outside("tokenizer_config.json", "vocab_file", "vocab.txt", several=False),
        "lies outside",
    ),
    "arguments that are files": (name_outside("tokenizer_config.json", "init_inputs", "vocab.txt"), "lies outside"),
    "an adapter": (
        lambda folder: (folder / "adapter_config.json").write_text('{"base_model_name_or_path": "elsewhere"}'),
        "is an adapter",
    ),
    "a kernel deep inside": (
        lambda folder: edit_json(
            folder / "config.json", text_config={"decoder": [{"_attn_implementation": "someone/kernel"}]}
        ),
        "someone/kernel.*--trust-remote-code",
    ),
}  # fmt: skip


@pytest.mark.parametrize("kind", LEADING_OUT)
def test_a_model_keeps_to_its_folder(kind, tmp_path):
    folder = save_network(tmp_path / "model")
    spoil, sentence = LEADING_OUT[kind]
    spoil(folder)
    with pytest.raises(UserError, match=sentence):
        load_network(str(folder), task=TASK, device="cpu")


def test_a_pickle_that_an_index_names_runs_no_code(tmp_path):
    folder = save_network(tmp_path / "model")
    shard(folder, "a.bin", "b.bin")
    (folder / "a.bin").write_bytes(PICKLE % str(folder / "ran").encode())
    for trust in (TrustSettings(), TrustSettings(pickle=True)):
        with pytest.raises(UserError):
            load_network(str(folder), task=TASK, device="cpu", trust=trust)
    assert not (folder / "ran").exists()


def test_shards_in_the_folder_are_the_same_model(tiny, tmp_path):
    parted, pickled = save_network(tmp_path / "parted"), save_network(tmp_path / "pickled")
    shard(parted, "model-1-of-2.safetensors", "model-2-of-2.safetensors")
    shard(pickled, "a.bin", "b.bin")
    usual = load_network(str(tiny), task=TASK, device="cpu").model
    for folder, trust in ((parted, TrustSettings()), (pickled, TrustSettings(pickle=True))):
        found = load_network(str(folder), task=TASK, device="cpu", trust=trust).model
        assert all(torch.equal(a, b) for a, b in zip(usual.parameters(), found.parameters(), strict=True))


def test_links_as_the_cache_of_the_hub_has_them_are_followed(tmp_path):
    attention_mask = save_network(tmp_path / "models--x--y" / "snapshots" / "1f")
    blobs = tmp_path / "models--x--y" / "blobs"
    blobs.mkdir()
    for at, path in enumerate(sorted(attention_mask.iterdir())):
        shutil.move(path, blobs / str(at))
        path.symlink_to(Path("../../blobs") / str(at))
    (tmp_path / "short").symlink_to(attention_mask)
    for folder in (attention_mask, tmp_path / "short"):
        assert load_network(str(folder), task=TASK, device="cpu").facts.architecture == "BertForSequenceClassification"


def test_what_the_machine_of_an_author_had_is_no_reason_to_refuse(tmp_path):
    folder = save_network(tmp_path / "model")
    edit_json(folder / "tokenizer_config.json", tokenizer_file="/home/nobody/tokenizer.json", vocab_file=None)
    edit_json(folder / "config.json", _name_or_path=str(tmp_path))
    assert load_network(str(folder), task=TASK, device="cpu").facts.layers == 2


def test_only_files_of_the_folder_that_are_data_are_opened(tmp_path):
    folder = save_network(tmp_path / "model")
    (folder / "chat_template.jinja").write_text("{{ cycler.__init__.__globals__.os.system('touch ran') }}")
    (folder / "generation_config.json").write_text('{"custom_generate": "someone/code"}')
    for name in ("pytorch_model.bin", "training_args.bin", "optimizer.pt", "modeling_own.py", "custom_generate.py"):
        (folder / name).write_bytes(PICKLE % str(folder / "ran").encode())
    opened: list[Path] = []
    sys.addaudithook(lambda event, args: opened.append(_path(args[0])) if event == "open" and watching else None)
    watching = True
    load_network(str(folder), task=TASK, device="cpu")
    watching = False
    inside = {path.name for path in opened if path.is_relative_to(folder)}
    assert {"config.json", "model.safetensors"} <= inside
    assert {Path(name).suffix for name in inside} <= {".json", ".safetensors", ".txt", ".jinja"}
    assert not (folder / "ran").exists()


# Sites


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A site that its author has made with a model that brings code, beside that model."""
    folder = tmp_path_factory.mktemp("stranger")
    bring_code(save_network(folder / "model"))
    (folder / "a.txt").write_text("The film is great.")
    code = "from reporter.cli.commands import main; main()"
    command = ["build", "a.txt", "-o", "site", "--model", folder / "model", "--trust-remote-code", "--allow-pickle"]
    environment = {**os.environ, "HF_HOME": str(folder / "cache"), "PYTHONPATH": str(Path(__file__).parents[2])}
    subprocess.run([sys.executable, "-c", code, *command], cwd=folder, env=environment, check=True)
    (folder / "model" / "ran").unlink()
    return folder / "site"


def test_a_site_names_no_model_and_lends_no_trust(site, capsys):
    model = site.parent / "model"
    assert "not trusted to name one; give --model" in refusal(capsys, "verify", site)
    said = refusal(capsys, "verify", site, "--model", model)
    assert "made with --allow-pickle and --trust-remote-code, which this command takes from its own" in said
    assert not (model / "ran").exists()


@pytest.mark.parametrize("command", ["render {site} -o {out}", "export {site} -f csv -o {out}", "check {site}"])
def test_no_other_command_runs_what_a_site_names(command, site, tmp_path):
    before = {path: path.stat().st_mtime_ns for path in site.rglob("*")}
    assert run(*command.format(site=site, out=tmp_path / "out").split()) == 0
    assert not (site.parent / "model" / "ran").exists()
    assert {path: path.stat().st_mtime_ns for path in site.rglob("*")} == before


def test_another_model_is_refused_before_anything_of_it_is_opened(tiny, tmp_path, monkeypatch, capsys):
    (tmp_path / "a.txt").write_text("film")
    assert run("build", tmp_path / "a.txt", "-o", tmp_path / "site", "--model", tiny, "--methods", "gradient") == 0
    other = save_network(tmp_path / "other", layer_norm_eps=1e-9)
    capsys.readouterr()
    monkeypatch.setattr(checkpoint, "load_network", lambda *_, **__: pytest.fail("loaded"))
    monkeypatch.setattr(preparation, "load_network", lambda *_, **__: pytest.fail("loaded"))
    assert "is not the one of this run" in refusal(capsys, "verify", tmp_path / "site", "--model", other)


def test_what_is_opened_fetched_or_filled_is_not_taken_from_a_run(tmp_path):
    path = runs.saved(tmp_path / "run.sqlite", runs.every_kind()[:1])
    named = {"device": "cuda", "offline": False, "allow_pickle": True, "trust_remote_code": True, "tolerance": 0.02}
    named |= {"allow_untrained_head": True, "batch_tokens": 10**9, "training_data": "/etc/x.csv", "checkpoints": ["/x"]}
    with closing(sqlite3.connect(path)) as database, database:
        (text,) = database.execute("select value from facts where name = 'provenance'").fetchone()
        facts = json.loads(text)
        facts["settings"] |= named
        database.execute("update facts set value = ? where name = 'provenance'", (json.dumps(facts),))
    own = Settings(model="", offline=True)
    chosen = choose_settings(path, own)
    assert {name: getattr(chosen, name) for name in named} == {
        name: 0.02 if name == "tolerance" else getattr(own, name) for name in named
    }
    assert chosen.model == "embedded"


@pytest.mark.parametrize(
    "statement",
    [
        "create trigger t after insert on facts begin delete from explanations; end",
        "create view more as with recursive n(x) as (select 1 union all select x + 1 from n) select x from n",
        "create table more (a)",
        "create virtual table more using fts5(a)",
        "alter table explanations add column more text default 'x'",
        "drop view agreement; create view agreement as select * from facts",
        "alter table explanations rename to kept; create view explanations as select * from kept",
    ],
)
@pytest.mark.parametrize("command", ["render", "export", "verify", "check"])
def test_a_run_is_tables_of_ours_and_nothing_that_runs(statement, command, tmp_path, capsys):
    path = runs.saved(tmp_path / "site" / "data" / "run.sqlite", runs.every_kind()[:1])
    with closing(sqlite3.connect(path)) as database:
        database.executescript(statement)
    (tmp_path / "site" / "index.html").write_text("")
    more = {"render": ["-o", tmp_path / "out"], "export": ["-f", "csv"]}.get(command, [])
    if command == "check":
        assert run("check", tmp_path / "site") == 1
    else:
        assert "is none of ours" in refusal(capsys, command, tmp_path / "site", *more)


def test_a_run_elsewhere_is_not_that_of_a_site(tmp_path, capsys):
    runs.saved(tmp_path / "elsewhere" / "run.sqlite", runs.every_kind()[:1])
    (tmp_path / "site" / "data").mkdir(parents=True)
    (tmp_path / "site" / "data" / "run.sqlite").symlink_to(tmp_path / "elsewhere" / "run.sqlite")
    for command in (("verify",), ("export", "-f", "csv"), ("render", "-o", tmp_path / "out")):
        assert "leads out of the site" in refusal(capsys, command[0], tmp_path / "site", *command[1:])


def test_a_record_that_fills_the_memory_is_not_read(tmp_path, capsys):
    path = runs.saved(tmp_path / "run.sqlite", runs.every_kind()[:1])
    with closing(sqlite3.connect(path)) as database, database:
        database.execute("update explanations set line = zeroblob(400000000)")
    assert "too big" in refusal(capsys, "export", path, "-f", "csv")


# Settings that were found


def found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, settings: str) -> None:
    """A working folder with a text and a file of settings."""
    (tmp_path / "a.txt").write_text("film")
    (tmp_path / "salience.toml").write_text(settings)
    monkeypatch.chdir(tmp_path)


@pytest.mark.parametrize("name", LIFTING)
def test_a_file_that_was_found_lifts_no_guard(name, tiny, tmp_path, monkeypatch, capsys):
    found(tmp_path, monkeypatch, f"{name.replace('_', '-')} = true\nmethods = 'gradient'")
    command = ("build", "a.txt", "-o", "site", "--model", tiny)
    assert f"sets {name}: whom to trust is said on the command line" in refusal(capsys, *command)
    assert run(*command, "--config", "salience.toml") == 0
    assert json.loads(Path("site/data/run.json").read_text())["settings"][name] is True


def test_a_model_that_a_file_named_is_trusted_only_by_name(tiny, tmp_path, monkeypatch, capsys):
    found(tmp_path, monkeypatch, f"model = '{tiny}'\nmethods = 'gradient'")
    assert run("build", "a.txt", "-o", "plain") == 0
    assert "Settings are taken from salience.toml in the working folder: methods, model." in capsys.readouterr().err
    for switch in ("--trust-remote-code", "--allow-pickle"):
        assert run("build", "a.txt", "-o", "site", switch) == 2
        assert f"names the model, which {switch} would trust" in capsys.readouterr().err
    assert run("build", "a.txt", "-o", "site", "--allow-pickle", "--model", tiny) == 0
    assert run("build", "a.txt", "-o", "site", "--allow-pickle", "--config", "salience.toml") == 0


def _path(name: object) -> Path:
    """A name that a file was opened by; a number is none."""
    return Path(os.fsdecode(name)).resolve() if isinstance(name, str | bytes | os.PathLike) else Path("/")
