"""The training texts: read, chosen, and cut into the sentences that an edit of a review changed."""

import difflib
import gzip
import json
import random
import re
from dataclasses import dataclass
from pathlib import Path

LABELS = ("NEGATIVE", "POSITIVE")
SENTENCE_END = re.compile(r"(?<=[.!?])\s+|<br\s*/?>")


@dataclass(frozen=True)
class LabelledText:
    """One text with its label (0 negative, 1 positive) and where it comes from."""

    text: str
    label: int
    source: str


def read_labelled_texts(path: Path) -> list[LabelledText]:
    """Read the rows {text, label, source} of a gzip-compressed JSON lines file."""
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        rows = [json.loads(line) for line in lines]
    return [LabelledText(row["text"], LABELS.index(row["label"]), row["source"]) for row in rows]


def read_sentences(path: Path) -> list[LabelledText]:
    """Read the rows {text, label, kind} of a plain JSON lines file; the kind becomes the source."""
    rows = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    return [LabelledText(row["text"], LABELS.index(row["label"]), row["kind"]) for row in rows]


def thin_out(examples: list[LabelledText], source: str, keep: int, *, seed: int) -> list[LabelledText]:
    """Keep only so many texts of one noisy source, and all of the others."""
    noisy = [number for number, example in enumerate(examples) if example.source == source]
    chosen = set(random.Random(seed).sample(noisy, min(keep, len(noisy))))
    return [example for number, example in enumerate(examples) if example.source != source or number in chosen]


def edited_sentences(examples: list[LabelledText]) -> list[LabelledText]:
    """Cut the sentences out of film reviews that their twins of the other label word differently."""
    sentences: dict[str, LabelledText] = {}
    for original, twin in review_pairs(examples):
        for before, after in reworded(sentences_of(original.text), sentences_of(twin.text)):
            sentences[before] = LabelledText(before, original.label, "cad_sentence")
            sentences[after] = LabelledText(after, twin.label, "cad_sentence")
    return list(sentences.values())


def review_pairs(examples: list[LabelledText]) -> list[tuple[LabelledText, LabelledText]]:
    """Match each original review with the edited review of the other label that shares most of its words."""
    twins = [example for example in examples if example.source == "cad_new"]
    bags = [frozenset(twin.text.lower().split()) for twin in twins]
    pairs = []
    for original in (example for example in examples if example.source == "cad_orig"):
        words = frozenset(original.text.lower().split())
        overlaps = [len(words & bag) / len(words | bag) for bag in bags]
        best = max(range(len(twins)), key=overlaps.__getitem__)
        if overlaps[best] > 0.5 and twins[best].label != original.label:
            pairs.append((original, twins[best]))
    return pairs


def sentences_of(text: str) -> list[str]:
    """Split a review at sentence ends and line breaks."""
    return [part.strip() for part in SENTENCE_END.split(text) if part.strip()]


def reworded(before: list[str], after: list[str]) -> list[tuple[str, str]]:
    """Pair the sentences that stand in the same place, 3 to 40 words long, but differ in some words."""
    matcher = difflib.SequenceMatcher(a=before, b=after, autojunk=False)
    pairs = [
        pair
        for tag, low, high, start, stop in matcher.get_opcodes()
        if tag == "replace" and high - low == stop - start
        for pair in zip(before[low:high], after[start:stop], strict=True)
    ]
    return [pair for pair in pairs if all(3 <= len(text.split()) <= 40 for text in pair)]
