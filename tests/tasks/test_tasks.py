"""A task is one file: each runs through every method, every check and the records."""

import json
from copy import deepcopy
from dataclasses import replace

import pytest
import torch

from reporter import registry
from reporter.attribution.target_queries import TargetQuery
from reporter.models.reader import tabulate_output
from reporter.models.tokenization import encode_document
from reporter.records import twin
from reporter.records.explanation import Document
from reporter.records.settings import Settings
from reporter.runs.measure import measure_folder
from reporter.runs.store import Store
from reporter.site.render import draw_site
from reporter.tasks import Cells
from tests.conftest import prepared
from tests.networks import save_network

TASKS = {"question_answering": "QuestionAnswering", "masked_words": "MaskedLM"}
AGAINST = [
    *((name, None) for name in registry.names("tasks")),
    *((name, "runner-up") for name in registry.names("tasks")),
    ("question_answering", "no answer"),
    ("sequence_classification", "LABEL_0"),
    ("token_classification", "O"),
]
EVERY = registry.names("methods")
PAIRS = [("What was great?", "The film was dull, but the food was great."), ("Who?", "They love it.")]
MASKED = [("The [MASK] is great!", None), ("It was not [MASK], but I love this [MASK] of the film very much.", None)]
PLAIN = [("The film is great!", None), ("I hate that they never expect more of you.", None)]
TEXTS = {
    "question_answering": PAIRS,
    "masked_words": MASKED,
    "sequence_classification": PLAIN,
    "token_classification": PLAIN,
}


@pytest.fixture(scope="module")
def folders(tmp_path_factory):
    """The folder of a tiny network for each of the tasks."""
    root = tmp_path_factory.mktemp("tasks")
    return {name: save_network(root / name, head=head) for name, head in TASKS.items()}


def read(attribute, name):
    """The texts of a task, encoded."""
    documents = [
        Document(id=f"d{at}", source=f"d{at}.txt", group="", text=text, text_pair=pair)
        for at, (text, pair) in enumerate(TEXTS[name])
    ]
    return [encode_document(attribute.explainer.task.put(one), attribute.explainer.network) for one in documents]


def ask(attribute, name) -> list[TargetQuery]:
    explainer = attribute.explainer
    return [one for text in read(attribute, name) for one in explainer.choose(text, *explainer.predict([text]))]


def recompute(attribute, question: TargetQuery) -> tuple[float, float]:
    """F at the text and at the baseline in float64, by the plain model and the cells that the task names in words."""
    network, encoded = attribute.explainer.network, question.encoded
    model = deepcopy(network.model).double()
    ids = torch.tensor([encoded.inputs["input_ids"]])
    rest = {name: torch.tensor([values]) for name, values in encoded.inputs.items() if name != "input_ids"}
    table = model.get_input_embeddings().weight
    words = torch.tensor([token.word is not None for token in encoded.tokens])
    ends = table[ids], torch.where(words[:, None], table[network.tokenizer.pad_token_id], table[ids])
    outputs = [model(inputs_embeds=end, **rest) for end in ends]
    if hasattr(outputs[0], "start_logits"):
        first, last = question.choices.positions[question.target.index].tolist()
        starts, ends = ([one[name][0].log_softmax(-1) for one in outputs] for name in ("start_logits", "end_logits"))
        return tuple(float(start[first] + end[last]) for start, end in zip(starts, ends, strict=True))
    mask = [at for at, one in enumerate(encoded.inputs["input_ids"]) if one == network.tokenizer.mask_token_id]
    piece = network.tokenizer.convert_tokens_to_ids(question.target.label)
    return tuple(float(one.logits[0, mask[question.target.position]].log_softmax(-1)[piece]) for one in outputs)


@pytest.mark.parametrize("name", TASKS)
def test_every_method_explains_every_task(name, folders):
    attribute = prepared(folders[name], task=name, methods=tuple(EVERY), samples=32, evidence="none")
    assert [method.description.name for method in attribute.methods] == EVERY
    questions = iter(ask(attribute, name))
    for found in attribute(read(attribute, name)):
        assert (found.status, found.error) == ("explained", None)
        assert found.sections
        for section in found.sections:
            question = next(questions)
            assert section.omissions == ()
            assert [one.method for one in section.attributions] == EVERY
            text, absent = recompute(attribute, question)
            for one in section.attributions:
                assert len(one.scores) == len(section.tokens)
                if one.certificate.claim == "complete":
                    assert one.certificate.verdict == "met", one.method
                    assert sum(one.scores) == pytest.approx(text - absent, rel=0.011, abs=1e-4)
            assert section.target.score == pytest.approx(text, rel=1e-5, abs=1e-5)


@pytest.mark.parametrize("method", EVERY)
@pytest.mark.parametrize("name", TASKS)
def test_company_changes_no_score(name, method, folders):
    attribute = prepared(folders[name], task=name, methods=(method,), samples=32)
    texts = read(attribute, name)
    for one, other in zip(attribute(texts), [attribute([text])[0] for text in texts], strict=True):
        for section, same in zip(one.sections, other.sections, strict=True):
            scores, alone = section.attributions[0].scores, same.attributions[0].scores
            assert scores == pytest.approx(alone, abs=1e-4 * max(map(abs, alone)))
            assert section.baseline == same.baseline


def about(question: TargetQuery, *terms: tuple[int, int, float]) -> TargetQuery:
    """The question about a weighted sum of cells instead."""
    places, columns, weights = (torch.tensor([values]) for values in zip(*terms, strict=True))
    target = replace(question.target, index=0, label="sum", against=None)
    return replace(question, labels=("sum",), choices=Cells(places, columns, weights), target=target)


@pytest.mark.parametrize(("name", "against"), AGAINST)
def test_what_is_kept_is_the_answer_and_targets_are_made_of_it(name, against, folders, tiny, tagger):
    """Of every task: its table has the shape it says, and every score is that of its cells, or of two against."""
    folder = folders.get(name) or {"sequence_classification": tiny, "token_classification": tagger}[name]
    attribute = prepared(folder, task=name, target="all", against=against)
    network = attribute.explainer.network
    for text in read(attribute, name):
        (answer,) = attribute.explainer.predict([text])
        inputs = network.serve(text.inputs)
        output, shape = network.run(inputs), attribute.explainer.task.shape(*inputs["input_ids"].shape)
        assert all(getattr(output, field).shape == shape for field in attribute.explainer.task.outputs)
        table, said = tabulate_output(network.task, output, inputs), answer.prediction
        kept = torch.tensor(said.logits).view(said.positions, len(answer.plan.labels))
        for question in attribute.explainer.choose(text, answer):
            score = Cells.stack([question.cells]).read(table).item()
            assert score == pytest.approx(question.target.score, rel=1e-5, abs=1e-5)
            index, other = question.columns
            row = kept[question.target.position]
            expected = row[index] - (0.0 if other is None else row[other])
            assert score == pytest.approx(float(expected), rel=1e-5, abs=1e-5)
            assert (question.cells.weights.shape[-1] > question.choices.weights.shape[-1]) == (other is not None)
            assert question.target.against == against or against == "runner-up"


@pytest.mark.parametrize("name", TASKS)
def test_a_weighted_sum_is_explained_by_the_weighted_sum(name, folders):
    """Of the scores of its cells: exactly so for gradients, and within their errors for the integrals of these."""
    attribute = prepared(folders[name], task=name)
    explainer, question = attribute.explainer, ask(attribute, name)[-1]
    terms = [(1, 1, 0.5), (3, 0, -2.0), (3, 1, 1.25), (5, 1, 3.0)]
    asked = [*(about(question, (place, column, 1.0)) for place, column, _ in terms), about(question, *terms)]
    weights, cases = [weight for *_, weight in terms], [explainer.make_cases([one]) for one in asked]
    whole = sum(weight * one.input_pass.gradient for weight, one in zip(weights, cases, strict=False))
    torch.testing.assert_close(cases[-1].input_pass.gradient, whole, rtol=1e-4, atol=1e-5 * float(whole.abs().max()))
    *parts, joint = registry.load("methods", "integrated_gradients")(tolerance=0.001).attribute(cases)
    expected = sum(weight * one.values for weight, one in zip(weights, parts, strict=True))
    slack = joint.errors + sum(abs(weight) * one.errors for weight, one in zip(weights, parts, strict=True))
    assert ((joint.values - expected).abs() <= slack + 1e-6).double().mean() >= 0.9
    assert float((joint.values - expected).abs().sum()) <= 0.01 * float(expected.abs().sum())


def test_of_a_vocabulary_only_what_is_planned_is_kept(folders):
    attribute = prepared(folders["masked_words"], task="masked_words")
    questions = ask(attribute, "masked_words")
    assert [len(one.labels) for one in questions] == [5, *[len(questions[-1].labels)] * 2]
    assert 5 < len(questions[-1].labels) <= 10
    cases = attribute.explainer.make_cases(questions)
    assert cases.baseline_pass.answer.shape == (len(questions), max(len(one.labels) for one in questions))
    for answer, question in zip(cases.input_pass.answer, questions, strict=True):
        assert answer[: len(question.labels)].isfinite().all()
        assert (answer[len(question.labels) :] == -torch.inf).all()
        assert float(answer[question.target.index]) == pytest.approx(question.target.score, rel=1e-5)


@pytest.mark.parametrize("name", TASKS)
def test_a_folder_becomes_a_run_and_its_twin(name, folders, tmp_path):
    texts = tmp_path / "texts.jsonl"
    rows = [{"text": text, **({} if pair is None else {"text_pair": pair})} for text, pair in TEXTS[name]]
    texts.write_text("\n".join(map(json.dumps, rows)))
    settings = Settings(
        model=str(folders[name]), task=name, methods=("gradient", "integrated_gradients"), evidence="full"
    )
    with Store(tmp_path / "run.sqlite", create=True) as store:
        measure_folder(texts, settings, store, notice=lambda _: None)
        draw_site(store, tmp_path)
        assert store.provenance().sanity is not None
    lines = (tmp_path / "data" / "documents.jsonl").read_text("utf-8").splitlines()
    found = [twin.load_explanation(line) for line in lines]
    assert [twin.dump_record(one).decode() for one in found] == lines
    assert len(list((tmp_path / "documents").rglob("*.html"))) == 2
    assert [one.status for one in found] == ["explained", "explained"]
    for one in found:
        for section in one.sections:
            assert section.target.label in one.prediction.labels
            assert section.erasure is not None
            assert section.counterfactual is not None
            assert {"comprehensiveness", "infidelity", "max_sensitivity"} <= {each.name for each in section.diagnostics}
