"""Do methods point where people point? Plausibility of each method on texts whose words people have marked.

    python -m tests.benchmarks.rationales FILE [--model embedded] [--methods a,b,c] [--count N]

`FILE` is JSON lines (plain or gzipped) with a `text`, `votes` for each of its words (what stands between white space),
and how many `annotators` there were: a word is marked that more than half of them marked. The model's own answer is
explained. ± is half the 95 % interval of by how much a number is more than the mean of 99 random orders of each text.
"""

import argparse
import gzip
import json
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from reporter.documents.rationales import read_rationale
from reporter.evidence.metrics import PLAUSIBILITY
from reporter.models.tokenization import encode_document
from reporter.records.evidence import Diagnostic
from reporter.records.explanation import Document, Section
from reporter.records.settings import Settings
from reporter.runs.explain import Attribute
from reporter.runs.preparation import prepare
from tests.benchmarks.texts import explain

METHODS = (
    "attention,attention_rollout,attention_norm,attention_gradient,gradient,input_x_gradient,integrated_gradients,"
    "occlusion"
)
"""Those that take no samples; any other by `--methods`."""
_NORMAL_95 = 1.959964


def read(path: Path, count: int | None) -> list[Document]:
    """The texts of the file with what most of their annotators marked."""
    whole = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
    found = []
    for number, line in enumerate(whole.splitlines()[:count]):
        row = json.loads(line)
        marked = [word for word, votes in enumerate(row["votes"]) if 2 * votes > row["annotators"]]
        name = f"text-{number:03}"
        text, rationale = row["text"], read_rationale(marked, row["text"])
        found.append(Document(id=name, source=name, group="", text=text, label=row["label"], rationale=rationale))
    return found


def tabulate(sections: list[Section]) -> Iterator[str]:
    """The rows of a table, one for each method, and one for random orders."""
    found: dict[tuple[str, str], list[Diagnostic]] = defaultdict(list)
    for section in sections:
        for one in section.diagnostics:
            found[one.method, one.name].append(one)
    for method in dict.fromkeys(method for method, _ in found):
        yield f"| `{method}` | {' | '.join(measure(found[method, name]) for name in PLAUSIBILITY)} |"
    some = next(method for method, _ in found)
    control = (np.mean([one.control for one in found[some, name] if one.control is not None]) for name in PLAUSIBILITY)
    yield f"| random orders | {' | '.join(f'{value:.3f}' for value in control)} |"


def measure(found: list[Diagnostic]) -> str:
    """The mean, and by how much it may be off as far as the texts can tell."""
    gaps = np.array([one.value - one.control for one in found if one.control is not None])
    half = _NORMAL_95 * gaps.std(ddof=1) / np.sqrt(len(gaps))
    return f"{np.mean([one.value for one in found]):.3f} ± {half:.3f}"


def main() -> None:
    """Print the table in Markdown."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("texts", type=Path)
    parser.add_argument("--model", default="embedded")
    parser.add_argument("--methods", default=METHODS)
    parser.add_argument("--count", type=int)
    given = parser.parse_args()
    settings = Settings(model=given.model, methods=tuple(given.methods.split(",")), evidence="quick")
    attribute, _ = prepare(settings, created="")
    documents = [encode_document(one, attribute.explainer.network) for one in read(given.texts, given.count)]
    sections = explain(Attribute(attribute.explainer, attribute.methods), documents)
    told = [one for one in sections if any(found.name in PLAUSIBILITY for found in one.diagnostics)]
    print(f"{given.model}: {len(told)} of {len(documents)} texts with some words marked and some not\n")
    print("| method | token F1 | IOU F1 | AUPRC |\n|---|---|---|---|")
    print("\n".join(tabulate(told)))


if __name__ == "__main__":
    main()
