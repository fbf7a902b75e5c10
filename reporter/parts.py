"""Parts are named after their files: `attention_rollout` is class `AttentionRollout` of that file in `methods/`."""

from importlib import import_module
from importlib.resources import files
from typing import Any

from reporter.errors import UserError

_CALLED = {"methods": "method", "tasks": "task", "sinks": "format"}  # to the person at the keyboard


def names(room: str) -> list[str]:
    """The parts in a room (`methods`, `tasks` or `sinks`), in alphabetical order, found without importing them."""
    found = (entry.name for entry in files(f"reporter.{room}").iterdir())
    return sorted(name[:-3] for name in found if name.endswith(".py") and not name.startswith("_"))


def load(room: str, name: str) -> type[Any]:
    """The class of one part, importing no other; raises `UserError` for a name that no file bears."""
    if name not in names(room):
        raise UserError(f"There is no {_CALLED[room]} '{name}'; there are: {', '.join(names(room))}.")
    return getattr(import_module(f"reporter.{room}.{name}"), name.title().replace("_", ""))  # type: ignore[no-any-return]
