"""Whether company changes a text's numbers on this machine is measured, said, and part of what a run is made of."""

import json
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from torch import nn

from reporter.models import invariance
from reporter.models.invariance import examine_machine, identify_machine, is_batch_invariant, multiplies_alike
from reporter.records.explanation import Document
from reporter.records.run import STEADY, UNSTEADY, UNTRIED
from reporter.records.settings import Settings
from reporter.runs import measure, resume, unit_of_work
from reporter.runs.preparation import prepare
from reporter.runs.store import Store
from reporter.site.pages import provenance_page
from tests import conftest
from tests import example_runs as runs
from tests.cli.test_cli import run
from tests.conftest import prepared
from tests.networks import save_network
from tests.site.test_report import run_of

ROOT = Path(__file__).parents[2]
HAS_MKL = identify_machine(torch.device("cpu")).library.startswith("MKL")
ORDERS = pytest.mark.skipif(not HAS_MKL, reason="Only MKL can be told to add up in another order, and it is not here.")


@pytest.mark.batch_invariant
def test_the_networks_of_the_tests_keep_texts_apart(tiny, tagger):
    assert is_batch_invariant(prepared(tiny).explainer.network)
    assert is_batch_invariant(prepared(tagger, task="token_classification").explainer.network)


@pytest.mark.parametrize("kind", ["Bert", "Albert"])
def test_a_layer_that_looks_at_its_company_is_found_out(kind, tmp_path):
    """Sums that depend on the number of rows by one unit in the last place, in a network that is packed or padded."""
    network = prepared(save_network(tmp_path, kind)).explainer.network

    def nudge(_layer: nn.Module, _given: object, output: torch.Tensor) -> torch.Tensor:
        return output * (1 + torch.finfo().eps * (output[..., 0].numel() > 20))

    for member in (layer for layer in network.model.modules() if isinstance(layer, nn.LayerNorm)):
        member.register_forward_hook(nudge)
    assert is_batch_invariant(network) is False


def test_products_that_depend_on_their_rows_are_found_out(monkeypatch):
    usual = torch.Tensor.__matmul__

    def add_up_otherwise(rows: torch.Tensor, matrix: torch.Tensor) -> torch.Tensor:
        return usual(rows.double(), matrix.double()).float() if len(rows) == 23 else usual(rows, matrix)

    monkeypatch.setattr(torch.Tensor, "__matmul__", add_up_otherwise)
    assert not multiplies_alike([(48, 64)])


def test_a_network_that_cannot_be_tried_promises_nothing(tiny, monkeypatch):
    network = prepared(tiny).explainer.network
    monkeypatch.setattr(invariance, "multiplies_alike", lambda _: 1 / 0)
    assert is_batch_invariant(network) is None


def test_the_machine_is_named_and_where_passes_are_dear_nothing_is_promised(tiny, monkeypatch):
    network = prepared(tiny).explainer.network
    found = examine_machine(network)
    assert found.processor
    assert found.instructions
    assert found.library
    assert found.mkl_cbwr == (os.environ.get("MKL_CBWR") if HAS_MKL else None)
    monkeypatch.setattr(type(network), "on_accelerator", True)
    assert examine_machine(network).batch_invariant is None


@pytest.mark.parametrize(("alike", "sentence"), [(True, STEADY), (False, UNSTEADY), (None, UNTRIED)])
def test_the_provenance_page_says_what_holds(alike, sentence):
    machine = replace(identify_machine(torch.device("cpu")), batch_invariant=alike)
    page = provenance_page(replace(run_of(*runs.every_kind()), machine=machine))
    assert page.promise == sentence
    assert machine.library in next(fact.value for fact in page.model if fact.name == "Matrix products")


def test_a_run_that_tells_no_machine_promises_nothing_of_it():
    page = provenance_page(run_of(*runs.every_kind()))
    assert page.promise == ""
    assert "Processor" not in {fact.name for fact in page.model}


def test_what_another_machine_measured_is_measured_again(tiny, tmp_path, monkeypatch):
    """So that no run mixes the numbers of two machines."""
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "a.txt").write_text("The film is great!")
    settings = Settings(model=str(tiny), methods=("gradient",), evidence="none")
    usual, done = measure.examine_machine, []
    with Store(tmp_path / "run.sqlite", create=True) as store:
        for name in ("One", "One", "Another"):
            monkeypatch.setattr(
                measure, "examine_machine", lambda network, name=name: replace(usual(network), processor=name)
            )
            monkeypatch.setattr(unit_of_work, "explain_documents", _counting(unit_of_work.explain_documents, done))
            measure.measure_folder(tmp_path / "in", settings, store, notice=lambda _: None)
            monkeypatch.undo()
            machine = store.provenance().machine
            assert machine is not None
            assert machine.processor == name
    assert done == [1, 0, 1]


def _counting(usual, done):
    return lambda documents, attribute: done.append(len(documents)) or usual(documents, attribute)


def test_a_key_holds_what_the_machine_promised(tiny):
    made = prepare(Settings(model=str(tiny)), created="")[1]
    document = Document(id="a", source="a", group="", text="a")
    machine = identify_machine(torch.device("cpu"))
    other = replace(machine, batch_invariant=True)
    keys = {resume.make_key(document, replace(made, machine=one)) for one in (None, machine, other)}
    assert len(keys) == 3


@ORDERS
def test_where_mkl_adds_up_otherwise_the_weaker_promise_is_made(tmp_path):
    """The order that MKL takes for compatibility breaks the promise on every processor that it was tried on."""
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "a.txt").write_text("The film is great!")
    command = [sys.executable, "-c", "from reporter.cli.commands import main; main()", "build", "in", "-o", "site"]
    told = {**os.environ, "MKL_CBWR": "COMPATIBLE", "PYTHONPATH": str(ROOT)}
    options = ["--methods", "gradient", "--evidence", "none"]
    built = subprocess.run([*command, *options], cwd=tmp_path, env=told, capture_output=True, text=True, check=True)
    machine = json.loads((tmp_path / "site" / "data" / "run.json").read_text())["machine"]
    assert (machine["mkl_cbwr"], machine["batch_invariant"]) == ("COMPATIBLE", False)
    assert UNSTEADY in " ".join(built.stderr.split())
    page = (tmp_path / "site" / "provenance.html").read_text("utf-8")
    assert UNSTEADY in page
    assert "MKL_CBWR=COMPATIBLE" in page
    assert run("check", tmp_path / "site") == 0


@ORDERS
def test_where_it_does_not_hold_what_is_promised_is_skipped_with_the_sentence():
    told = {**os.environ, "MKL_CBWR": "COMPATIBLE"}
    name = "tests/models/test_invariance.py::test_the_networks_of_the_tests_keep_texts_apart"
    command = [sys.executable, "-m", "pytest", "-rs", "-p", "no:cacheprovider", name]
    said = subprocess.run(command, cwd=ROOT, env=told, capture_output=True, text=True, check=True).stdout
    assert "1 skipped" in said
    assert UNSTEADY[:40] in said


def test_what_is_skipped_is_what_was_measured(monkeypatch):
    monkeypatch.setattr(invariance, "multiplies_alike", lambda _: False)
    assert not conftest.multiplies_alike.__wrapped__()
