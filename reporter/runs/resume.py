"""Resuming a saved run: the key of every document, and whether anything is left to measure; no torch."""

import hashlib
import json
import os
from dataclasses import asdict, replace
from datetime import UTC, datetime
from pathlib import Path

from reporter.documents import Corpus, find_newest
from reporter.influence import hash_training
from reporter.models import dump_hashes, find_checkpoint, fingerprint, hash_checkpoint, load_hashes
from reporter.records import PASSING, TRAINING, Document, Provenance, Setting, Settings, UserError
from reporter.runs.store import Store
from reporter.runs.task_choice import choose_task
from reporter.runs.versions import hash_code, list_versions


def make_key(document: Document, provenance: Provenance) -> str:
    """A hash of all that a measurement depends on: document, model, settings, versions and machine."""
    lasting = _list_lasting(provenance.settings)
    settings = {name: value for name, value in lasting.items() if name not in TRAINING}
    machine = None if provenance.machine is None else asdict(provenance.machine)
    facts = (asdict(document), settings, provenance.model.fingerprint, provenance.versions, provenance.device, machine)
    return hashlib.sha256(json.dumps(facts).encode()).hexdigest()


def renew_run(corpus: Corpus, settings: Settings, store: Store) -> bool:
    """Whether the run already holds all that would be measured; if so, its date, settings and name are updated."""
    settings = choose_task(settings)
    if store.recall("edition") != hash_code():  # what another edition wrote may not even be read by this one
        return False
    saved = store.finished()
    if saved is None or saved.versions != list_versions():
        return False
    if _list_lasting(saved.settings) != _list_lasting(settings.saved()):
        return False
    if saved.model.fingerprint != _hash_model(settings, store):
        return False
    if (saved.training.fingerprint if saved.training else "") != hash_training(settings):
        return False
    keys = [make_key(document, saved) for document in corpus]
    if keys != store.keys():
        return False
    now = replace(
        saved, settings=settings.saved(), created=find_run_date(corpus.folder), tables=corpus.tables, input=corpus.name
    )
    if now != saved:
        store.amend(now)
    return True


def remember(settings: Settings, store: Store) -> None:
    """Save the hashes of model and program, which `renew_run` compares."""
    _hash_model(settings, store)
    store.note("edition", hash_code())


def find_run_date(folder: Path) -> str:
    """The date of a run of this folder: SOURCE_DATE_EPOCH, or the time of its newest input; no clock is read.

    Raises `UserError` if SOURCE_DATE_EPOCH is no number of seconds.
    """
    given = os.environ.get("SOURCE_DATE_EPOCH")
    try:
        seconds = int(given) if given else int(find_newest(folder))
        return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    except (ValueError, OverflowError, OSError) as error:
        raise UserError(f"SOURCE_DATE_EPOCH is '{given}'; set it to a whole number of seconds since 1970.") from error


def _list_lasting(settings: dict[str, Setting]) -> dict[str, Setting]:
    """The settings on which a measurement depends."""
    return {name: value for name, value in settings.items() if name not in PASSING}


def _hash_model(settings: Settings, store: Store) -> str:
    """The fingerprint of the model as it is now; files that were not touched since the last time are not read."""
    place = find_checkpoint(settings.model, settings.trust)
    sums = hash_checkpoint(place, settings.trust, load_hashes(place, store.recall("model files")))
    store.note("model files", dump_hashes(place, sums))
    return fingerprint(sums)
