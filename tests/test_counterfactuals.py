"""Words removed, replaced, and the few that a label hangs on: against the plain model and every smaller set."""

from itertools import combinations

import numpy as np
import pytest
import torch

from reporter.counterfactuals import Counterfactual, find_neighbours, probe
from tests.conftest import encoded, prepared
from tests.networks import TEXTS


@pytest.fixture(scope="module")
def asked(tiny):
    """The texts as one batch, each with a label that is not far from another, and what became of them."""
    attribute = prepared(tiny, methods=("gradient",))
    asking, documents = attribute.asking, encoded(attribute, *TEXTS)
    answers = torch.tensor([asking.predict(one).logits for one in documents])
    asking.network.model.classifier.bias.add_(-answers.mean(0))
    cases = asking.pose([asking.choose(one, asking.predict(one))[0] for one in documents])
    orders = [range(int(line.max()) + 1) for line in cases.words]
    return cases, probe([cases], orders), documents


def without(cases, row: int, words) -> np.ndarray:
    """What the model says when these words have the embedding of [PAD], by `inputs_embeds`."""
    network = cases.network
    inputs = {name: values[row : row + 1] for name, values in cases.inputs.items()}
    gone = torch.isin(cases.words[row], torch.tensor(list(words), dtype=torch.long))
    points = torch.where(gone.unsqueeze(-1), network.table[0], network.table[inputs.pop("input_ids")[0]])
    with torch.no_grad():
        return network.model(inputs_embeds=points[None], **inputs).logits[0].numpy()


def test_removals_are_what_the_model_says_without_the_word(asked):
    cases, found, _ = asked
    for row, one in enumerate(found):
        assert [change.words for change in one.removals] == [(word,) for word in range(len(one.removals))]
        for change in one.removals:
            answer = without(cases, row, change.words)
            assert change.label == answer.argmax()
            assert change.score == pytest.approx(float(answer[cases.cells[row, 1]]), abs=1e-5)


def test_replacements_are_served_as_they_stand(asked):
    cases, found, documents = asked
    network = cases.network
    first = next(change for change in found[0].replacements if change.words == (1,))
    ids = list(documents[0].inputs["input_ids"])
    ids[2] = find_neighbours(network, ids[2])[0]
    with torch.no_grad():
        answer = network.model(input_ids=torch.tensor([ids])).logits[0]
    assert first.by == network.tokenizer.convert_ids_to_tokens(ids[2])
    assert first.score == pytest.approx(float(answer[cases.cells[0, 1]]), abs=1e-5)


def test_neighbours_are_nearest_and_of_a_kind(asked):
    network = asked[0].network
    piece = network.tokenizer.convert_tokens_to_ids("film")
    names = network.tokenizer.convert_ids_to_tokens(find_neighbours(network, piece))
    table = torch.nn.functional.normalize(network.table)
    order = network.tokenizer.convert_ids_to_tokens((table @ table[piece]).argsort(descending=True).tolist())
    assert names == [name for name in order if name.isalpha() and name != "film"][:3]


def test_the_label_flips_without_those_words_and_stays_without_fewer_of_them(asked):
    cases, found, _ = asked
    flipped = [(row, one.flip) for row, one in enumerate(found) if one.flip]
    assert flipped
    for row, flip in flipped:
        usual = without(cases, row, ()).argmax()
        assert flip.label == without(cases, row, flip.words).argmax() != usual
        for words in combinations(flip.words, len(flip.words) - 1):
            assert without(cases, row, words).argmax() == usual


def test_a_label_that_nothing_can_flip_has_no_such_words(asked):
    cases, _, _ = asked
    model = cases.network.model
    handle = model.classifier.register_forward_hook(lambda _m, _i, output: output * 0 + torch.tensor([0.0, 1.0]))
    try:
        (one,) = {found.flip for found in probe_alone(cases)}
    finally:
        handle.remove()
    assert one is None


def probe_alone(cases) -> list[Counterfactual]:
    """What becomes of a batch on the network itself, whatever copies of it have been made."""
    network = cases.network
    network.__dict__.pop("crew", None)
    return probe([cases], [range(1) for _ in cases.cells])
