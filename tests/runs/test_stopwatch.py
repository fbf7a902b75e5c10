"""The stopwatch: sums by name, over threads and failures, and what a person sees of them."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from reporter.cli import terminal
from reporter.methods.integrated_gradients import IntegratedGradients
from reporter.methods.shapley import Shapley
from reporter.methods.smoothgrad import Smoothgrad
from reporter.records.explanation import Document
from reporter.records.settings import METHODS
from reporter.runs import stopwatch, unit_of_work
from reporter.runs.stopwatch import Stopwatch
from tests.conftest import encoded, prepared
from tests.networks import TEXTS


@pytest.fixture
def ticking(monkeypatch):
    """A clock that is one second later whenever it is read."""
    seconds = iter(range(1_000_000))
    monkeypatch.setattr(stopwatch.time, "perf_counter", lambda: float(next(seconds)))


def test_seconds_are_shared_by_the_documents_that_are_done():
    watch = Stopwatch()
    watch.add("gradient", 3.0)
    assert watch.shares() == {}
    watch.add("attention", 1.0)
    watch.add("gradient", 1.0)
    watch.count(2)
    assert list(watch.shares().items()) == [("gradient", 2.0), ("attention", 0.5)]


def test_threads_lose_nothing():
    watch = Stopwatch()
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda _: (watch.add("x", 1.0), watch.count(1)), range(4_000)))
    assert (watch.documents, watch.shares()) == (4_000, {"x": 1.0})


@pytest.mark.usefixtures("ticking")
def test_what_fails_took_its_time_as_well():
    watch = Stopwatch()
    with pytest.raises(ValueError, match="no"), watch.on("gradient"):
        raise ValueError("no")
    watch.count(1)
    assert watch.shares() == {"gradient": 1.0}


@pytest.mark.usefixtures("ticking")
def test_every_method_is_watched(tiny):
    attribute = prepared(tiny, methods=METHODS, evidence="quick")
    attribute(encoded(attribute, *TEXTS))
    attribute.watch.count(1)
    assert set(attribute.watch.shares()) == {"answers", "both ends", *METHODS, "evidence"}
    assert all(seconds >= 1 for seconds in attribute.watch.shares().values())


def test_a_table_is_printed_of_what_was_measured(capsys):
    watch = Stopwatch()
    terminal.show_times(watch)
    assert capsys.readouterr().out == ""
    for name, seconds in (("gradient", 1.0), ("evidence", 2.0), ("everything", 4.0)):
        watch.add(name, seconds)
    watch.count(2)
    terminal.show_times(watch)
    head, *rows = capsys.readouterr().out.splitlines()
    assert "2 measured now" in head
    assert [row.rsplit(maxsplit=1) for row in rows] == [
        ["  gradient", "0.500"], ["  evidence", "1.000"], ["  all else", "0.500"], ["  together", "2.000"],
    ]  # fmt: skip


def test_many_copies_of_a_text_make_small_units_and_none_change_nothing(tiny):
    assert unit_of_work._weigh([IntegratedGradients()]) == 1.0
    assert unit_of_work._weigh([Shapley(samples=16), IntegratedGradients()]) == 1.0
    assert unit_of_work._weigh([Shapley(samples=256), Smoothgrad(copies=48)]) == 304 / 32
    documents = [Document(id=str(at), source="", group="", text=f"{TEXTS[0]} {at}") for at in range(12)]
    sizes = {}
    for methods in (("gradient",), ("gradient", "lime")):
        attribute = prepared(tiny, methods=methods, evidence="none", samples=1024, batch_tokens=64)
        sizes[methods] = [len(done) for done in unit_of_work.explain_documents(documents, attribute)][1:]
    assert sizes[("gradient",)] == [12]
    assert max(sizes[("gradient", "lime")]) <= 3
    assert sum(sizes[("gradient", "lime")]) == 12
