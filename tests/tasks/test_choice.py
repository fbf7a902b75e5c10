"""The choice of a task: what the model was saved for, a task's own name, or a pipeline's."""

import json
from pathlib import Path

import pytest

from reporter import registry
from reporter.records import Settings, UserError
from reporter.runs.task_choice import choose_task, tell_task

SAVED = {
    "BertForSequenceClassification": "sequence_classification",
    "RobertaForTokenClassification": "token_classification",
    "XLMRobertaForMaskedLM": "masked_words",
    "DistilBertForQuestionAnswering": "question_answering",
}


def saved_as(folder: Path, architecture: str | None) -> Settings:
    (folder / "config.json").write_text(json.dumps({} if architecture is None else {"architectures": [architecture]}))
    return Settings(model=str(folder))


def asked(settings: Settings, task: str, **others: bool) -> str:
    return choose_task(Settings(model=settings.model, task=task, **others)).task  # type: ignore[arg-type]


@pytest.mark.parametrize(("architecture", "task"), SAVED.items())
def test_the_task_is_what_the_model_was_saved_for(tmp_path: Path, architecture: str, task: str) -> None:
    chosen = choose_task(saved_as(tmp_path, architecture))
    assert chosen.task == task
    assert tell_task(chosen) == f"The task is {task}, as the model was saved as {architecture}."
    assert choose_task(chosen) == chosen


def test_every_task_has_the_names_of_its_pipelines(tmp_path: Path) -> None:
    names = [name for task in registry.names("tasks") for name in registry.describe_task(task).pipelines]
    assert len(set(names)) == len(names)
    assert {"text-classification", "ner", "fill-mask", "question-answering"} <= set(names)
    for architecture, task in SAVED.items():
        settings = saved_as(tmp_path, architecture)
        for name in (task, task.replace("_", "-"), *registry.describe_task(task).pipelines):
            assert asked(settings, name) == task


def test_what_a_file_says_of_its_task_is_what_the_class_says() -> None:
    for name in registry.names("tasks"):
        told, kind = registry.describe_task(name), registry.load("tasks", name)
        assert (told.head, told.pipelines) == (kind.head, kind.pipelines)
        assert (told.pairs, told.gold) == (getattr(kind, "pairs", ()), getattr(kind, "gold", ()))


def test_a_wrong_task_says_which_fits(tmp_path: Path) -> None:
    settings = saved_as(tmp_path, "BertForTokenClassification")
    with pytest.raises(UserError, match="was saved as BertForTokenClassification, which is for --task token_class"):
        asked(settings, "fill-mask")
    assert asked(settings, "fill-mask", allow_untrained_head=True) == "masked_words"


def test_an_unknown_task_and_a_model_for_none_are_refused(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"no task 'summarize'; there are: auto, masked_words, .*, ner, "):
        asked(saved_as(tmp_path, None), "summarize")
    with pytest.raises(UserError, match="was saved as BertForNextSentencePrediction, which no task explains"):
        choose_task(saved_as(tmp_path, "BertForNextSentencePrediction"))
    assert choose_task(saved_as(tmp_path, None)).task == "sequence_classification"
    assert choose_task(Settings()).task == "sequence_classification"
