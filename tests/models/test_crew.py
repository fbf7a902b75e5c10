"""The crew: nothing is lost or swapped, errors arrive, and the number of cores changes not a bit."""

from threading import Barrier

import pytest
import torch

from reporter.models.replicas import Replicas
from tests.conftest import encoded, prepared
from tests.networks import TEXTS


@pytest.fixture
def _threads():
    usual = torch.get_num_threads()
    yield
    torch.set_num_threads(usual)


def test_results_come_in_the_order_of_the_items_and_nobody_does_two_things_at_once():
    busy = {"a": 0, "b": 0, "c": 0}

    def work(member, item):
        busy[member] += 1
        assert busy[member] == 1
        found = sum(range(10_000 - 100 * item)) * 0 + item
        busy[member] -= 1
        return found

    assert Replicas(list(busy)).share(work, range(50)) == list(range(50))
    assert Replicas(["a"]).share(work, []) == []


def test_what_goes_wrong_is_raised_and_the_crew_works_on():
    replicas = Replicas([1, 2])
    with pytest.raises(ZeroDivisionError):
        replicas.share(lambda member, item: member / item, [1, 0, 1])
    assert replicas.share(lambda _, item: item, [1, 2, 3]) == [1, 2, 3]


def test_nobody_is_at_work_any_more_when_it_is_raised():
    met, busy = Barrier(2), []

    def work(member, item):
        busy.append(member)
        met.wait(timeout=20)
        if item == 0:
            busy.remove(member)
            raise ValueError("x")
        sum(range(1_000_000))  # goes on for a while after the other has failed
        busy.remove(member)

    with pytest.raises(ValueError, match="x"):
        Replicas(["a", "b"]).share(work, [0, 1])
    assert busy == []


@pytest.mark.usefixtures("_threads")
def test_a_crew_at_work_leaves_the_threads_as_they_were():
    torch.set_num_threads(3)
    with pytest.raises(ValueError, match="x"), Replicas([1]).at_work():
        assert torch.get_num_threads() == 1
        raise ValueError("x")
    assert torch.get_num_threads() == 3


@pytest.mark.batch_invariant
@pytest.mark.usefixtures("_threads")
def test_the_number_of_cores_changes_not_a_bit(tiny):
    found = []
    for cores in (1, 3):
        torch.set_num_threads(cores)
        attribute = prepared(tiny)
        found.append(attribute(encoded(attribute, *TEXTS)))
    assert found[0] == found[1]
