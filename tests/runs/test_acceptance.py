"""What no explanation could be true of is refused once, before the first text, in one sentence."""

import math
import random
import time
from itertools import count

import pytest
import torch
from transformers.modeling_outputs import SequenceClassifierOutput

from reporter.records.errors import UserError
from reporter.runs.acceptance import check_network
from reporter.tasks.sequence_classification import SequenceClassification
from reporter.tasks.token_classification import TokenClassification
from tests.conftest import prepared

CHANGING = {
    "a counter": lambda numbers=count(): next(numbers),  # noqa: B008, one counter for all calls
    "the clock": lambda: math.sin(1e4 * time.perf_counter()),
    "chance": random.random,
    "dropout": lambda: torch.nn.functional.dropout(torch.ones(64)).mean().item(),
}
SHAPES = {
    "None": (lambda _: None, "its forward returns None"),
    "a tuple": (lambda found: (found.logits,), "its forward returns a tuple"),
    "no logits": (lambda _: SequenceClassifierOutput(), "its forward returns a SequenceClassifierOutput"),
    "every token": (lambda found: add(found, lambda x: x[:, None].expand(-1, 7, -1)), r"shape \(2, 7, 2\), where"),
    "one row": (lambda found: add(found, lambda x: x[:1]), r"shape \(1, 2\), where \(2, 2\) is needed"),
    "more labels": (lambda found: add(found, lambda x: torch.cat([x, x], 1)), r"shape \(2, 4\), where .* its 2 labels"),
    "no rank": (lambda found: add(found, torch.Tensor.sum), r"shape \(\), where"),
}


def add(found: SequenceClassifierOutput, change) -> SequenceClassifierOutput:
    """An answer with other logits."""
    return SequenceClassifierOutput(logits=change(found.logits))


@pytest.fixture
def network(tiny, monkeypatch):
    """A tiny network whose forward may be changed for a test: `change` gets its answer and what it was given."""
    found = prepared(tiny).explainer.network
    usual = found.model.forward

    def alter(change) -> None:
        monkeypatch.setattr(found.model, "forward", lambda **given: change(usual(**given), given), raising=False)

    check_network(found, SequenceClassification())
    vars(found)["alter"] = alter
    return found


@pytest.mark.parametrize("by", CHANGING)
def test_a_network_that_does_not_repeat_itself(network, by):
    network.alter(lambda found, _: add(found, lambda logits: logits + 0.1 * CHANGING[by]()))
    with pytest.raises(UserError, match="BertForSequenceClassification gives another answer to the same text each"):
        check_network(network, SequenceClassification())


@pytest.mark.parametrize("what", SHAPES)
def test_a_network_without_an_answer_of_the_right_shape(network, what):
    change, sentence = SHAPES[what]
    network.alter(lambda found, _: change(found))
    with pytest.raises(UserError, match=sentence):
        check_network(network, SequenceClassification())


def test_a_network_for_another_task(network):
    with pytest.raises(UserError, match="choose another --task or model"):
        check_network(network, TokenClassification())


def test_a_network_that_fails(network):
    network.alter(lambda *_: [][0])
    with pytest.raises(UserError, match=r"BertForSequenceClassification was run on two .* It says: “list"):
        check_network(network, SequenceClassification())


@pytest.mark.parametrize("share", [1.0, 1e-3])
def test_a_network_that_reads_ids_beside_embeddings(network, share):
    """As one that hashes them, counts words or has a second table."""

    def count_ids(found, given):
        ids = given["input_ids"] * torch.arange(given["input_ids"].shape[1])
        return add(found, lambda logits: logits + share * torch.sin(ids.sum(1, keepdim=True).float()))

    network.alter(count_ids)
    with pytest.raises(UserError, match="reads a text by its tokens' numbers in another way as well"):
        check_network(network, SequenceClassification())


def test_a_network_that_looks_for_the_end_of_a_text_is_welcome(network):
    ends = network.tokenizer.sep_token_id
    network.alter(
        lambda found, given: add(found, lambda x: x + (given["input_ids"] == ends).float().argmax(1)[:, None])
    )
    check_network(network, SequenceClassification())
