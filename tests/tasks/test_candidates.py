"""Answers that are one of very many: words for a gap and spans of a context, held against what they are defined by."""

import json
from dataclasses import replace
from itertools import product
from pathlib import Path

import pytest
import torch
import transformers

from reporter.documents import read_documents, read_intake
from reporter.records import NO_ANSWER, Document, Explanation, Settings, UserError, normalize_answer
from reporter.runs.unit_of_work import Explain
from reporter.site.answer_wording import head_answer
from reporter.site.pages import document_page
from reporter.summary import grade_answer
from tests.networks import save_network
from tests.site.test_report import run_of

CONTEXT = "The film was dull, but the food was great and the service was wonderful."


@pytest.fixture(scope="module")
def filler(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save_network(tmp_path_factory.mktemp("filler"), head="MaskedLM")


@pytest.fixture(scope="module")
def reader(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save_network(tmp_path_factory.mktemp("reader"), head="QuestionAnswering")


def document(text: str, pair: str | None = None, **given: object) -> Document:
    return Document(id="d", source="d.txt", group="", text=text, text_pair=pair, **given)  # type: ignore[arg-type]


def explain(folder: Path, given: Document, **settings: object) -> Explanation:
    chosen = Settings(model=str(folder), methods=("integrated_gradients",), **settings)  # type: ignore[arg-type]
    (explanation,) = Explain(chosen)([given])
    return explanation


@pytest.mark.parametrize("text", ["The [MASK] is great!", "I love the ___ of it.", "Never <mask> more, but good."])
def test_the_fillers_of_a_gap_are_those_of_the_pipeline(filler: Path, text: str) -> None:
    one = explain(filler, document(text), target="all")
    model = transformers.AutoModelForMaskedLM.from_pretrained(filler)
    tokenizer = transformers.AutoTokenizer.from_pretrained(filler)
    expected = transformers.pipeline("fill-mask", model=model, tokenizer=tokenizer)(one.text)
    assert one.prediction is not None
    assert one.prediction.candidates
    known = dict(zip(one.prediction.labels, one.prediction.probabilities or (), strict=True))
    assert known == pytest.approx({filled["token_str"]: filled["score"] for filled in expected}, rel=1e-4) or {
        name.removeprefix("##"): share for name, share in known.items()
    } == pytest.approx({filled["token_str"].removeprefix("##"): filled["score"] for filled in expected}, rel=1e-4)


def test_a_gap_stays_as_it_is_served(filler: Path) -> None:
    one = explain(filler, document("It was not [MASK], but I love this [MASK] of the film."))
    for section in one.sections:
        gaps = [at for at, token in enumerate(section.tokens) if token.text == "[MASK]"]
        assert len(gaps) == 2
        assert all(section.tokens[at].special and section.tokens[at].word is None for at in gaps)
        assert all(section.attributions[0].scores[at] == 0 for at in gaps)
        assert section.attributions[0].certificate.verdict == "met"
    assert sorted(section.target.position for section in one.sections) == [0, 1]


def test_a_word_is_masked_by_name_and_is_the_label(filler: Path) -> None:
    one = explain(filler, document("The film is great, greater than great."), mask_word="great", target="given")
    assert (one.text, one.label) == ("The film is [MASK], greater than [MASK].", "great")
    assert {section.target.label for section in one.sections} == {"great"}


def test_one_word_is_set_against_another(filler: Path) -> None:
    one = explain(filler, document("The [MASK] is great!"), target="film", against="food")
    (section,), prediction = one.sections, one.prediction
    assert prediction is not None
    film, food = (prediction.logits[prediction.labels.index(name)] for name in ("film", "food"))
    assert section.target.score == pytest.approx(film - food, rel=1e-6)


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        (document("No gap."), "It has no gap to fill: write [MASK] in it, or give --mask-word."),
        (
            document("A [MASK].", "And a pair."),
            "It is a pair, and gaps are filled in one text; give it no second text.",
        ),
    ],
)
def test_a_text_without_a_gap_is_refused(filler: Path, given: Document, reason: str) -> None:
    assert explain(filler, given).error == reason


def test_a_word_of_several_tokens_is_refused(filler: Path) -> None:
    with pytest.raises(UserError, match="--against names 'unbelievable', which is no single token"):
        explain(filler, document("A [MASK]."), against="unbelievable")


def find_best_span(folder: Path, question: str, context: str) -> tuple[str, float]:
    """The likeliest span of at most fifteen tokens, by the plain model and one after another."""
    model = transformers.AutoModelForQuestionAnswering.from_pretrained(folder)
    tokenizer = transformers.AutoTokenizer.from_pretrained(folder)
    encoding = tokenizer(question, context, return_tensors="pt", return_offsets_mapping=True)
    offsets = encoding.pop("offset_mapping")[0].tolist()
    with torch.no_grad():
        output = model(**encoding)
    starts, ends = output.start_logits[0].softmax(-1), output.end_logits[0].softmax(-1)
    inside = [at for at, segment in enumerate(encoding.sequence_ids(0)) if segment == 1]
    spans = [(first, last) for first, last in product(inside, inside) if 0 <= last - first < 15]
    first, last = max(spans, key=lambda span: float(starts[span[0]] * ends[span[1]]))
    return context[offsets[first][0] : offsets[last][1]], float(starts[first] * ends[last])


@pytest.mark.parametrize("question", ["What was great?", "Who hates the plot of the film?", "Why?"])
def test_the_answer_is_the_likeliest_span(reader: Path, question: str) -> None:
    one = explain(reader, document(question, CONTEXT))
    span, share = find_best_span(reader, question, CONTEXT)
    prediction, section = one.prediction, one.sections[0]
    assert prediction is not None
    known = dict(zip(prediction.labels, prediction.probabilities or (), strict=True))
    assert known[span] == pytest.approx(share, rel=1e-4)
    assert prediction.label == (span if share >= known[NO_ANSWER] else NO_ANSWER)
    assert section.attributions[0].certificate.verdict == "met"
    if section.target.span:
        start, end = section.target.span
        assert CONTEXT[start:end] == section.target.label


def test_a_given_answer_is_among_the_candidates_and_can_be_explained(reader: Path) -> None:
    one = explain(reader, document("What was great?", CONTEXT, label="the food", labels=("the food",)), target="given")
    assert [section.target.label for section in one.sections] == ["the food"]
    assert one.sections[0].target.span == (23, 31)
    lost = explain(reader, document("What was great?", CONTEXT, label="rain", labels=("rain",)), target="given")
    assert lost.error == "None of its answers stands in what the model reads of its context."


def test_the_runner_up_is_the_second_candidate(reader: Path) -> None:
    one = explain(reader, document("What was great?", CONTEXT), against="runner-up")
    prediction, section = one.prediction, one.sections[0]
    assert prediction is not None
    first, second = sorted(prediction.logits, reverse=True)[:2]
    assert section.target.score == pytest.approx(first - second, rel=1e-5)


@pytest.mark.parametrize(
    ("given", "said", "right"),
    [
        (("the food",), "Food!", True),
        (("a film", "the plot"), "plot", True),
        (("film",), "films", False),
        ((), NO_ANSWER, True),
        ((), "film", False),
    ],
)
def test_a_free_answer_is_right_if_it_is_one_of_those_given(
    reader: Path, given: tuple[str, ...], said: str, right: bool
) -> None:
    one = explain(reader, document("What?", CONTEXT, label=", ".join(given) or None, labels=given))
    assert one.prediction is not None
    grade = grade_answer(_saying(one, said))
    assert grade is not None
    assert (grade.right, grade.pair) == (right, None)


def _saying(one: Explanation, answer: str) -> Explanation:
    assert one.prediction is not None
    return replace(one, prediction=replace(one.prediction, label=answer))


def test_answers_are_compared_as_squad_does() -> None:
    assert normalize_answer("  The “Great”  Gatsby! ") == "great gatsby"
    assert normalize_answer("an A-frame") == "aframe"


def test_questions_contexts_and_answers_are_read_as_data_sets_have_them(tmp_path: Path) -> None:
    rows = [
        {"id": "1", "title": "t", "context": "C", "question": "Q", "answers": {"text": ["x", "y", "x"]}},
        {"id": "2", "context": "C", "question": "Q", "answers": {"text": [], "answer_start": []}},
        {"id": "3", "context": "C", "question": "Q", "answer": "z"},
    ]  # fmt: skip
    path = tmp_path / "squad.jsonl"
    path.write_text("\n".join(map(json.dumps, rows)))
    intake = read_intake(Settings(task="question_answering"))
    found = [(one.text, one.text_pair, one.labels, one.label) for one in read_documents(path, intake)]
    assert found == [("Q", "C", ("x", "y"), "x, y"), ("Q", "C", (), None), ("Q", "C", None, "z")]


@pytest.mark.parametrize(
    ("text", "heading"),
    [("The [MASK] is.", "The model fills the gap with "), ("[MASK] [MASK].", "The model fills the 2 gaps with ")],
)
def test_the_page_fills_the_gaps(filler: Path, text: str, heading: str) -> None:
    one = explain(filler, document(text + " It was good."))
    assert one.prediction is not None
    assert head_answer(one.prediction, one.sections[0])[0] == heading
    page = document_page(run_of(one), one)
    for part in page.parts:
        shown = [item.text for block in part.blocks for item in block.items if item.gap]
        assert part.target in [word.lower() if word.isupper() else word for word in shown]
        assert len(shown) == text.count("[MASK]")
    assert page.unit == "nats of log-probability"


def test_the_page_marks_the_answer_in_its_context(reader: Path) -> None:
    one = explain(reader, document("What was great?", CONTEXT, label="food", labels=("the food",)), target="given")
    page = document_page(run_of(one), one)
    marked = [item.text for block in page.parts[0].blocks for item in block.items if item.answer]
    assert marked == ["the", "food"]
    assert page.names == ("Question", "Context")
    assert page.answer is not None
    assert page.answer.lead == "The model answers " or page.answer.bold == NO_ANSWER
