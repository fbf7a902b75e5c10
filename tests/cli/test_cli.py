"""The command line as a person meets it: what it prints, what it refuses, and how it exits."""

import json
import shutil
import sqlite3
import subprocess
import sys
from pathlib import Path

import jsonschema
import pytest

from reporter import __version__, registry
from reporter.cli import commands
from reporter.evidence.levels import LEVELS
from reporter.records import errors
from reporter.records.errors import escape_line
from reporter.records.settings import METHODS

ROOT = Path(__file__).parents[2]


@pytest.fixture
def inputs(tmp_path: Path) -> Path:
    """A small folder of every kind of input, with one file that cannot be read."""
    folder = tmp_path / "inputs"
    (folder / "films").mkdir(parents=True)
    (folder / "films" / "great.txt").write_text("The film is great!")
    (folder / "films" / "scan.txt").write_bytes(b"\x89PNG\x00\xff")
    (folder / "notes.csv").write_text("id,text,label\none,The food was bad,LABEL_0\ntwo,,LABEL_1\n")
    return folder


def run(*arguments: object) -> int:
    """The exit code of a command line."""
    with pytest.MonkeyPatch.context() as patch, pytest.raises(SystemExit) as end:
        patch.setattr(sys, "argv", ["salience-report", *map(str, arguments)])
        commands.main()
    return int(end.value.code or 0)


def refusal(capsys: pytest.CaptureFixture[str], *arguments: object) -> str:
    """The one sentence on standard error with which a command line is refused."""
    assert run(*arguments) == 2
    said = capsys.readouterr()
    assert said.out == ""
    (line,) = said.err.strip().splitlines()
    assert "Traceback" not in line
    return line


def test_build_accounts_for_every_document(inputs, tiny, tmp_path, capsys):
    site = tmp_path / "site"
    assert run("build", inputs, "-o", site, "--model", tiny) == 1
    said = capsys.readouterr()
    assert "2 of 4 documents explained, 2 failed, 0 cut short." in said.out
    assert "Certificates of integrated_gradients: 2 of 2 met" in said.out
    assert "mean of 2 measured now" in said.out
    assert all(f"\n  {name} " in said.out for name in (*METHODS, "evidence", "all else", "together"))
    assert "films/scan.txt: " in said.err
    assert "notes.csv#2: " in said.err
    lines = [json.loads(line) for line in (site / "data" / "documents.jsonl").read_text().splitlines()]
    assert [(line["source"], line["status"]) for line in lines] == [
        ("films/great.txt", "explained"),
        ("films/scan.txt", "failed"),
        ("notes.csv#1", "explained"),
        ("notes.csv#2", "failed"),
    ]
    for name in ("index.html", "methods.html", "provenance.html", "404.html", ".nojekyll"):
        assert (site / name).is_file()
    for line in lines:
        assert (site / "documents" / f"{line['id']}.html").is_file()


def test_the_twin_keeps_its_schema(inputs, tiny, tmp_path):
    site = tmp_path / "site"
    run("build", inputs, "-o", site, "--model", tiny, "--target", "all")
    schema = json.loads((site / "data" / "schema.json").read_text())
    check = jsonschema.Draft202012Validator(schema)
    run_facts = json.loads((site / "data" / "run.json").read_text())
    lines = [json.loads(line) for line in (site / "data" / "documents.jsonl").read_text().splitlines()]
    for record in (run_facts, *lines):
        check.validate(record)
    assert not check.is_valid({**lines[0], "status": "perhaps"})
    assert not check.is_valid({**run_facts, "summary": None})
    assert run_facts["settings"]["methods"] == list(METHODS)
    assert run_facts["settings"]["target"] == "all"
    (explained, *_) = lines
    for section in explained["sections"]:
        for attribution in section["attributions"]:
            assert len(attribution["scores"]) == len(section["tokens"])


def test_building_again_measures_nothing_and_gives_the_same_bytes(inputs, tiny, tmp_path, monkeypatch):
    site = tmp_path / "site"
    run("build", inputs, "-o", site, "--model", tiny)
    before = {path: path.read_bytes() for path in site.rglob("*") if path.is_file() and path.suffix != ".sqlite"}
    monkeypatch.setattr("reporter.runs.explain.Attribute.__call__", lambda *_: pytest.fail("measured again"))
    assert run("build", inputs, "-o", site, "--model", tiny) == 1
    assert before == {
        path: path.read_bytes() for path in site.rglob("*") if path.is_file() and path.suffix != ".sqlite"
    }


def test_a_run_knows_what_its_input_is_called_and_nothing_of_where_it_lies(inputs, tiny, tmp_path, monkeypatch):
    site = tmp_path / "site"
    monkeypatch.chdir(inputs)
    run("build", ".", "-o", site, "--model", tiny)
    assert json.loads((site / "data" / "run.json").read_text())["input"] == "inputs"
    monkeypatch.chdir(tmp_path)
    renamed = inputs.rename(tmp_path / "letters of\x1b 2026")
    monkeypatch.setattr("reporter.runs.explain.Attribute.__call__", lambda *_: pytest.fail("measured again"))
    run("build", renamed, "-o", site, "--model", tiny)
    told = (site / "data" / "run.json").read_text()
    assert json.loads(told)["input"] == "letters of\\x1b 2026"
    assert str(tmp_path / "letters") not in told
    assert " · letters of\\x1b 2026, " in (site / "index.html").read_text("utf-8")


def test_only_what_changed_is_measured_and_what_is_gone_is_removed(inputs, tiny, tmp_path, monkeypatch):
    site = tmp_path / "site"
    run("build", inputs, "-o", site, "--model", tiny)
    (inputs / "films" / "scan.txt").unlink()
    (inputs / "films" / "great.txt").write_text("The film is not great!")
    measured = []
    from reporter.runs.explain import Attribute

    usual = Attribute.__call__
    monkeypatch.setattr(
        Attribute, "__call__", lambda self, some: measured.extend(d.document.source for d in some) or usual(self, some)
    )
    run("build", inputs, "-o", site, "--model", tiny)
    assert measured == ["films/great.txt"]
    lines = [json.loads(line) for line in (site / "data" / "documents.jsonl").read_text().splitlines()]
    assert [line["source"] for line in lines] == ["films/great.txt", "notes.csv#1", "notes.csv#2"]
    assert lines[0]["text"] == "The film is not great!"
    assert not (site / "documents" / "films" / "scan.html").exists()


def test_render_draws_the_same_site_without_measuring(inputs, tiny, tmp_path):
    site, again = tmp_path / "site", tmp_path / "again"
    run("build", inputs, "-o", site, "--model", tiny)
    assert run("render", site, "-o", again) == 0
    assert run("render", site / "data" / "run.sqlite", "-o", tmp_path / "third") == 0
    for path in site.rglob("*"):
        if path.is_file() and path.suffix != ".sqlite":
            assert path.read_bytes() == (again / path.relative_to(site)).read_bytes()
    assert sqlite3.connect(again / "data" / "run.sqlite").execute("pragma integrity_check").fetchone() == ("ok",)


def test_the_views_of_the_run_can_be_browsed(inputs, tiny, tmp_path):
    run("build", inputs, "-o", tmp_path / "site", "--model", tiny)
    database = sqlite3.connect(tmp_path / "site" / "data" / "run.sqlite")
    found = database.execute("select id, verdict from attributions where method = 'integrated_gradients'").fetchall()
    assert [verdict for _, verdict in found] == ["met", "met"]
    assert database.execute("select count(*) from agreement").fetchone() == (2 * 10,)


WRONG = {
    "no such folder": ("build nowhere -o {site}", "There is no folder or file at nowhere"),
    "an empty folder": ("build {empty} -o {site}", "empty"),
    "nothing readable": ("build {bad} -o {site}", "could be read"),
    "unknown model": ("build {inputs} -o {site} --model nobody/nothing", "There is no model 'nobody/nothing'"),
    "unknown task": (
        "build {inputs} -o {site} --model {tiny} --task poetry",
        "There is no task 'poetry'; there are: auto, masked_words",
    ),
    "unknown method": (
        "build {inputs} -o {site} --methods attention,magic",
        "There is no method 'magic'; there are: att",
    ),
    "no method": ("build {inputs} -o {site} --methods ,", "method"),
    "unknown target": ("build {inputs} -o {site} --model {tiny} --target joy", "--target names 'joy'"),
    "unknown baseline": ("build {inputs} -o {site} --model {tiny} --baseline noise", "no baseline 'noise'"),
    "unknown device": ("build {inputs} -o {site} --model {tiny} --device gpu", "no device 'gpu'"),
    "a site in its own input": ("build {inputs} -o {inputs}/site", "would lie inside the input"),
    "a folder of something else": ("build {inputs} -o {bad}", "neither empty nor a site"),
    "a file as the site": ("build {inputs} -o {inputs}/../a-file", "cannot be written to"),
    "a task of another head": (
        "build {inputs} -o {site} --model {tiny} --task token_classification",
        "was saved as BertForSequenceClassification, which is for --task sequence_classification, and not for token_",
    ),
    "a config with an unknown option": (
        "build {inputs} -o {site} --config {toml}",
        "sets 'colour', which is no option",
    ),
    "a config that is not there": ("build {inputs} -o {site} --config nowhere.toml", "cannot be read"),
    "no run to render": ("render {empty} -o {site}", "There is no run at"),
    "a run that is none": ("render {inputs}/notes.csv -o {site}", "is not a run"),
}


@pytest.mark.parametrize("kind", WRONG)
def test_what_is_wrong_is_one_clear_sentence(kind, inputs, tiny, tmp_path, capsys):
    places = {name: tmp_path / name for name in ("site", "empty", "bad")}
    places["empty"].mkdir()
    places["bad"].mkdir()
    (places["bad"] / "x.txt").write_bytes(b"\xff\xff")
    (tmp_path / "a-file").write_text("")
    toml = tmp_path / "settings.toml"
    toml.write_text("colour = 'red'")
    line, sentence = WRONG[kind]
    arguments = [word.format(inputs=inputs, tiny=tiny, toml=toml, **places) for word in line.split(" ")]
    said = refusal(capsys, *arguments)
    assert sentence in said
    assert not (places["site"] / "index.html").exists()


@pytest.mark.parametrize(
    "line",
    ["build", "bild", "build a -o b --max-evaluations none", "build a -o b --tolerance 0", "build a -o b --nonsense"],
)
def test_a_wrong_command_line_exits_with_2(line, capsys):
    assert run(*line.split()) == 2
    assert "Traceback" not in capsys.readouterr().err


def test_a_config_file_gives_defaults_that_the_command_line_overrides(inputs, tiny, tmp_path, monkeypatch):
    (tmp_path / "salience.toml").write_text(
        f'model = "{tiny}"\nmethods = ["gradient"]\nbatch-tokens = 128\nbaseline = "mask"\n'
    )
    monkeypatch.chdir(tmp_path)
    run("build", inputs, "-o", "site", "--baseline", "zero")
    settings = json.loads(Path("site/data/run.json").read_text())["settings"]
    assert (settings["methods"], settings["batch_tokens"], settings["baseline"]) == (["gradient"], 128, "zero")


def test_the_clock_is_the_newest_input_or_what_the_environment_says(inputs, tiny, tmp_path, monkeypatch):
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1700000000")
    run("build", inputs, "-o", tmp_path / "site", "--model", tiny, "--methods", "gradient")
    assert json.loads((tmp_path / "site" / "data" / "run.json").read_text())["created"] == "2023-11-14T22:13:20Z"


def test_a_clock_that_is_no_number_is_refused(inputs, tiny, tmp_path, capsys, monkeypatch):
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "yesterday")
    assert "SOURCE_DATE_EPOCH is 'yesterday'" in refusal(
        capsys, "build", inputs, "-o", tmp_path / "site", "--model", tiny
    )


def test_ctrl_c_saves_what_was_measured_and_says_how_to_go_on(inputs, tiny, tmp_path, capsys, monkeypatch):
    from reporter.runs.explain import Attribute

    usual, seen = Attribute.__call__, []

    def interrupted(self, documents):
        seen.extend(documents)
        if len(seen) > 1:
            raise KeyboardInterrupt
        return usual(self, documents)

    with monkeypatch.context() as patch:
        patch.setattr(Attribute, "__call__", interrupted)
        assert run("build", inputs, "-o", tmp_path / "site", "--model", tiny, "--batch-tokens", "1") == 130
    assert "the same command goes on from there" in capsys.readouterr().err
    before = len(seen)
    monkeypatch.setattr(Attribute, "__call__", lambda self, some: seen.extend(some) or usual(self, some))
    assert run("build", inputs, "-o", tmp_path / "site", "--model", tiny, "--batch-tokens", "1") == 1
    assert len(seen) - before == 1


def test_token_classification_takes_the_same_road(inputs, tagger, tmp_path):
    site = tmp_path / "site"
    assert run("build", inputs, "-o", site, "--model", tagger, "--task", "token_classification") == 1
    line = json.loads((site / "data" / "documents.jsonl").read_text().splitlines()[0])
    tokens, prediction = line["sections"][0]["tokens"], line["prediction"]
    assert prediction["positions"] == len(tokens)
    assert len(prediction["logits"]) == 3 * len(tokens)
    explained = [section["target"]["position"] for section in line["sections"]]
    labels = prediction["label"].split()
    assert explained == [place for place, token in enumerate(tokens) if not token["special"] and labels[place] != "O"]


def test_methods_says_what_there_is(capsys):
    assert run("methods") == 0
    said = capsys.readouterr().out
    assert all(f"{name}: " in said for name in METHODS)
    assert "claims completeness" in said
    assert all(f"{name}: " in said for name in registry.names("metrics"))
    assert all(f"--evidence {name}" in said and level.cost[:40] in said for name, level in LEVELS.items())


def test_an_unknown_level_of_evidence_is_one_sentence(inputs, tiny, tmp_path, capsys):
    said = refusal(capsys, "build", inputs, "-o", tmp_path / "site", "--model", tiny, "--evidence", "most")
    assert "no --evidence 'most'; choose from: none, quick, standard, full" in said


def test_version(capsys):
    assert run("--version") == 0
    assert capsys.readouterr().out == f"salience-report {__version__}\n"


def test_names_from_outside_cannot_steer_the_terminal():
    assert escape_line("a\x1b[31m\n\u202eb\udc80") == "a\\x1b[31m\\n\\u202eb\\udc80"


STEERING = "x\x1b[31m\x1b]0;t\x07\r\x85\x9b31m\u202ey"  # colours, a window's title, an overwritten line, a turn


def test_no_command_lets_a_name_steer_the_terminal(tiny, tmp_path, capfd, monkeypatch):
    inputs, site, far = (tmp_path / f"{name}{STEERING}" for name in ("in", "site", "far"))
    (inputs / STEERING).mkdir(parents=True)
    for name in ("great", "dull"):
        (inputs / STEERING / f"{name}{STEERING}.txt").write_text(f"The film is {STEERING} {name}!")
    (inputs / "scan.txt").write_bytes(b"\x89PNG\x00\xff")
    row = {"id": STEERING, "text": "The food was bad", "label": STEERING}
    (inputs / "rows.jsonl").write_text(json.dumps(row))
    config = json.loads((tiny / "config.json").read_text())
    model = shutil.copytree(tiny, tmp_path / f"model{STEERING}")
    (model / "config.json").write_text(json.dumps({**config, "id2label": {0: STEERING, 1: "B"}, "label2id": {}}))
    monkeypatch.setattr("reporter.site.serve_site", lambda *_: None)
    ends = {
        0: [
            ("render", site, "-o", far), ("verify", site, "--model", model, "--sample", 9), ("check", far),
            ("methods",),
            ("export", site, "-f", "svg", "-o", far.with_name(f"out{STEERING}")),
            ("export", site, "-f", "csv", "-o", far.with_name(f"table{STEERING}")),
            ("serve", site, "--port", 0),
        ],
        1: [("build", inputs, "-o", site, "--model", model), ("check", site)],
        2: [
            (command, *more) for command in ("render", "check", "verify", "export", "serve")
            for more in ((f"no{STEERING}", "-o", tmp_path / "none", "-f", "csv"), (site, STEERING), (f"--{STEERING}",))
        ] + [
            ("export", site, "-f", STEERING), ("export", site, "-f", "csv", "--document", STEERING + "z"),
            ("export", site, "-f", "csv", "--target", STEERING + "z"), ("serve", site, "--port", STEERING), (STEERING,),
            ("build", f"no{STEERING}", "-o", site), ("build", inputs, "-o", far, "--model", STEERING),
            ("build", inputs, "-o", far, "--config", tmp_path / STEERING), ("build", inputs, "-o", inputs / STEERING),
            ("build", inputs, "-o", far, "--model", model, "--target", STEERING + "z"),
        ],
    }  # fmt: skip
    for end in (1, 0, 2):
        for command in ends[end]:
            if command == ("check", site):
                (site / f"more{STEERING}.html").write_text("")
            assert run(*command) == end, command
            said = capfd.readouterr()
            assert set(said.out + said.err).isdisjoint("\x1b\x07\r\x85\x9b\u202e"), command
            assert said.err if end == 2 else said.out, command


def test_a_file_that_is_shown_on_a_terminal_does_not_steer_it():
    assert errors.escape_lines("a\x1b[31m\r\nb\u202e\n") == "a\\x1b[31m\nb\\u202e\n"


@pytest.mark.parametrize(
    "line", ["--help", "build --help", "render --help", "methods --help", "--version", "build nowhere -o x"]
)
def test_what_needs_no_torch_loads_none(line):
    start = "import sys; from reporter.cli.commands import main"
    code = f"{start}\ntry: main()\nexcept SystemExit: pass\nsys.exit('torch' in sys.modules)"
    assert (
        subprocess.run(
            [sys.executable, "-c", code, *line.split()], cwd=ROOT, capture_output=True, check=False
        ).returncode
        == 0
    )
