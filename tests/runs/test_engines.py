"""Engines and the unit of work: it travels, and whoever has it done gets the same records, each document once."""

import pickle
import subprocess
import sys
from concurrent.futures import ProcessPoolExecutor
from itertools import islice
from multiprocessing import get_context

import pytest

from reporter import registry
from reporter.records import twin
from reporter.records.errors import UserError
from reporter.records.explanation import Document
from reporter.records.settings import Settings
from reporter.runs.unit_of_work import Explain
from tests.networks import TEXTS
from tests.whole.test_house import ROOT

ENGINES = registry.names("engines")


@pytest.fixture(scope="module")
def work(tiny) -> tuple[Explain, list[Document]]:
    """The unit of work by several methods and all of the standard evidence, and documents of which one was not read."""
    texts = [Document(id=f"d{at}", source=f"d{at}.txt", group="", text=text) for at, text in enumerate(TEXTS)]
    unread = Document(id="scan", source="scan.txt", group="", text="", problem="The file is binary, not text.")
    methods = ("attention", "integrated_gradients", "shapley")
    settings = Settings(model=str(tiny), methods=methods, evidence="standard", samples=16, batch_tokens=64)
    return Explain(settings), [unread, *texts]


@pytest.fixture(scope="module")
def records(work) -> list[bytes]:
    """What comes of it in this process, as it is saved."""
    explain, documents = work
    return [twin.dump_record(one) for one in explain(documents)]


def test_explanations_come_in_the_order_of_the_documents(work, records):
    found = [twin.load_explanation(line) for line in records]
    assert [(one.id, one.status) for one in found] == [
        (one.id, "failed" if one.problem else "explained") for one in work[1]
    ]


def test_the_unit_of_work_travels_as_its_settings_and_gives_the_same_bytes_where_it_lands(work, records):
    explain, documents = work
    assert "prepared" in vars(explain)  # its network is there, and stays
    sent = pickle.dumps(explain)
    assert len(sent) < 2_000
    assert pickle.loads(sent) == explain
    with ProcessPoolExecutor(1, get_context("spawn")) as pool:
        there = pool.submit(explain, documents).result()
    assert [twin.dump_record(one) for one in there] == records


def test_the_unit_of_work_knows_neither_store_nor_pages():
    others = ("reporter.runs.store", "reporter.runs.database", "reporter.site", "reporter.summary", "reporter.exports")
    code = f"import sys, reporter.runs.unit_of_work; sys.exit(any(one.startswith({others}) for one in sys.modules))"
    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=False).returncode == 0


@pytest.mark.parametrize("name", ENGINES)
def test_every_engine_gives_every_document_back_once_and_takes_no_more_than_it_works_on(work, records, name):
    explain, documents = work
    taken = []

    def batches():
        for at in range(0, len(documents), 2):
            taken.append(at)
            yield documents[at : at + 2]
        yield []

    done = registry.load("engines", name)().run(explain, batches())
    first = list(islice(done, 1))
    assert taken == [0]
    found = {one.explanation.id: one for some in (*first, *done) for one in some}
    assert [twin.dump_record(found[one.id].explanation) for one in documents] == records
    assert len(found) == len(documents)
    assert all((one.seconds > 0) == (one.explanation.error is None) for one in found.values())


def test_an_engine_that_no_file_bears_is_refused_by_name():
    with pytest.raises(UserError, match=f"There is no engine 'cloud'; there are: {', '.join(ENGINES)}"):
        registry.load("engines", "cloud")


def test_settings_that_cannot_be_served_are_refused_where_the_work_is_done(tiny):
    explain = Explain(Settings(model=str(tiny), baseline="nothing"))
    with pytest.raises(UserError, match="There is no baseline 'nothing'"):
        explain([])
