"""Faithfulness: every diagnostic against its formula written out, its control, and what it says of good and bad."""

import math
from dataclasses import dataclass, fields, replace
from typing import ClassVar

import numpy as np
import pytest
import torch

from reporter import registry
from reporter.evidence import deletion
from reporter.evidence.levels import LEVELS, load_metrics
from reporter.evidence.metrics import PERTURBATION, PLAUSIBILITY, Observations, Ranking, TargetAnswer
from reporter.evidence.rankings import rank_scores
from reporter.methods import FixedCost, Needs, Scores
from reporter.records import add_by_word
from reporter.records.errors import UserError
from reporter.records.run import Description
from reporter.records.settings import Settings
from reporter.runs import explain
from reporter.runs.explain import Attribute
from reporter.runs.preparation import prepare
from tests.conftest import encoded, prepared
from tests.example_runs import description
from tests.networks import TEXTS

IG = ("integrated_gradients",)
EVERY = registry.names("metrics")
SHARES = (0.05, 0.1, 0.2, 0.5)
REVIEWS = (
    "A wonderful film: funny, warm and beautifully played by everyone in it.",
    "The soup was cold, the waiter was rude, and I will never come back to this awful place.",
    "I expected nothing and got a great evening; the band was terrific and the sound was clear.",
    "It broke after two days and the seller refused to help. A waste of money.",
    "The plot is thin, yet the actors are so charming that I loved every minute of it.",
    "Dull, slow and far too long, with jokes that nobody laughed at.",
    "Friendly staff, clean rooms, and the best breakfast I have had in years.",
    "The battery is terrible and the screen scratches if you look at it.",
)  # fmt: skip


@dataclass(frozen=True)
class Noise(FixedCost):
    """Random scores: a method that knows nothing."""

    description: ClassVar[Description] = replace(description("occlusion"), name="noise", signed=True)
    needs: ClassVar[Needs] = Needs()

    def attribute(self, batches):
        random = torch.Generator().manual_seed(7)
        return [
            Scores(torch.randn(one.attention_mask.shape, generator=random), [0] * len(one.cells)) for one in batches
        ]


def words_of(tokens) -> list[list[int]]:
    """The places of the tokens of each word, in reading order."""
    count = 1 + max((token.word for token in tokens if not token.special), default=-1)
    return [[place for place, token in enumerate(tokens) if token.word == word] for word in range(count)]


def ask_plainly(attribute: Attribute, document, gone: set[int]) -> tuple[np.ndarray, np.ndarray]:
    """Probabilities and logits with some words deleted, one text alone, by the model's own call."""
    words = words_of(document.tokens)
    away = {place for word in gone for place in words[word]}
    ids = [value for place, value in enumerate(document.inputs["input_ids"]) if place not in away]
    with torch.no_grad():
        logits = attribute.explainer.network.model(input_ids=torch.tensor([ids])).logits[0].double()
    return logits.softmax(-1).numpy(), logits.numpy()


@pytest.fixture(scope="module")
def measured(tiny):
    """Texts explained with all diagnostics, one by one beside the unit of work that did it."""
    attribute = prepared(tiny, methods=(*IG, "gradient"), evidence="standard")
    documents = encoded(attribute, *TEXTS)
    return attribute, list(zip(documents, attribute(documents), strict=True))


def value(section, name, method="integrated_gradients"):
    (found,) = (one for one in section.diagnostics if (one.name, one.method) == (name, method))
    return found


def test_every_level_names_parts_that_are_there_and_every_part_is_used():
    named = {name for level in LEVELS.values() for name in level.diagnostics}
    assert named | set(PLAUSIBILITY) | set(PERTURBATION) == set(EVERY)
    assert all(set(level.controlled) <= set(level.diagnostics) for level in LEVELS.values())
    assert all(registry.load("metrics", name).about.name == name for name in EVERY)


@pytest.mark.parametrize("name", EVERY)
def test_every_metric_is_a_number_about_one_order_of_the_words(name):
    """One signature, whatever it needs to have been observed; and it looks at nothing else."""
    random, metric = np.random.default_rng(3), load_metrics((name,))[0]
    scores = random.standard_normal(9)
    order, cuts = rank_scores(scores), [frozenset(), *metric.cuts(rank_scores(scores))]
    assert all(cut <= frozenset(range(9)) for cut in cuts)
    answers = {cut: TargetAnswer(*random.uniform(0.1, 0.9, 2)) for cut in cuts}
    gone, lost, near = random.random((5, 9)) < 0.5, random.standard_normal(5), random.standard_normal((4, 9))
    observed = Observations(answers=answers, marked=frozenset({1, 2, 7}), removed=gone, losses=lost, nearby=near)
    assert np.isfinite(metric.judge(order, observed))
    assert metric.judge(order, observed) == metric.judge(rank_scores(scores), replace(observed))
    assert isinstance(metric.shuffled, bool)


def test_a_metric_that_no_file_bears_is_refused_by_name():
    with pytest.raises(UserError, match="There is no metric 'faithfulness'; there are: auprc, comprehensiveness,"):
        load_metrics(("comprehensiveness", "faithfulness"))


@pytest.mark.parametrize(
    "stage",
    [
        "measure_deletion",
        "measure_plausibility",
        "measure_infidelity",
        "measure_sensitivity",
        "find_counterfactuals",
        "vary_baseline",
    ],
)
def test_no_part_of_the_evidence_hangs_on_another(tiny, monkeypatch, stage):
    """Each is asked about bare sections, and without it all others are the same."""
    attribute = prepared(tiny, methods=("integrated_gradients",), evidence="full")
    documents = encoded(attribute, TEXTS[1], rationale=((0, 5),))
    ((whole,),) = (found.sections for found in attribute(documents))
    usual, seen = getattr(explain, stage), []

    def leave_out(*given, **named):
        seen.extend(named.get("sections", given[-1]))
        return [((), None) if stage == "measure_deletion" else () if "measure" in stage else None for _ in seen]

    monkeypatch.setattr(explain, stage, leave_out)
    ((less,),) = (found.sections for found in attribute(documents))
    monkeypatch.setattr(explain, stage, usual)
    assert seen == [replace(whole, diagnostics=(), erasure=None, counterfactual=None, sensitivity=None)]
    kept = [one for one in whole.diagnostics if one in less.diagnostics]
    assert less.diagnostics == tuple(kept)
    assert less != whole
    changed = [one.name for one in fields(whole) if getattr(whole, one.name) != getattr(less, one.name)]
    assert set(changed) <= {"diagnostics", "erasure"} or len(changed) == 1


@pytest.mark.parametrize("method", ["integrated_gradients", "gradient"])
def test_the_erasers_measures_are_their_formulas(measured, method):
    attribute, found = measured
    for document, explanation in found:
        (section,) = explanation.sections
        (one,) = (one for one in section.attributions if one.method == method)
        sums = [sum(one.scores[place] for place in places) for places in words_of(section.tokens)]
        order = sorted(range(len(sums)), key=lambda word: -sums[word])
        tops = [set(order[: max(1, round(share * len(order)))]) for share in SHARES]
        label = section.target.index
        whole = ask_plainly(attribute, document, set())[0][label]
        without = [ask_plainly(attribute, document, top)[0][label] for top in tops]
        alone = [ask_plainly(attribute, document, set(order) - top)[0][label] for top in tops]
        wanted = {
            "comprehensiveness": np.mean([whole - left for left in without]),
            "sufficiency": np.mean([whole - left for left in alone]),
            "log_odds": np.mean([math.log(left / whole) for left in without]),
            "strongest_fifth": without[2],
        }
        for name, expected in wanted.items():
            assert value(section, name, method).value == pytest.approx(expected, abs=1e-5), name


WORKED = "it was a great film and the plot was wonderful but the food was awful so i hate this service"
SCORES = (0.1, -0.2, 0.0, 3.1, 0.9, 0.2, -0.1, 0.4, 0.3, 2.2, -0.5, 0.05, 0.6, -0.3, -2.0, 0.15, 0.25, -1.9, 0.35, 0.45)


@pytest.fixture(scope="module")
def worked(tiny):
    """A text of twenty words of one token each, with the scores above, as the reports measure it."""

    @dataclass(frozen=True)
    class Given(Noise):
        def attribute(self, batches):
            padded = [[[0.0, *SCORES, 0.0][: one.attention_mask.shape[1]] for _ in one.cells] for one in batches]
            return [Scores(torch.tensor(rows), [0] * len(rows)) for rows in padded]

    plain = prepared(tiny, evidence="standard")
    attribute = Attribute(plain.explainer, (Given(),))
    (document,) = encoded(attribute, WORKED)
    assert len(document.tokens) == len(SCORES) + 2
    (found,) = attribute([document])
    (section,) = found.sections
    measured = {one.name: one.value for one in section.diagnostics}

    def answer(kept):
        gone = set(range(len(SCORES))) - set(kept)
        return float(ask_plainly(attribute, document, gone)[0][section.target.index])

    return measured, answer


def test_a_worked_example_is_what_erasers_program_says(worked):
    """`metrics.py` of the ERASER benchmark: deltas by threshold, then the plain mean; its paper divides by one more."""
    measured, answer = worked
    whole, points = answer(range(20)), {"comprehensiveness": [], "sufficiency": []}
    for threshold in SHARES:
        hard = {int(at) for at in np.argsort(SCORES)[::-1][: round(threshold * 20)]}
        points["comprehensiveness"].append(whole - answer([at for at in range(20) if at not in hard]))
        points["sufficiency"].append(whole - answer(sorted(hard)))
    for name, deltas in points.items():
        assert measured[name] == pytest.approx(np.average(np.array([deltas])), abs=1e-3)
        assert sum(deltas) / (len(SHARES) + 1) == pytest.approx(0.8 * measured[name], abs=1e-3)


def test_a_worked_example_is_what_ferret_says_of_the_same_shares(worked):
    """Its `removal_args` of kind "perc": the whole part of so many words, no order counted twice, and the mean."""
    measured, answer = worked
    removed, kept, last = [], [], None
    for share in SHARES:
        top = np.array(SCORES).argsort()[-int(share * len(SCORES)) :][::-1]
        if last is not None and set(top) == last:
            continue
        last = set(top)
        removed.append(answer(np.delete(np.arange(20), top)))
        kept.append(answer(np.sort(top)))
    whole = answer(range(20))
    assert len(removed) == len(SHARES)
    assert measured["comprehensiveness"] == pytest.approx(np.mean(whole - np.array(removed)), abs=1e-3)
    assert measured["sufficiency"] == pytest.approx(np.mean(whole - np.array(kept)), abs=1e-3)
    assert measured["log_odds"] == pytest.approx(np.mean(np.log(np.array(removed) / whole)), abs=1e-3)


def test_a_worked_example_has_the_areas_that_are_drawn(worked):
    """RISE's deletion and insertion, of Petsiuk et al.: the area by trapezoids, over the places of the curve."""
    measured, answer = worked
    order = sorted(range(20), key=lambda at: -SCORES[at])
    for name, at in (("deletion", lambda count: order[count:]), ("insertion", lambda count: order[:count])):
        steps = [0, 1, 2, 4, 7, 10, 15, 20]
        heights = [answer(sorted(at(count))) for count in steps]
        area = sum(
            (b - a) * (low + high) / 40 for a, b, low, high in zip(steps, steps[1:], heights, heights[1:], strict=False)
        )
        assert measured[name] == pytest.approx(area, abs=1e-3)


def test_the_areas_are_those_of_the_recorded_curves_and_the_curves_are_the_models_answers(measured):
    attribute, found = measured
    for document, explanation in found:
        (section,) = explanation.sections
        count, label = len(words_of(section.tokens)), section.target.index
        sums = [sum(section.attributions[0].scores[at] for at in places) for places in words_of(section.tokens)]
        order = sorted(range(count), key=lambda word: -sums[word])
        for curve in section.erasure.curves:
            if curve.method != "integrated_gradients":
                continue
            assert (curve.words[0], curve.words[-1]) == (0, count)
            for words, height in zip(curve.words, curve.values, strict=True):
                gone = set(order[:words]) if curve.kind == "deletion" else set(order[words:])
                assert height == pytest.approx(ask_plainly(attribute, document, gone)[0][label], abs=1e-5)
            steps = zip(curve.words, curve.words[1:], curve.values, curve.values[1:], strict=False)
            area = sum((b - a) / count * (low + high) / 2 for a, b, low, high in steps)
            assert value(section, curve.kind).value == pytest.approx(area, abs=1e-5)


def test_the_effect_is_what_the_score_loses_without_each_word(measured):
    attribute, found = measured
    for document, explanation in found:
        (section,) = explanation.sections
        label = section.target.index
        whole = ask_plainly(attribute, document, set())[1][label]
        effects = [one for one in section.erasure.effects if one.method == "integrated_gradients"]
        assert len(effects) == min(8, len(words_of(section.tokens)))
        for one in effects:
            lost = whole - ask_plainly(attribute, document, {one.word})[1][label]
            assert one.measured == pytest.approx(lost, abs=1e-4)
        if len(effects) > 2:
            wanted = np.corrcoef([one.claimed for one in effects], [one.measured for one in effects])[0, 1]
            assert value(section, "effect").value == pytest.approx(wanted, abs=1e-4)


def test_random_orders_depend_on_the_text_and_the_seed_and_nothing_else(measured, tiny):
    attribute, found = measured
    for document, explanation in found:
        (alone,) = attribute([document])
        for one, other in zip(alone.sections[0].diagnostics, explanation.sections[0].diagnostics, strict=True):
            assert (one.name, one.method) == (other.name, other.method)
            for name in ("value", "control", "low", "high"):
                a, b = getattr(one, name), getattr(other, name)
                assert a == b or a == pytest.approx(b, abs=1e-5)
    other = prepared(tiny, methods=IG, evidence="standard", seed=1)
    (again,) = other(encoded(other, TEXTS[1]))
    first, second = (value(one.sections[0], "comprehensiveness") for one in (found[1][1], again))
    assert first.value == pytest.approx(second.value, abs=1e-6)
    assert first.control != second.control


def test_the_control_is_that_of_random_orders_and_the_same_for_every_method(measured):
    for _, explanation in measured[1]:
        (section,) = explanation.sections
        for name in ("comprehensiveness", "sufficiency", "strongest_fifth", "deletion", "insertion"):
            one, other = value(section, name), value(section, name, "gradient")
            assert (one.control, one.low, one.high, one.draws) == (other.control, other.low, other.high, 10)
            assert one.low <= one.high
        assert value(section, "effect").draws == 0 if len(words_of(section.tokens)) > 2 else True


def test_quick_looks_at_the_certified_method_alone(tiny):
    attribute = prepared(tiny, methods=("gradient", *IG))
    (found,) = attribute(encoded(attribute, TEXTS[1]))
    (section,) = found.sections
    assert {one.method for one in section.diagnostics} == set(IG)
    assert {one.name: one.draws for one in section.diagnostics} == {
        "comprehensiveness": 0, "sufficiency": 0, "log_odds": 0, "strongest_fifth": 5
    }  # fmt: skip


def test_a_token_keeps_its_own_answer_when_others_go(tagger):
    attribute = prepared(tagger, task="token_classification", methods=IG, evidence="standard")
    documents = encoded(attribute, *TEXTS)
    found = attribute(documents)
    assert any(one.sections for one in found)
    for document, explanation in zip(documents, found, strict=True):
        for section in explanation.sections[:2]:
            words, place = words_of(section.tokens), section.target.position
            sums = [sum(section.attributions[0].scores[at] for at in places) for places in words]
            top = sorted(range(len(sums)), key=lambda word: -sums[word])[: max(1, round(0.2 * len(sums)))]
            gone = {at for word in top for at in words[word]} - {place}
            kept = [at for at in range(len(section.tokens)) if at not in gone]
            ids = torch.tensor([[document.inputs["input_ids"][at] for at in kept]])
            with torch.no_grad():
                shares = attribute.explainer.network.model(input_ids=ids).logits[0, kept.index(place)].softmax(-1)
            assert value(section, "strongest_fifth").value == pytest.approx(
                float(shares[section.target.index]), abs=1e-5
            )


def test_an_unknown_level_is_refused():
    with pytest.raises(UserError, match="choose from: none, quick, standard, full"):
        prepare(Settings(evidence="most"), created="")


def test_what_cannot_be_told_is_left_out():
    ranking = Ranking((0, 1), (1.0, 0.5))
    answers = {frozenset(words): TargetAnswer(-0.3, 1.0) for words in ((), (0,), (1,), (0, 1))}
    assert registry.load("metrics", "log_odds")().judge(ranking, Observations(answers=answers)) is None
    assert registry.load("metrics", "effect")().judge(ranking, Observations(answers=answers)) is None


@pytest.mark.parametrize("text", ["!", "Dull."])
def test_texts_of_one_word_are_served(tiny, text):
    attribute = prepared(tiny, methods=IG, evidence="standard")
    (found,) = attribute(encoded(attribute, text))
    assert found.status == "explained", found.error
    assert found.sections[0].diagnostics


def test_integrated_gradients_beat_random_orders_and_noise_does_not():
    """On the model inside: the mean gap to random orders has an interval that leaves out 0, or does not."""
    attribute = prepared("embedded", methods=IG, evidence="quick")
    good = gaps(attribute, "integrated_gradients")
    assert good.mean() + 2 * good.std(ddof=1) / len(good) ** 0.5 < 0
    bad = gaps(Attribute(attribute.explainer, (Noise(),)), "noise")
    assert abs(bad.mean()) < 2 * bad.std(ddof=1) / len(bad) ** 0.5


def gaps(attribute: Attribute, method: str) -> np.ndarray:
    """What is left without the strongest fifth, less what is left without a random one."""
    found = [value(one.sections[0], "strongest_fifth", method) for one in attribute(encoded(attribute, *REVIEWS))]
    return np.array([one.value - one.control for one in found])


def test_full_evidence_gives_every_word_its_scores_over_all_baselines(tiny):
    attribute = prepared(tiny, methods=IG, evidence="full")
    documents = encoded(attribute, *TEXTS[:2])
    wanted = []
    for baseline in ("pad", "mask", "zero", "mean"):
        other = prepared(tiny, methods=IG, baseline=baseline)
        wanted.append([one.sections[0] for one in other(encoded(other, *TEXTS[:2]))])
    for number, explanation in enumerate(attribute(documents)):
        (section,) = explanation.sections
        found = section.sensitivity
        assert found.baselines == ("pad", "mask", "zero", "mean")
        sums = np.array([add_by_word(one[number].tokens, one[number].attributions[0].scores) for one in wanted])
        np.testing.assert_allclose(found.low, sums.min(0), atol=1e-4, rtol=1e-3)
        np.testing.assert_allclose(found.high, sums.max(0), atol=1e-4, rtol=1e-3)
        assert list(found.flips) == [word for word, column in enumerate(sums.T) if column.min() < 0 < column.max()]
    assert prepared(tiny, methods=IG)(documents)[0].sections[0].sensitivity is None


def test_where_nothing_is_asked_for_the_model_is_asked_nothing(tiny, monkeypatch):
    attribute = prepared(tiny, evidence="none")
    monkeypatch.setattr(deletion, "answer_cuts", lambda *_: pytest.fail("the model was asked"))
    found = attribute(encoded(attribute, *TEXTS))
    assert all(section.diagnostics == () and section.erasure is None for one in found for section in one.sections)
