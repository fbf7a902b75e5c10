"""Promises over every method, closed forms, and independent computations."""

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
import torch

from reporter import registry
from reporter.attribution.cases import Cases
from reporter.models.network import Network
from reporter.records.explanation import Explanation
from reporter.records.settings import METHODS
from reporter.runs.explain import Attribute
from tests.conftest import encoded, prepared
from tests.networks import TEXTS, save_network

EVERY = registry.names("methods")


@pytest.mark.parametrize("method", EVERY)
def test_every_method_describes_itself(method):
    kind = registry.load("methods", method)
    what = kind.description
    assert what.name == method
    assert what.claim in ("complete", "none")
    assert all((what.title, what.idea, what.formula, what.cost, what.limits, what.source))
    assert kind() == kind()


@pytest.mark.parametrize("method", EVERY)
@pytest.mark.parametrize("text", ["Dull.", "!", "film " * 200])
def test_every_method_serves_short_and_cut_texts(tiny, method, text):
    attribute = prepared(tiny, methods=(method,))
    (found,) = attribute(encoded(attribute, text))
    assert found.status == "explained", found.error
    (section,) = found.sections
    assert len(section.attributions[0].scores) == len(section.tokens) <= 64
    assert found.seen.characters == (len(text) if len(text) < 200 else 62 * 5 - 1)


@pytest.mark.parametrize("method", EVERY)
def test_every_method_says_what_it_needs_and_what_it_costs(tiny, monkeypatch, method):
    attribute = prepared(tiny, methods=(method,), tolerance=1e-5)
    (document,) = encoded(attribute, TEXTS[1])
    (one,), asked = attribute.methods, attribute.explainer.choose(document, *attribute.explainer.predict([document]))
    read, usual = [], Cases.attention
    monkeypatch.setattr(Cases, "attention", property(lambda self: read.append(self) or usual.fget(self)))
    (found,) = one.attribute([attribute.explainer.make_cases(asked)])
    assert bool(read) == one.needs.attention
    assert found.evaluations[0] >= 0.9 * one.needs.copies  # whole orders of the words may be a few less
    few = one.bounded(12)
    (less,) = few.attribute([attribute.explainer.make_cases(asked)])
    assert few == one or less.evaluations[0] <= 12 < found.evaluations[0]


def test_a_batch_that_is_made_from_another_knows_nothing_of_its_passes(linear):
    usual = linear.embeddings, linear.baselines, linear.input_pass.score, linear.baseline_pass.score
    moved = replace(linear, shift=torch.ones_like(linear.embeddings))
    torch.testing.assert_close(moved.embeddings, usual[0] + 1)
    assert not torch.equal(moved.baselines, usual[1])
    assert not torch.equal(moved.input_pass.score, usual[2])
    assert not torch.equal(moved.baseline_pass.score, usual[3])


def test_the_default_methods_are_among_the_files():
    assert set(METHODS) < set(EVERY)


@pytest.mark.parametrize("method", ["gradient", "input_x_gradient", "integrated_gradients"])
def test_attributions_of_a_linear_network_are_exact(linear, method):
    model, ids = linear.network.model, linear.inputs["input_ids"]
    gradients = torch.stack([model.head.weight[2], model.head.weight[1] - model.head.weight[0]])
    x = model.embedding(ids)
    absent = torch.where((ids > 4).unsqueeze(-1), model.embedding(torch.tensor(3)), x)
    exact = {
        "gradient": gradients.norm(dim=-1, keepdim=True).expand(2, 5),
        "input_x_gradient": (x * gradients.unsqueeze(1)).sum(-1),
        "integrated_gradients": ((x - absent) * gradients.unsqueeze(1)).sum(-1),
    }[method]
    found = registry.load("methods", method)().attribute([linear])[0].values
    torch.testing.assert_close(found[linear.attention_mask].float(), exact[linear.attention_mask], atol=1e-5, rtol=1e-5)


@pytest.mark.parametrize("baseline", ["pad", "mask", "zero", "mean"])
def test_baselines_replace_ordinary_tokens_and_nothing_else(linear, baseline):
    object.__setattr__(linear, "baseline", baseline)
    weight, content_mask = linear.network.model.embedding.weight, linear.content_mask
    absent = {"pad": weight[0], "mask": weight[3], "zero": torch.zeros(6), "mean": weight.mean(0)}[baseline]
    torch.testing.assert_close(linear.baselines[content_mask], absent.expand(int(content_mask.sum()), 6))
    torch.testing.assert_close(linear.baselines[~content_mask], linear.embeddings[~content_mask])


def test_rollout_and_attention_by_hand():
    first = torch.tensor([[[0.5, 0.5], [0.2, 0.8]], [[0.1, 0.9], [0.4, 0.6]]])
    second = torch.tensor([[[1.0, 0.0], [0.5, 0.5]], [[0.6, 0.4], [0.3, 0.7]]])
    weights = torch.stack([first, second]).unsqueeze(1)
    readout = torch.tensor([[1.0, 0.0]])
    cases = SimpleNamespace(
        attention=SimpleNamespace(weights=weights, readout=readout),
        attention_mask=torch.tensor([[True, True]]),
        cells=[0],
    )
    by_hand = np.eye(2)
    for layer in (np.array([[0.3, 0.7], [0.3, 0.7]]), np.array([[0.8, 0.2], [0.4, 0.6]])):
        by_hand = (0.5 * layer + 0.5 * np.eye(2)) @ by_hand
    np.testing.assert_allclose(by_hand[0], [0.6, 0.4])
    rollout = registry.load("methods", "attention_rollout")().attribute([cases])[0].values
    np.testing.assert_allclose(rollout, by_hand[:1], atol=1e-6)
    np.testing.assert_allclose(
        registry.load("methods", "attention")().attribute([cases])[0].values, [[0.8, 0.2]], atol=1e-6
    )


def test_attention_is_read_where_the_network_reads_its_answer(tiny, tagger, tmp_path):
    sizes = {"n_embd": 32, "n_layer": 2, "n_head": 4, "n_positions": 64, "bos_token_id": 2, "eos_token_id": 3}
    decoder = save_network(tmp_path / "gpt", "GPT2", **sizes)
    for folder, task in (
        (tiny, "sequence_classification"),
        (tagger, "token_classification"),
        (decoder, "sequence_classification"),
    ):
        attribute = prepared(folder, task=task, methods=("attention",), target="all")
        network = attribute.explainer.network
        inputs = encoded(attribute, TEXTS[0])[0].inputs
        section = attribute(encoded(attribute, TEXTS[0]))[0].sections[-1]
        position = -1 if folder == decoder else section.target.position
        with torch.no_grad(), network.eager():
            last = network.model(**network.pad([inputs]), output_attentions=True).attentions[-1][0].mean(0)
        np.testing.assert_allclose(section.attributions[0].scores, last[position].numpy(), atol=1e-6)


def integrate_by_midpoints(attribute: Attribute, text: str, steps: int = 500) -> np.ndarray:
    """Integrated Gradients in float64 through `inputs_embeds`: nothing of ours but the question.

    So many midpoints are within a millionth of four times as many.
    """
    model, tokenizer = attribute.explainer.network.model.double(), attribute.explainer.network.tokenizer
    served = tokenizer(text, return_tensors="pt")
    table = model.get_input_embeddings().weight
    content_mask = ~torch.tensor(
        tokenizer.get_special_tokens_mask(served["input_ids"][0], already_has_special_tokens=True)
    ).bool()
    x = table[served["input_ids"]]
    start = torch.where(content_mask[:, None], table[tokenizer.pad_token_id], x)
    label = model(**served).logits.argmax()
    total = torch.zeros_like(x)
    for nodes in torch.arange(steps).split(250):
        way = ((nodes + 0.5) / steps).double().view(-1, 1, 1)
        points = (start + way * (x - start)).requires_grad_()
        rest = {name: values.expand(len(nodes), -1) for name, values in served.items() if name != "input_ids"}
        (gradient,) = torch.autograd.grad(model(inputs_embeds=points, **rest).logits[:, label].sum(), points)
        total += gradient.sum(0)
    model.float()
    return ((x - start) * total / steps).sum(-1)[0].numpy()


def assert_certified(found: Explanation, reference: np.ndarray) -> None:
    """What the certificate says is so: of the sum, of all scores together, and of nearly every score."""
    (attribution,) = found.sections[0].attributions
    certificate, off = attribution.certificate, np.abs(np.array(attribution.scores) - reference)
    assert certificate.verdict == "met"
    assert abs(reference.sum() - (certificate.input - certificate.baseline)) < 1e-4
    assert abs(certificate.residual) <= certificate.tolerance * abs(certificate.input - certificate.baseline)
    assert off.sum() <= certificate.tolerance * np.abs(reference).sum()
    assert certificate.error <= certificate.tolerance
    assert (off <= np.array(attribution.errors) + 1e-6).mean() >= 0.9


@pytest.mark.parametrize("text", ["A dull, charmless film.", "Not good, but I loved the ending."])
def test_integrated_gradients_equal_a_float64_reference(text):
    loose, strict = (
        prepared("embedded", methods=("integrated_gradients",), tolerance=tolerance) for tolerance in (0.01, 0.001)
    )
    reference = integrate_by_midpoints(strict, text)
    for attribute in (loose, strict):
        (found,) = attribute(encoded(attribute, text))
        assert_certified(found, reference)


def test_all_scores_of_the_model_inside_equal_an_independent_computation():
    text = "The soup looked wonderful, but it tasted of nothing."
    attribute = prepared("embedded", methods=METHODS)
    (found,) = attribute(encoded(attribute, text))
    mine = {one.method: np.array(one.scores) for one in found.sections[0].attributions}
    model, served = attribute.explainer.network.model, attribute.explainer.network.tokenizer(text, return_tensors="pt")
    rest = {name: values for name, values in served.items() if name != "input_ids"}
    x = model.get_input_embeddings().weight[served["input_ids"]].requires_grad_()
    answer = model(inputs_embeds=x, **rest).logits
    (gradient,) = torch.autograd.grad(answer.max(), x)
    np.testing.assert_allclose(mine["gradient"], gradient[0].norm(dim=-1), atol=1e-4)
    np.testing.assert_allclose(mine["input_x_gradient"], (gradient * x).sum(-1)[0].detach(), atol=1e-4)
    model.set_attn_implementation("eager")
    layers = [layer[0].mean(0).double().numpy() for layer in model(**served, output_attentions=True).attentions]
    model.set_attn_implementation("sdpa")
    np.testing.assert_allclose(mine["attention"], layers[-1][0], atol=1e-6)
    reach = np.eye(len(layers[0]))
    for layer in layers:
        reach = (layer + np.eye(len(layer))) / 2 @ reach
    np.testing.assert_allclose(mine["attention_rollout"], reach[0], atol=1e-6)


def test_attention_is_shown_only_where_a_method_reads_it(tiny, monkeypatch):
    """Without it, the passes at the texts are like all others, and say the same."""
    plain, attentive = ("gradient", "integrated_gradients"), ("attention", "gradient", "integrated_gradients")
    seen, unseen = (prepared(tiny, methods=methods) for methods in (attentive, plain))
    with_it = seen(encoded(seen, *TEXTS))
    monkeypatch.setattr(Network, "eager", None)
    without = unseen(encoded(unseen, *TEXTS))
    for one, other in zip(without, with_it, strict=True):
        assert one.error is None, one.error
        assert one.sections[0].heads is None
        assert other.sections[0].heads is not None
        for score, same in zip(one.sections[0].attributions, other.sections[0].attributions[1:], strict=True):
            assert score.scores == pytest.approx(same.scores, abs=1e-5 * max(map(abs, same.scores)))
