"""What the model said, in words: the beginning of a sentence, and the score or the probability in it."""

from collections.abc import Iterator

from reporter.records import NO_ANSWER, NONE, Prediction, Section, is_number, join_names
from reporter.site.digits import of_score, sure
from reporter.site.wording import count, count_decimals, exact, fixed, percent, spoken


def head_answer(prediction: Prediction, section: Section | None) -> tuple[str, str]:
    """The sentence in two parts, the second of them bold; `section` is the first that is shown, if there is one."""
    if prediction.candidates:
        return _head_candidates(prediction, section)
    if prediction.positions > 1:
        return "The model labels ", count(prediction.positions, "token")
    if is_number(prediction) and len(prediction.labels) > 1:
        return "The model answers ", count(len(prediction.labels), "number")
    if is_number(prediction):
        return "The model answers ", write_score(prediction, 0, section)
    if prediction.answers is None:
        return "The model says ", spoken(prediction.label)
    if len(prediction.labels) == 1 and prediction.probabilities:
        return f"The model gives {spoken(prediction.label)} ", percent(prediction.probabilities[0])
    said = [spoken(label) for label in prediction.answers]
    return "The model says ", join_names(said) if said else NONE


def _head_candidates(prediction: Prediction, section: Section | None) -> tuple[str, str]:
    """The answer that was chosen of many: the words for the gaps of a text, or a span of a context."""
    chosen = join_names([prediction.labels[best] for best in list_winners(prediction)])
    gaps = count_gaps(section)
    if gaps:
        return f"The model fills {'the gap' if gaps == 1 else f'the {gaps} gaps'} with ", chosen
    return ("The model finds ", chosen) if chosen == NO_ANSWER else ("The model answers ", chosen)


def list_winners(prediction: Prediction) -> Iterator[int]:
    """The column of the largest logit at every position."""
    width = len(prediction.labels)
    for start in range(0, len(prediction.logits), width):
        row = prediction.logits[start : start + width]
        yield row.index(max(row))


def count_gaps(section: Section | None) -> int:
    """How many gaps a text has: tokens that stand in it and are no words."""
    return sum(token.special and token.end > token.start for token in section.tokens) if section else 0


def write_score(prediction: Prediction, at: int, section: Section | None) -> str:
    """A score as the page has it everywhere: F where it is explained, and as the twin has it where nothing is."""
    value = _find_score(prediction, at, section)
    return exact(value) if section is None else fixed(value, score_decimals(prediction, at, section))


def score_decimals(prediction: Prediction, at: int, section: Section | None) -> int:
    """With how many decimals that score is written."""
    value = _find_score(prediction, at, section)
    return count_decimals(value) if section is None else min(of_score(section), sure(0.0, value))


def _find_score(prediction: Prediction, at: int, section: Section | None) -> float:
    explained = section is not None and (section.target.index, section.target.against) == (at, None)
    if section is not None and section.lead is not None and explained:
        return section.lead.certificate.input
    return prediction.logits[at]


def tell_confidence(prediction: Prediction) -> str:
    """The probability of the label that the model says, of several the largest; empty where it says none."""
    if prediction.positions != 1 or prediction.probabilities is None:
        return ""
    said = (prediction.label,) if prediction.answers is None else prediction.answers
    known = [
        probability
        for label, probability in zip(prediction.labels, prediction.probabilities, strict=True)
        if label in said
    ]
    return percent(max(known)) if known else ""
