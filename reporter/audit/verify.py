"""Verification of a run: a sample of its documents is explained again, and compared with the saved records."""

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, fields, replace
from hashlib import sha256
from pathlib import Path
from random import Random

import msgspec

from reporter.audit.comparison import compare_records, is_same
from reporter.audit.findings import Verified
from reporter.audit.recomputed.records import find_faults
from reporter.audit.run_wide import verify_influence, verify_sanity
from reporter.audit.unverified import list_unverified
from reporter.documents import read_documents, read_intake
from reporter.models import examine_machine, find_checkpoint, fingerprint, hash_checkpoint
from reporter.records import EMBEDDED, LIFTING, Document, Explanation, Model, Provenance, Settings, Table, UserError
from reporter.runs import Attribute, SavedRun, explain_documents, prepare

OWN = (*LIFTING, "offline", "device", "batch_tokens", "training_data", "checkpoints")
"""The options beside the model that are never taken from a site, because they run, fetch or open something."""


_OWN = "salience-report"
_BITS = "its numbers are not the same to the last bit, as these versions on this machine promise."


@dataclass(frozen=True, slots=True)
class Sample:
    """How many documents to explain again, and which: the same seed takes the same ones."""

    count: int
    seed: int = 0


def choose_settings(path: Path, requested: Settings) -> Settings:
    """The settings of a saved run, except those by which something is run, fetched or opened: these are `requested`.

    The model is the requested one, or else the embedded one if the run is of that. Raises `UserError` for a run of
    another model that is not requested, or of a version with other options.
    """
    saved = _read_settings(path)
    if not requested.model and saved.model != EMBEDDED:
        raise UserError(
            f"The run says that its model is '{saved.model}', and a site is not trusted to name one; give --model with "
            "that folder or id."
        )
    named = {name: getattr(requested, name) for name in OWN}
    return replace(saved, **named, model=requested.model or EMBEDDED)


def verify_run(path: Path, settings: Settings, sample: Sample, inputs: Path | None = None) -> Iterator[Verified | str]:
    """Explain a sample of the documents of the run again, and what is of the run as a whole.

    What made it comes first, then what is not as in `inputs`; the sentences at the end say what all of it rests on,
    and what was not verified. Raises `UserError` if the model is not the one that the run was made with, or if `inputs`
    or training data cannot be read.
    """
    with SavedRun(path) as store:
        saved = store.provenance()
        if settings.training_data is not None and saved.training is None:
            raise UserError("This run was traced to no training examples; leave --training-data out.")
        _check_model(saved, settings)
        # first of all, so that what cannot be read ends it
        ids = [explanation.id for explanation in store.explanations() if explanation.text]
        attribute, now = prepare(settings, created=saved.created)
        now = replace(now, machine=examine_machine(attribute.explainer.network))
        chosen = _choose(ids, sample)
        same = True
        for verified in _compute_again(store, attribute, (saved, now), chosen, inputs):
            same &= verified.exact and not verified.differences
            yield verified
        changes = tuple(_list_changes(saved, now))
        if changes and not same:
            yield f"This is not where the run was made: {'; '.join(changes)}."
        left = len(ids) - len(chosen)
        yield from (
            f"Not verified: {sentence}" for sentence in list_unverified(saved, settings, left=left, inputs=inputs)
        )


def _compute_again(
    store: SavedRun,
    attribute: Attribute,
    made: tuple[Provenance, Provenance],
    chosen: Collection[str],
    inputs: Path | None,
) -> Iterator[Verified]:
    """Everything that is computed again; `made` is what made the run, as it was saved and as it is now."""
    saved, now = made
    yield Verified(source="What made the run", differences=tuple(compare_runs(saved, now)), exact=True, whole=True)
    if inputs is not None:
        yield from compare_inputs(store.explanations(), inputs, attribute.explainer.settings, saved.tables)
    promised = promises_bits(saved, now)
    explained = [explanation for explanation in store.explanations() if explanation.id in chosen]
    for explanation in explained:
        yield judge(explanation, explain_again(explanation, attribute), saved, promised=promised)
    for sanity in verify_sanity((explanation.document for explanation in store.explanations()), saved, attribute):
        yield replace(sanity, differences=sanity.differences or ((_BITS,) if promised and not sanity.exact else ()))
    yield from verify_influence(explained, saved, attribute)


def judge(saved: Explanation, again: Explanation, run: Provenance, *, promised: bool) -> Verified:
    """Compare a saved record with the one computed again: to the last bit where `promised`, else within tolerances."""
    differences, exact = (*compare_records(saved, again), *find_faults(saved, run)), is_same(saved, again)
    if promised and not exact:
        differences = differences or (_BITS,)
    return Verified(source=saved.source, differences=differences, exact=exact)


def _read_settings(path: Path) -> Settings:
    with SavedRun(path) as store:
        saved = store.provenance().settings
    try:
        if unknown := set(saved) - {option.name for option in fields(Settings)}:
            raise ValueError(f"'{min(unknown)}' is none of them")
        return msgspec.convert(saved, Settings)
    except (ValueError, msgspec.ValidationError) as error:
        raise UserError(f"{path} was made with other options than this version has ({error}).") from error


def _check_model(saved: Provenance, settings: Settings) -> None:
    """Raise `UserError` if the model is not the one of the run; its files are hashed for that, and none is loaded."""
    folder = find_checkpoint(settings.model, settings.trust)
    digest = fingerprint(hash_checkpoint(folder, settings.trust))
    if saved.model.fingerprint == digest:
        return
    lifted = [name for name in LIFTING if saved.settings.get(name) and not getattr(settings, name)]
    switches = " and ".join(f"--{name.replace('_', '-')}" for name in lifted)
    more = f" It was made with {switches}, which this command takes from its own command line only." if lifted else ""
    raise UserError(
        f"The model '{settings.model}' is not the one of this run: its fingerprint is {digest[:12]}…, and the run was "
        f"made with {saved.model.fingerprint[:12]}…; name that one by --model.{more}"
    )


def _list_changes(saved: Provenance, now: Provenance) -> Iterator[str]:
    """What may be why numbers differ: other versions, another device or another machine."""
    was, current = map(_describe_place, (saved, now))
    yield from (
        f"{name} was {was[name]}, and is {current.get(name, 'none')}" for name in was if current.get(name) != was[name]
    )


def _describe_place(run: Provenance) -> dict[str, object]:
    machine = {} if run.machine is None else asdict(run.machine)
    facts = {name.replace("_", " "): "none" if value is None else value for name, value in machine.items()}
    return {**run.versions, "device": run.device, **(facts or {"machine": "not said"})}


def compare_runs(saved: Provenance, now: Provenance) -> Iterator[str]:
    """Differences in the records of model and methods; the model's id is not compared."""
    for model_field in fields(Model):
        saved_value, computed_value = (getattr(model, model_field.name) for model in (saved.model, now.model))
        if model_field.name != "id" and saved_value != computed_value:
            yield f"the {model_field.name} of the model was {saved_value}, and is {computed_value}."
    if saved.dtype != now.dtype:
        yield f"its number format was {saved.dtype}, and is {now.dtype}."
    if [method.name for method in saved.methods] != [
        method.name for method in now.methods
    ] or saved.omissions != now.omissions:
        yield "other methods serve this model."
    elif saved.methods != now.methods and saved.versions.get(_OWN) == now.versions.get(_OWN):
        yield "what it says of its methods is not what this version says of them."


def promises_bits(saved: Provenance, now: Provenance) -> bool:
    """Whether numbers must be the same to the last bit: same machine and versions, and batch-invariant results."""
    steady = saved.machine is not None and saved.machine.batch_invariant is True
    return steady and not any(_list_changes(saved, now))


def compare_inputs(
    explained: Iterable[Explanation], inputs: Path, settings: Settings, saved: Sequence[Table]
) -> Iterator[Verified]:
    """Every document that is only in the folder, only in the run, or different in the two."""
    tables = list[Table]()
    read_all = read_documents(inputs, read_intake(settings), tables.append)
    given = {document.id: (document.source, _hash_document(document)) for document in read_all}
    for explanation in explained:
        source, digest = given.pop(explanation.id, (explanation.source, None))
        if digest is None:
            yield Verified(source=source, differences=("it is in the run, and not in the input.",))
        elif digest != _hash_document(explanation.document):
            yield Verified(source=source, differences=("its text, label or rationale is not that of the input.",))
    for source, _ in given.values():
        yield Verified(source=source, differences=("it is in the input, and was left out of the run.",))
    if tables != list(saved):
        yield Verified(source="Its tables", differences=("they are read otherwise than the run says.",), whole=True)


def _hash_document(document: Document) -> bytes:
    return sha256(msgspec.json.encode(document)).digest()


def _choose(ids: Sequence[str], sample: Sample) -> Collection[str]:
    """The ids of the sample, of those that have a text: what could not be read then cannot be explained now."""
    return set(Random(sample.seed).sample(ids, min(sample.count, len(ids))))


def explain_again(saved: Explanation, attribute: Attribute) -> Explanation:
    """Explain the document of a saved record again: its new record."""
    (again,) = (explanation for done in explain_documents([saved.document], attribute) for explanation in done)
    return again.explanation
