"""Influence of training examples: closed forms, Captum as the oracle, and what a person gets to see of it."""

import random
from collections.abc import Sequence

import numpy as np
import pytest
import torch
from captum.influence import TracInCPFast
from sklearn.linear_model import LogisticRegression
from torch import nn
from torch.utils.data import DataLoader

from reporter.influence import training_data
from reporter.influence.features import FeatureExtractor, extract_features, open_cache, project
from reporter.influence.final_layer import find_final_layer, read_features
from reporter.influence.retraining import (
    draw_halves,
    draw_sample,
    predict_log_probabilities,
    train_final_layer,
    validate,
)
from reporter.influence.tracin import (
    CheckpointView,
    compute_loss_gradient,
    find_largest,
    trace_influence,
    trace_self_influence,
)
from reporter.models.batching import Budget
from reporter.models.loading.checkpoint import load_network
from reporter.models.network import Network
from reporter.records.errors import UserError
from reporter.records.explanation import Document
from reporter.records.influence import Validity
from reporter.site.pages.influence import figures, row, traced, trust
from reporter.tasks.sequence_classification import SequenceClassification
from tests.example_runs import influence, trained
from tests.networks import TEXTS, WORDS, save_network

TASK = SequenceClassification()


def texts(count: int, *, seed: int = 0) -> list[Document]:
    """Texts of a few words each."""
    draw = random.Random(seed)
    made = [" ".join(draw.choices(WORDS, k=draw.randint(2, 14))) for _ in range(count)]
    return [Document(id=f"d{at}", source=f"d{at}", group="", text=text) for at, text in enumerate(made)]


def look(network: Network, documents: Sequence[Document], **more: object) -> tuple[np.ndarray, np.ndarray]:
    """Features and logits of some documents."""
    options = {"heads": (), "projection": None, "budget": Budget(64), "stamp": ""} | more
    lens = FeatureExtractor(network, find_final_layer(network), **options)
    vectors = lens.look(documents)
    return vectors[:, : lens.width], vectors[:, lens.width :]


def test_the_closed_form_is_the_product_of_the_gradients_of_the_whole_layer():
    torch.manual_seed(0)
    layer, inputs, labels = nn.Linear(5, 3), torch.randn(7, 5), torch.tensor([0, 1, 2, 0, 1, 2, 0])
    gradients = []
    for one, label in zip(inputs, labels, strict=True):
        layer.zero_grad()
        nn.functional.cross_entropy(layer(one), label).backward()
        gradients.append(torch.cat([layer.weight.grad.flatten(), layer.bias.grad]))
    whole = torch.stack(gradients)
    gradients = compute_loss_gradient(layer(inputs).detach().numpy(), labels.numpy())
    moment = CheckpointView(inputs.numpy(), gradients, 0.5, True)
    np.testing.assert_allclose(trace_influence([moment], [moment]), 0.5 * (whole @ whole.T).numpy(), atol=1e-6)
    np.testing.assert_allclose(trace_self_influence([moment]), 0.5 * (whole @ whole.T).diag().numpy(), atol=1e-6)


@pytest.mark.parametrize("width", [5, 384])
def test_a_text_is_traced_alike_in_any_company(width):
    """To the last bit, though products of float32 add up by how many rows there are."""
    random_ = np.random.default_rng(0)
    drawn = [random_.normal(size=(rows, size)).astype(np.float32) for rows in (300, 33) for size in (width, 3)]
    trained_, asked = CheckpointView(drawn[0], drawn[1], 0.5, True), CheckpointView(drawn[2], drawn[3], 0.5, True)
    together = trace_influence([asked], [trained_])
    for some in (np.array([0]), np.array([32]), np.arange(1, 6), np.arange(20)):
        assert (trace_influence([asked.pick(some)], [trained_]) == together[some]).all()
    assert trace_influence([asked.pick(np.arange(0))], [trained_]).shape == (0, 300)


@pytest.mark.batch_invariant
@pytest.mark.parametrize("narrower", [None, 7])
def test_a_text_is_looked_at_alike_in_any_company(tiny, narrower):
    network, documents = load_network(str(tiny), task=TASK, device="cpu"), texts(40)
    head = (np.random.default_rng(1).normal(size=(2, 32)).astype(np.float32), np.ones(2, np.float32))
    more = {"heads": (head,), "projection": None if narrower is None else project(32, narrower, 0)}
    together = np.concatenate(look(network, documents, **more), 1)
    for some in ([0], [3, 4], list(range(17))):
        apart = np.concatenate(look(network, [documents[at] for at in some], **more), 1)
        assert (apart == together[some]).all()


def test_a_difference_of_two_labels_loses_by_their_difference():
    logits = np.array([[1.0, 2.0, 3.0], [0.5, 0.0, 0.0]], np.float32)
    found = compute_loss_gradient(logits, np.array([0, 1]), np.array([2, -1]))
    assert found[0].tolist() == [-1.0, 0.0, 1.0]
    assert found[1] == pytest.approx(compute_loss_gradient(logits, np.array([0, 1]))[1])


class Wrapped(nn.Module):
    """A network that takes ids and mask, as Captum wants it."""

    def __init__(self, model: nn.Module) -> None:
        super().__init__()
        self.model = model

    def forward(self, ids: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
        return self.model(input_ids=ids, attention_mask=mask).logits


@pytest.mark.filterwarnings("ignore")
def test_influence_is_that_of_captum_but_for_the_bias(tmp_path):
    names = {0: "A", 1: "B", 2: "C"}
    options = {"id2label": names, "label2id": {name: at for at, name in names.items()}}
    network = load_network(str(save_network(tmp_path / "three", **options)), task=TASK, device="cpu")
    examples, asked = texts(20), texts(4, seed=1)
    labels, targets = np.arange(20) % 3, np.array([0, 1, 2, 2])
    features, logits = look(network, examples)
    own, answers = look(network, asked)
    ours = trace_influence(
        [CheckpointView(own, compute_loss_gradient(answers, targets), 0.1, False)],
        [CheckpointView(features, compute_loss_gradient(logits, labels), 0.1, False)],
    )
    model = Wrapped(network.model)
    for weight in model.parameters():
        weight.requires_grad_(True)

    def collate(rows: list[tuple[Document, int]]) -> tuple[torch.Tensor, ...]:
        found = network.pad([dict(network.tokenizer(one.text)) for one, _ in rows])
        return found["input_ids"], found["attention_mask"], torch.tensor([label for _, label in rows])

    data = DataLoader(list(zip(examples, labels.tolist(), strict=True)), batch_size=20, collate_fn=collate)
    oracle = TracInCPFast(
        model, model.model.classifier, data, ["now"], checkpoints_load_func=lambda *_: 0.1,
        loss_fn=nn.CrossEntropyLoss(reduction="sum"),
    )  # fmt: skip
    theirs = oracle.influence(collate(list(zip(asked, targets.tolist(), strict=True)))).detach().numpy()
    for weight in model.parameters():
        weight.requires_grad_(False)
    np.testing.assert_allclose(ours, theirs, atol=1e-4 * np.abs(theirs).max())


@pytest.mark.parametrize(
    ("kind", "layer", "options"),
    [
        ("Bert", "classifier", {}),
        ("DistilBert", "classifier", {"dim": 32, "n_layers": 2, "n_heads": 4, "hidden_dim": 48}),
        ("Roberta", "classifier.out_proj", {"max_position_embeddings": 66, "pad_token_id": 0}),
        ("GPT2", "score", {"n_embd": 32, "n_layer": 2, "n_head": 4, "n_positions": 64}),
        ("T5", "classification_head.out_proj", {"d_model": 32, "d_kv": 8, "num_layers": 2, "d_ff": 48, "num_heads": 4}),
    ],
)
def test_the_final_layer_is_found_by_measuring(kind, layer, options, tmp_path):
    ends = {"eos_token_id": 3, "decoder_start_token_id": 0} if kind == "T5" else {}
    network = load_network(str(save_network(tmp_path / kind, kind=kind, **options, **ends)), task=TASK, device="cpu")
    found = find_final_layer(network)
    assert (found.name, found.bias) == (layer, kind != "GPT2")
    inputs = network.pad([dict(network.tokenizer(text)) for text in TEXTS])
    features, logits = read_features(network, found.name, inputs)
    head = network.model.get_submodule(layer)
    with torch.no_grad():
        assert torch.allclose(head(features), logits, atol=1e-5)
    alone = [read_features(network, layer, network.pad([dict(network.tokenizer(text))]))[0] for text in TEXTS]
    assert torch.allclose(torch.cat(alone), features, atol=1e-4)


@pytest.mark.parametrize("problem", ["regression", "multi_label_classification"])
def test_a_model_without_one_label_of_several_is_refused(problem, tmp_path):
    network = load_network(str(save_network(tmp_path / "other", problem_type=problem)), task=TASK, device="cpu")
    with pytest.raises(UserError, match=problem.replace("_", " ")):
        find_final_layer(network)


def test_a_network_that_ends_in_something_else_is_refused(tiny):
    network = load_network(str(tiny), task=TASK, device="cpu")
    network.model.classifier = nn.Sequential(nn.Linear(32, 2), nn.Tanh())
    with pytest.raises(UserError, match="linear layer at its end"):
        find_final_layer(network)


def test_what_is_cached_is_not_computed_again_and_is_the_same(tiny, tmp_path, monkeypatch):
    network = load_network(str(tiny), task=TASK, device="cpu")
    lens = FeatureExtractor(network, find_final_layer(network), (), None, Budget(64), "")
    documents, heard = texts(30), list[int]()
    with open_cache(tmp_path) as cache:
        first = extract_features(lens, documents, cache, notice=heard.append)
    assert sum(heard) == 30
    monkeypatch.setattr(FeatureExtractor, "look", None)
    with open_cache(tmp_path) as cache:
        again = extract_features(lens, documents[::-1], cache, notice=heard.append)
    assert np.array_equal(first[0], again[0][::-1])
    assert np.array_equal(first[1][0], again[1][0][::-1])


def test_a_broken_cache_is_begun_anew(tiny, tmp_path):
    (tmp_path / "features.sqlite").write_bytes(b"no database, and long enough to be taken for one" * 40)
    network = load_network(str(tiny), task=TASK, device="cpu")
    lens = FeatureExtractor(network, find_final_layer(network), (), None, Budget(64), "")
    with open_cache(tmp_path) as cache:
        assert extract_features(lens, texts(3), cache, notice=lambda _: None)[0].shape == (3, 32)


def test_heads_and_projections_see_what_they_should(tiny):
    network = load_network(str(tiny), task=TASK, device="cpu")
    weight, bias = network.model.classifier.weight.numpy(), network.model.classifier.bias.numpy()
    documents = texts(40)
    features, logits = look(network, documents)
    _, both = look(network, documents, heads=((weight, bias), (weight * 2, bias)))
    np.testing.assert_allclose(both[:, :2], logits, atol=1e-4)
    np.testing.assert_allclose(both[:, 2:], features @ weight.T * 2 + bias, atol=1e-4)
    narrow, same = look(network, documents, projection=project(32, 24, seed=0))
    assert narrow.shape == (40, 24)
    np.testing.assert_allclose(same, logits, atol=1e-5)
    wide = project(32, 4000, seed=0)
    assert np.corrcoef((features @ features.T).ravel(), (features @ wide @ wide.T @ features.T).ravel())[0, 1] > 0.99


def test_the_largest_come_first_and_of_equal_ones_the_first():
    values = np.array([1.0, 3.0, 2.0, 3.0, -1.0])
    assert find_largest(values, 3) == [1, 3, 2]
    assert find_largest(values, 9) == [1, 3, 2, 0, 4]
    assert find_largest(np.ones(6), 2) == [0, 1]


def test_retraining_is_logistic_regression_as_others_have_it():
    random_ = np.random.default_rng(0)
    inputs, labels = random_.normal(size=(60, 4)), random_.integers(3, size=60)
    ours = predict_log_probabilities(train_final_layer(inputs, labels, 3), inputs)
    theirs = LogisticRegression(fit_intercept=False, tol=1e-8, max_iter=1000).fit(inputs, labels)
    np.testing.assert_allclose(ours, theirs.predict_log_proba(inputs), atol=1e-3)


def test_halves_and_samples_are_what_they_say_and_repeat():
    halves = draw_halves(21, seed=3)
    assert set(halves.sum(1).tolist()) == {10}
    assert np.array_equal(halves, draw_halves(21, seed=3))
    sample = draw_sample(np.arange(400) % 2, seed=1)
    assert sample is not None
    assert not set(sample.examples.tolist()) & set(sample.texts.tolist())
    assert (len(sample.examples), len(sample.texts)) == (300, 100)
    assert draw_sample(np.arange(30) % 2, seed=1) is None
    assert draw_sample(np.zeros(100, np.int64), seed=1) is None


def test_validity_tells_truth_from_noise():
    random_ = np.random.default_rng(0)
    measured = random_.normal(size=(40, 96))
    assert validate(measured**3, measured, examples=9, seed=0).correlation == 1.0
    noise = validate(random_.normal(size=(40, 96)), measured, examples=9, seed=0)
    assert noise.low < 0 < noise.high
    assert validate(np.zeros((40, 96)), measured, examples=9, seed=0).correlation == 0.0


def test_planted_labels_are_found():
    network = load_network("embedded", task=TASK, device="cpu")
    sources = training_data.find_sources(training_data.Settings(training_data="embedded"))
    assert sources is not None
    examples = training_data.read_examples(sources, network.facts.labels)
    assert len(examples.documents) == 1200
    documents, targets = examples.documents[:400], examples.targets[:400].copy()
    planted = np.random.default_rng(0).permutation(400)[:20]
    targets[planted] = 1 - targets[planted]
    features, logits = look(network, documents, budget=Budget(512))
    found = find_largest(
        trace_self_influence([CheckpointView(features, compute_loss_gradient(logits, targets), 1.0, True)]), 40
    )
    assert len(set(found) & set(planted.tolist())) >= 15


@pytest.mark.parametrize(
    ("validity", "state", "words"),
    [
        (None, "open", "Too few"),
        ((0.1, -0.1, 0.3), "fails", "Do not rely"),
        ((0.2, 0.1, 0.3), "doubt", "hint"),
        ((0.5, 0.4, 0.6), "doubt", "rough guide"),
        ((0.9, 0.8, 0.95), "holds", "good guide"),
    ],
)
def test_the_page_says_plainly_what_the_number_is_worth(validity, state, words):
    made = None
    if validity is not None:
        made = Validity(correlation=validity[0], low=validity[1], high=validity[2], halves=96, examples=1000, texts=100)
    said = trust(made)
    assert said.state == state
    assert words in said.before + said.after


@pytest.mark.parametrize(
    ("value", "text"), [(0.43912, "+0.439"), (-5.604, "−5.60"), (200.28, "+200"), (0.00123, "+0.00123"), (0.0, "0")]
)
def test_influences_have_three_figures(value, text):
    assert figures(value) == text


def test_long_examples_are_cut_between_words_and_nothing_is_lost():
    one = influence(text="word " * 120, characters=900).supporting[0]
    shown = row(one, 1.0)
    assert shown.text + shown.rest == one.text
    assert len(shown.text) <= 160
    assert shown.rest.startswith(" ")
    assert shown.unkept == "300 more characters"
    assert traced(None, trained()) is None
    assert traced(influence(), None) is None
