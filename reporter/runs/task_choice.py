"""The choice of a task: as it is named, by its own name or that of a pipeline, or as the model was saved for it.

Nothing here imports torch.
"""

from dataclasses import replace
from pathlib import Path

from reporter import registry
from reporter.models import find_checkpoint, read_json_object
from reporter.records import Settings, UserError

AUTO = "auto"
_USUAL = "sequence_classification"


def choose_task(settings: Settings) -> Settings:
    """The settings with the task by its file's name.

    Raises `UserError` for a name that no task bears, for a model that no task explains, and for one that was saved for
    another task, unless an untrained head is allowed.
    """
    folder = find_checkpoint(settings.model, settings.trust)
    saved = _find_architecture(folder)
    fitting = [name for name in registry.names("tasks") if saved and registry.describe_task(name).fits(saved)]
    if settings.task == AUTO:
        return replace(settings, task=_choose_fitting(fitting, folder, saved))
    name = _find_task(settings.task)
    if fitting and name not in fitting and not settings.allow_untrained_head:
        raise UserError(
            f"The model in {folder} was saved as {saved}, which is for --task {' or '.join(fitting)}, and not for "
            f"{settings.task}; leave --task out, or choose another model."
        )
    return replace(settings, task=name)


def tell_task(chosen: Settings) -> str:
    """The sentence that says which task a model was saved for."""
    saved = _find_architecture(find_checkpoint(chosen.model, chosen.trust))
    why = f", as the model was saved as {saved}" if saved else ", as the model does not say what it was saved for"
    return f"The task is {chosen.task}{why}."


def _find_architecture(folder: Path) -> str:
    """The class that a model was saved as; empty where its configuration does not say."""
    listed = read_json_object(folder / "config.json").get("architectures")
    return str(listed[0]) if isinstance(listed, list) and listed else ""


def _choose_fitting(fitting: list[str], folder: Path, saved: str) -> str:
    first = next((name for name in fitting if registry.describe_task(name).usual), None)
    if first is None and saved and "For" in saved:
        raise UserError(
            f"The model in {folder} was saved as {saved}, which no task explains; there are: "
            f"{', '.join(registry.names('tasks'))}. Name one by --task if its head fits all the same."
        )
    return first or _USUAL


def _find_task(name: str) -> str:
    """The task of this name, or of the pipeline of this name."""
    known = registry.names("tasks")
    written = name.replace("-", "_")
    if written in known:
        return written
    pipelines = {pipeline: task for task in known for pipeline in registry.describe_task(task).pipelines}
    if name not in pipelines:
        raise UserError(f"There is no task '{name}'; there are: {', '.join([AUTO, *known, *sorted(pipelines)])}.")
    return pipelines[name]
