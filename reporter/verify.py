"""Nothing on faith: some documents of a run are explained again, and what comes out is held against what was saved."""

from collections.abc import Iterator, Sequence
from itertools import chain
from pathlib import Path
from random import Random

from reporter.attribute import Attribute
from reporter.errors import UserError
from reporter.findings import Verified
from reporter.measure import explain, prepare
from reporter.records import Attribution, Document, Explanation, Provenance, Section
from reporter.settings import Settings
from reporter.store import Store

TOLERANCE = 1e-4
"""By how much a number may differ, as a share of the largest of its kind; an integrated score also by both its errors.

Another batch, another processor and another version add up the same float32 numbers in another order.
"""


def verify_run(path: Path, settings: Settings, *, sample: int, seed: int) -> Iterator[Verified]:
    """Explain up to `sample` documents of the run again, chosen by `seed`, with the settings of the run.

    Raises `UserError` if the model is not the one that the run was made with.
    """
    with Store(path) as store:
        saved = store.provenance()
        attribute, now = prepare(settings, created=saved.created)
        _check_same(saved, now)
        chosen = set(_choose(store, sample=sample, seed=seed))
        for explanation in store.explanations():
            if explanation.id in chosen:
                differences = [*_compare(explanation, _explain_again(explanation, attribute))]
                differences += _list_changes(saved, now) if differences else []
                yield Verified(source=explanation.source, differences=tuple(differences))


def read_settings(path: Path) -> Settings:
    """The settings of a saved run; raises `UserError` if this version has others."""
    with Store(path) as store:
        saved = store.provenance().settings
    try:
        return Settings(**saved)  # type: ignore[arg-type]
    except TypeError as error:
        raise UserError(f"{path} was made with other options than this version has ({error}).") from error


def _check_same(saved: Provenance, now: Provenance) -> None:
    if saved.model.fingerprint != now.model.fingerprint:
        raise UserError(
            f"The model '{now.model.id}' is not the one of this run: its fingerprint is {now.model.fingerprint[:12]}…, "
            f"and the run was made with {saved.model.fingerprint[:12]}…; name that one by --model."
        )


def _list_changes(saved: Provenance, now: Provenance) -> Iterator[str]:
    """What else may be why: other versions, another device."""
    for name, version in {**saved.versions, "device": saved.device}.items():
        here = {**now.versions, "device": now.device}.get(name)
        if here != version:
            yield f"{name} was {version}, and is {here}."


def _choose(store: Store, *, sample: int, seed: int) -> Sequence[str]:
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
