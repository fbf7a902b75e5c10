"""The provenance of a run: whether its settings, model and methods fit each other and this version."""

from collections.abc import Iterator
from dataclasses import fields
from datetime import datetime

import msgspec

from reporter import __version__, registry
from reporter.evidence import LEVELS
from reporter.models import find_checkpoint, fingerprint, hash_checkpoint
from reporter.records import DATA, EMBEDDED, Provenance, Settings


def find_run_faults(run: Provenance) -> Iterator[str]:
    """What in the provenance of a run contradicts itself, or is not of this version: a sentence each."""
    made = run.versions.get("salience-report")
    if made != __version__:
        yield f"salience-report {made} made it, and this is {__version__}: check it with that version."
    try:
        settings = msgspec.convert(run.settings, Settings)
    except msgspec.ValidationError as error:
        yield f"its settings are not those of this version: {error}."
        return
    if set(run.settings) != {option.name for option in fields(Settings)}:
        yield "its settings are not all the settings of this version, or more."
    yield from _find_model_faults(run, settings)
    yield from _find_method_faults(run, settings)
    yield from _find_sanity_faults(run, settings)
    if (run.training is None) != (settings.training_data is None):
        yield "it was traced to training examples that its settings do not name, or names some and was not."
    if not _is_date(run.created):
        yield f"it was created at '{run.created}', which is no time."


def _find_model_faults(run: Provenance, settings: Settings) -> Iterator[str]:
    if run.model.id != settings.model:
        yield f"it explains the model '{run.model.id}', and its settings ask for '{settings.model}'."
    if settings.model == EMBEDDED and run.model.fingerprint != _hash_embedded():
        yield f"its model '{EMBEDDED}' is not the one inside this version."
    if run.dtype != settings.dtype or settings.device not in ("auto", run.device.partition(":")[0]):
        yield "it was computed on another device, or in another format, than its settings ask for."


def _hash_embedded() -> str:
    return fingerprint(hash_checkpoint(find_checkpoint(EMBEDDED, DATA), DATA))


def _find_method_faults(run: Provenance, settings: Settings) -> Iterator[str]:
    names, omitted = [method.name for method in run.methods], [omission.method for omission in run.omissions]
    if [name for name in settings.methods if name not in omitted] != names or set(omitted) - set(settings.methods):
        yield "its methods are not those that its settings ask for."
    for method in run.methods:
        if method.name not in registry.names("methods") or method != registry.describe(method.name):
            yield f"what it says of {method.name} is not what this version says of that method."


def _find_sanity_faults(run: Provenance, settings: Settings) -> Iterator[str]:
    level = LEVELS.get(settings.evidence)
    if level is None:
        yield f"its settings ask for the evidence '{settings.evidence}', which this version has not."
    elif level.sanity != (run.sanity is not None):
        yield "its methods were tried for sanity and its settings do not ask for that, or ask for it and were not."
    elif run.sanity is None:
        return
    elif [sanity.method for sanity in run.sanity.methods] != (
        [] if run.sanity.failure else [method.name for method in run.methods]
    ):
        yield "other methods were tried for sanity than those of the run."


def _is_date(text: str) -> bool:
    try:
        return datetime.strptime(text, "%Y-%m-%dT%H:%M:%S%z") is not None
    except ValueError:
        return False
