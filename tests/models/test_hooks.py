"""Hooks: every call is seen as it happens, may be changed, and nothing stays once the context is left."""

import pytest
import torch
from torch import nn

from reporter.models.hooks import hook, record_calls


@pytest.fixture
def network() -> nn.Sequential:
    torch.manual_seed(0)
    return nn.Sequential(nn.Linear(3, 4), nn.Tanh(), nn.Linear(4, 2))


def list_hooks(network: nn.Module) -> list[object]:
    return [one for layer in network.modules() for one in (*layer._forward_hooks, *layer._forward_pre_hooks)]


def test_calls_are_recorded_in_their_order_with_what_was_given_and_what_came_of_it(network):
    given = torch.randn(5, 3)
    with torch.no_grad(), record_calls([network[2], network[0]]) as calls:
        out = network(given)
        network[0](given + 1)
    assert [call.module for call in calls] == [network[0], network[2], network[0]]
    assert torch.equal(calls[0].given[0], given)
    assert torch.equal(calls[1].output, out)
    assert list_hooks(network) == []
    network(given)
    assert len(calls) == 3


def test_what_a_call_is_given_and_gives_may_be_changed_until_the_context_is_left(network):
    given = torch.randn(5, 3)
    with torch.no_grad():
        usual, doubled = network(given), network(2 * given)
        with hook([network[0]], before=lambda _, inputs: (2 * inputs[0],)):
            assert torch.equal(network(given), doubled)
        with hook([network[2]], after=lambda _, inputs, named, output: -output):  # noqa: ARG005
            assert torch.equal(network(given), -usual)
        assert torch.equal(network(given), usual)


def test_nothing_stays_where_the_network_fails(network):
    with pytest.raises(RuntimeError), record_calls(network):
        network(torch.randn(5, 7))
    assert list_hooks(network) == []
