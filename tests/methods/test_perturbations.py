"""Methods that take words away: closed forms, brute force, Captum on the same texts, and errors that hold."""

from itertools import permutations
from threading import get_ident
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from captum._utils.models.linear_model import SkLearnLinearRegression, SkLearnRidge
from captum.attr import FeatureAblation, LimeBase, NoiseTunnel, Saliency, ShapleyValueSampling

from reporter import registry
from reporter.attribution import coalitions
from reporter.attribution.cases import Cases
from reporter.attribution.coalitions import CoalitionScores
from reporter.models.network import Network
from reporter.records.explanation import Document, make_seed
from tests.conftest import encoded, prepared
from tests.networks import TEXTS

SIX = "The film is never great, no."  # six words, eight tokens with its punctuation left to itself
WORDS = ("occlusion", "shapley", "kernel_shap", "lime")


def make_cases(attribute, *texts: str) -> Cases:
    """The questions about some texts as one batch."""
    explainer = attribute.explainer
    return explainer.make_cases(
        [explainer.choose(one, *explainer.predict([one]))[0] for one in encoded(attribute, *texts)]
    )


def weigh(name: str, cases: Cases, row: int = 0, **options: int) -> tuple[np.ndarray, np.ndarray | None]:
    """What the words of one row are worth by a method, and their errors."""
    found = registry.load("methods", name)(**options).attribute([cases])[0]
    return add(cases, found.values, row), None if found.errors is None else add(cases, found.errors, row)


def add(cases: Cases, values: torch.Tensor, row: int) -> np.ndarray:
    words = cases.words[row]
    return np.array([float(values[row][: len(words)][words == word].sum()) for word in range(int(words.max()) + 1)])


def ask(cases: Cases, row: int = 0):
    """F of a row by which of its words are kept (coalitions words), by its own embeddings: nothing of ours but F."""

    @torch.no_grad()
    def score(kept: np.ndarray) -> np.ndarray:
        words = cases.words[row]
        stays = torch.tensor(np.hstack([kept, np.ones((len(kept), 1), dtype=bool)]))[:, words]
        points = torch.where(stays.unsqueeze(-1), cases.embeddings[row], cases.baselines[row])
        return cases.score(points, torch.full((len(kept),), row)).double().numpy()

    return score


def shapley_by_hand(score, words: int) -> np.ndarray:
    """The mean over all orders of what each word adds."""
    kept = np.array([[number >> word & 1 == 1 for word in range(words)] for number in range(2**words)])
    table, gains = score(kept), np.zeros(words)
    orders = list(permutations(range(words)))
    for order in orders:
        before = 0
        for word in order:
            gains[word] += table[before | 1 << word] - table[before]
            before |= 1 << word
    return gains / len(orders)


@pytest.mark.parametrize("method", ["occlusion", "shapley", "kernel_shap"])
def test_words_of_a_linear_network_are_worth_their_exact_share(linear, method):
    gradients = linear.network.model.head.weight
    way = linear.embeddings - linear.baselines
    exact = (way * torch.stack([gradients[2], gradients[1] - gradients[0]]).unsqueeze(1)).sum(-1)
    for row in (0, 1):
        values, errors = weigh(method, linear, row)
        np.testing.assert_allclose(values, add(linear, exact, row), rtol=1e-5, atol=1e-5)
        assert errors is None or not errors.any()


@pytest.mark.parametrize("method", WORDS)
def test_a_word_shares_its_worth_evenly_among_its_tokens_and_special_tokens_get_nothing(tiny, method):
    cases = make_cases(prepared(tiny), "The film xyz is")
    found = registry.load("methods", method)().attribute([cases])[0].values[0]
    pieces = found[cases.words[0] == 2]
    assert len(pieces) == 3
    assert pieces.unique().numel() == 1
    assert pieces[0] != 0
    assert not found[cases.words[0] < 0].any()


@pytest.mark.parametrize("method", ["shapley", "kernel_shap"])
@pytest.mark.parametrize("text", [SIX, "Dull.", "great"])
def test_shapley_values_of_short_texts_equal_brute_force(tiny, method, text):
    cases = make_cases(prepared(tiny), "a longer text beside it", text)
    words = int(cases.words[1].max()) + 1
    values, errors = weigh(method, cases, 1)
    np.testing.assert_allclose(values, shapley_by_hand(ask(cases, 1), words), atol=1e-5)
    assert not errors.any()


@pytest.mark.parametrize("method", ["shapley", "kernel_shap"])
def test_sampled_shapley_values_are_as_far_off_as_they_say_and_always_sum_to_the_change(tiny, method):
    cases = make_cases(prepared(tiny), SIX)
    words = int(cases.words[0].max()) + 1
    exact = shapley_by_hand(ask(cases), words)
    held = []
    for seed in range(20):
        object.__setattr__(cases, "seeds", [seed])
        values, errors = weigh(method, cases, samples=64)
        assert errors.any()
        assert values.sum() == pytest.approx(float(cases.input_pass.score - cases.baseline_pass.score), abs=1e-5)
        held += (np.abs(values - exact) <= errors).tolist()
    assert np.mean(held) >= 0.95


def test_occlusion_equals_captum(tiny):
    cases = make_cases(prepared(tiny), TEXTS[1])
    mask = (cases.words + 1).unsqueeze(-1)
    oracle = FeatureAblation(cases.score).attribute(
        cases.embeddings, baselines=cases.baselines, additional_forward_args=(cases.rows,), feature_mask=mask
    )[0, :, 0]
    first = [int((cases.words[0] == word).nonzero()[0]) for word in range(int(cases.words.max()) + 1)]
    np.testing.assert_allclose(weigh("occlusion", cases)[0], oracle[first].numpy(), atol=1e-5)


def test_sampled_shapley_values_equal_those_of_captum(tiny):
    cases = make_cases(prepared(tiny), SIX)
    torch.manual_seed(0)
    oracle = ShapleyValueSampling(cases.score).attribute(
        cases.embeddings,
        baselines=cases.baselines,
        additional_forward_args=(cases.rows,),
        feature_mask=(cases.words + 1).unsqueeze(-1),
        n_samples=60,
        perturbations_per_eval=16,
    )[0, :, 0]
    first = [int((cases.words[0] == word).nonzero()[0]) for word in range(int(cases.words.max()) + 1)]
    values, errors = weigh("shapley", cases, samples=240)
    assert errors.any()
    np.testing.assert_allclose(values, oracle[first].numpy(), atol=0.15 * np.abs(values).max())


def captum_fit(score, kept: np.ndarray, weights: np.ndarray, model) -> np.ndarray:
    """Captum's own fit of an interpretable model to these coalitions, one after the other."""
    rows = iter(kept)
    weight = dict(zip(map(bytes, kept), weights, strict=True))
    method = LimeBase(
        lambda z: torch.from_numpy(score(z.numpy().astype(bool))),
        model,
        lambda _x, _p, z, **_: torch.tensor(weight[z.numpy().astype(bool)[0].tobytes()]),
        lambda _x, **_: torch.from_numpy(next(rows)[None].astype(float)),
        perturb_interpretable_space=True,
        from_interp_rep_transform=lambda z, _x, **_: z,
        to_interp_rep_transform=None,
    )
    ones = torch.ones(1, kept.shape[1], dtype=torch.float64)
    return method.attribute(ones, n_samples=len(kept)).numpy()[0]


@pytest.mark.filterwarnings("ignore")
def test_lime_is_the_fit_that_captum_makes_of_the_same_texts(tiny):
    cases = make_cases(prepared(tiny), SIX)
    method, words = registry.load("methods", "lime")(samples=64), int(cases.words.max()) + 1
    kept = method._draw(words, np.random.default_rng(cases.seeds[0]))
    assert kept.sum(1).min() == 0
    assert kept.sum(1).max() == words - 1
    kept = np.vstack([np.ones((1, words), dtype=bool), kept])
    weights = np.exp(-((100 * (1 - np.sqrt(kept.sum(1) / words))) ** 2) / (2 * 25**2))
    oracle = captum_fit(ask(cases), kept, weights, SkLearnRidge(alpha=1.0))
    np.testing.assert_allclose(weigh("lime", cases, samples=64)[0], oracle, atol=1e-4)


@pytest.mark.filterwarnings("ignore")
def test_kernel_shap_is_the_fit_that_captum_makes_of_the_same_texts(tiny):
    cases = make_cases(prepared(tiny), SIX)
    method, words = registry.load("methods", "kernel_shap")(samples=48), int(cases.words.max()) + 1
    kept = method._draw(words, np.random.default_rng(cases.seeds[0]))
    assert (kept[::2] == ~kept[1::2]).all()
    ends = np.array([[True] * words, [False] * words])
    weights = np.array([1e6] * 2 + [1.0] * len(kept))  # Captum's way to force the sum
    oracle = captum_fit(ask(cases), np.vstack([ends, kept]), weights, SkLearnLinearRegression())
    np.testing.assert_allclose(weigh("kernel_shap", cases, samples=48)[0], oracle, atol=1e-3)


def test_the_sizes_of_coalitions_are_drawn_as_the_shapley_kernel_weighs_them():
    kept = coalitions.draw_sizes(6, 20_000, np.random.default_rng(0))
    found = np.bincount(kept.sum(1), minlength=7)[1:6] / len(kept)
    wanted = np.array([1 / (size * (6 - size)) for size in range(1, 6)])
    np.testing.assert_allclose(found, wanted / wanted.sum(), atol=0.01)
    np.testing.assert_allclose(kept.mean(0), 0.5, atol=0.01)


def test_a_fit_to_all_coalitions_as_they_weigh_gives_shapley_values():
    random = np.random.default_rng(3)
    kept = coalitions.enumerate_coalitions(5)
    scores = random.standard_normal(32)
    exact = coalitions.shapley_exactly(
        CoalitionScores(kept, scores, baseline_score=scores[0], input_score=scores[-1])
    ).values
    times = np.repeat(np.arange(1, 31), np.array([3, 1, 1, 3])[kept[1:-1].sum(1) - 1])  # 1 / (C(5, k) k (5 - k))
    twice = np.tile(times, 2)  # so that they come in pairs
    found = coalitions.fit_shap(
        CoalitionScores(kept[twice], scores[twice], baseline_score=scores[0], input_score=scores[-1])
    )
    np.testing.assert_allclose(found.values, exact, atol=1e-9)


def test_smoothgrad_equals_captum_within_its_errors(tiny):
    attribute = prepared(tiny, methods=("smoothgrad",))
    cases = make_cases(attribute, TEXTS[1])
    (found,) = attribute.methods[0].attribute([cases])
    size = 0.5 * float(cases.embeddings[cases.content_mask].std())
    content_mask = cases.content_mask.unsqueeze(-1)
    torch.manual_seed(0)
    tunnel = NoiseTunnel(
        Saliency(lambda x, rows: cases.score(torch.where(content_mask.expand_as(x), x, cases.embeddings), rows))
    )
    gradients = tunnel.attribute(
        cases.embeddings.clone().requires_grad_(),
        additional_forward_args=(cases.rows,),
        nt_type="smoothgrad",
        nt_samples=500,
        nt_samples_batch_size=50,
        stdevs=size,
        abs=False,
    )
    off = (gradients.norm(dim=-1) - found.values).abs()[cases.content_mask]
    assert (off <= found.errors[cases.content_mask]).float().mean() >= 0.95
    assert float(found.errors.max()) < 0.4 * float(found.values.max())


def test_smoothgrad_of_a_linear_network_is_its_gradient(linear):
    smooth, plain = (registry.load("methods", name)().attribute([linear])[0] for name in ("smoothgrad", "gradient"))
    torch.testing.assert_close(
        smooth.values[linear.attention_mask], plain.values[linear.attention_mask], rtol=1e-4, atol=1e-5
    )
    assert float(smooth.errors.max()) < 1e-2


def test_the_seed_and_the_text_decide_what_is_drawn(tiny):
    one, other, again = (prepared(tiny, methods=("lime",), samples=32, seed=seed) for seed in (0, 1, 0))
    scores = [
        attribute(encoded(attribute, TEXTS[1]))[0].sections[0].attributions[0].scores
        for attribute in (one, other, again)
    ]
    assert scores[0] == scores[2] != scores[1]
    assert make_seed(Document(id="a", source="a", group="", text="x"), 0) == make_seed(
        Document(id="b", source="b", group="g", text="x", label="L"), 0
    )
    assert make_seed(Document(id="a", source="a", group="", text="x"), 0) != make_seed(
        Document(id="a", source="a", group="", text="y"), 0
    )
    document = Document(id="a", source="a", group="", text="x")
    assert len({make_seed(document, 0), make_seed(document, 1), make_seed(document, 0, "orders")}) == 3


@pytest.mark.parametrize("method", ["shapley", "kernel_shap"])
def test_the_sum_is_certified_and_the_sampling_error_is_told(tiny, method):
    attribute = prepared(tiny, methods=(method,))
    (found,) = attribute(encoded(attribute, TEXTS[1]))
    (attribution,) = found.sections[0].attributions
    assert (attribution.certificate.claim, attribution.certificate.verdict) == ("complete", "met")
    assert attribution.certificate.relative < 1e-4
    assert max(attribution.errors) > 0


def test_passes_keep_their_budget_and_mix_texts(tiny, monkeypatch):
    attribute = prepared(tiny, methods=("occlusion",), batch_tokens=120)
    passes, usual = [], Network.run

    def run(self, inputs, embeddings=None, **options):
        if embeddings is not None and not options and not torch.is_grad_enabled():
            passes.append((int(inputs["attention_mask"].sum()), len(inputs["input_ids"].unique(dim=0))))
        return usual(self, inputs, embeddings, **options)

    monkeypatch.setattr(Network, "run", run)
    attribute(encoded(attribute, *TEXTS))
    assert max(tokens for tokens, _ in passes) <= 120
    assert max(different for _, different in passes) > 1


def test_what_is_no_number_without_some_words_is_said(tiny):
    attribute = prepared(tiny, methods=("occlusion",))
    network = attribute.explainer.network
    tiny_answers = iter(range(10**6))

    def spoil(_module, _inputs, output):
        return SimpleNamespace(logits=output.logits * (float("nan") if next(tiny_answers) > 6 else 1.0))

    cases = make_cases(attribute, TEXTS[1])
    assert cases.ends
    network.replicas.share(lambda one, _: one.model.register_forward_hook(spoil), [0] * 8)
    tiny_answers = iter(range(100, 10**6))
    with pytest.raises(ValueError, match="some of its words at the baseline"):
        attribute.methods[0].attribute([cases])


@pytest.mark.parametrize("method", ["occlusion", "smoothgrad"])
def test_embeddings_are_looked_up_before_passes_are_shared(tiny, monkeypatch, method):
    attribute = prepared(tiny, methods=(method,))
    threads, usual = set(), Network.embed

    def embed(self, inputs):
        threads.add(get_ident())
        return usual(self, inputs)

    explainer = attribute.explainer
    questions = [explainer.choose(one, *explainer.predict([one]))[0] for one in encoded(attribute, *TEXTS)]
    monkeypatch.setattr(Network, "embed", embed)
    attribute.methods[0].attribute([explainer.make_cases([question]) for question in questions])
    assert threads == {get_ident()}
