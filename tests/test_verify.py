"""Nothing on faith: a run is explained again and comes out the same, and a run that was tampered with does not."""

import json
import shutil
import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest

from reporter.comparing import TOLERANCE
from tests.networks import TEXTS, save_network
from tests.test_cli import refusal, run


@pytest.fixture(scope="module")
def verify(tiny: Path) -> Callable[..., int]:
    """The exit code of `verify` with the model of these sites named, as it must be."""
    return lambda site, *more: run("verify", site, "--model", tiny, *more)


@pytest.fixture(scope="module")
def built(tiny: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A site of a few texts, a pair, and a file that cannot be read."""
    folder = tmp_path_factory.mktemp("verified")
    (folder / "inputs").mkdir()
    rows = [{"id": f"t{at}", "text": text} for at, text in enumerate(TEXTS)]
    rows.append({"id": "pair", "text": "The film is great", "text_pair": "No, the film is dull"})
    (folder / "inputs" / "rows.jsonl").write_text("\n".join(map(json.dumps, rows)))
    (folder / "inputs" / "scan.txt").write_bytes(b"\x89PNG\x00\xff")
    assert run("build", folder / "inputs", "-o", folder / "site", "--model", tiny) == 1
    return folder / "site"


@pytest.fixture
def site(built: Path, tmp_path: Path) -> Path:
    """A copy of that site, to be tampered with."""
    return shutil.copytree(built, tmp_path / "site")


def tamper(site: Path, change) -> str:
    """Change the record of one document in the run, and return its source."""
    with sqlite3.connect(site / "data" / "run.sqlite") as database:
        key, line = database.execute("select key, line from explanations where id = 'rows/t1'").fetchone()
        record = json.loads(line)
        change(record)
        database.execute("update explanations set line = ? where key = ?", (json.dumps(record), key))
    database.close()
    return str(record["source"])


def test_a_run_comes_out_again(built, verify, capsys):
    assert verify(built, "--sample", 100) == 0
    said = capsys.readouterr()
    assert "5 of 5 documents come out as they were saved" in said.out
    assert said.err == ""


def test_the_sample_is_chosen_by_its_seed(built, verify, capsys):
    seen = []
    for seed in (1, 1, 2, 3):
        assert verify(built / "data" / "run.sqlite", "--sample", 2, "--seed", seed) == 0
        seen.append(capsys.readouterr().out)
    assert seen[0] == seen[1]
    assert len(set(seen)) > 1
    assert all(said.count("same ") == 3 for said in seen)


def scores(record):
    """The scores of the certified method."""
    return record["sections"][0]["attributions"][-1]


TAMPERED = {
    "the scores by integrated_gradients": lambda record: scores(record)["scores"].__setitem__(2, 1e3),
    "the scores by gradient differ": lambda record: record["sections"][0]["attributions"][2]["scores"].__setitem__(
        2, record["sections"][0]["attributions"][2]["scores"][2] + 3 * TOLERANCE * 1e3
    ),
    "the errors by integrated_gradients": lambda record: scores(record).update(errors=None),
    "the scores of the text and the baseline": lambda record: scores(record)["certificate"].update(baseline=9.0),
    "the verdict was 'not met'": lambda record: scores(record)["certificate"].update(verdict="not met"),
    "logits differ": lambda record: record["prediction"]["logits"].reverse(),
    "logits were 1": lambda record: record["prediction"]["logits"].pop(),
    "the answer was ": lambda record: record["prediction"].update(label="NEVER"),
    "other targets": lambda record: record["sections"][0]["target"].update(label="NEVER"),
    "it was failed": lambda record: record.update(status="failed", error="No."),
}


@pytest.mark.parametrize("sentence", TAMPERED)
def test_what_was_tampered_with_is_named(sentence, site, verify, capsys):
    source = tamper(site, TAMPERED[sentence])
    assert verify(site, "--sample", 100) == 1
    said = capsys.readouterr()
    assert any(line.startswith(f"{source}: ") and sentence in line for line in said.err.splitlines())
    assert "4 of 5 documents" in said.out


def test_another_model_is_refused(built, tmp_path, capsys):
    other = save_network(tmp_path / "other", layer_norm_eps=1e-9)
    capsys.readouterr()
    assert "is not the one of this run" in refusal(capsys, "verify", built, "--model", other)


def test_a_model_that_was_moved_is_named(built, tiny, tmp_path):
    assert run("verify", built, "--model", shutil.copytree(tiny, tmp_path / "moved"), "--sample", 1) == 0


def test_what_holds_no_run_is_refused(tmp_path, capsys):
    assert "There is no run at" in refusal(capsys, "verify", tmp_path)


def test_the_options_of_another_version_are_refused(site, capsys):
    with sqlite3.connect(site / "data" / "run.sqlite") as database:
        (text,) = database.execute("select value from facts where name = 'provenance'").fetchone()
        facts = json.loads(text)
        facts["settings"]["colour"] = "red"
        database.execute("update facts set value = ? where name = 'provenance'", (json.dumps(facts),))
    database.close()
    assert "other options" in refusal(capsys, "verify", site)
