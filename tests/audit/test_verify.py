"""Nothing on faith: a run is explained again and comes out the same, and a run that was tampered with does not."""

import json
import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from random import Random

import pytest

from reporter.audit.comparison import TOLERANCE, compare_records
from reporter.audit.unverified import ALWAYS
from reporter.records.explanation import Explanation
from tests import example_runs as runs
from tests.cli.test_cli import refusal, run
from tests.networks import TEXTS, save_network


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
    "the answer was ": lambda record: record["prediction"].update(label="NEVER"),
    "other targets": lambda record: record["sections"][0]["target"].update(label="NEVER"),
    "it was failed": lambda record: record.update(
        status="failed", error="No.", sections=[], prediction=None, seen=None
    ),
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


# What float32 rounds


def cancelled(rounding: float) -> Explanation:
    """A text whose answers are near 12 and whose scores, their differences, are near a thousandth of that."""
    what = runs.explanation("cancelled", "A great film of nothing much.")
    (section,) = what.sections
    draws, made = Random(7), []
    for one in section.attributions:
        ends = replace(one.certificate, input=12.0, baseline=11.99)
        scores = tuple(0.01 * draws.uniform(-1, 1) + draws.choice((-1, 1)) * rounding * 12.0 for _ in one.scores)
        made.append(replace(one, scores=scores if one.signed else one.scores, certificate=ends))
    return replace(what, sections=(replace(section, attributions=tuple(made)),))


@pytest.mark.parametrize("units", [1, 4, 12])
def test_what_float32_rounds_off_answers_is_no_difference(units):
    assert list(compare_records(cancelled(0.0), cancelled(units * 2**-24))) == []


@pytest.mark.parametrize("units", [100, 1200])
def test_a_hundred_times_as_much_is_one(units):
    said = list(compare_records(cancelled(0.0), cancelled(units * 2**-24)))
    assert [name for name in runs.SIGNED if any(f"the scores by {name} differ" in one for one in said)] == [
        one.method for one in cancelled(0.0).sections[0].attributions if one.signed
    ]


# What is of the run as a whole


def change_run(site: Path, change: Callable[[dict], object]) -> None:
    """Change what made a run, in the run alone."""
    with closing(sqlite3.connect(site / "data" / "run.sqlite")) as database, database:
        (text,) = database.execute("select value from facts where name = 'provenance'").fetchone()
        facts = json.loads(text)
        change(facts)
        database.execute("update facts set value = ? where name = 'provenance'", (json.dumps(facts),))


def test_another_machine_is_named_in_one_line_where_numbers_differ(site, verify, capsys):
    change_run(site, lambda facts: facts["machine"].update(processor="Another", library="OpenBLAS"))
    assert verify(site, "--sample", 1) == 0
    assert "This is not where the run was made" not in capsys.readouterr().out  # and yet the same to the last bit
    tamper(site, lambda record: record["sections"][0]["attributions"][0]["scores"].__setitem__(1, 1e3))
    assert verify(site, "--sample", 9) == 1
    (line,) = [one for one in capsys.readouterr().out.splitlines() if one.startswith("This is not where")]
    assert "processor was Another, and is " in line
    assert "library was OpenBLAS, and is " in line


def test_what_was_not_verified_is_listed(site, verify, capsys):
    assert verify(site, "--sample", 2) == 0
    said = [one for one in capsys.readouterr().out.splitlines() if one.startswith("Not verified: ")]
    assert "Not verified: 3 documents that the sample left out; --sample takes more." in said
    assert any("--input FOLDER" in one for one in said)
    assert len(said) == 2 + len(ALWAYS)
    assert verify(site, "--sample", 9, "--input", site.parent.parent / "nowhere") == 2


@pytest.fixture(scope="module")
def traced(tiny: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A site that is traced to a few training examples, which lie beside it."""
    folder = tmp_path_factory.mktemp("traced")
    rows = [{"text": f"{text} {number}", "label": number % 2} for number in range(4) for text in TEXTS]
    (folder / "train.jsonl").write_text("\n".join(map(json.dumps, rows)))
    (folder / "in").mkdir()
    for at, text in enumerate(TEXTS):
        (folder / "in" / f"t{at}.txt").write_text(text)
    data = ("--training-data", folder / "train.jsonl", "--methods", "gradient", "--evidence", "none")
    assert run("build", folder / "in", "-o", folder / "site", "--model", tiny, *data) == 0
    return folder / "site"


LIES = {
    "an influence": lambda one: one["supporting"][0].update(influence=9e9),
    "another example": lambda one: one["supporting"][0].update(text="The film is great! 9", source="train.jsonl#99"),
    "another label": lambda one: one["opposing"][-1].update(label="LABEL_0", said="LABEL_0"),
    "the sum of all": lambda one: one.update(support=9e9),
    "an example left out": lambda one: one["opposing"].pop(),
}


@pytest.mark.parametrize("lie", [None, *LIES])
def test_influences_are_traced_again_where_the_training_data_are_given(lie, traced, verify, tmp_path, capsys):
    site = shutil.copytree(traced, tmp_path / "site")
    if lie is not None:
        with closing(sqlite3.connect(site / "data" / "run.sqlite")) as database, database:
            (line,) = database.execute("select line from explanations where id = 't1'").fetchone()
            record = json.loads(line)
            LIES[lie](record["sections"][0]["influence"])
            database.execute("update explanations set line = ? where id = 't1'", (json.dumps(record),))
    data = shutil.copy(traced.parent / "train.jsonl", tmp_path / "moved.jsonl")
    assert verify(site, "--sample", 9, "--training-data", data) == (0 if lie is None else 1)
    said = capsys.readouterr()
    assert "training examples that answers were traced to" not in said.out
    assert ("Its training examples: " in said.err) == (lie is not None)


def test_influences_that_were_not_traced_again_are_not_passed_over(traced, verify, capsys):
    assert verify(traced, "--sample", 1) == 0
    said = capsys.readouterr().out
    assert "Not verified: the training examples that answers were traced to; give --training-data to trace" in said


def test_training_data_that_a_run_was_not_traced_to_are_refused(built, traced, tiny, capsys):
    said = refusal(
        capsys, "verify", built, "--model", tiny, "--sample", 1, "--training-data", traced.parent / "train.jsonl"
    )
    assert "This run was traced to no training examples; leave --training-data out." in said
