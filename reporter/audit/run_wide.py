"""Verification of a run as a whole: sanity checks and training influence are computed again and compared."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from math import inf
from pathlib import Path
from tempfile import TemporaryDirectory

from reporter.audit.comparison import TOLERANCE, compare_numbers
from reporter.audit.findings import Verified
from reporter.evidence import find_level
from reporter.influence import SHOWN, SUSPECTS, prepare_tracing
from reporter.records import Document, Example, Explanation, Likeness, Provenance, Sanities, Sanity, Training, Validity
from reporter.runs import Attribute, check_sanity, choose_for_sanity, list_versions, make_key

_LIKENESS = 0.05
"""By how much a mean rank correlation may differ on another machine, where nearly equal scores change their ranks."""
_MORE = 5  # examples that are listed again beyond those that are shown: on another machine they may be nearly as strong
_VALIDITY = 0.02  # by how much the correlation with retraining may, which has many more texts and no ties


def verify_sanity(documents: Iterable[Document], saved: Provenance, attribute: Attribute) -> Iterator[Verified]:
    """Make the sanity checks again on the same documents of the run, and compare them with the saved ones."""
    if not find_level(attribute.explainer.settings.evidence).sanity and saved.sanity is None:
        return
    sample: dict[str, Document] = {}
    for document in documents:
        sample = choose_for_sanity(sample | {make_key(document, saved): document})
    now = check_sanity(replace(saved, sanity=None), list(sample.values()), attribute).sanity
    assert now is not None
    differences = tuple(compare_sanity(saved.sanity, now))
    yield Verified(source="Its sanity checks", differences=differences, exact=saved.sanity == now, whole=True)


def compare_sanity(saved: Sanities | None, now: Sanities) -> Iterator[str]:
    """One sentence for every difference between the saved sanity checks and those made again."""
    if saved is None or saved.texts != now.texts:
        yield "they are missing, or were made on other texts than those that this version takes."
        return
    if saved.failure or now.failure:
        yield from () if saved == now else (saved.failure or now.failure or "",)
        return
    if [sanity.method for sanity in saved.methods] != [sanity.method for sanity in now.methods]:
        yield "they are of other methods."
        return
    for sanity, other in zip(saved.methods, now.methods, strict=True):
        pairs = list(zip(_list_likenesses(sanity), _list_likenesses(other), strict=False))
        counts = len(sanity.randomised) == len(other.randomised)
        if not counts or any(_differ(*pair) for pair in pairs):
            worst = next((f" after {b.change}" for a, b in pairs if _differ(a, b)), "")
            yield f"how much is left of the map of {sanity.method}{worst} is not what it was said to be."
        elif sanity.flags != other.flags:
            yield f"{sanity.method} was said to be {_name_flags(sanity.flags)}, and is {_name_flags(other.flags)}"


def _list_likenesses(sanity: Sanity) -> list[Likeness]:
    return [*sanity.randomised, sanity.repeat, sanity.target, sanity.order]


def _differ(likeness: Likeness, other: Likeness) -> bool:
    numbers = [(likeness.mean, other.mean), (likeness.low, other.low), (likeness.high, other.high)]
    alike = all((a is None) == (b is None) and abs((a or 0.0) - (b or 0.0)) <= _LIKENESS for a, b in numbers)
    return likeness.change != other.change or not alike


def _name_flags(flags: Sequence[str]) -> str:
    return f"flagged: {' '.join(flags)}" if flags else "without a flag."


def verify_influence(explained: Sequence[Explanation], saved: Provenance, attribute: Attribute) -> Iterator[Verified]:
    """Trace the documents of the sample again, if the training data were named; raises `UserError` without them."""
    tracing = prepare_tracing(attribute.explainer, list_versions())
    if tracing is None or saved.training is None:
        return
    with TemporaryDirectory() as folder:
        again, now = replace(tracing, more=_MORE).trace_again(explained, Path(folder))
    differences = (*_compare_training(saved.training, now), *_compare_influences(explained, again))
    yield Verified(source="Its training examples", differences=differences, whole=True)


def _compare_influences(explained: Sequence[Explanation], again: Sequence[Explanation]) -> Iterator[str]:
    for explanation, other in zip(explained, again, strict=True):
        for section, computed in zip(explanation.sections, other.sections, strict=True):
            was, influence = section.influence, computed.influence
            if was is None or influence is None:
                yield f"{explanation.id} is not traced to any."
                continue
            subject = f"the influences on {section.target.label} in {explanation.id}"
            yield from compare_numbers(
                subject, (was.support, was.opposition), (influence.support, influence.opposition)
            )
            yield from compare_examples(subject, was.supporting, influence.supporting, SHOWN)
            yield from compare_examples(subject, was.opposing, influence.opposing, SHOWN)


def _compare_training(saved: Training, now: Training) -> Iterator[str]:
    for name in ("examples", "skipped", "labels", "checkpoints", "width", "projected"):
        was, computed = getattr(saved, name), getattr(now, name)
        if was != computed:
            yield f"the {name} were {was or 'none'}, and are {computed or 'none'}."
    yield from compare_numbers("the learning rates", saved.rates, now.rates)
    if _differ_in_validity(saved.validity, now.validity):
        yield "how far influence foretells retraining is not what it was said to be."
    yield from compare_examples(
        "the examples with the largest influence on themselves", saved.suspects, now.suspects, SUSPECTS
    )


def _differ_in_validity(saved: Validity | None, now: Validity | None) -> bool:
    if saved is None or now is None:
        return saved is not now
    counts = [(validity.halves, validity.examples, validity.texts) for validity in (saved, now)]
    numbers = ((saved.correlation, now.correlation), (saved.low, now.low), (saved.high, now.high))
    return counts[0] != counts[1] or any(abs(a - b) > _VALIDITY for a, b in numbers)


def compare_examples(name: str, saved: Sequence[Example], now: Sequence[Example], shown: int) -> Iterator[str]:
    """Differences of two lists of examples, strongest first; only those of equal influence may be exchanged.

    `now` lists a few more than were `shown`, so that examples that are nearly as strong are found.
    """
    strongest = [example.influence for example in now[:shown]]
    yield from compare_numbers(name, [example.influence for example in saved], strongest)
    room = TOLERANCE * max(map(abs, strongest), default=0.0)
    known = {_identify(example): example.influence for example in now}
    unmatched = [
        example.source for example in saved if not abs(known.get(_identify(example), inf) - example.influence) <= room
    ]
    if unmatched or len({_identify(example) for example in saved}) < len(saved):
        yield f"{name} are not those of {', '.join(unmatched) or 'as many examples'}."


def _identify(example: Example) -> tuple[object, ...]:
    """The identity of an example: its row, without the name of its file, and its content."""
    return example.source.rpartition("#")[2], example.text, example.characters, example.label, example.said
