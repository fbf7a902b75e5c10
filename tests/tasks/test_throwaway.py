"""The seam: a task that nobody knew is one file, and every method explains it."""

import pytest

from reporter import registry
from reporter.models.tokenization import encode_document
from reporter.records.explanation import Document
from tests.conftest import prepared
from tests.networks import save_network
from tests.tasks.extractive_qa import ExtractiveQa
from tests.tasks.masked_lm import MaskedLm

TASKS = {"extractive_qa": (ExtractiveQa, "QuestionAnswering"), "masked_lm": (MaskedLm, "MaskedLM")}
TEXTS = {
    "extractive_qa": ("What was great?", "The film was dull, but the food was great."),
    "masked_lm": ("It was not [MASK], but I love this [MASK] of the film very much.", None),
}
EVERY = registry.names("methods")


@pytest.mark.parametrize("name", TASKS)
def test_a_task_is_one_file(name, tmp_path, monkeypatch):
    kind, head = TASKS[name]
    usual, listed = registry.load, registry.names
    monkeypatch.setattr(registry, "load", lambda part, which: kind if which == name else usual(part, which))
    monkeypatch.setattr(registry, "names", lambda part: [name] if part == "tasks" else listed(part))
    monkeypatch.setattr(registry, "describe_task", lambda _: registry.TaskNames(head=kind.head))
    folder = save_network(tmp_path / name, head=head)
    attribute = prepared(folder, task="auto", methods=tuple(EVERY), samples=32, evidence="quick")
    assert isinstance(attribute.explainer.task, kind)
    text, pair = TEXTS[name]
    document = Document(id="d", source="d.txt", group="", text=text, text_pair=pair)
    (explanation,) = attribute([encode_document(document, attribute.explainer.network)])
    assert explanation.sections
    for section in explanation.sections:
        assert section.omissions == ()
        assert [made.method for made in section.attributions] == EVERY
        claims = [made.certificate.verdict for made in section.attributions if made.certificate.claim == "complete"]
        assert claims
        assert set(claims) == {"met"}
