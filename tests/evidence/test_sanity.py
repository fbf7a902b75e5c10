"""Sanity: methods that ignore the model, or know nothing, are flagged; sound ones are not."""

from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np
import pytest
import torch
from scipy import stats

from reporter.evidence import randomization
from reporter.evidence.randomization import (
    DEAF,
    EXHAUSTED,
    SURVIVED,
    UNSTEADY,
    compare_maps,
    draw_maps,
    examine_methods,
    randomise,
)
from reporter.methods import FixedCost, Needs, Scores
from reporter.models.batching import Budget
from reporter.records.run import Description
from reporter.records.settings import Settings
from reporter.runs import measure as measuring
from reporter.runs.store import Store
from reporter.site.pages.methods import methods_page
from reporter.site.wording import rank
from reporter.summary import sum_up
from tests.conftest import encoded, prepared
from tests.example_runs import description
from tests.networks import TEXTS

SOUND = ("integrated_gradients", "input_x_gradient")
LONG = TEXTS[1], TEXTS[3]


@dataclass(frozen=True)
class Noise(FixedCost):
    """Other numbers whenever it is asked."""

    random: torch.Generator
    description: ClassVar[Description] = replace(description("occlusion"), name="noise", signed=True)
    needs: ClassVar[Needs] = Needs()

    def attribute(self, batches):
        return [
            Scores(torch.randn(one.attention_mask.shape, generator=self.random), [0] * len(one.cells))
            for one in batches
        ]


@dataclass(frozen=True)
class Spelling(FixedCost):
    """A number for each piece of the vocabulary: it never looks at the model."""

    description: ClassVar[Description] = replace(description("occlusion"), name="spelling", signed=True)
    needs: ClassVar[Needs] = Needs()

    def attribute(self, batches):
        return [Scores((one.inputs["input_ids"] * 7.3).sin(), [0] * len(one.cells)) for one in batches]


@pytest.fixture(scope="module")
def checked(tiny):
    attribute = prepared(tiny, methods=SOUND)
    methods = (*attribute.methods, Noise(torch.Generator().manual_seed(1)), Spelling())
    found = examine_methods(attribute.explainer, methods, encoded(attribute, *LONG))
    return {one.method: one for one in found.methods}


def test_noise_does_not_repeat(checked):
    assert UNSTEADY in checked["noise"].flags
    assert abs(checked["noise"].repeat.mean) < 0.6


def test_what_ignores_the_model_survives_random_weights_and_is_deaf_to_the_target(checked):
    assert set(checked["spelling"].flags) == {SURVIVED, DEAF}
    assert all(one.mean == 1.0 for one in (*checked["spelling"].randomised, checked["spelling"].target))


@pytest.mark.parametrize("method", SOUND)
def test_sound_methods_have_no_flag(checked, method):
    assert checked[method].flags == ()
    assert checked[method].repeat.mean == 1.0
    assert checked[method].target.mean < 0.9


def test_weights_are_drawn_anew_from_the_head_down_and_the_network_stays_as_it_was(tiny):
    network = prepared(tiny).explainer.network
    before = {name: weight.clone() for name, weight in network.model.named_parameters()}
    seen: set[str] = set()
    names = []
    for name, changed in randomise(network, 0):
        names.append(name)
        other = {key for key, weight in changed.model.named_parameters() if not torch.equal(weight, before[key])}
        assert seen < other
        seen = other
    assert names == ["the head", "layer 2", "layer 1", "the embeddings"]
    constant = {key for key, weight in before.items() if weight.std() == 0}
    assert seen | constant == set(before)
    assert all(torch.equal(weight, before[key]) for key, weight in network.model.named_parameters())


def test_a_map_is_compared_by_rank_and_by_strength_or_with_its_sign():
    one, two = {0: 1.0, 1: -2.0, 2: 3.0, 3: 0.5}, {0: -1.0, 1: 2.5, 2: -3.0, 3: 0.1}
    values = np.array([list(one.values()), list(two.values())])
    assert compare_maps("x", [one], [two]).mean == pytest.approx(stats.spearmanr(*np.abs(values)).statistic, abs=1e-4)
    assert compare_maps("x", [one], [two], signed=True).mean == pytest.approx(
        stats.spearmanr(*values).statistic, abs=1e-4
    )
    assert compare_maps("x", [one], [{}]).mean is None


def test_a_random_network_without_an_answer_leaves_nothing_to_compare(tiny):
    @dataclass(frozen=True)
    class Broken(Spelling):
        def attribute(self, batches):  # noqa: ARG002
            raise ValueError("not finite")

    attribute = prepared(tiny, methods=SOUND)
    questions = [
        attribute.explainer.choose(one, *attribute.explainer.predict([one]))[0] for one in encoded(attribute, *LONG)
    ]
    assert draw_maps(attribute.explainer, [Broken()], questions) == [[{}, {}]]


def test_standard_checks_sanity_once_and_quick_does_not(tiny, tmp_path, monkeypatch):
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "a.txt").write_text(TEXTS[1])
    settings = Settings(model=str(tiny), methods=("gradient",))
    with Store(tmp_path / "run.sqlite", create=True) as store:
        measuring.measure_folder(tmp_path / "in", settings, store, notice=lambda _: None)
        assert store.provenance().sanity is None
        standard = replace(settings, evidence="standard")
        measuring.measure_folder(tmp_path / "in", standard, store, notice=lambda _: None)
        first = store.provenance()
        assert [one.method for one in first.sanity.methods] == ["gradient"]
        monkeypatch.setattr(measuring, "examine_methods", None)
        measuring.measure_folder(tmp_path / "in", standard, store, notice=lambda _: None)
        assert store.provenance() == first
        page = methods_page(sum_up(first, store.explanations()))
    heads = [column.title for column in page.table.columns]
    assert {"Deletion gap", "Random weights", "Other label"} <= set(heads)
    assert "Random weights" not in page.table.missing
    (row,) = page.table.rows
    assert row.cells[heads.index("Random weights")].value == rank(first.sanity.methods[0].randomised[-1].mean)
    assert page.table.stages is not None


@dataclass(frozen=True)
class Hungry(Spelling):
    """Needs more memory than there is until batches are small enough."""

    budget: Budget
    enough: int

    def attribute(self, batches):
        if self.budget.tokens > self.enough:
            raise MemoryError("none left")
        return super().attribute(batches)


@pytest.mark.parametrize("enough", [100, 0])
def test_too_little_memory_makes_batches_smaller_and_then_costs_the_checks_alone(tiny, enough):
    attribute = prepared(tiny, methods=SOUND)
    explainer = replace(attribute.explainer, budget=Budget(400))
    found = examine_methods(explainer, (Hungry(explainer.budget, enough),), encoded(attribute, *LONG))
    assert (found.failure is None, len(found.methods)) == ((True, 1) if enough else (False, 0))
    assert len(found.texts) == len(LONG)


def test_checks_that_could_not_be_made_are_said_on_the_page_and_the_run_is_not_whole(tiny, tmp_path, monkeypatch):
    def exhaust(*_):
        raise MemoryError("none left")

    monkeypatch.setattr(randomization, "_examine", exhaust)
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "a.txt").write_text(TEXTS[1])
    with Store(tmp_path / "run.sqlite", create=True) as store:
        settings = Settings(model=str(tiny), methods=("gradient",), evidence="standard")
        measuring.measure_folder(tmp_path / "in", settings, store, notice=lambda _: None)
        run = sum_up(store.provenance(), store.explanations())
        monkeypatch.undo()
        measuring.measure_folder(tmp_path / "in", settings, store, notice=lambda _: None)
        again = sum_up(store.provenance(), store.explanations())
    assert not run.is_whole
    assert replace(run, sanity=None).is_whole
    assert again.is_whole  # there is memory again
    assert methods_page(run).table.failure == EXHAUSTED
