"""Draw the small sample of training texts that travels with the model, and train heads on it as checkpoints.

    python reporter/embedded/sample.py --data DATA

DATA is that of `train.py`. The sample is of texts that the model was trained on, from sources whose licences permit to
hand them on, short ones, as many of either label; Reddit and Twitter are left out, as they are coarse. The model stays
as it is: only its final layer is trained anew, from zeros, on what goes into it, by plain stochastic gradient descent.
`training/` beside this file then holds the examples, the final layer after some of the epochs with its learning rate,
and the sources with their licences. The package must be importable.
"""

import argparse
import json
import random
from collections import Counter
from pathlib import Path

import torch
from safetensors.torch import save_file
from torch import Tensor, nn

from reporter.embedded.texts import LABELS, LabelledText
from reporter.embedded.train import real_examples
from reporter.influence import find_final_layer, read_features
from reporter.models import load_network
from reporter.tasks.sequence_classification import SequenceClassification

HERE = Path(__file__).parent
SEED = 20261125
LONGEST = 150
WANTED = {
    "sentence_polarity": 400,
    "product_reviews": 240,
    "vader_amazonReviewSnippets": 240,
    "cad_sentence": 160,
    "vader_nytEditorialSnippets": 100,
    "pros_cons": 60,
}
RATE, BATCH, EPOCHS = 0.03, 32, 20
KEPT = (1, 3, 8, 20)  # epochs after which the head is kept


def draw(examples: list[LabelledText]) -> list[LabelledText]:
    """Draw as many texts of each label from every source as are wanted, and shuffle them."""
    order = random.Random(SEED)
    drawn = []
    for source, count in WANTED.items():
        for label in range(len(LABELS)):
            fitting = [
                example
                for example in examples
                if (example.source, example.label) == (source, label) and fits(example.text)
            ]
            drawn += order.sample(list(dict.fromkeys(fitting)), count // 2)
    return order.sample(drawn, len(drawn))


def fits(text: str) -> bool:
    """Whether a text is a short one in plain letters."""
    return 15 <= len(text) <= LONGEST and text.isascii() and "\n" not in text and "<" not in text


def features(texts: list[str]) -> Tensor:
    """What goes into the final layer for each text, rows width."""
    network = load_network("embedded", task=SequenceClassification(), device="cpu")
    layer = find_final_layer(network)
    rows = [read_features(network, layer.name, network.pad([dict(network.tokenizer(text))]))[0] for text in texts]
    return torch.cat(rows)


def train_heads(inputs: Tensor, labels: Tensor, folder: Path) -> None:
    """Train a head from zeros, and keep it after some of the epochs."""
    torch.manual_seed(SEED)
    head = nn.Linear(inputs.shape[1], len(LABELS))
    for weight in head.parameters():
        nn.init.zeros_(weight)
    optimiser = torch.optim.SGD(head.parameters(), lr=RATE)
    for epoch in range(1, EPOCHS + 1):
        for rows in torch.randperm(len(labels)).split(BATCH):
            optimiser.zero_grad()
            nn.functional.cross_entropy(head(inputs[rows]), labels[rows]).backward()
            optimiser.step()
        if epoch in KEPT:
            state = {f"classifier.{name}": weight.detach().clone() for name, weight in head.named_parameters()}
            facts = {"learning_rate": str(RATE), "epoch": str(epoch)}
            save_file(state, folder / f"head-{epoch}.safetensors", facts)
            right = (head(inputs).argmax(-1) == labels).double().mean()
            print(f"epoch {epoch}: {right:.3f} of the sample right")


def main() -> None:
    """Read the command line and run the recipe."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="where train.jsonl.gz lies")
    given = parser.parse_args()
    data = given.data / "sentiment" if (given.data / "sentiment").is_dir() else given.data
    folder = HERE / "training"
    folder.mkdir(exist_ok=True)
    drawn = draw(real_examples(data))
    rows = [{"text": example.text, "label": LABELS[example.label], "source": example.source} for example in drawn]
    (folder / "examples.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    print(len(rows), Counter(example.source for example in drawn))
    train_heads(
        features([example.text for example in drawn]), torch.tensor([example.label for example in drawn]), folder
    )
    print(f"{sum(path.stat().st_size for path in folder.iterdir()):,} bytes in {folder.name}/")


if __name__ == "__main__":
    main()
