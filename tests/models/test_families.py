"""Networks with ways of their own are explained, and what one of them cannot show costs that method only."""

import pytest

from tests.conftest import encoded, prepared
from tests.networks import TEXTS, save_network

METHODS = ("attention", "gradient", "integrated_gradients", "occlusion")
FAMILIES = {
    "SqueezeBert": ({"embedding_size": 32}, False),  # its attention is no distribution
    "FNet": ({}, False),  # it knows no padding
    "CTRL": ({"n_embd": 32, "dff": 48, "n_layer": 2, "n_head": 4, "n_positions": 64}, None),  # it scales in place
}


@pytest.mark.parametrize("kind", FAMILIES)
def test_it_is_explained(kind, tmp_path):
    options, attentive = FAMILIES[kind]
    attribute = prepared(save_network(tmp_path, kind, times=1.0, **options), methods=METHODS, evidence="none")
    for found in attribute(encoded(attribute, *TEXTS[::2])):
        assert found.error is None
        names = [one.method for one in found.sections[0].attributions]
        assert names[-3:] == list(METHODS[1:])
        if attentive is not None:
            assert ("attention" in names) == attentive
