"""The model inside: whole, small, and as good on the held-out sentences as its card says."""

import json
import re
from pathlib import Path

import torch

from reporter.models.loading.checkpoint import load_network
from reporter.tasks.sequence_classification import SequenceClassification

FOLDER = Path(__file__).parents[2] / "reporter" / "embedded"


def test_it_is_whole_and_small():
    network = load_network("embedded", task=SequenceClassification(), device="cpu")
    assert network.facts.labels == ("NEGATIVE", "POSITIVE")
    assert network.facts.limit == 512
    assert network.tokenizer.is_fast
    files = [path for path in FOLDER.rglob("*") if path.is_file() and "__pycache__" not in path.parts]
    assert sum(path.stat().st_size for path in files) <= 20_000_000


def test_it_splits_any_text():
    network = load_network("embedded", task=SequenceClassification(), device="cpu")
    for text in ("", "zyzzyva-qwrtpsdf", "日本語 и ещё", "😀" * 50, "\x00\u202e", "x" * 5000):
        with torch.no_grad():
            served = network.tokenizer(text, return_tensors="pt", truncation=True)
            assert torch.isfinite(network.model(**served).logits).all()


def test_the_held_out_sentences_come_out_as_the_card_says():
    network = load_network("embedded", task=SequenceClassification(), device="cpu")
    sentences = [json.loads(line) for line in (FOLDER / "held_out.jsonl").read_text("utf-8").splitlines()]
    assert len(sentences) == 40
    right = 0
    for sentence in sentences:
        with torch.no_grad():
            answer = network.model(**network.tokenizer(sentence["text"], return_tensors="pt")).logits.argmax()
        right += network.facts.labels[int(answer)] == sentence["label"]
    said = re.search(r"(\d+) of 40 come out right", (FOLDER / "MODEL_CARD.md").read_text("utf-8"))
    assert said is not None
    assert right == int(said.group(1)) >= 34
