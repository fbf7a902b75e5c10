"""Which baseline explains a model best? Comprehensiveness and sufficiency of Integrated Gradients from each of them.

    python -m tests.benchmarks.baselines TEXTS [--model embedded] [--count 300] [--json FILE]

As in ERASER (DeYoung et al., ACL 2020): the probability of the predicted label, less what is left of it without the
strongest words (comprehensiveness, higher is better) or with them alone (sufficiency, lower is better), as the mean
over the strongest 5, 10, 20 and 50 % of words. Words are taken away by deleting their tokens, which favours no
baseline, and beside that by writing [MASK] or [PAD] over them.
"""

import argparse
import json
from pathlib import Path

import numpy as np
import torch

from reporter.agreement import add_by_word
from reporter.attribute import Attribute
from reporter.cases import BASELINES, find_piece
from reporter.encoding import Encoded
from reporter.measure import prepare
from reporter.records import Section
from reporter.settings import Settings
from tests.benchmarks.texts import deal, explain

SHARES = (0.05, 0.1, 0.2, 0.5)
REMOVALS = ("deleted", "mask", "pad")


def measure(path: Path, model: str, count: int) -> list[dict[str, object]]:
    """One row per baseline: means over the texts with their standard errors, for every way to take words away."""
    rows = []
    for baseline in BASELINES:
        settings = Settings(model=model, baseline=baseline, methods=("integrated_gradients",))
        attribute, _ = prepare(settings, created="")
        documents = deal(path, attribute.asking.network, count)
        sections = explain(attribute, documents)
        row: dict[str, object] = {"baseline": baseline, "texts": len(documents)}
        row["start"] = float(np.mean([section.baseline.probability or 0.0 for section in sections]))
        row["evaluations"] = float(np.mean([s.attributions[0].certificate.evaluations for s in sections]))
        for removal in REMOVALS:
            found = np.array(probe(attribute, documents, sections, removal))
            for name, values in zip(("comprehensiveness", "sufficiency"), found.T, strict=True):
                row[f"{name}, {removal}"] = float(values.mean())
                row[f"{name}, {removal}, error"] = float(values.std() / np.sqrt(len(values)))
        row = {name: round(value, 4) if isinstance(value, float) else value for name, value in row.items()}
        rows.append(row)
        print(json.dumps(row), flush=True)
    return rows


def probe(
    attribute: Attribute, documents: list[Encoded], sections: list[Section], removal: str
) -> list[tuple[float, float]]:
    """Comprehensiveness and sufficiency of each document."""
    return [one_probe(attribute, *pair, removal) for pair in zip(documents, sections, strict=True)]


@torch.no_grad()
def one_probe(attribute: Attribute, document: Encoded, section: Section, removal: str) -> tuple[float, float]:
    """Both numbers of one document, over all shares of its words in one pass."""
    order = np.argsort(-add_by_word(section.tokens, section.attributions[0].scores), kind="stable")
    tops = [set(order[: max(1, round(share * len(order)))].tolist()) for share in SHARES]
    everything = set(order.tolist())
    rows = [cut(attribute, document, removal, gone) for top in tops for gone in (top, everything - top)]
    whole = cut(attribute, document, removal, set())
    inputs = attribute.asking.network.pad([whole, *rows])
    chances = attribute.asking.network.run(inputs).logits.softmax(-1)[:, section.target.index].double()
    left = (chances[0] - chances[1:]).view(-1, 2).mean(0)
    return float(left[0]), float(left[1])


def cut(attribute: Attribute, document: Encoded, removal: str, gone: set[int]) -> dict[str, list[int]]:
    """The input without the words `gone`, numbered as the explained ones."""
    numbers = {
        word: place for place, word in enumerate(dict.fromkeys(t.word for t in document.tokens if t.word is not None))
    }
    away = [token.word is not None and numbers[token.word] in gone for token in document.tokens]
    if removal == "deleted":
        return {
            name: [v for v, out in zip(values, away, strict=True) if not out]
            for name, values in document.inputs.items()
        }
    piece = find_piece(attribute.asking.network, removal)
    ids = [piece if out else v for v, out in zip(document.inputs["input_ids"], away, strict=True)]
    return {**document.inputs, "input_ids": ids}


def main() -> None:
    """Print the table, and write it to a file if one is named."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("texts", type=Path)
    parser.add_argument("--model", default="embedded")
    parser.add_argument("--count", type=int, default=300)
    parser.add_argument("--json", type=Path)
    given = parser.parse_args()
    rows = measure(given.texts, given.model, given.count)
    if given.json:
        given.json.write_text(json.dumps(rows, indent=1) + "\n")


if __name__ == "__main__":
    main()
