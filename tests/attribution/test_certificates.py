"""Hard cases end in a verdict or in a sentence, never in an endless loop; passes are shared, budgeted and halved."""

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from torch import nn

from reporter.models.network import Network
from reporter.records.explanation import Certificate, Explanation
from reporter.runs.explain import Attribute
from tests.benchmarks.certificates import refer
from tests.conftest import encoded, prepared
from tests.networks import TEXTS, WORDS, save_network

IG = ("integrated_gradients",)


def certificate(found: Explanation) -> Certificate:
    assert found.status == "explained", found.error
    return found.sections[0].attributions[-1].certificate


def with_head(attribute: Attribute, change) -> Attribute:
    """The same unit of work, its network's logits changed by a function of them."""
    model = attribute.explainer.network.model
    model.register_forward_hook(lambda _m, _i, output: SimpleNamespace(**{**output, "logits": change(output.logits)}))
    for cached in ("_shortcut", "attention_gap", "exact"):
        attribute.explainer.network.__dict__.pop(cached, None)
    return attribute


def test_a_constant_answer_leaves_nothing_to_certify(tiny):
    attribute = with_head(prepared(tiny, methods=IG), lambda logits: logits * 0 + torch.tensor([1.0, 2.0]))
    for found in attribute(encoded(attribute, *TEXTS)):
        held = certificate(found)
        assert (held.verdict, held.relative, held.evaluations) == ("unresolvable", None, 10)
        assert set(found.sections[0].attributions[0].scores) == {0.0}


def test_saturated_logits_are_certified_or_told_apart_from_noise(tiny):
    plain = prepared(tiny, methods=IG)
    large = with_head(prepared(tiny, methods=IG), lambda logits: logits * 1e4)
    for found, usual in zip(large(encoded(large, *TEXTS)), plain(encoded(plain, *TEXTS)), strict=True):
        assert certificate(found).verdict == certificate(usual).verdict == "met"
        assert certificate(found).evaluations <= 2 * certificate(usual).evaluations
    shifted = with_head(prepared(tiny, methods=IG, tolerance=1e-6), lambda logits: logits * 1e-3 + 1e4)
    for found in shifted(encoded(shifted, *TEXTS)):
        held = certificate(found)
        assert held.verdict == "unresolvable"
        assert held.noise >= 1e-6 * abs(held.input - held.baseline)


@pytest.mark.batch_invariant
def test_noise_is_measured_alike_in_any_company(tiny):
    explainer = prepared(tiny, methods=IG).explainer
    documents = encoded(prepared(tiny), *(" ".join(WORDS[at : at + 9]) for at in range(9)))
    questions = [explainer.choose(one, *explainer.predict([one]))[0] for one in documents]
    with explainer.network.replicas.at_work():
        together, apart = explainer.make_cases(questions), [explainer.make_cases([question]) for question in questions]
        found = [together.measure_noise(row) for row in range(9)]
        assert found == [cases.measure_noise(0) for cases in apart]
    assert len(set(found)) > 1


@pytest.mark.parametrize("text", ["!", "film"])
def test_a_single_token_is_certified(tiny, text):
    attribute = prepared(tiny, methods=IG)
    held = certificate(attribute(encoded(attribute, text))[0])
    assert held.verdict == "met"
    assert held.evaluations < 100


def test_a_text_that_equals_its_baseline_has_nothing_to_share_out(tiny):
    attribute = prepared(tiny, methods=IG, baseline="mask")
    attribute.explainer.network.tokenizer.add_special_tokens({"mask_token": "film"})
    found = attribute(encoded(attribute, "film film"))[0]
    assert certificate(found).verdict == "unresolvable"
    assert set(found.sections[0].attributions[0].scores) == {0.0}


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda logits: logits + torch.sqrt((logits - logits.detach()) ** 2), "gradient"),
        (lambda logits: logits * torch.where(logits == logits.max(), 1.0, float("inf")), "finite"),
    ],
)
def test_what_is_no_number_is_named_and_costs_the_others_nothing(tiny, change, words):
    attribute = with_head(prepared(tiny, methods=IG), change)
    found = attribute(encoded(attribute, *TEXTS[:2]))
    assert {one.status for one in found} == {"failed"}
    assert all(words in one.error and "not" in one.error for one in found)


def test_a_spent_budget_is_said_to_be_spent():
    attribute = prepared("embedded", methods=IG, max_evaluations=6)
    (found,) = attribute(encoded(attribute, "Not good, but I loved the ending."))
    held = certificate(found)
    assert (held.verdict, held.evaluations) == ("not met", 6)
    assert max(held.error, held.relative) > 0.01


@pytest.mark.batch_invariant
def test_one_hard_text_changes_nothing_for_the_others():
    attribute = prepared("embedded", methods=IG)
    easy = ["A dull film.", "We loved it.", "The soup was cold."]
    hard = "Not good, but I loved the ending."
    alone = [certificate(attribute(encoded(attribute, text))[0]) for text in easy]
    together = [certificate(found) for found in attribute(encoded(attribute, *easy, hard))[:3]]
    assert alone == together


def test_passes_keep_their_budget_and_mix_texts(tiny, monkeypatch):
    attribute = prepared(tiny, methods=IG, batch_tokens=120)
    passes, usual = [], Network.run

    def run(self, inputs, embeddings=None, **options):
        if embeddings is not None and not options:
            passes.append((len(inputs["input_ids"]), int(inputs["attention_mask"].sum())))
        return usual(self, inputs, embeddings, **options)

    monkeypatch.setattr(Network, "run", run)
    attribute(encoded(attribute, *TEXTS, *TEXTS))
    assert max(tokens for _, tokens in passes) <= 120
    assert max(rows for rows, _ in passes) > 1


@pytest.mark.batch_invariant
@pytest.mark.parametrize("error", [RuntimeError("DefaultCPUAllocator: not enough memory"), MemoryError()])
def test_too_little_memory_halves_the_budget_and_goes_on(tiny, monkeypatch, error):
    attribute = prepared(tiny, methods=IG)
    wanted = attribute(encoded(attribute, *TEXTS))
    usual = Network.run

    def run(self, inputs, embeddings=None, **options):
        if inputs["attention_mask"].sum() > 90:
            raise error
        return usual(self, inputs, embeddings, **options)

    monkeypatch.setattr(Network, "run", run)
    found = attribute(encoded(attribute, *TEXTS))
    assert {one.status for one in found} == {"explained"}
    assert attribute.explainer.budget.tokens < 2 * 90
    assert found == wanted


def test_a_text_for_which_there_is_no_memory_at_all_says_so(tiny, monkeypatch):
    attribute = prepared(tiny, methods=IG)
    attribute(encoded(attribute, TEXTS[0]))
    usual = Network.run

    def run(self, inputs, embeddings=None, **options):
        if inputs["input_ids"].shape[1] > 12:
            raise torch.OutOfMemoryError("CUDA out of memory")
        return usual(self, inputs, embeddings, **options)

    monkeypatch.setattr(Network, "run", run)
    found = attribute(encoded(attribute, *TEXTS))
    assert [one.status for one in found] == ["explained", "failed", "explained", "failed"]
    assert "out of memory" in found[1].error


@pytest.mark.parametrize("baseline", ["pad", "mask", "zero", "mean"])
def test_what_the_model_says_at_the_baseline(tiny, baseline):
    attribute = prepared(tiny, methods=IG, baseline=baseline)
    network = attribute.explainer.network
    (document,) = encoded(attribute, TEXTS[0])
    table = network.model.get_input_embeddings().weight
    absent = {"zero": table[0] * 0, "mean": table.mean(0), "pad": table[0], "mask": table[4]}[baseline]
    start = table[document.inputs["input_ids"]][None].clone()
    start[0, 1:-1] = absent
    with torch.no_grad():
        shares = network.model(inputs_embeds=start).logits.softmax(-1)[0]
    found = attribute([document])[0].sections[0].baseline
    assert (found.kind, found.label) == (baseline, network.facts.labels[int(shares.argmax())])
    assert found.probability == pytest.approx(float(shares.max()), abs=1e-6)


def explain_in(dtype: str, attribute: Attribute, tolerance: float) -> list[Certificate]:
    method = type(attribute.methods[0])(dtype=dtype, tolerance=tolerance)
    explainer = replace(attribute.explainer, settings=replace(attribute.explainer.settings, tolerance=tolerance))
    return [certificate(found) for found in Attribute(explainer, (method,))(encoded(attribute, *TEXTS))]


def test_tf32_asks_for_products_of_its_kind_and_leaves_the_setting_as_it_was(tiny, monkeypatch):
    """On a processor, where it changes nothing but the errors, which hold its rounding."""
    asked = []
    monkeypatch.setattr(torch, "set_float32_matmul_precision", asked.append)
    attribute = prepared(tiny, methods=IG)
    usual = torch.get_float32_matmul_precision()
    for found, exact in zip(*(explain_in(dtype, attribute, 0.05) for dtype in ("tf32", "float32")), strict=True):
        assert found.sum == exact.sum
        assert found.error > exact.error
    assert asked.count("high") == asked.count(usual) == len(asked) / 2 > 0


def test_lower_precision_is_held_against_float32(tiny):
    """What a GPU would do in bfloat16, on the processor: the certificate sees what that costs."""
    attribute = prepared(tiny, methods=IG)
    pairs = list(zip(*(explain_in(dtype, attribute, 0.2) for dtype in ("bfloat16", "float32")), strict=True))
    for found, exact in pairs:
        assert (found.input, found.baseline) == (exact.input, exact.baseline)
        assert found.residual != exact.residual
        assert found.verdict == "met"
        assert found.rule.endswith("in bfloat16")
    assert sum(found.error for found, _ in pairs) > sum(exact.error for _, exact in pairs)


@pytest.mark.parametrize("most", [12, 40, 60])
def test_lower_precision_keeps_to_the_evaluations_too(most, tiny):
    attribute = prepared(tiny, methods=IG)
    method = type(attribute.methods[0])(dtype="bfloat16", tolerance=0.016, max_evaluations=most)
    for found in Attribute(attribute.explainer, (method,))(encoded(attribute, *TEXTS)):
        held = certificate(found)
        assert 10 <= held.evaluations <= most
        assert abs(held.relative) < 0.2


@pytest.mark.parametrize(("tolerance", "tried"), [(0.001, False), (0.016, True)])
def test_what_lower_precision_cannot_resolve_is_integrated_in_float32(tolerance, tried, tiny):
    """And the certificate says so, and counts what was in vain; what is coarser than the tolerance is not tried."""
    attribute = prepared(tiny, methods=IG)
    pairs = zip(*(explain_in(dtype, attribute, tolerance) for dtype in ("bfloat16", "float32")), strict=True)
    for found, exact in pairs:
        assert (found.sum, found.error, found.verdict) == (exact.sum, exact.error, "met")
        assert (found.evaluations > exact.evaluations) == tried
        assert found.rule.endswith("in float32")


def test_the_exact_network_is_the_same_network(tiny):
    network = prepared(tiny).explainer.network
    ids = {"input_ids": torch.tensor([[2, 7, 8, 3]])}
    exact = network.exact.model(**ids).logits
    assert exact.dtype == torch.float64
    torch.testing.assert_close(exact.float(), network.model(**ids).logits, atol=1e-5, rtol=1e-5)
    assert all(not weight.requires_grad for weight in network.exact.model.parameters())
    assert isinstance(network.exact.model, nn.Module)


def test_a_score_that_all_but_jumps_is_not_certified_and_says_where(tiny):
    """A step that no two numbers of float32 lie on both sides of: no evaluations would tell how it is to be split."""
    held = certificate(next(iter(explain_all(prepared(tiny, methods=IG), TEXTS[1]))))
    middle = (held.input + held.baseline) / 2
    steep = with_head(prepared(tiny, methods=IG), lambda logits: torch.tanh((logits - middle) * 1e6))
    (found,) = explain_all(steep, TEXTS[1])
    held = certificate(found)
    assert held.verdict == "not met"
    assert held.evaluations < 200
    start, end = held.sliver
    assert 0 <= start < end <= 1
    assert end - start < 1e-3


def explain_all(attribute: Attribute, *texts: str) -> list[Explanation]:
    return attribute(encoded(attribute, *texts))


KINKED = {"hidden_act": "relu"}
SMALL = {"dim": 32, "n_layers": 2, "n_heads": 4, "hidden_dim": 48}


@pytest.mark.parametrize(
    ("kind", "options"),
    [("Bert", KINKED), ("Bert", {"hidden_act": "silu"}), ("DistilBert", {**SMALL, "activation": "relu"})],
)
@pytest.mark.parametrize("tolerance", [0.01, pytest.param(0.001, marks=pytest.mark.sweep)])
def test_what_is_met_is_met_where_networks_have_kinks_too(tmp_path, kind, options, tolerance):
    attribute = prepared(save_network(tmp_path / kind, kind, **options), methods=IG, tolerance=tolerance)
    documents = encoded(attribute, *TEXTS)
    bounded = []
    for document, found in zip(documents, attribute(documents), strict=True):
        reference = refer(attribute, document, found.sections[0].target, off=tolerance / 10)
        (own,) = found.sections[0].attributions
        off = np.abs(np.array(own.scores) - reference)
        assert own.certificate.verdict != "met" or off.sum() <= 1.2 * tolerance * np.abs(reference).sum()
        bounded.append(off <= np.array(own.errors) + tolerance / 10 * np.abs(reference).max())
    assert np.concatenate(bounded).mean() >= 0.95
