"""Infidelity and max-sensitivity: against Captum's own on single texts, and what they say of good and bad."""

import numpy as np
import pytest
import torch
from captum.metrics import infidelity, sensitivity_max

from reporter import registry
from reporter.attribution.coalitions import draw_sets
from reporter.evidence.infidelity import SETS
from reporter.evidence.max_sensitivity import POINTS, RADIUS
from reporter.evidence.metrics import PERTURBATION, Observations
from reporter.evidence.rankings import rank_scores
from reporter.records import add_by_word
from reporter.runs.explain import Attribute
from tests.conftest import encoded, prepared
from tests.evidence.test_faithfulness import REVIEWS, Noise
from tests.networks import TEXTS

METHODS = ("attention", "gradient", "input_x_gradient", "integrated_gradients", "occlusion")
ONE, MANY = registry.load("metrics", "infidelity")(), registry.load("metrics", "max_sensitivity")()


@pytest.fixture(scope="module")
def measured(tiny):
    """Texts explained together with full evidence, each with the cases of its question alone."""
    attribute = prepared(tiny, methods=METHODS, evidence="full")
    documents = encoded(attribute, *TEXTS)
    explainer = attribute.explainer
    questions = [explainer.choose(one, *explainer.predict([one]))[0] for one in documents]
    sections = [one.sections[0] for one in attribute(documents)]
    return attribute, [
        (question, explainer.make_cases([question]), one) for question, one in zip(questions, sections, strict=True)
    ]


def value(section, name, method):
    (found,) = (one for one in section.diagnostics if (one.name, one.method) == (name, method))
    return found


@pytest.mark.parametrize("method", METHODS)
def test_infidelity_is_captums_on_every_single_text(measured, method):
    attribute, found = measured
    for question, cases, section in found:
        words, (scores,) = cases.words[0], [one.scores for one in section.attributions if one.method == method]
        sums = add_by_word(section.tokens, scores)
        sizes = np.bincount(words[words >= 0])
        spread = torch.tensor(np.append(sums / sizes, 0.0))[words] / cases.embeddings.shape[-1]
        random = np.random.default_rng(attribute.explainer.seed(question, "infidelity"))
        gone = torch.tensor(np.append(~draw_sets(len(sums), SETS, random), np.zeros((SETS, 1), bool), axis=1))[:, words]

        def perturb(inputs, gone=gone, cases=cases):
            marks = gone.unsqueeze(-1).expand_as(inputs)
            return marks.to(inputs), torch.where(marks, cases.baselines, inputs)

        wanted = infidelity(
            lambda points, cases=cases: cases.score(points, torch.zeros(len(points), dtype=torch.long)),
            perturb,
            cases.embeddings,
            spread.to(cases.embeddings)[None, :, None].expand_as(cases.embeddings),
            n_perturb_samples=SETS,
            normalize=True,
        )
        assert value(section, "infidelity", method).value == pytest.approx(float(wanted), rel=1e-3, abs=1e-5)


@pytest.mark.filterwarnings("ignore")
def test_max_sensitivity_is_captums_on_every_single_text(measured):
    attribute, found = measured
    for question, cases, section in found:
        words = cases.words[0]

        def explain(points, cases=cases, words=words):
            """The sum of the norms of the gradients of each word's tokens."""
            points = points[0].detach().requires_grad_()
            with torch.enable_grad():
                score = cases.score(points, torch.zeros(len(points), dtype=torch.long))
                (gradient,) = torch.autograd.grad(score.sum(), points)
            sums = torch.zeros(len(points), int(words.max()) + 1)
            return (sums.index_add(1, words[words >= 0], gradient.norm(dim=-1)[:, words >= 0]),)

        own = cases.embeddings[0]
        spread = own[words >= 0].std() * (words >= 0).unsqueeze(-1)
        seeds = [attribute.explainer.seed(question, f"near {point}") for point in range(POINTS)]
        drawn = [np.random.default_rng(seed).uniform(-RADIUS, RADIUS, tuple(own.shape)) for seed in seeds]
        moved = torch.stack([torch.tensor(one, dtype=torch.float32) * spread for one in drawn])
        wanted = sensitivity_max(explain, cases.embeddings, lambda points: (points + moved,), n_perturb_samples=POINTS)  # noqa: B023
        assert value(section, "max_sensitivity", "gradient").value == pytest.approx(float(wanted), rel=1e-3)


def lie(claimed, lost):
    return ONE.judge(rank_scores(claimed), Observations(removed=np.eye(len(lost), dtype=bool), losses=lost))


def vary(scores, near):
    return MANY.judge(rank_scores(scores), Observations(nearby=near))


def test_the_definitions_in_small():
    random = np.random.default_rng(0)
    lost, claimed = random.standard_normal(9), random.standard_normal(9)
    assert lie(3.7 * lost, lost) == pytest.approx(0.0, abs=1e-12)
    assert lie(claimed, lost) == pytest.approx(lie(-0.01 * claimed, lost))
    tried = [np.mean((scale * claimed - lost) ** 2) for scale in np.linspace(-3, 3, 60_001)]
    assert lie(claimed, lost) == pytest.approx(min(tried), abs=1e-6)
    assert lie(np.zeros(9), lost) == pytest.approx(np.mean(lost**2))
    scores = np.array([3.0, -4.0])
    assert vary(scores, scores + np.array([[0.0, 0.5], [-1.0, 0.0]])) == pytest.approx(0.2)
    assert vary(np.zeros(2), np.ones((2, 2))) is None


def test_the_same_scores_on_other_words_are_the_control_and_batch_mates_change_nothing(measured):
    attribute, found = measured
    for question, _, section in found:
        (alone,) = attribute([question.encoded])
        pairs = zip(section.diagnostics, alone.sections[0].diagnostics, strict=True)
        for one, other in ((one, other) for one, other in pairs if one.name in PERTURBATION):
            assert (one.name, one.method, one.draws) == (other.name, other.method, other.draws)
            assert one.value == pytest.approx(other.value, rel=2e-2, abs=1e-5)  # the integral stops within 1 %
            assert one.draws == (40 if one.name == "infidelity" else 0)
            if one.control is not None:
                assert one.low <= one.control <= one.high
                assert one.control == pytest.approx(other.control, rel=1e-2, abs=1e-5)


def test_integrated_gradients_are_truer_than_their_scores_on_other_words_and_noise_is_not(monkeypatch):
    """On the model inside: the mean gap has an interval that leaves out 0, or does not."""
    for part, nothing in (("measure_sensitivity", ()), ("vary_baseline", None), ("measure_deletion", ((), None))):
        monkeypatch.setattr(
            f"reporter.runs.explain.{part}",
            lambda *given, nothing=nothing, **named: [nothing for _ in named.get("sections", given[-1])],
        )
    attribute = prepared("embedded", methods=("integrated_gradients",), evidence="full")
    documents = encoded(attribute, *REVIEWS)
    good = gaps(attribute(documents))
    assert good.mean() + 2 * good.std(ddof=1) / len(good) ** 0.5 < 0
    bad = gaps(Attribute(attribute.explainer, (Noise(),))(documents))
    assert abs(bad.mean()) < 2 * bad.std(ddof=1) / len(bad) ** 0.5


def gaps(explanations) -> np.ndarray:
    """Infidelity less that of the same scores on other words."""
    found = [one for each in explanations for one in each.sections[0].diagnostics if one.name == "infidelity"]
    return np.array([one.value - one.control for one in found])


@pytest.mark.parametrize("text", ["!", "Dull."])
def test_texts_of_one_word_are_served(tiny, text):
    attribute = prepared(tiny, methods=METHODS, evidence="full")
    (found,) = attribute(encoded(attribute, text))
    assert found.status == "explained", found.error
    assert {one.name for one in found.sections[0].diagnostics if one.name in PERTURBATION} == set(PERTURBATION)


@pytest.mark.parametrize("evidence", ["none", "quick", "standard"])
def test_less_than_full_evidence_has_neither(tiny, evidence):
    attribute = prepared(tiny, methods=METHODS, evidence=evidence)
    (found,) = attribute(encoded(attribute, TEXTS[1]))
    assert not {one.name for one in found.sections[0].diagnostics} & set(PERTURBATION)


def test_every_target_of_a_token_classifier_is_measured(tagger):
    options = {"task": "token_classification", "methods": ("gradient",), "evidence": "full"}
    attribute = prepared(tagger, **options)
    (found,) = attribute(encoded(attribute, TEXTS[1]))
    assert found.status == "explained", found.error
    for section in found.sections:
        assert {one.name for one in section.diagnostics} >= set(PERTURBATION)
