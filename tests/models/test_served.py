"""Exactly the served input is explained, in every family of networks, and what cannot be served is refused."""

import json
import shutil
from dataclasses import replace

import numpy as np
import pytest
import torch

from reporter.attribution.baselines import BASELINES
from reporter.models.loading.checkpoint import choose_device, load_network
from reporter.models.tokenization import check_served
from reporter.records import number_words
from reporter.records.errors import UserError
from reporter.records.explanation import Token
from reporter.runs.explain import Attribute
from reporter.tasks.sequence_classification import SequenceClassification
from tests.conftest import encoded, prepared
from tests.networks import TEXTS, save_network

END = {"eos_token_id": 3}
DECODER = {"decoder_start_token_id": 0, **END}
FAMILIES = {
    "Bert": {},
    "DistilBert": {"dim": 32, "n_layers": 2, "n_heads": 4, "hidden_dim": 48},
    "Roberta": {"max_position_embeddings": 66},
    "Electra": {"embedding_size": 16},
    "Albert": {"embedding_size": 16},
    "MPNet": {"max_position_embeddings": 66},
    "DebertaV2": {},
    "ModernBert": {**END, "bos_token_id": 2, "cls_token_id": 2, "sep_token_id": 3},
    "GPT2": {"n_embd": 32, "n_layer": 2, "n_head": 4, "n_positions": 64, "bos_token_id": 2, **END},
    "Bart": {
        "d_model": 32,
        "encoder_layers": 2,
        "decoder_layers": 2,
        "encoder_attention_heads": 4,
        "decoder_attention_heads": 4,
        **DECODER,
    },
    "T5": {
        "d_model": 32,
        "num_layers": 2,
        "num_heads": 4,
        "d_kv": 8,
        "d_ff": 32,
        "initializer_factor": 0.05,
        **DECODER,
    },
    "Longformer": {"attention_window": 8, "max_position_embeddings": 66, **END},
}


@pytest.mark.parametrize("family", FAMILIES)
def test_the_explained_input_and_prediction_are_the_served_ones(family, tmp_path):
    attribute = prepared(save_network(tmp_path, family, **FAMILIES[family]), methods=("input_x_gradient",))
    network = attribute.explainer.network
    for document in encoded(attribute, *TEXTS):
        served = network.tokenizer(document.document.text, truncation=True, max_length=network.facts.limit)
        assert dict(served) == document.inputs
        with torch.no_grad():
            logits = network.model(**network.tokenizer(document.document.text, return_tensors="pt")).logits[0]
        (found,) = attribute([document])
        assert found.status == "explained", found.error
        largest = float(logits.abs().max().clamp_min(1.0))  # on other threads, sums come out in another order
        np.testing.assert_allclose(found.prediction.logits, logits.tolist(), rtol=1e-6, atol=1e-6 * largest)
        np.testing.assert_allclose(found.prediction.probabilities, logits.softmax(-1).tolist(), rtol=1e-6, atol=1e-6)
        assert found.sections[0].target.score == max(found.prediction.logits)
        assert abs(found.sections[0].attributions[0].certificate.input - max(found.prediction.logits)) < 2e-5


def test_a_pair_is_served_as_a_pair(tiny):
    attribute = prepared(tiny, methods=("integrated_gradients",))
    (document,) = encoded(attribute, "The film is good.", text_pair="It was dull and bad")
    served = attribute.explainer.network.tokenizer("The film is good.", "It was dull and bad")
    assert dict(served) == document.inputs
    (found,) = attribute([document])
    tokens = found.sections[0].tokens
    assert [token.segment for token in tokens if not token.special] == [0] * 5 + [1] * 5
    texts = ["The film is good.", "It was dull and bad"]
    assert [texts[t.segment][t.start : t.end].lower() for t in tokens if not t.special] == [
        t.text for t in tokens if not t.special
    ]
    words = [token.word for token in tokens if not token.special]
    assert words == list(range(10))


def test_an_input_that_differs_from_the_served_one_is_noticed(tiny):
    attribute = prepared(tiny)
    (document,) = encoded(attribute, "The film is good.")
    document.inputs["input_ids"][1] += 1
    with pytest.raises(ValueError, match="served"):
        check_served(document, attribute.explainer.network)
    (found,) = attribute([document])
    assert found.status == "failed"
    assert "served" in found.error


def test_a_score_that_differs_from_the_served_one_is_noticed(tiny, monkeypatch):
    attribute = prepared(tiny, methods=("integrated_gradients",))
    documents = encoded(attribute, *TEXTS)
    usual = type(attribute.explainer.network).run
    monkeypatch.setattr(
        type(attribute.explainer.network),
        "run",
        lambda self, inputs, x=None, **o: usual(self, inputs, x if x is None else 0.9 * x, **o),
    )
    found = attribute(documents)
    assert {one.status for one in found} == {"failed"}
    assert "served" in found[0].error


def test_words_are_those_of_the_text_whatever_the_pieces(tiny):
    attribute = prepared(tiny)
    text = "Isn't it 3.5 of 5?! Été 😀"
    (document,) = encoded(attribute, text)
    spans: dict[int, list[int]] = {}
    for token in document.tokens:
        if not token.special:
            spans.setdefault(token.word, []).extend((token.start, token.end))
    words = [text[min(span) : max(span)] for _, span in sorted(spans.items())]
    assert words == ["Isn't", "it", "3.5", "of", "5", "?", "!", "Été", "😀"]


@pytest.mark.parametrize(
    ("facts", "words"),
    [
        ([(4, 0, 2), (4, 2, 4), (None, 4, 5), (None, 5, 6), (7, 6, 8)], [0, 0, 1, 2, 3]),  # white space that is a token
        ([(0, 0, 3), (None, 3, 3), (1, 4, 6)], [0, 0, 1]),  # an empty token goes with the one before
        ([(None, 0, 0), (0, 0, 3), (1, 3, 4), (1, 3, 4)], [0, 1, 2, 2]),  # pieces of one sign
        ([(3, 0, 4), (None, 2, 3), (9, 4, 8)], [0, 0, 1]),  # white space inside another token
    ],
)
def test_every_ordinary_token_has_a_word_and_words_are_numbered_without_gaps(facts, words):
    special = Token(text="[CLS]", start=0, end=0, word=None, special=True)
    found = [Token(text="", start=start, end=end, word=word, special=False) for word, start, end in facts]
    numbered = list(number_words([special, *found, special]))
    assert [token.word for token in numbered] == [None, *words, None]
    assert [replace(token, word=None) for token in numbered[1:-1]] == [replace(token, word=None) for token in found]


def test_the_words_of_a_pair_that_is_cut_have_no_gap(tiny):
    attribute = prepared(tiny)
    (document,) = encoded(attribute, "film " * 100, text_pair="great")
    assert [token.word for token in document.tokens if not token.special] == list(range(61))


def test_cut_texts_say_so(tiny):
    attribute = prepared(tiny)
    cut, whole = encoded(attribute, "film " * 100, "film \n\n\x00 ")
    assert (cut.seen.characters, cut.seen.of, len(cut.tokens)) == (62 * 5 - 1, 500, 64)
    assert (whole.seen.characters, whole.seen.of) == (9, 9)


@pytest.mark.parametrize("baseline", BASELINES)
def test_special_tokens_get_nothing_from_integration(tiny, baseline):
    attribute = prepared(tiny, methods=("integrated_gradients",), baseline=baseline)
    (found,) = attribute(encoded(attribute, TEXTS[0]))
    (section,) = found.sections
    for token, score in zip(section.tokens, section.attributions[0].scores, strict=True):
        assert (score == 0) == token.special


def test_a_text_of_special_looking_words_is_text(tiny):
    attribute = prepared(tiny)
    (document,) = encoded(attribute, "[SEP] film [MASK]")
    assert [token.special for token in document.tokens] == [True, False, False, False, True]


def test_one_bad_document_harms_nobody_else(tiny):
    attribute = prepared(tiny, methods=("gradient",))
    documents = encoded(attribute, *TEXTS)
    documents[1].inputs["input_ids"][2] = 10_000
    found = attribute(documents)
    assert [one.status for one in found] == ["explained", "failed", "explained", "explained"]


def test_one_text_that_cannot_be_explained_is_found_in_few_attempts(tiny, monkeypatch):
    attribute = prepared(tiny, methods=("gradient",))
    documents = encoded(attribute, *TEXTS * 4)
    usual, attempts = Attribute._measure, []

    def measure(self, questions):
        attempts.append(len(questions))
        if any(question.encoded.document.id == "d5" for question in questions):
            raise ValueError("this one is bad.")
        return usual(self, questions)

    monkeypatch.setattr(Attribute, "_measure", measure)
    found = attribute(documents)
    assert [one.document.id for one, now in zip(documents, found, strict=True) if now.status == "failed"] == ["d5"]
    assert found[5].error.endswith("“this one is bad”.")
    assert attempts == [16, 8, 4, 4, 2, 1, 1, 2, 8]


def test_logits_that_are_no_numbers_fail_with_a_sentence(tiny):
    attribute = prepared(tiny)
    attribute.explainer.network.model.classifier.bias.data[0] = float("nan")
    (found,) = attribute(encoded(attribute, "film"))
    assert (found.status, found.sections) == ("failed", ())
    assert "not a finite number" in found.error


def break_file(folder, name):
    (folder / name).write_bytes((folder / name).read_bytes()[:100])


def drop_head(folder):
    shutil.rmtree(folder)
    save_network(folder, head="MaskedLM")


def drop_weights(folder):
    (folder / "model.safetensors").unlink()
    torch.save({}, folder / "pytorch_model.bin")


def shrink_table(folder):
    facts = json.loads((folder / "tokenizer.json").read_text())
    facts["model"]["vocab"] |= {f"more{number}": 500 + number for number in range(50)}
    (folder / "tokenizer.json").write_text(json.dumps(facts))


BREAKS = {
    "truncated weights": (lambda folder: break_file(folder, "model.safetensors"), "cannot be read"),
    "truncated config": (lambda folder: break_file(folder, "config.json"), "cannot be read"),
    "no weights but a pickle": (drop_weights, "cannot be read"),
    "another head": (drop_head, "was not trained for"),
    "truncated tokenizer": (lambda folder: break_file(folder, "tokenizer.json"), "no tokenizer"),
    "no tokenizer": (lambda folder: [path.unlink() for path in folder.glob("tokenizer*")], "tokenizer"),
    "a tokenizer of another network": (shrink_table, "pieces"),
}


@pytest.mark.parametrize("kind", BREAKS)
def test_a_broken_model_is_refused_with_a_sentence(kind, tmp_path):
    folder = save_network(tmp_path / "broken")
    spoil, sentence = BREAKS[kind]
    spoil(folder)
    with pytest.raises(UserError, match=sentence):
        load_network(str(folder), task=SequenceClassification(), device="cpu")


@pytest.mark.parametrize("name", ["nobody/nothing", "no such folder", "../..//x", ""])
def test_an_unknown_model_is_refused_with_a_sentence(name):
    with pytest.raises(UserError, match="no model"):
        load_network(name, task=SequenceClassification(), device="cpu")


def test_devices_are_checked():
    assert choose_device("cpu").type == "cpu"
    with pytest.raises(UserError, match="no device 'gpu'"):
        choose_device("gpu")
    if not torch.cuda.is_available():
        with pytest.raises(UserError, match="no cuda device"):
            choose_device("cuda")


def test_the_network_is_frozen_and_in_evaluation_mode(tiny):
    network = load_network(str(tiny), task=SequenceClassification(), device="auto")
    assert not network.model.training
    assert not any(weight.requires_grad for weight in network.model.parameters())


def test_fingerprints_tell_models_apart(tiny, tmp_path):
    other = shutil.copytree(tiny, tmp_path / "other")
    same = load_network(str(other), task=SequenceClassification(), device="cpu").facts.fingerprint
    assert same == load_network(str(tiny), task=SequenceClassification(), device="cpu").facts.fingerprint
    config = json.loads((other / "config.json").read_text())
    (other / "config.json").write_text(json.dumps({**config, "layer_norm_eps": 1e-11}))
    assert same != load_network(str(other), task=SequenceClassification(), device="cpu").facts.fingerprint
