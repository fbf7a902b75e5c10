"""Nothing on faith: some documents of a run are explained again, and what comes out is held against what was saved."""

from collections.abc import Iterator, Sequence
from dataclasses import fields, replace
from itertools import chain
from pathlib import Path
from random import Random

import msgspec

from reporter import origin
from reporter.attribute import Attribute
from reporter.errors import UserError
from reporter.findings import Verified
from reporter.measure import explain, prepare
from reporter.records import Attribution, Document, Explanation, Provenance, Section
from reporter.settings import EMBEDDED, LIFTING, Settings
from reporter.store import SavedRun

TOLERANCE = 1e-4
"""By how much a number may differ, as a share of the largest of its kind; an integrated score also by both its errors.

Another batch, another processor and another version add up the same float32 numbers in another order.
"""


OWN = (*LIFTING, "offline", "device", "batch_tokens", "training_data", "checkpoints")
"""The options beside the model that are never taken from a site, because they run, fetch or open something."""


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


def verify_run(path: Path, settings: Settings, *, sample: int, seed: int) -> Iterator[Verified]:
    """Explain up to `sample` documents of the run again, chosen by `seed`, with the settings of the run.

    Raises `UserError` if the model is not the one that the run was made with.
    """
    with SavedRun(path) as store:
        saved = store.provenance()
        _check_model(saved, settings)
        attribute, now = prepare(settings, created=saved.created)
        chosen = set(_choose(store, sample=sample, seed=seed))
        for explanation in store.explanations():
            if explanation.id in chosen:
                differences = [*_compare(explanation, _explain_again(explanation, attribute))]
                differences += _list_changes(saved, now) if differences else []
                yield Verified(source=explanation.source, differences=tuple(differences))


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


def _choose(store: SavedRun, *, sample: int, seed: int) -> Sequence[str]:
    """The ids of the sample; what could not be read then cannot be explained now, and is left out."""
    ids = [one.id for one in store.explanations() if one.text]
    return Random(seed).sample(ids, min(sample, len(ids)))


def _explain_again(saved: Explanation, attribute: Attribute) -> Explanation:
    document = Document(
        id=saved.id,
        source=saved.source,
        group=saved.group,
        text=saved.text,
        text_pair=saved.text_pair,
        label=saved.label,
        labels=saved.labels,
        rationale=saved.rationale,
    )
    (row,) = (row for rows in explain({"": document}, attribute) for row in rows)
    return row.explanation


def _compare(saved: Explanation, now: Explanation) -> Iterator[str]:
    if (saved.status, saved.error) != (now.status, now.error):
        yield f"it was {saved.status} ({saved.error}), and is {now.status} ({now.error})."
    if saved.prediction is not None and now.prediction is not None:
        if (saved.prediction.labels, saved.prediction.label) != (now.prediction.labels, now.prediction.label):
            yield f"the answer was {saved.prediction.label}, and is {now.prediction.label}."
        yield from _compare_numbers("logits", saved.prediction.logits, now.prediction.logits)
    if [_name(one) for one in saved.sections] != [_name(one) for one in now.sections]:
        yield "other targets, tokens or methods were explained."
        return
    for one, other in zip(saved.sections, now.sections, strict=True):
        for a, b in zip(one.attributions, other.attributions, strict=True):
            yield from _compare_attributions(f"{a.method} of {one.target.label}", a, b)


def _name(section: Section) -> tuple[object, ...]:
    target = section.target
    methods = tuple(one.method for one in section.attributions)
    return target.position, target.label, target.against, section.tokens, methods


def _compare_attributions(name: str, saved: Attribution, now: Attribution) -> Iterator[str]:
    allowed = [a + b for a, b in zip(saved.errors or (), now.errors or (), strict=False)]
    yield from _compare_numbers(f"the scores by {name}", saved.scores, now.scores, allowed=allowed)
    if (saved.errors is None) != (now.errors is None):
        yield f"the errors by {name} are not there in one of the two."
    ends = [(one.certificate.input, one.certificate.baseline) for one in (saved, now)]
    yield from _compare_numbers(f"the ends by {name}", *ends)
    if saved.certificate.verdict != now.certificate.verdict:
        yield f"the verdict of {name} was '{saved.certificate.verdict}', and is '{now.certificate.verdict}'."


def _compare_numbers(
    name: str, saved: Sequence[float], now: Sequence[float], *, allowed: Sequence[float] = ()
) -> Iterator[str]:
    """One sentence if the two differ anywhere by more than is allowed, naming the largest difference."""
    if len(saved) != len(now):
        yield f"{name} were {len(saved)} numbers, and are {len(now)}."
        return
    size = max(map(abs, chain(saved, now)), default=0.0)
    extra = allowed or [0.0] * len(saved)
    beyond = [abs(a - b) for a, b, more in zip(saved, now, extra, strict=True) if abs(a - b) > TOLERANCE * size + more]
    if beyond:
        yield f"{name} differ by up to {max(beyond):.3g}, of {size:.3g} at most."
