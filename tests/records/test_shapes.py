"""A record whose fields do not fit each other is refused where it is read, in a sentence, by every command."""

import json
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from copy import deepcopy
from dataclasses import replace
from pathlib import Path

import msgspec
import pytest

from reporter.audit.comparison import compare_records
from reporter.audit.recomputed import records
from reporter.audit.recomputed.records import find_faults
from reporter.audit.redrawing import Reckoning
from reporter.records import UserError, twin
from reporter.records.explanation import Explanation
from reporter.records.run import Provenance
from reporter.runs.store import ExplanationRow, Store
from reporter.site import render
from reporter.site.theme import read_theme
from reporter.summary import sum_up
from tests import example_runs as runs
from tests.audit.test_forgeries import accept
from tests.cli.test_cli import refusal, run
from tests.whole.test_hostile import stuffed_run


def spoil(value: object) -> list[object]:
    """What a field of this kind is replaced by, the worst first."""
    if isinstance(value, list):
        return [[], value[:-1], [*value, *value[-1:]]]
    if isinstance(value, str):
        return ["", "<none>"]
    if isinstance(value, float):
        return [1e300, 0.0, -value, -5e-324]
    return [-1, value + 10**6] if type(value) is int else []


def walk(value: object, path: tuple[object, ...] = ()) -> Iterator[tuple[tuple[object, ...], object]]:
    """Every field of a record; of a list of like things the first, and the last of the first list of each kind."""
    yield path, value
    if isinstance(value, dict):
        for name, one in value.items():
            yield from walk(one, (*path, name))
    elif isinstance(value, list):
        for at in sorted({0, len(value) - 1} if value else ()):
            yield from walk(value[at], (*path, at))


def broken(facts: dict, *, most: int) -> Iterator[tuple[str, dict]]:
    """The record with one field after another replaced by what does not belong there, a number in so many ways."""
    for path, value in walk(facts):
        for number, other in enumerate(spoil(value) if path else ()):
            if number >= most and not isinstance(value, list):
                break
            found = deepcopy(facts)
            place = found
            for step in path[:-1]:
                place = place[step]  # type: ignore[index]
            place[path[-1]] = other  # type: ignore[index]
            yield f"{'.'.join(map(str, path))} ({number})", found


def read(facts: dict) -> Explanation | None:
    """The record as it is read, None where it is refused."""
    try:
        return twin.load_explanation(json.dumps(facts))
    except msgspec.ValidationError:
        return None


@pytest.mark.parametrize("most", [1, pytest.param(4, marks=pytest.mark.sweep)])
def test_a_record_in_which_anything_is_broken_is_refused_or_does_no_harm(most, tmp_path, monkeypatch, capsys):
    for room in (render, records):
        monkeypatch.setattr(room, "count_cores", lambda: 1)  # to start others takes longer
    honest, provenance = runs.full(), runs.provenance("standard")
    facts = json.loads(twin.dump_record(honest))
    assert read(facts) == honest
    read_all = {name: read(one) for name, one in broken(facts, most=most)}
    kept = [replace(one, id=f"{at} {name}") for at, (name, one) in enumerate(read_all.items()) if one is not None]
    assert len(kept) < 0.9 * len(read_all)
    for one in kept:
        list(compare_records(honest, one))
        list(compare_records(one, honest))
        list(find_faults(one, provenance))
    path = tmp_path / "site" / "data" / "run.sqlite"
    path.parent.mkdir(parents=True)
    with Store(path, create=True) as store:
        store.describe(provenance)
        store.save(ExplanationRow(one.id, one, 0.1) for one in kept)
        store.arrange(one.id for one in kept)
        render.draw_site(store, tmp_path / "site")
    told = twin.load_run((tmp_path / "site" / "data" / "run.json").read_bytes())
    assert not told.undrawn, [f"{one.id}: {one.error}" for one in told.undrawn]
    for name in ("csv", "jsonl", "latex", "svg"):
        assert run("export", path, "-f", name, "-o", tmp_path / name) == 0
    assert run("check", tmp_path / "site") == 1
    assert "Traceback" not in capsys.readouterr().err


@pytest.fixture(scope="module")
def built(tiny: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A site of two texts with all usual evidence."""
    folder = tmp_path_factory.mktemp("shapes")
    for name, text in {"a": "The film is great!", "b": "It was not good, but the food was wonderful."}.items():
        (folder / f"{name}.txt").write_text(text)
    command = ("build", folder, "-o", folder.parent / "shaped", "--model", tiny, "--evidence", "standard")
    assert run(*command) == 0
    return folder.parent / "shaped"


def lead(facts: dict) -> dict:
    """The certified attribution."""
    return facts["sections"][0]["attributions"][-1]


WRONG: dict[str, Callable[[dict], object]] = {
    "sections[0].attributions[4].scores has ": lambda facts: lead(facts)["scores"].pop(),
    "sections[0].attributions[4].errors has ": lambda facts: lead(facts)["errors"].append(0.1),
    "prediction.logits has 1 numbers, for 2 cells": lambda facts: facts["prediction"]["logits"].pop(),
    "prediction.positions is 0": lambda facts: facts["prediction"].update(positions=0, logits=[], probabilities=[]),
    "tokens[2].word is 99": lambda facts: facts["sections"][0]["tokens"][2].update(word=99),
    "tokens[1] is not in the text": lambda facts: facts["sections"][0]["tokens"][1].update(start=-1),
    "consensus.words names the word -1": lambda facts: facts["sections"][0]["consensus"].update(
        words=[{"word": -1, "positive": True, "top": 3, "same": 3}]
    ),
    "erasure.curves[0].values has": lambda facts: facts["sections"][0]["erasure"]["curves"][0]["values"].pop(),
    "heads.stretches": lambda facts: facts["sections"][0]["heads"]["stretches"][0].__setitem__(1, 10**6),
    "missing required field `position` - at `$.sections[0].target`": lambda facts: facts["sections"][0]["target"].pop(
        "position"
    ),
    "got `null` - at `$.sections[0].attributions[4].scores[0]`": lambda facts: lead(facts)["scores"].__setitem__(
        0, None
    ),
    "malformed": lambda facts: lead(facts)["scores"].__setitem__(0, float("nan")),
}


@pytest.mark.parametrize("sentence", WRONG)
def test_every_command_refuses_it_in_a_sentence_with_its_document_and_field(sentence, built, tiny, tmp_path, capsys):
    site = shutil.copytree(built, tmp_path / "site")
    with closing(sqlite3.connect(site / "data" / "run.sqlite")) as database, database:
        (line,) = database.execute("select line from explanations where id = 'a'").fetchone()
        facts = json.loads(line)
        WRONG[sentence](facts)
        database.execute("update explanations set line = ? where id = 'a'", (json.dumps(facts),))
    twin_ = site / "data" / "documents.jsonl"
    twin_.write_text(json.dumps(facts) + "\n" + twin_.read_text("utf-8").split("\n", 1)[1])
    accept(site, "data/documents.jsonl")
    for command in (
        ("render", site, "-o", tmp_path / "drawn"),
        *(("export", site, "-f", name, "-o", tmp_path / name) for name in ("csv", "svg")),
        ("verify", site, "--model", tiny),
    ):
        capsys.readouterr()
        said = refusal(capsys, *command)
        assert sentence in said, command
        assert "Document 1 of this run" in said
    assert run("check", site) == 1
    said = capsys.readouterr().err
    assert any(line.startswith("schema: documents.jsonl, line 1: ") and sentence in line for line in said.splitlines())
    assert "Traceback" not in said


@pytest.mark.sweep
def test_what_made_a_run_is_refused_or_does_no_harm_whatever_is_broken_in_it():
    honest = runs.full()
    line = twin.dump_record(honest).decode()
    for _, facts in broken(json.loads(msgspec.json.encode(stuffed_run("x"))), most=2):
        try:
            made = msgspec.json.decode(json.dumps(facts), type=Provenance)
            read_theme(made.theme)
        except (msgspec.ValidationError, UserError):
            continue
        whole = sum_up(made, [honest])
        render.draw_files(whole, lambda: [(honest.id, line)], Reckoning({}))
        list(records.find_run_faults(made))
        records.check_records(whole, [line], documents=1)
