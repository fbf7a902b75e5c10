"""The sections of a document in reading order: those of the predicted labels come first."""

from dataclasses import replace

from reporter.records.explanation import Explanation, Section
from reporter.records.labels import find_label


def put_lead_first(section: Section) -> Section:
    """The section with the attribution that is shown first at its head."""
    others = (attribution for attribution in section.attributions if attribution is not section.lead)
    return replace(
        section, attributions=tuple(attribution for attribution in (section.lead, *others) if attribution is not None)
    )


def order_sections(explanation: Explanation) -> list[Section]:
    """The sections with something to show, their leads first, the model's own answer before other targets."""
    answer = explanation.prediction
    predicted = () if answer is None else (answer.label, *(answer.answers or ()))
    sections = [put_lead_first(section) for section in explanation.sections if section.attributions]
    ranks = {label: rank for rank, label in reversed([*enumerate(predicted)])}
    return sorted(sections, key=lambda section: ranks.get(section.target.label, len(predicted)))


def choose_sections(explanation: Explanation, *, target: str | None) -> list[Section]:
    """The same sections: all of them, or those of this label."""
    labels = explanation.prediction.labels if explanation.prediction else ()
    wanted = None if target is None else find_label(target, labels)
    return [section for section in order_sections(explanation) if target is None or section.target.index == wanted]
