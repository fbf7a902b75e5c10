"""What many tests share: a tiny network, and no way to the network outside."""

import os
from collections.abc import Callable
from functools import cache
from pathlib import Path
from types import SimpleNamespace

if "PYTEST_XDIST_WORKER" in os.environ:
    os.environ.setdefault("OMP_NUM_THREADS", "1")  # the processes of the tests share the cores

import reporter  # noqa: F401, it chooses how torch will compute, and so comes first

# isort: split
import pytest
import torch
from hypothesis import settings
from torch import Tensor, nn
from transformers import PretrainedConfig

os.environ["HF_HUB_OFFLINE"] = "1"

from reporter.attribution.cases import Cases
from reporter.models import invariance
from reporter.models.network import Network
from reporter.models.tokenization import Encoded, encode_document
from reporter.records.explanation import Document
from reporter.records.run import UNSTEADY, Model
from reporter.records.settings import Settings
from reporter.runs.explain import Attribute
from reporter.runs.preparation import prepare
from reporter.tasks import Cells
from reporter.tasks.sequence_classification import SequenceClassification
from tests.networks import save_network

settings.register_profile("untimed", deadline=None)
settings.load_profile("untimed")  # no test asserts a time

_SIZES = ((32, 32), (32, 48), (48, 32), (2, 32), (384, 384), (384, 1536), (1536, 384), (2, 384))


@cache
def multiplies_alike() -> bool:
    """Whether this machine keeps the rows of products apart, at the sizes of the networks of the tests."""
    usual = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        return invariance.multiplies_alike(_SIZES)
    finally:
        torch.set_num_threads(usual)


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Skip what is promised only where company changes no bit, if that does not hold on this machine."""
    if item.get_closest_marker("batch_invariant") and not multiplies_alike():
        pytest.skip(UNSTEADY)


Prepare = Callable[..., Attribute]


@pytest.fixture(scope="session")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a tiny sequence classifier."""
    return save_network(tmp_path_factory.mktemp("tiny") / "bert")


@pytest.fixture(scope="session")
def tagger(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a tiny token classifier with three labels."""
    labels = {0: "O", 1: "NAME", 2: "PLACE"}
    options = {"id2label": labels, "label2id": {name: number for number, name in labels.items()}}
    return save_network(tmp_path_factory.mktemp("tiny") / "tagger", head="TokenClassification", **options)


def prepared(folder: Path | str, **settings: object) -> Attribute:
    """The unit of work over the network in `folder`."""
    return prepare(Settings(model=str(folder), **settings), created="2026-01-01T00:00:00Z")[0]  # type: ignore[arg-type]


def encoded(attribute: Attribute, *texts: str, **more: str) -> list[Encoded]:
    """The texts as documents, encoded for the network of `attribute`."""
    pairs = enumerate(texts)
    return [
        encode_document(
            Document(id=f"d{n}", source=f"d{n}.txt", group="", text=text, **more), attribute.explainer.network
        )
        for n, text in pairs
    ]


_MODEL = Model(
    id="x",
    fingerprint="",
    architecture="x",
    labels=("A", "B", "C"),
    tokenizer="x",
    vocabulary=20,
    parameters=0,
    layers=1,
    limit=9,
)


class Linear(nn.Module):
    """Logits are the sum over tokens of a linear map of their embeddings: its attributions are known exactly."""

    def __init__(self) -> None:
        super().__init__()
        torch.manual_seed(1)
        self.embedding, self.head = nn.Embedding(20, 6), nn.Linear(6, 3)
        self.config = PretrainedConfig(pad_token_id=0)

    def get_input_embeddings(self) -> nn.Module:
        return self.embedding

    def forward(self, input_ids: Tensor, attention_mask: Tensor) -> SimpleNamespace:
        return SimpleNamespace(logits=self.head((self.embedding(input_ids) * attention_mask.unsqueeze(-1)).sum(1)))


@pytest.fixture
def linear() -> Cases:
    """Two texts over a linear network, one of them with two words of which one has two tokens."""
    model = Linear().requires_grad_(False)
    ids = torch.tensor([[1, 5, 6, 7, 2], [1, 8, 2, 0, 0]])
    attention_mask = ids != 0
    tokenizer = SimpleNamespace(pad_token_id=0, pad_token_type_id=0, mask_token_id=3, all_special_ids=[0, 1, 2, 3])
    network = Network(model, tokenizer, torch.device("cpu"), _MODEL, SequenceClassification())
    vars(network).update(attention_gap="It has none.", pads_freely=True)  # it has no tokenizer to try it with
    choices = Cells.single([0], range(3))[0]
    return Cases(
        network=network,
        inputs={"input_ids": ids, "attention_mask": attention_mask.long()},
        attention_mask=attention_mask,
        content_mask=ids > 4,
        words=torch.tensor([[-1, 0, 0, 1, -1], [-1, 0, -1, -1, -1]]),
        cells=Cells.stack([choices[2], choices[1].minus(choices[0])]),
        choices=Cells.stack([choices, choices]),
        seeds=[1, 2],
        baseline="mask",
        budget=64,
    )
