"""Nothing on faith: some documents of a run are explained again, and what comes out is held against what was saved."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields, replace
from hashlib import sha256
from pathlib import Path
from random import Random

import msgspec

from reporter import origin
from reporter.attribute import Attribute
from reporter.comparing import compare, is_same
from reporter.documents import read, take_in
from reporter.errors import UserError
from reporter.findings import Verified
from reporter.invariance import examine_machine
from reporter.measure import explain, prepare
from reporter.proving import find_faults
from reporter.records import Document, Explanation, Model, Provenance
from reporter.settings import EMBEDDED, LIFTING, Settings
from reporter.store import SavedRun

OWN = (*LIFTING, "offline", "device", "batch_tokens", "training_data", "checkpoints")
"""The options beside the model that are never taken from a site, because they run, fetch or open something."""


_OWN = "salience-report"
_BITS = "its numbers are not the same to the last bit, as these versions on this machine promise."


@dataclass(frozen=True, slots=True)
class Sample:
    """How many documents to explain again, and which: the same seed takes the same ones."""

    count: int
    seed: int = 0


def choose_settings(path: Path, own: Settings) -> Settings:
    """The settings of a saved run, but for whatever is run, fetched or opened: that is taken from `own`.

    The model is the one that `own` names, or else the one inside if the run is of that. Raises `UserError` if it is of
    another one, which nobody has named, or if this version has other options.
    """
    saved = _read_settings(path)
    if not own.model and saved.model != EMBEDDED:
        raise UserError(
            f"The run says that its model is '{saved.model}', and a site is not trusted to name one; give --model with "
            "that folder or id."
        )
    named = {name: getattr(own, name) for name in OWN}
    return replace(saved, **named, model=own.model or EMBEDDED)


def verify_run(path: Path, settings: Settings, sample: Sample, inputs: Path | None = None) -> Iterator[Verified]:
    """Explain a sample of the documents of the run again: what made it first, then what is not as in `inputs`.

    Raises `UserError` if the model is not the one that the run was made with, or if `inputs` cannot be read.
    """
    with SavedRun(path) as store:
        saved = store.provenance()
        _check_model(saved, settings)
        attribute, now = prepare(settings, created=saved.created)
        changes = tuple(_list_changes(saved, now))
        yield Verified(source="What made the run", differences=tuple(_compare_runs(saved, now)), exact=not changes)
        if inputs is not None:
            yield from _compare_inputs(store, inputs, settings)
        promised = not changes and _promises_bits(saved, attribute)
        chosen = set(_choose(store, sample))
        for explanation in (one for one in store.explanations() if one.id in chosen):
            again = _explain_again(explanation, attribute)
            differences = [*compare(explanation, again), *find_faults(explanation, saved)]
            differences += changes if differences else ()
            exact = is_same(explanation, again)
            differences += [_BITS] if promised and not exact and not differences else []
            yield Verified(source=explanation.source, differences=tuple(differences), exact=exact)


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
    folder = origin.find(settings.model, settings.trust)
    found = origin.fingerprint(origin.hash_files(folder, settings.trust))
    if saved.model.fingerprint == found:
        return
    lifted = [name for name in LIFTING if saved.settings.get(name) and not getattr(settings, name)]
    switches = " and ".join(f"--{name.replace('_', '-')}" for name in lifted)
    more = f" It was made with {switches}, which this command takes from its own command line only." if lifted else ""
    raise UserError(
        f"The model '{settings.model}' is not the one of this run: its fingerprint is {found[:12]}…, and the run was "
        f"made with {saved.model.fingerprint[:12]}…; name that one by --model.{more}"
    )


def _list_changes(saved: Provenance, now: Provenance) -> Iterator[str]:
    """What else may be why: other versions, another device."""
    for name, version in {**saved.versions, "device": saved.device}.items():
        here = {**now.versions, "device": now.device}.get(name)
        if here != version:
            yield f"{name} was {version}, and is {here}."


def _compare_runs(saved: Provenance, now: Provenance) -> Iterator[str]:
    """What the network and the methods say of themselves, beside what was saved; the model's name is its author's."""
    for one in fields(Model):
        said, found = (getattr(model, one.name) for model in (saved.model, now.model))
        if one.name != "id" and said != found:
            yield f"the {one.name} of the model was {said}, and is {found}."
    if saved.dtype != now.dtype:
        yield f"its number format was {saved.dtype}, and is {now.dtype}."
    if [one.name for one in saved.methods] != [one.name for one in now.methods] or saved.omissions != now.omissions:
        yield "other methods serve this model."
    elif saved.methods != now.methods and saved.versions.get(_OWN) == now.versions.get(_OWN):
        yield "what it says of its methods is not what this version says of them."


def _promises_bits(saved: Provenance, attribute: Attribute) -> bool:
    """Whether this is the machine that the run was measured on, and a text's numbers are the same in any company."""
    here = saved.machine
    return here is not None and here.batch_invariant is True and here == examine_machine(attribute.asking.network)


def _compare_inputs(store: SavedRun, inputs: Path, settings: Settings) -> Iterator[Verified]:
    """Every document of a folder that is not in the run as it is, and every one of the run that is not there."""
    given = {document.id: (document.source, _hash_document(document)) for document in read(inputs, take_in(settings))}
    for one in store.explanations():
        source, found = given.pop(one.id, (one.source, None))
        told = replace(_make_document(one), problem=None if one.text else one.error)
        if found is None:
            yield Verified(source=source, differences=("it is in the run, and not in the input.",))
        elif found != _hash_document(told):
            yield Verified(source=source, differences=("its text, label or rationale is not that of the input.",))
    for source, _ in given.values():
        yield Verified(source=source, differences=("it is in the input, and was left out of the run.",))


def _hash_document(document: Document) -> bytes:
    return sha256(msgspec.json.encode(document)).digest()


def _choose(store: SavedRun, sample: Sample) -> Sequence[str]:
    """The ids of the sample; what could not be read then cannot be explained now, and is left out."""
    ids = [one.id for one in store.explanations() if one.text]
    return Random(sample.seed).sample(ids, min(sample.count, len(ids)))


def _make_document(saved: Explanation) -> Document:
    """The document that was explained."""
    return Document(
        id=saved.id,
        source=saved.source,
        group=saved.group,
        text=saved.text,
        text_pair=saved.text_pair,
        label=saved.label,
        labels=saved.labels,
        rationale=saved.rationale,
    )


def _explain_again(saved: Explanation, attribute: Attribute) -> Explanation:
    (row,) = (row for rows in explain({"": _make_document(saved)}, attribute) for row in rows)
    return row.explanation
