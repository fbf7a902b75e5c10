"""The figures of the model card: measured on the float16 files, reloaded as float32, texts cut at 512 pieces."""

import json
import time
from dataclasses import asdict, dataclass
from pathlib import Path

import torch
from torch import Tensor
from transformers import AutoModelForSequenceClassification, AutoTokenizer, PreTrainedModel, PreTrainedTokenizerBase

from reporter.embedded.fitting import encode_texts, logits_of
from reporter.embedded.templates_of_contrast import plain_form
from reporter.embedded.texts import LABELS, LabelledText, read_labelled_texts, read_sentences

HERE = Path(__file__).parent
SERVED = {"": 512}


@dataclass(frozen=True)
class SetAccuracy:
    """How many texts of one set the model labels as people did, in all and by their label, and how sure it is."""

    name: str
    texts: int
    right: int
    accuracy: float
    negative_recall: float
    positive_recall: float
    confidence: float


@dataclass(frozen=True)
class Outcome:
    """One everyday sentence, the label it ought to have, and what the model says."""

    text: str
    kind: str
    label: str
    said: str
    probability: float


def measure(
    model: PreTrainedModel, tokenizer: PreTrainedTokenizerBase, name: str, examples: list[LabelledText]
) -> SetAccuracy:
    """Count the right answers on one set."""
    choices = logits_of(model, encode_texts(examples, tokenizer, SERVED)).double().softmax(-1)
    labels = torch.tensor([example.label for example in examples])
    right = choices.argmax(-1) == labels
    return SetAccuracy(
        name=name,
        texts=len(examples),
        right=int(right.sum()),
        accuracy=share(right),
        negative_recall=share(right[labels == 0]),
        positive_recall=share(right[labels == 1]),
        confidence=share(choices.amax(-1)),
    )


def share(values: Tensor) -> float:
    """Average values between 0 and 1, to four places."""
    return round(float(values.double().mean()), 4)


def outcomes(model: PreTrainedModel, tokenizer: PreTrainedTokenizerBase, examples: list[LabelledText]) -> list[Outcome]:
    """Ask the model about each everyday sentence."""
    choices = logits_of(model, encode_texts(examples, tokenizer, SERVED)).double().softmax(-1)
    return [
        Outcome(
            example.text, example.source, LABELS[example.label], LABELS[int(row.argmax())], round(float(row.max()), 3)
        )
        for example, row in zip(examples, choices, strict=True)
    ]


def dev_sets(data: Path) -> dict[str, list[LabelledText]]:
    """Read the sets that settings may be chosen by."""
    dev = read_labelled_texts(data / "dev.jsonl.gz")
    return {
        "CAD dev": [example for example in dev if example.source.startswith("cad")],
        "CAD dev, originals": [example for example in dev if example.source == "cad_dev_orig"],
        "CAD dev, edited": [example for example in dev if example.source == "cad_dev_new"],
        "DynaSent round 1 dev": [example for example in dev if example.source.startswith("dynasent")],
        "forty sentences for choosing": read_sentences(HERE / "dev_sentences.jsonl"),
    }


def held_out_sets(data: Path, seen: frozenset[str]) -> dict[str, list[LabelledText]]:
    """Read the sets that are looked at once, when all is chosen; `seen` holds the training texts in plain form."""
    test = read_labelled_texts(data / "test_uci.jsonl.gz")
    unseen = [example for example in test if plain_form(example.text) not in seen]
    parts = {
        f"UCI sentences, {name}": [example for example in test if example.source.endswith(name)]
        for name in ("amazon", "imdb", "yelp")
    }
    forty = read_sentences(HERE / "held_out.jsonl")
    return {
        "UCI sentences": test,
        "UCI sentences, no training text alike": unseen,
        **parts,
        "forty held-out sentences": forty,
    }


def write_figures(folder: Path, data: Path, *, seen: frozenset[str]) -> None:
    """Measure the model in a folder, and write figures.json and figures.md beside it."""
    model = AutoModelForSequenceClassification.from_pretrained(
        folder, local_files_only=True, use_safetensors=True, dtype=torch.float32
    ).eval()
    tokenizer = AutoTokenizer.from_pretrained(folder, local_files_only=True)
    sets = held_out_sets(data, seen) | dev_sets(data)
    figures = [measure(model, tokenizer, name, examples) for name, examples in sets.items()]
    answers = outcomes(model, tokenizer, sets["forty held-out sentences"])
    content = {
        "figures": [asdict(figure) for figure in figures],
        "held_out": [asdict(answer) for answer in answers],
        "bytes": {path.name: path.stat().st_size for path in sorted(folder.iterdir())},
        "seconds": pace(model, tokenizer, sets["UCI sentences"][:256]),
    }
    (folder.parent / "figures.json").write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")
    (folder.parent / "figures.md").write_text(draw_tables(figures, answers), encoding="utf-8")


def pace(model: PreTrainedModel, tokenizer: PreTrainedTokenizerBase, examples: list[LabelledText]) -> dict[str, float]:
    """Time one thread: seconds a text, one by one and in batches of 64."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    lessons = encode_texts(examples, tokenizer, SERVED)
    begun = time.perf_counter()
    for lesson in lessons:
        logits_of(model, [lesson])
    single = time.perf_counter() - begun
    logits_of(model, lessons)
    batched = time.perf_counter() - begun - single
    torch.set_num_threads(threads)
    return {"one_by_one": round(single / len(lessons), 5), "in_batches": round(batched / len(lessons), 5)}


def draw_tables(figures: list[SetAccuracy], answers: list[Outcome]) -> str:
    """Draw the two Markdown tables of the model card."""
    lines = ["| set | texts | right | accuracy | NEGATIVE found | POSITIVE found | mean confidence |"]
    lines += ["|---|---:|---:|---:|---:|---:|---:|"]
    lines += [
        f"| {row.name} | {row.texts:,} | {row.right:,} | {row.accuracy:.1%} | {row.negative_recall:.1%} "
        f"| {row.positive_recall:.1%} | {row.confidence:.1%} |"
        for row in figures
    ]
    lines += ["", "| held-out sentence | kind | label | model says | right |", "|---|---|---|---|---|"]
    lines += [
        f"| {row.text} | {row.kind} | {row.label} | {row.said} {row.probability:.3f} | {verdict(row)} |"
        for row in answers
    ]
    return "\n".join(lines) + "\n"


def verdict(answer: Outcome) -> str:
    """Say yes or NO."""
    return "yes" if answer.said == answer.label else "**no**"
