"""Decoders as classifiers: they read their answer at the end of a text, and of some nothing is left."""

import pytest
import torch
import transformers

from reporter.models.loading.checkpoint import load_network
from reporter.records.errors import UserError
from reporter.tasks.sequence_classification import SequenceClassification
from tests.conftest import encoded, prepared
from tests.networks import TEXTS, WORDS, save_decoder, save_network

KINDS = {
    "GPT2": {"n_embd": 32, "n_layer": 2, "n_head": 4, "n_positions": 64},
    "Llama": {"num_key_value_heads": 2},
    "GPTNeoX": {},
}
PADS = {
    "known to both": {"pad_token_id": 3},
    "known to the tokenizer only": {},
    "known to neither": {"pad": None},
    "not the same": {"pad_token_id": 0},
    "outside the table": {"pad_token_id": -1},
}
ENDING = f"{TEXTS[0]} [SEP]"  # a text that ends in what the tokenizer pads with


def answer(folder, text: str) -> torch.Tensor:
    """What the model plainly says."""
    model = transformers.AutoModelForSequenceClassification.from_pretrained(folder).eval()
    return model(**transformers.AutoTokenizer.from_pretrained(folder)(text, return_tensors="pt")).logits[0].detach()


@pytest.mark.parametrize("pads", PADS)
@pytest.mark.parametrize("kind", KINDS)
def test_answers_are_the_plain_ones_whoever_knows_the_padding(kind, pads, tmp_path):
    folder = save_decoder(tmp_path, kind, **KINDS[kind], **PADS[pads])
    texts = (*TEXTS, ENDING, "great")
    attribute = prepared(folder, methods=("gradient",), baseline="mean", evidence="none")
    together = attribute(encoded(attribute, *texts))
    for text, found in zip(texts, together, strict=True):
        assert found.error is None
        assert found.prediction.logits == pytest.approx(answer(folder, text).tolist(), rel=1e-4, abs=1e-5)
        certificate = found.sections[0].attributions[0].certificate
        assert certificate.input == pytest.approx(found.sections[0].target.score, rel=1e-4)


def test_the_baseline_is_shared_only_where_the_answer_is_read_at_the_same_place(tmp_path):
    """A text that ends in padding has its answer read before that."""
    folder = save_decoder(tmp_path, pad_token_id=3, **KINDS["GPT2"])
    texts = (ENDING, f"{TEXTS[0]} good")
    attribute = prepared(folder, methods=("gradient",), target="LABEL_0", evidence="none", baseline="zero")
    together = attribute(encoded(attribute, *texts))
    alone = [attribute(encoded(attribute, text))[0] for text in texts]
    ends = [[one.sections[0].attributions[0].certificate.baseline for one in some] for some in (together, alone)]
    assert ends[0] == pytest.approx(ends[1], rel=1e-5)
    assert ends[0][0] != pytest.approx(ends[0][1], rel=1e-3)


@pytest.mark.parametrize("evidence", ["quick", "full"])
def test_nothing_left_of_a_text_is_the_token_that_begins_texts(evidence, tmp_path):
    folder = save_decoder(tmp_path, pad_token_id=3, **KINDS["GPT2"])
    attribute = prepared(folder, methods=("gradient", "occlusion"), evidence=evidence, baseline="zero")
    one, two = attribute(encoded(attribute, WORDS[0], " ".join(WORDS[:2])))
    assert one.error is None
    assert two.error is None
    index, absent = one.sections[0].target.index, answer(folder, "[SEP]").softmax(-1)
    without = next(each for each in one.sections[0].diagnostics if each.name == "strongest_fifth")
    assert without.value == pytest.approx(absent[index].item(), rel=1e-4)


def test_a_tokenizer_without_such_a_token_says_so(tmp_path):
    folder = save_decoder(tmp_path, pad=None, **KINDS["GPT2"])
    attribute = prepared(folder, methods=("gradient",), baseline="zero")
    for role in ("bos", "eos"):
        setattr(attribute.explainer.network.tokenizer, f"{role}_token", None)
    (found,) = attribute(encoded(attribute, "great"))
    assert "nothing is left of it without its words" in found.error
    assert "--evidence none" in found.error


@pytest.mark.parametrize("text", ["\u200b", "\u200b\u200d\ufeff", "\u2060"])
def test_a_text_without_tokens_is_said_to_be_one(text, tiny):
    attribute = prepared(tiny)
    with pytest.raises(ValueError, match="nothing of it becomes a token that the model reads"):
        encoded(attribute, text)


@pytest.mark.parametrize("limit", [-1, None, int(1e30), 0])
def test_no_limit_however_it_is_written(limit, tmp_path):
    folder = save_network(tmp_path, "Bert")
    tokenizer = transformers.AutoTokenizer.from_pretrained(folder)
    tokenizer.model_max_length = limit
    tokenizer.save_pretrained(folder)
    config = transformers.AutoConfig.from_pretrained(folder)
    network = load_network(str(folder), task=SequenceClassification(), device="cpu")
    assert network.facts.limit == config.max_position_embeddings


@pytest.mark.parametrize("baseline", ["pad", "mask"])
def test_a_baseline_that_cannot_be_served_names_those_that_can(baseline, tmp_path):
    folder = save_decoder(tmp_path, pad=None, **KINDS["GPT2"])
    with pytest.raises(UserError, match=f"no {baseline} token; choose --baseline zero or mean"):
        prepared(folder, baseline=baseline)
    for other in ("zero", "mean"):
        attribute = prepared(folder, methods=("gradient",), baseline=other)
        assert [one.error for one in attribute(encoded(attribute, *TEXTS))] == [None] * len(TEXTS)
