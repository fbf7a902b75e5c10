"""Readings of attention against their papers' formulas, written out, and which networks they can read."""

from contextlib import contextmanager
from threading import get_ident
from types import SimpleNamespace

import numpy as np
import pytest
import torch

from reporter import registry
from reporter.attribution.cases import Cases
from reporter.attribution.projections import find_projection_gap
from reporter.models.replicas import Replicas
from tests.conftest import encoded, prepared
from tests.models.test_served import FAMILIES
from tests.networks import TEXTS, save_network


def test_attention_times_gradient_by_hand():
    first, second = np.array([[[0.5, 0.5], [0.2, 0.8]]]), np.array([[[0.6, 0.4], [0.3, 0.7]], [[1.0, 0.0], [0.5, 0.5]]])
    first = np.concatenate([first, first[:, ::-1]])
    pulls = (
        np.array([[[1.0, -2.0], [0.5, 1.0]], [[-1.0, 2.0], [1.0, 0.0]]]),
        np.array([[[2.0, 1.0], [0.0, 0.0]], [[-1.0, 3.0], [0.0, 0.0]]]),
    )
    cases = SimpleNamespace(
        attention=SimpleNamespace(
            weights=torch.tensor(np.stack([first, second])[:, None]), readout=torch.tensor([[1.0, 0.0]]).double()
        ),
        differentiate_attention=lambda _: torch.tensor(np.stack(pulls)[:, None]),
        network=SimpleNamespace(replicas=Replicas([None])),
        attention_mask=torch.tensor([[True, True]]),
    )
    relevance = np.eye(2)
    for weights, gradients in ((first, pulls[0]), (second, pulls[1])):
        step = np.zeros((2, 2))
        for head in (0, 1):
            for i in (0, 1):
                for j in (0, 1):
                    step[i, j] += max(weights[head, i, j] * gradients[head, i, j], 0.0) / 2
        relevance = relevance + step @ relevance
    found = registry.load("methods", "attention_gradient")().attribute([cases])[0].values
    np.testing.assert_allclose(found[0], relevance[0] - [1.0, 0.0], atol=1e-6)
    np.testing.assert_allclose(found[0], [1.06, 1.56], atol=1e-6)


def test_cores_that_differentiate_attention_leave_each_others_networks_alone(tiny, monkeypatch):
    """Where nobody looked at the texts yet, as in sanity checks, they are looked at before the work is dealt out."""
    attribute = prepared(tiny, methods=("attention_gradient",))
    explainer = attribute.explainer
    posed = [
        explainer.make_cases(explainer.choose(one, explainer.predict([one])[0])) for one in encoded(attribute, *TEXTS)
    ]
    threads: list[int] = []
    usual = Cases._run_input_pass
    monkeypatch.setattr(Cases, "_run_input_pass", lambda cases: threads.append(get_ident()) or usual(cases))
    attribute.methods[0].attribute(posed)
    assert threads == [get_ident()] * len(posed)


def test_attention_times_gradient_of_a_network_equals_its_own_attention_and_gradient(tiny):
    attribute = prepared(tiny, methods=("attention_gradient",))
    (found,) = attribute(encoded(attribute, TEXTS[1]))
    network = attribute.explainer.network
    served = network.tokenizer(TEXTS[1], return_tensors="pt")
    points = network.table[served.pop("input_ids")].requires_grad_()
    with network.eager():
        answer = network.model(inputs_embeds=points, **served, output_attentions=True)
    for weights in answer.attentions:
        weights.retain_grad()
    answer.logits.max().backward()
    relevance = torch.eye(points.shape[1])
    for weights in answer.attentions:
        step = (weights.grad * weights).clamp(min=0).mean(1)[0]
        relevance = relevance + step @ relevance
    relevance = (relevance - torch.eye(points.shape[1])).detach()
    np.testing.assert_allclose(found.sections[0].attributions[0].scores, relevance[0].numpy(), atol=1e-6, rtol=1e-5)


def test_norm_weighted_attention_is_the_norm_of_what_is_carried(tiny):
    attribute = prepared(tiny, methods=("attention_norm",))
    (found,) = attribute(encoded(attribute, TEXTS[1]))
    network = attribute.explainer.network
    served = network.tokenizer(TEXTS[1], return_tensors="pt")
    with torch.no_grad(), network.eager():
        answer = network.model(**served, output_attentions=True, output_hidden_states=True)
    block = network.model.bert.encoder.layer[-1].attention
    entering, weights = answer.hidden_states[-2][0], answer.attentions[-1][0]
    carried = torch.zeros_like(entering)
    for head in range(4):
        part = slice(8 * head, 8 * head + 8)
        value, output = block.self.value, block.output.dense
        passed = entering @ value.weight[part].T + value.bias[part]
        carried += weights[head, 0, :, None] * (passed @ output.weight[:, part].T)
    np.testing.assert_allclose(
        found.sections[0].attributions[0].scores, carried.norm(dim=-1).detach().numpy(), rtol=1e-4, atol=1e-6
    )


READ = ("Bert", "DistilBert", "Roberta", "Electra", "Albert", "MPNet")


@pytest.mark.parametrize("family", FAMILIES)
def test_norms_are_taken_where_the_network_keeps_what_they_need_and_refused_elsewhere(family, tmp_path):
    names = ("gradient", "attention_norm", "attention_gradient")
    attribute = prepared(save_network(tmp_path, family, **FAMILIES[family]), methods=names)
    reason = registry.load("methods", "attention_norm")().objection(attribute.explainer.network)
    assert (reason is None) == (family in READ), reason
    for found in attribute(encoded(attribute, *TEXTS)):
        assert found.status == "explained", found.error
        for attribution in found.sections[0].attributions:
            assert min(attribution.scores) >= 0 < max(attribution.scores)


def test_projections_that_do_not_explain_the_attention_are_refused(tiny):
    attribute = prepared(tiny, methods=("gradient",))
    block = attribute.explainer.network.model.bert.encoder.layer[-1].attention.self
    assert registry.load("methods", "attention_norm")().objection(attribute.explainer.network) is None
    block.register_forward_hook(lambda _m, _i, output: (2 * output[0], *output[1:]))
    reason = registry.load("methods", "attention_norm")().objection(attribute.explainer.network)
    assert "value and output projections" in reason


@pytest.mark.parametrize("error", [TypeError, IndexError, NotImplementedError, AttributeError, KeyError])
def test_projections_that_cannot_be_asked_for_are_missed_in_a_sentence(tiny, monkeypatch, error):
    network = prepared(tiny).explainer.network
    vars(network)["attention_gap"] = None
    usual = type(network.model).forward

    def forward(self, *given, **named):
        if named.get("output_attentions"):
            raise error("no such thing")
        return usual(self, *given, **named)

    monkeypatch.setattr(type(network.model), "forward", forward)
    assert "keeps no value and output projections" in str(find_projection_gap(network))


@pytest.mark.parametrize("error", [ValueError, AttributeError, NotImplementedError])
def test_a_shortcut_that_fails_in_any_way_is_not_taken(tiny, error):
    network = prepared(tiny).explainer.network

    @contextmanager
    def shortcut(_inputs):
        raise error("not here")
        yield

    assert not network._keeps_answers(shortcut)
