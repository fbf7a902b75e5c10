"""Defaults of the command line from a TOML file: one that is named, or one that lies in the working folder.

A file that was merely found may have come with somebody's data, so it lifts no guard and names nothing that is trusted.
"""

import tomllib
from dataclasses import fields
from pathlib import Path

import typer

from reporter.cli.terminal import warn
from reporter.records import LIFTING, Settings, UserError

FOUND = Path("salience.toml")
_MARK = "reporter.found"  # under which a command remembers what such a file set
_TRUSTED = ("model", "checkpoints")  # what may bring pickles and code where those are allowed


def read_config(context: typer.Context, path: Path | None) -> Path | None:
    """Take defaults from a TOML file: the one that is named, or `salience.toml` in the working folder."""
    file = path or FOUND
    if path is None and not file.is_file():
        return None
    try:
        values = tomllib.loads(file.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise UserError(f"The settings in {file} cannot be read: {error}") from error
    known = {"theme", *(option.name for option in fields(Settings))}
    named = {name.replace("-", "_"): value for name, value in values.items()}
    if unknown := sorted(set(named) - known):
        choices = ", ".join(sorted({*known, *(name.replace("_", "-") for name in known)}))
        raise UserError(f"{file} sets '{unknown[0]}', which is no option; there are: {choices}.")
    if path is None:
        _check_found(named)
        context.meta[_MARK] = tuple(named)
    context.default_map = {**(context.default_map or {}), **{name: _join(value) for name, value in named.items()}}
    return file


def _join(value: object) -> object:
    """A list or a table of the file as the words that the command line takes."""
    if isinstance(value, dict):
        value = [f"{name}={setting}" for name, setting in value.items()]
    return ",".join(map(str, value)) if isinstance(value, list) else value


def check_trusted(context: typer.Context, settings: Settings) -> None:
    """Raise `UserError` if what is to be trusted was named by a file that was merely found."""
    lifted = [name for name in LIFTING if getattr(settings, name)]
    from_file = context.meta.get(_MARK, ())
    for name in (name for name in _TRUSTED if name in from_file and lifted):
        if getattr(context.get_parameter_source(name), "name", "") == "DEFAULT_MAP":
            raise UserError(
                f"{FOUND} was found in the working folder and names the {name}, which {_switch(lifted[0])} would "
                f"trust; name it by {_switch(name)}, or the file by --config."
            )


def _check_found(named: dict[str, object]) -> None:
    for name in LIFTING:
        if named.get(name):
            raise UserError(
                f"{FOUND} was found in the working folder and sets {name}: whom to trust is said on the command line, "
                f"or in a file that is named by --config. Give {_switch(name)}, or take it out."
            )
    warn(f"Settings are taken from {FOUND} in the working folder: {', '.join(sorted(named)) or 'none'}.")


def _switch(name: str) -> str:
    return f"--{name.replace('_', '-')}"
