"""Parts are named after their files: `attention_rollout` is class `AttentionRollout` of that file in `methods/`."""

import ast
from dataclasses import dataclass
from dataclasses import fields as dataclass_fields
from functools import cache
from importlib import import_module
from importlib.resources import files
from typing import Any

from reporter.records import Description, UserError

_FOLDERS = {
    "methods": "methods",
    "tasks": "tasks",
    "formats": "exports.formats",
    "metrics": "evidence.metrics",
    "engines": "runs.engines",
}
_CALLED = {
    "methods": "method",
    "tasks": "task",
    "formats": "format",
    "metrics": "metric",
    "engines": "engine",
}  # to the person at the keyboard


@dataclass(frozen=True)
class TaskNames:
    """What a task is for: its head, the pipelines of the same purpose, and whether it is the usual one of its head.

    `pairs` are the usual columns of its two texts, `gold` those of what is right.
    """

    head: str
    pipelines: tuple[str, ...] = ()
    pairs: tuple[tuple[str, str], ...] = ()
    gold: tuple[str, ...] = ()
    usual: bool = True

    def fits(self, architecture: str) -> bool:
        """Whether a model that was saved as this class has the head of the task."""
        return architecture.endswith(self.head.removeprefix("AutoModel"))


def names(kind: str) -> list[str]:
    """The parts of a kind, which is a key of `_FOLDERS`, in alphabetical order, without importing them."""
    files_there = (entry.name for entry in files("reporter").joinpath(*_FOLDERS[kind].split(".")).iterdir())
    return sorted(name[:-3] for name in files_there if name.endswith(".py") and not name.startswith("_"))


def load(kind: str, name: str) -> type[Any]:
    """The class of one part, importing no other; raises `UserError` for a name that no file bears."""
    if name not in names(kind):
        raise UserError(f"There is no {_CALLED[kind]} '{name}'; there are: {', '.join(names(kind))}.")
    return getattr(import_module(f"reporter.{_FOLDERS[kind]}.{name}"), name.title().replace("_", ""))  # type: ignore[no-any-return]


@cache
def describe_task(name: str) -> TaskNames:
    """What a task is for, read in its file, which is not run."""
    tree = ast.parse((files("reporter") / "tasks" / f"{name}.py").read_text("utf-8"))
    fields = {field.name for field in dataclass_fields(TaskNames)}
    assigned = {
        node.target.id: ast.literal_eval(node.value)
        for node in ast.walk(tree)
        if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name) and node.target.id in fields
        if node.value is not None
    }
    return TaskNames(**assigned)


def describe(name: str) -> Description:
    """What a method says of itself, read in its file, which is not run: so that `check` needs no torch.

    Raises `UserError` for a name that no file bears.
    """
    if name not in names("methods"):
        raise UserError(f"There is no method '{name}'; there are: {', '.join(names('methods'))}.")
    tree = ast.parse((files("reporter") / "methods" / f"{name}.py").read_text("utf-8"))
    calls = (node for node in ast.walk(tree) if isinstance(node, ast.Call))
    call = next(node for node in calls if isinstance(node.func, ast.Name) and node.func.id == Description.__name__)
    return Description(**{str(word.arg): ast.literal_eval(word.value) for word in call.keywords})
