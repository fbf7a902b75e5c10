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

from reporter.attribution.baselines import BASELINES, find_baseline_token
from reporter.evidence.deletion import answer_cuts, rank_words
from reporter.evidence.metrics import Observations
from reporter.evidence.metrics.comprehensiveness import Comprehensiveness
from reporter.evidence.metrics.sufficiency import Sufficiency
from reporter.models.tokenization import Encoded
from reporter.records.explanation import Section
from reporter.records.settings import Settings
from reporter.runs.explain import Attribute
from reporter.runs.preparation import prepare
from tests.benchmarks.texts import deal, explain

MEASURES = (Comprehensiveness(), Sufficiency())
REMOVALS = ("deleted", "mask", "pad")


def measure(path: Path, model: str, count: int) -> list[dict[str, object]]:
    """One row per baseline: means over the texts with their standard errors, for every way to take words away."""
    rows = []
    for baseline in BASELINES:
        settings = Settings(model=model, baseline=baseline, methods=("integrated_gradients",))
        attribute, _ = prepare(settings, created="")
        documents = deal(path, attribute.explainer.network, count)
        sections = explain(attribute, documents)
        row: dict[str, object] = {"baseline": baseline, "texts": len(documents)}
        row["start"] = float(np.mean([section.baseline.probability or 0.0 for section in sections]))
        row["evaluations"] = float(np.mean([s.attributions[0].certificate.evaluations for s in sections]))
        for removal in REMOVALS:
            found = np.array(probe(attribute, documents, sections, removal))
            for name, values in zip((one.about.name for one in MEASURES), found.T, strict=True):
                row[f"{name}, {removal}"] = float(values.mean())
                row[f"{name}, {removal}, error"] = float(values.std() / np.sqrt(len(values)))
        row = {name: round(value, 4) if isinstance(value, float) else value for name, value in row.items()}
        rows.append(row)
        print(json.dumps(row), flush=True)
    return rows


def probe(
    attribute: Attribute, documents: list[Encoded], sections: list[Section], removal: str
) -> list[tuple[float, ...]]:
    """Comprehensiveness and sufficiency of each document."""
    explainer = attribute.explainer
    piece = None if removal == "deleted" else find_baseline_token(explainer.network, removal)
    found = []
    for document, section in zip(documents, sections, strict=True):
        order = rank_words(section.tokens, section.attributions[0])
        question = explainer.choose(document, *explainer.predict([document]))[0]
        cuts = [frozenset[int](), *(cut for one in MEASURES for cut in one.cuts(order))]
        answers = dict(
            zip(cuts, answer_cuts(explainer, [(question, cut) for cut in cuts], token_id=piece), strict=True)
        )
        found.append(tuple(one.judge(order, Observations(answers=answers)) or 0.0 for one in MEASURES))
    return found


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
