"""What does each method cost? Seconds and passes a text, each method by itself.

    python -m tests.benchmarks.methods TEXTS [--model embedded] [--count 16] [--least 30] [--most 50]

Seconds are those of the processor, all threads together, for the whole unit of work of a report: answer, both ends and
the method. "Beyond" leaves out what a report costs without any method. "Widest" is the largest error of a word over the
largest word, median over texts; 0 where the scores are exact, empty where nothing is known.
"""

import argparse
import time
from pathlib import Path

import numpy as np

from reporter import registry
from reporter.models.tokenization import Encoded
from reporter.records import add_by_word
from reporter.records.explanation import Section
from reporter.records.settings import Settings
from reporter.runs.explain import Attribute
from reporter.runs.preparation import prepare
from tests.benchmarks.texts import deal, explain


def run(attribute: Attribute, documents: list[Encoded]) -> tuple[float, list[Section]]:
    """Seconds a text, and what was found."""
    start = time.process_time()
    sections = explain(attribute, documents)
    return (time.process_time() - start) / len(documents), sections


def widest(section: Section) -> float | None:
    """The largest error of a word as a share of the largest word."""
    (found,) = section.attributions
    if found.errors is None:
        return None
    largest = float(np.abs(add_by_word(section.tokens, found.scores)).max())
    return float(add_by_word(section.tokens, found.errors).max()) / largest if largest else 0.0


def main() -> None:
    """Print a table, one row for each method."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("texts", type=Path)
    parser.add_argument("--model", default="embedded")
    for name, value in (("--count", 16), ("--least", 30), ("--most", 50)):
        parser.add_argument(name, type=int, default=value)
    given = parser.parse_args()
    attribute, _ = prepare(Settings(model=given.model, methods=("gradient",)), created="")
    documents = deal(given.texts, attribute.explainer.network, given.count, least=given.least, most=given.most)
    bare = Attribute(attribute.explainer, ())
    run(bare, documents)
    base, _ = run(bare, documents)
    print(f"\n{given.model}, {len(documents)} texts of {np.mean([len(one.tokens) for one in documents]):.0f} tokens")
    print("| method | passes | seconds a text | beyond | widest |\n|---|---|---|---|---|")
    for name in registry.names("methods"):
        one, _ = prepare(Settings(model=given.model, methods=(name,)), created="")
        seconds, sections = run(Attribute(attribute.explainer, one.methods), documents)
        passes = np.mean([section.attributions[0].certificate.evaluations for section in sections])
        known = [share for section in sections if (share := widest(section)) is not None]
        error = f"{np.median(known):.3f}" if known else ""
        print(f"| {name} | {passes:.0f} | {seconds:.3f} | {max(0.0, seconds - base):.3f} | {error} |", flush=True)


if __name__ == "__main__":
    main()
