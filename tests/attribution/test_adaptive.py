"""The Captum method on its own: Captum's conventions, closed forms, and Captum itself as the oracle."""

import pytest
import torch
from captum.attr import IntegratedGradients
from torch import nn

from reporter.attribution.captum import AdaptiveIntegratedGradients
from reporter.attribution.quadrature.refinement import Goal

FINE = 1e-6


@pytest.fixture
def network() -> nn.Module:
    torch.manual_seed(0)
    return nn.Sequential(nn.Linear(4, 16), nn.Tanh(), nn.Linear(16, 3)).double()


@pytest.fixture
def rows() -> torch.Tensor:
    torch.manual_seed(1)
    return torch.randn(5, 4, dtype=torch.float64)


TARGETS = [1, [0, 1, 2, 1, 0], torch.tensor([2, 2, 1, 0, 0]), torch.tensor(1), torch.tensor([2])]


@pytest.mark.parametrize("target", TARGETS, ids=str)
@pytest.mark.parametrize("baselines", [None, 0.5, torch.full((1, 4), 0.2).double(), torch.ones(5, 4).double()], ids=str)
def test_it_equals_captum_at_many_steps(network, rows, target, baselines):
    mine, delta = AdaptiveIntegratedGradients(network).attribute(
        rows, baselines, target, tolerance=FINE, return_convergence_delta=True
    )
    theirs = IntegratedGradients(network).attribute(rows, baselines, target, n_steps=200)
    torch.testing.assert_close(mine, theirs, atol=1e-5, rtol=1e-5)
    assert delta.shape == (5,)
    assert delta.abs().max() < 1e-5


def test_several_inputs_and_further_arguments_follow_their_rows(network, rows):
    def forward(a, b, scale, name):
        assert name == "as it is"
        return network(a * scale) * b.mean((1, 2)).unsqueeze(1)

    inputs = (rows, torch.rand(5, 2, 3, dtype=torch.float64))
    extra = (torch.rand(5, 1, dtype=torch.float64), "as it is")
    mine = AdaptiveIntegratedGradients(forward).attribute(inputs, (0.1, 0), 2, extra, tolerance=FINE)
    theirs = IntegratedGradients(forward).attribute(inputs, (0.1, 0), 2, extra, n_steps=200)
    assert isinstance(mine, tuple)
    for one, other in zip(mine, theirs, strict=True):
        torch.testing.assert_close(one, other, atol=1e-5, rtol=1e-5)


def test_the_delta_is_captums(network, rows):
    method = AdaptiveIntegratedGradients(network)
    found, delta = method.attribute(rows, None, 0, tolerance=0.05, return_convergence_delta=True)
    other = method.compute_convergence_delta(found, torch.zeros_like(rows), rows, target=0)
    torch.testing.assert_close(delta, other, atol=1e-9, rtol=1e-6)
    assert method.has_convergence_delta()


def test_small_passes_change_nothing_and_hold_no_more_than_they_may(network, rows):
    seen = []

    def forward(x):
        seen.append(len(x))
        return network(x)

    method = AdaptiveIntegratedGradients(forward)
    whole = method.attribute(rows, target=0)
    assert max(seen) > 7
    seen.clear()
    torch.testing.assert_close(method.attribute(rows, target=0, internal_batch_size=7), whole)
    assert max(seen) == 7


def test_a_score_per_row_needs_no_target(rows):
    found = AdaptiveIntegratedGradients(lambda x: (x**3).sum(1)).attribute(rows, 1.0)
    torch.testing.assert_close(found, rows**3 - 1, atol=1e-9, rtol=1e-9)


def test_float32_comes_back_as_float32(network, rows):
    found = AdaptiveIntegratedGradients(network.float()).attribute(rows.float(), target=0)
    assert found.dtype == torch.float32
    assert not found.requires_grad


def test_errors_evaluations_and_the_path_are_there_for_who_wants_them(network, rows):
    method = AdaptiveIntegratedGradients(network)
    coarse = method.integrate(rows, None, 0, goal=Goal(0.01))
    exact = IntegratedGradients(network).attribute(rows, target=0, n_steps=300)
    for journey, row in zip(coarse, exact.numpy(), strict=True):
        assert (abs(journey.integral.values - row) <= journey.integral.errors + 1e-9).all()
        assert journey.samples.nodes[0] == 0
        assert journey.samples.nodes[-1] == 1
        assert journey.evaluations == len(journey.samples.totals)


def test_what_is_no_number_is_refused():
    with pytest.raises(ValueError, match="gradient of the score is not a finite number"):
        AdaptiveIntegratedGradients(lambda x: torch.sqrt(x**2).sum(1)).attribute(torch.zeros(1, 4), 0.0)


@pytest.mark.parametrize(
    ("baselines", "target", "sentence"),
    [
        ((0, 0), 1, "There are 1 inputs and 2 baselines"),
        (torch.zeros(3, 4), 1, r"A baseline of shape \(3, 4\) does not go with an input of shape \(5, 4\)"),
        (0, None, r"gives \(\d+, 3\) scores; name a target"),
    ],
    ids=str,
)
def test_what_does_not_go_together_is_said(network, rows, baselines, target, sentence):
    with pytest.raises(ValueError, match=sentence):
        AdaptiveIntegratedGradients(network).attribute(rows, baselines, target)


@pytest.mark.parametrize("target", [(1, 2), [(0, 1), (1, 2), (0, 0), (1, 1), (0, 2)]], ids=str)
def test_a_place_in_an_answer_of_several_dimensions_is_captums(network, rows, target):
    def forward(x):
        return torch.stack([network(x), network(x) ** 2], 1)

    mine = AdaptiveIntegratedGradients(forward).attribute(rows, target=target, tolerance=FINE)
    theirs = IntegratedGradients(forward).attribute(rows, target=target, n_steps=200)
    torch.testing.assert_close(mine, theirs, atol=1e-5, rtol=1e-5)
