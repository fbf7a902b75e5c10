"""The record of a text is the same to the last bit, whatever shares its passes and however many cores there are."""

from dataclasses import replace

import pytest
import torch

from reporter import registry
from reporter.attribution.pass_batches import PassBatch, compute_ends
from reporter.evidence.levels import LEVELS
from reporter.models.batch_invariance import choose_pass_width, multiply_shares, pad_to_four_rows
from reporter.models.invariance import is_batch_invariant
from reporter.models.tokenization import Encoded
from reporter.records import twin
from reporter.records.explanation import Explanation
from reporter.runs.explain import Attribute
from tests.conftest import encoded, prepared
from tests.models.test_served import FAMILIES
from tests.networks import WORDS, save_network

METHODS = tuple(registry.names("methods"))
SHOWN = ("attention", "gradient", "integrated_gradients", "occlusion")
OTHERWISE = ("MPNet", "Longformer")  # attention that is computed for several rows in another order than for one
OFTEN = ("Bert", "DistilBert", "T5")  # families that every run of the tests goes through
LENGTHS = (1, 4, 9, 9, 13, 18, 19, 24, 30, 45, 60)
TEXTS = [" ".join((WORDS * 2)[at : at + length]) for at, length in enumerate(LENGTHS)]
MIXED = [TEXTS[at] for at in (0, 1, 2, 3, 6)]


def dumped(found: list[Explanation]) -> list[bytes]:
    return [twin.dump_record(one) for one in found]


def check_alike(attribute: Attribute, texts: list[str]) -> None:
    """Together, backwards, and a few at a time: the same records."""
    documents = encoded(attribute, *texts)
    together = attribute(documents)
    assert {one.status for one in together} == {"explained"}
    assert attribute(documents[::-1])[::-1] == together
    for few in (1, 3):
        apart = [found for at in range(0, len(documents), few) for found in attribute(documents[at : at + few])]
        assert dumped(apart) == dumped(together), few


@pytest.mark.batch_invariant
@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("task", ["sequence_classification", "token_classification"])
def test_company_changes_no_bit_of_a_record(tiny, tagger, method, task):
    folder, texts = (tiny, TEXTS) if task == "sequence_classification" else (tagger, TEXTS[1:4])
    check_alike(prepared(folder, task=task, methods=(method,), samples=32), texts)


def check_alone(attribute: Attribute, documents: list[Encoded]) -> None:
    """Together and each by itself: the same records."""
    together = attribute(documents)
    assert {one.status for one in together} == {"explained"}
    assert [line for one in documents for line in dumped(attribute([one]))] == dumped(together)


@pytest.mark.batch_invariant
@pytest.mark.parametrize(
    "evidence", [pytest.param(name, marks=pytest.mark.sweep if name != "standard" else ()) for name in LEVELS]
)
def test_company_changes_no_bit_by_any_method_at_any_level_of_evidence(tiny, evidence):
    attribute = prepared(tiny, methods=METHODS, samples=32, evidence=evidence, target="all")
    check_alone(attribute, encoded(attribute, *(MIXED if evidence == "full" else TEXTS)))


@pytest.mark.batch_invariant
@pytest.mark.parametrize("evidence", ["quick", "standard"])
def test_company_changes_no_bit_of_what_is_said_of_tokens(tagger, evidence):
    attribute = prepared(tagger, task="token_classification", methods=METHODS, samples=32, evidence=evidence)
    check_alone(attribute, encoded(attribute, *MIXED[:3]))


@pytest.mark.batch_invariant
def test_company_changes_no_bit_by_the_model_inside():
    """Its matrices are large enough for kernels of their own; words of one, two and many letters, and a second text."""
    attribute = prepared("embedded", methods=("occlusion", "shapley", "kernel_shap", "lime"), samples=32)
    odd = (
        "great",
        "great soup",
        "!!!",
        "<b>Lovely</b> soup<br />",
        "\U0001f44d\U0001f3fd \u2d63",
        "great great great great",
    )
    plain = encoded(attribute, *odd, MIXED[-1])
    check_alone(attribute, [*plain, *encoded(attribute, "great soup", text_pair="bad bread")])


@pytest.mark.batch_invariant
@pytest.mark.parametrize(
    "family",
    [
        pytest.param(name, marks=pytest.mark.sweep if name not in OFTEN else ())
        for name in FAMILIES
        if name not in OTHERWISE
    ],
)
def test_company_changes_no_bit_whatever_the_family(family, tmp_path):
    attribute = prepared(save_network(tmp_path, family, **FAMILIES[family]), methods=SHOWN)
    shown = attribute.explainer.network.attention_gap is None
    attribute = replace(attribute, methods=attribute.methods if shown else attribute.methods[1:])
    assert is_batch_invariant(attribute.explainer.network)
    check_alike(attribute, TEXTS)


@pytest.mark.parametrize("family", FAMILIES)
def test_nothing_is_promised_of_a_family_that_does_not_keep_it(family, tmp_path):
    """Whatever the machine: what was measured of a network is what its records do."""
    attribute = prepared(save_network(tmp_path, family, **FAMILIES[family]), methods=("input_x_gradient",))
    documents = encoded(attribute, *TEXTS)
    apart = [line for one in documents for line in dumped(attribute([one]))]
    assert is_batch_invariant(attribute.explainer.network) <= (apart == dumped(attribute(documents)))


@pytest.mark.batch_invariant
@pytest.mark.parametrize("marked", [False, True])
def test_texts_that_begin_alike_share_the_pass_at_their_baseline(tiny, monkeypatch, marked):
    """Two texts of a length and an answer in common are one row, unless one has a token the network may look for."""
    attribute = prepared(tiny, methods=("integrated_gradients",))
    documents = encoded(attribute, TEXTS[2], TEXTS[3], TEXTS[2])
    questions = [attribute.explainer.choose(one, *attribute.explainer.predict([one]))[0] for one in documents]
    assert len({question.target.index for question in questions}) == 1
    posed = [attribute.explainer.make_cases([question]) for question in questions]
    with attribute.explainer.network.replicas.at_work():
        alone = [attribute.explainer.make_cases([question]).baseline_pass for question in questions]
    passes = []
    usual = PassBatch.differentiate
    monkeypatch.setattr(
        PassBatch, "differentiate", lambda self, points: passes.append(len(points)) or usual(self, points)
    )
    if marked:
        network = attribute.explainer.network
        vars(network)["special_ids"] = torch.cat([network.special_ids, posed[0].inputs["input_ids"][:1, 1]])
    compute_ends(posed)
    assert sum(passes) == (2 if marked else 1)
    for cases, start in zip(posed, alone, strict=True):
        for name in ("answer", "score", "gradient"):
            assert torch.equal(getattr(cases.baseline_pass, name), getattr(start, name))


@pytest.mark.batch_invariant
def test_cores_change_no_bit_of_a_record(tiny):
    usual, found = torch.get_num_threads(), []
    try:
        for cores in (1, 2, 3):
            torch.set_num_threads(cores)
            attribute = prepared(tiny, methods=SHOWN)
            found.append(dumped(attribute(encoded(attribute, *TEXTS))))
    finally:
        torch.set_num_threads(usual)
    assert found[0] == found[1] == found[2]


@pytest.mark.batch_invariant
def test_few_rows_are_computed_as_many_are(tiny):
    layer = prepared(tiny).explainer.network.model.bert.pooler.dense
    values = torch.randn(9, layer.in_features, generator=torch.Generator().manual_seed(0))
    with torch.no_grad():
        many = layer(values)
        for rows in (1, 2, 3, 4):
            assert layer(values[:rows]).equal(many[:rows])
            assert layer(values[:rows].unsqueeze(1)).equal(many[:rows].unsqueeze(1))
    assert layer(values[:0]).shape == (0, layer.out_features)


def test_empty_rows_keep_few_rows_company():
    few, many = torch.ones(2, 3, 5), torch.ones(6, 3, 5)
    assert pad_to_four_rows(few).shape == (4, 3, 5)
    assert pad_to_four_rows(few)[2:].eq(0).all()
    assert pad_to_four_rows(many) is many


def test_shares_flow_as_a_product():
    shares, weights = torch.rand(3, 5), torch.rand(3, 5, 5)
    torch.testing.assert_close(multiply_shares(shares, weights), (shares.unsqueeze(1) @ weights).squeeze(1))


@pytest.mark.parametrize("limit", [64, 512, 100_000])
def test_the_width_of_a_text_is_its_own_and_little_more_than_it_needs(limit):
    widths = [choose_pass_width(length, limit=limit) for length in range(1, limit + 1)]
    for length, width in enumerate(widths, 1):
        assert length <= width <= max(length, min(limit, length * 5 / 4))
        assert choose_pass_width(width, limit=limit) == width
    assert widths == sorted(widths)
    assert choose_pass_width(limit + 7, limit=limit) == limit + 7
