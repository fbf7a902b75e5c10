"""What many tests share: a tiny network, and no way to the network outside."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

os.environ["HF_HUB_OFFLINE"] = "1"

from reporter.attribute import Attribute
from reporter.encoding import Encoded, encode
from reporter.measure import prepare
from reporter.records import Document
from reporter.settings import Settings
from tests.networks import save_network

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
        encode(Document(id=f"d{n}", source=f"d{n}.txt", group="", text=text, **more), attribute.asking.network)
        for n, text in pairs
    ]
