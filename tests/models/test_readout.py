"""What nobody reads is not computed, and nothing that is read changes by it."""

from contextlib import nullcontext
from functools import partial

import pytest
import torch

from reporter.models.loading.checkpoint import load_network
from reporter.models.packed.encoder import Packed
from reporter.tasks import Task
from reporter.tasks.sequence_classification import SequenceClassification
from reporter.tasks.token_classification import TokenClassification
from tests.conftest import encoded, prepared
from tests.networks import TEXTS, save_network

SHORT = {"Bert": Packed, "Roberta": Packed, "Electra": Packed, "DebertaV2": partial, "DistilBert": type, "Albert": type}
"""Tiny networks, and by what they can be run shorter; those of other makings are left as they are (`nullcontext`)."""


def whole(monkeypatch: pytest.MonkeyPatch) -> None:
    """From here on networks are run as they are."""
    monkeypatch.setattr("reporter.models.network.find_shortcuts", lambda *_, **__: [])


def open_network(folder, task: Task = SequenceClassification()):  # noqa: B008, frozen
    return load_network(str(folder), task=task, device="cpu")


@pytest.mark.parametrize("kind", SHORT)
def test_answers_and_slopes_are_those_of_the_whole_network(kind, tmp_path, monkeypatch):
    network = open_network(save_network(tmp_path, kind, pad_token_id=0, num_labels=3))
    inputs = network.pad([dict(network.tokenizer(text)) for text in TEXTS])
    points = network.embed(inputs).requires_grad_()

    def differentiate() -> tuple[torch.Tensor, torch.Tensor]:
        logits = network.run(inputs, points).logits
        return logits.detach(), torch.autograd.grad(logits[:, 1].sum(), points)[0]

    assert isinstance(network._shortcut, SHORT[kind])
    short = differentiate()
    network.__dict__.pop("_shortcut")
    whole(monkeypatch)
    for one, other in zip(short, differentiate(), strict=True):
        torch.testing.assert_close(one, other, rtol=1e-4, atol=1e-4 * float(other.abs().max()))


def test_it_is_the_network_itself_again_afterwards(tiny):
    network = open_network(tiny)
    inputs = network.pad([dict(network.tokenizer(text)) for text in TEXTS])
    before = network.run(inputs).logits
    network.run(inputs, network.embed(inputs))
    attention = network.model.bert.encoder.layer[-1].attention.self
    assert "forward" not in vars(attention)
    assert network.run(inputs).logits.equal(before)


def test_scores_are_the_same_without_it(tiny, monkeypatch):
    short, long = (prepared(tiny, methods=("gradient", "integrated_gradients")) for _ in range(2))
    found = short(encoded(short, *TEXTS))
    whole(monkeypatch)
    for one, other in zip(found, long(encoded(long, *TEXTS)), strict=True):
        for score, same in zip(one.sections[0].attributions, other.sections[0].attributions, strict=True):
            assert score.scores == pytest.approx(same.scores, abs=2e-5 * max(map(abs, same.scores)))


def test_a_network_that_reads_every_position_computes_every_position(tagger):
    assert open_network(tagger, TokenClassification())._shortcut is nullcontext


def test_attention_of_another_kind_is_left_as_it_is(tiny):
    network = open_network(tiny)
    inputs = network.pad([dict(network.tokenizer(text)) for text in TEXTS])
    plain = network.run(inputs).logits
    attention = network.model.bert.encoder.layer[-1].attention.self
    usual = type(attention).forward
    attention.forward = lambda hidden, *given, **named: usual(attention, hidden * 0.5, *given, **named)
    halved = network.run(inputs).logits
    assert not halved.allclose(plain)
    torch.testing.assert_close(network.run(inputs, network.embed(inputs)).logits, halved)
    torch.testing.assert_close(network.run(inputs).logits, halved)


@pytest.mark.parametrize("how", ["causal", "rotary", "its own way"])
def test_attention_that_is_not_ordinary_is_not_packed(how, tiny):
    network = open_network(tiny)
    attention = network.model.bert.encoder.layer[0].attention.self
    if how == "causal":
        attention.is_causal = True
    elif how == "rotary":
        attention.add_module("rotary", torch.nn.Identity())
    else:
        attention.forward = type(attention).forward.__get__(attention)
    assert not isinstance(network._shortcut, Packed)


@pytest.mark.batch_invariant
def test_every_row_attends_to_itself_alone(tiny):
    """A row's answer and slopes are those it has alone, to the last bit, though rows stand in one line."""
    network = open_network(tiny)
    texts = [dict(network.tokenizer(text)) for text in (*TEXTS, TEXTS[0], TEXTS[0])]

    def differentiate(some: list[dict[str, list[int]]]) -> list[torch.Tensor]:
        inputs = network.pad(some)
        points = network.embed(inputs).requires_grad_()
        with network.replicas.at_work():
            logits = network.run(inputs, points).logits
            (gradients,) = torch.autograd.grad(logits[:, 0].sum(), points)
        found = zip(logits.detach(), gradients, some, strict=True)
        return [torch.cat([one, gradient[: len(text["input_ids"])].flatten()]) for one, gradient, text in found]

    for alone, among in zip((differentiate([text])[0] for text in texts), differentiate(texts), strict=True):
        assert alone.equal(among)


@pytest.mark.parametrize(("kind", "options"), [("RoFormer", {"embedding_size": 32}), ("Mra", {}), ("Yoso", {})])
def test_other_attention_with_the_same_parts_is_not_packed(kind, options, tmp_path):
    """Rotary and approximate attention, in a network of small weights whose answers hardly tell one from another."""
    network = open_network(save_network(tmp_path, kind, times=1.0, **options))
    assert not isinstance(network._shortcut, Packed)
