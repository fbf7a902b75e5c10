"""Words deleted, replaced, and the few that a label hangs on: against the plain model and every smaller set."""

from dataclasses import replace
from itertools import combinations

import numpy as np
import pytest
import torch

from reporter.evidence import counterfactuals, levels
from reporter.evidence.levels import LEVELS
from reporter.models.embedding_neighbours import Vocabulary
from reporter.records import add_by_word, places_by_word
from reporter.records.twin import dump_record, load_explanation
from tests.conftest import encoded, prepared
from tests.networks import TEXTS, save_network

LONG = (*TEXTS, "film " * 70)


def torn(folder, level: str = "full", **settings):
    """The unit of work over a network whose answers to the texts are not far from another label."""
    attribute = prepared(folder, evidence=level, **{"methods": ("gradient", "integrated_gradients"), **settings})
    answers = [attribute.explainer.predict([one])[0].prediction.logits for one in encoded(attribute, *TEXTS)]
    bias = attribute.explainer.network.model.classifier.bias
    bias.sub_(torch.tensor(answers).view(-1, len(bias)).mean(0))
    return attribute


@pytest.fixture(scope="module")
def attribute(tiny):
    return torn(tiny)


@pytest.fixture(scope="module")
def found(attribute):
    return [one.sections[0] for one in attribute(encoded(attribute, *LONG))]


def without(attribute, section, words, by: str | None = None) -> np.ndarray:
    """What the plain model says to the tokens of a section without some words, or with others written over them."""
    tokenizer, model = attribute.explainer.network.tokenizer, attribute.explainer.network.model
    gone = {place for word in words for place in places_by_word(section.tokens)[word]}
    names = [one.text if at not in gone else by for at, one in enumerate(section.tokens)]
    ids = tokenizer.convert_tokens_to_ids([name for name in names if name is not None])
    with torch.no_grad():
        return model(input_ids=torch.tensor([ids])).logits[0].numpy()


def check(attribute, section, change) -> None:
    """A change is what the plain model says."""
    answer, target = without(attribute, section, change.words, change.by), section.target
    shares = np.exp(answer) / np.exp(answer).sum()
    assert change.label == attribute.explainer.network.facts.labels[answer.argmax()]
    assert change.score == pytest.approx(answer[target.index], abs=1e-4)
    assert change.probability == pytest.approx(shares[target.index], abs=1e-4)


def test_the_strongest_words_are_deleted_one_by_one(attribute, found):
    for section in found:
        sums = np.abs(add_by_word(section.tokens, section.attributions[1].scores))
        one = section.counterfactual
        assert one.method == "integrated_gradients"
        assert len(one.removals) == min(5, len(sums))
        assert sorted(sums)[::-1][:5] == [sums[change.words[0]] for change in one.removals]
        for change in one.removals:
            assert change.by is None
            check(attribute, section, change)


def test_replacements_are_served_as_they_stand(attribute, found):
    changes = [(section, change) for section in found for change in section.counterfactual.replacements]
    assert len({change.by for _, change in changes}) > 5
    for section, change in changes:
        check(attribute, section, change)


def test_a_word_of_several_pieces_or_of_no_letters_has_no_neighbour(found):
    for section in found:
        places, one = places_by_word(section.tokens), section.counterfactual
        single = [
            change.words for change in one.removals
            if len(places[change.words[0]]) == 1 and section.tokens[places[change.words[0]][0]].text.isalpha()
        ]  # fmt: skip
        assert [change.words for change in one.replacements] == [words for words in single for _ in range(3)]


def test_neighbours_are_nearest_and_whole_words(attribute):
    network = attribute.explainer.network
    piece = network.tokenizer.convert_tokens_to_ids("film")
    words = Vocabulary(network)
    table = torch.nn.functional.normalize(network.table)
    order = network.tokenizer.convert_ids_to_tokens((table @ table[piece]).argsort(descending=True).tolist())
    letters = [name for name in order if name.isalpha() and name.casefold() != "film"]
    assert [words.spell(one) for one in words.find([piece], 4)[piece]] == letters[:4]
    inside, mark = network.tokenizer.convert_tokens_to_ids(["##a", "!"])
    assert words.find([inside, mark], 4) == {inside: [], mark: []}


def test_the_label_flips_without_those_words_and_stays_without_fewer_of_them(attribute, found):
    flipped = [section for section in found if section.counterfactual.flip]
    assert flipped
    for section in flipped:
        flip = section.counterfactual.flip
        check(attribute, section, flip)
        usual = without(attribute, section, ()).argmax()
        assert section.target.label != flip.label
        for words in combinations(flip.words, len(flip.words) - 1):
            assert without(attribute, section, words).argmax() == usual


def test_what_is_found_is_the_fewest_where_every_set_can_be_tried(attribute, found):
    for section in found[:3]:
        count, one = len(places_by_word(section.tokens)), section.counterfactual
        usual = without(attribute, section, ()).argmax()
        sizes = (size for size in range(1, 3) for words in combinations(range(count), size)
                 if without(attribute, section, words).argmax() != usual)  # fmt: skip
        least = next(sizes, None)
        assert (one.tried, one.most) == (count, min(8, count))
        if least == 1 or (one.flip and len(one.flip.words) <= 2):
            assert len(one.flip.words) == least
        if least is None and count <= 2:
            assert one.flip is None


def test_batch_mates_and_order_change_nothing(attribute, found):
    backwards = [one.sections[0] for one in attribute(encoded(attribute, *LONG)[::-1])][::-1]
    alone = [attribute([one])[0].sections[0] for one in encoded(attribute, *LONG)]
    for other in (backwards, alone):
        for one, two in zip(found, other, strict=True):
            a, b = one.counterfactual, two.counterfactual
            assert (a.flip and a.flip.words, a.tried, a.most) == (b.flip and b.flip.words, b.tried, b.most)
            for x, y in zip((*a.removals, *a.replacements), (*b.removals, *b.replacements), strict=True):
                assert (x.words, x.by, x.label) == (y.words, y.by, y.label)
                assert x.score == pytest.approx(y.score, abs=1e-5)


def test_a_label_that_nothing_can_flip_has_no_such_words(tiny):
    attribute = prepared(tiny, evidence="full", methods=("integrated_gradients",))
    attribute.explainer.network.model.classifier.bias.copy_(torch.tensor([0.0, 1000.0]))
    one = attribute(encoded(attribute, TEXTS[1]))[0].sections[0].counterfactual
    assert one.flip is None
    assert one.most == 8
    assert {change.label for change in (*one.removals, *one.replacements)} == {"LABEL_1"}


def test_only_the_answer_itself_is_flipped(tiny):
    attribute = torn(tiny, target="all")
    for one in attribute(encoded(attribute, *TEXTS)):
        for section in one.sections:
            said = section.counterfactual
            assert (said.tried > 0) == (section.target.label == one.prediction.label)
            assert said.removals
            if not said.tried:
                assert said.flip is None


def test_a_model_with_one_output_has_no_label_to_flip(tmp_path):
    attribute = prepared(
        save_network(tmp_path / "one", num_labels=1, problem_type="regression"), evidence="full", methods=("gradient",)
    )
    one = attribute(encoded(attribute, TEXTS[1]))[0].sections[0].counterfactual
    assert (one.flip, one.tried, one.most) == (None, 0, 0)
    assert all(change.probability is None for change in one.removals)


def test_the_token_that_is_explained_is_never_taken_away(tagger):
    attribute = prepared(tagger, task="token_classification", evidence="full", methods=("gradient",))
    for one in attribute(encoded(attribute, *TEXTS)):
        assert one.status == "explained", one.error
        for section in one.sections:
            own = next(
                at for at, places in enumerate(places_by_word(section.tokens)) if section.target.position in places
            )
            said = section.counterfactual
            flip = said.flip.words if said.flip else ()
            assert own not in {word for change in said.removals for word in change.words} | set(flip)


@pytest.mark.parametrize("text", ["!", "Dull."])
def test_short_texts_are_served(attribute, text):
    (one,) = attribute(encoded(attribute, text))
    assert one.status == "explained", one.error
    said = one.sections[0].counterfactual
    assert said is not None
    assert load_explanation(dump_record(one)) == one


def test_only_levels_that_pay_for_it_ask(tiny, monkeypatch):
    monkeypatch.setattr(counterfactuals, "answer_texts", lambda *_: pytest.fail("the model was asked"))
    for level in ("none", "quick"):
        attribute = prepared(tiny, evidence=level, methods=("gradient",))
        assert attribute(encoded(attribute, TEXTS[0]))[0].sections[0].counterfactual is None


def test_standard_tries_the_words_that_support_the_answer_most(tiny, monkeypatch):
    monkeypatch.setitem(levels.LEVELS, "standard", replace(LEVELS["standard"], reach=3))
    attribute = torn(tiny, "standard", methods=("integrated_gradients",))
    for one in attribute(encoded(attribute, *TEXTS)):
        section = one.sections[0]
        said, sums = section.counterfactual, add_by_word(section.tokens, section.attributions[0].scores)
        assert said.tried == said.most == min(3, len(sums))
        if said.flip:
            assert set(said.flip.words) <= set(np.argsort(-sums, kind="stable")[:3].tolist())
