"""The sections of a document in the order in which they are read: what the model said comes first."""

from dataclasses import replace

from reporter.records.explanation import Explanation, Section
from reporter.records.labels import find_label


def put_lead_first(section: Section) -> Section:
    """The section with the attribution that is shown first at its head."""
    others = (one for one in section.attributions if one is not section.lead)
    return replace(section, attributions=tuple(one for one in (section.lead, *others) if one is not None))


def order_sections(explanation: Explanation) -> list[Section]:
    """The sections with something to show, their leads first, the model's own answer before other targets."""
    answer = explanation.prediction
    said = () if answer is None else (answer.label, *(answer.answers or ()))
    found = [put_lead_first(section) for section in explanation.sections if section.attributions]
    return sorted(
        found, key=lambda section: said.index(section.target.label) if section.target.label in said else len(said)
    )


def choose_sections(explanation: Explanation, *, target: str | None) -> list[Section]:
    """The same sections: all of them, or those of this label."""
    labels = explanation.prediction.labels if explanation.prediction else ()
    wanted = None if target is None else find_label(target, labels)
    return [one for one in order_sections(explanation) if target is None or one.target.index == wanted]
