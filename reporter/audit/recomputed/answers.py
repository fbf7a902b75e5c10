"""The answer of a record: its label and probabilities from its logits, its targets from the settings, what was read."""

import math
from collections.abc import Iterator, Sequence

from reporter.records import (
    BACKGROUND,
    Explanation,
    Prediction,
    Provenance,
    Section,
    Target,
    Token,
    find_ends,
    find_given,
    find_label,
    round_values,
)

_PRINTED = 2e-6  # what seven significant digits of a logit leave open in a probability, of its size, for a logit of 1
RULES = frozenset({"none", "softmax", "sigmoid", "exp"})
"""The functions from logits to probabilities; a run has one for all of its texts."""


def find_answer_faults(explanation: Explanation, run: Provenance) -> Iterator[str]:
    """Where the status, the answer, the targets or the tokens of a record contradict each other: a sentence each."""
    answer = explanation.prediction
    if (explanation.error is None) != (answer is not None):
        yield f"it is {explanation.status}, and its answer and its error say otherwise."
    elif answer is not None:
        yield from _find_prediction_faults(answer, run)
        yield from _find_target_faults(explanation, answer, run)
        yield from _find_reading_faults(explanation, run)


def list_rules(answer: Prediction) -> frozenset[str]:
    """The functions by which an answer's probabilities may follow from its logits."""
    if answer.probabilities is None:
        return frozenset({"none"})
    if answer.candidates:
        pairs = zip(answer.probabilities, answer.logits, strict=True)
        return frozenset({"exp"} if all(_is_share(share, logarithm) for share, logarithm in pairs) else ())
    rules = set()
    for name, rule in (("softmax", _softmax), ("sigmoid", _sigmoid)):
        expected = [share for row in _rows(answer) for share in rule(row)]
        if len(expected) == len(answer.probabilities) and (name == "sigmoid" or len(answer.labels) > 1):
            slack = _PRINTED * (1 + max(map(abs, answer.logits)))
            pairs = zip(answer.probabilities, expected, strict=True)
            rules |= {name} if all(abs(share - other) <= slack * other + 1e-30 for share, other in pairs) else set()
    return frozenset(rules)


def _find_prediction_faults(answer: Prediction, run: Provenance) -> Iterator[str]:
    if answer.labels != run.model.labels and not answer.candidates:
        yield "its labels are not those of the model."
    winners = " ".join(answer.labels[_best(row)] for row in _rows(answer))
    if answer.label != winners:
        yield f"its answer is {answer.label}, and its largest logit is that of {winners}."
    rules = list_rules(answer)
    if not rules:
        yield "its probabilities do not follow from its logits."
    apart = answer.positions == 1 and not rules & {"softmax", "exp"} and answer.probabilities is not None
    over = tuple(label for label, logit in zip(answer.labels, answer.logits, strict=False) if logit > 0)
    if answer.answers != (over if apart else None):
        yield "the labels over one half are not those of its logits."


def _find_target_faults(explanation: Explanation, answer: Prediction, run: Provenance) -> Iterator[str]:
    cells = [(section.target.position, section.target.index) for section in explanation.sections]
    if cells != sorted(set(cells)):
        yield "its targets are not in order, or not different."
    for section in explanation.sections:
        target = section.target
        if target != _read_target(target, answer):
            yield f"the target {target.label} is not as its answer has it."
    expected = list(_expect(explanation, answer, run))
    if explanation.sections and cells != expected:
        yield f"it explains the cells {cells} of the answer, and its settings ask for {expected}."


def _read_target(target: Target, answer: Prediction) -> Target | None:
    """A target as the answer has it; None for a cell that is not there."""
    start, width = target.position * len(answer.labels), len(answer.labels)
    if not (0 <= target.index < width and 0 <= target.position < answer.positions):
        return None
    if target.against is not None and target.against not in answer.labels:
        return None
    other = None if target.against is None else answer.labels.index(target.against)
    score = answer.logits[start + target.index] - (0.0 if other is None else answer.logits[start + other])
    shares = answer.probabilities
    return Target(
        position=target.position,
        label=answer.labels[target.index],
        index=target.index,
        against=target.against,
        score=round_values([score])[0],
        probability=None if shares is None else shares[start + target.index],
        span=target.span,
    )


def _expect(explanation: Explanation, answer: Prediction, run: Provenance) -> Iterator[tuple[int, int]]:
    """The cells that the settings ask for, position by position."""
    against = run.settings.get("against")
    other = find_label(against, answer.labels) if isinstance(against, str) else None
    for position in _list_positions(explanation, answer, run):
        row = answer.logits[position * len(answer.labels) :][: len(answer.labels)]
        chosen = _choose(explanation, answer, row, str(run.settings.get("target")))
        yield from ((position, index) for index in chosen if index != other)


def _choose(explanation: Explanation, answer: Prediction, row: Sequence[float], wanted: str) -> Sequence[int]:
    """The columns that are explained at one position."""
    if wanted == "all":
        return range(len(row))
    if wanted == "predicted":
        over = [at for at, label in enumerate(answer.labels) if label in (answer.answers or ())]
        return over or [_best(row)]
    if wanted == "given" and answer.candidates:
        return [section.target.index for section in explanation.sections]
    if wanted == "given":
        given = find_given(explanation.label, explanation.labels, answer.labels, several=answer.answers is not None)
        return sorted(given or ()) or ([0] if len(row) == 1 else [])
    index = find_label(wanted, answer.labels)
    return [] if index is None else [index]


def _list_positions(explanation: Explanation, answer: Prediction, run: Provenance) -> Sequence[int]:
    """The positions that are explained: the only one, or every ordinary token that is taken for something."""
    if run.settings.get("task") != "token_classification":
        return range(answer.positions)
    tokens = explanation.sections[0].tokens if explanation.sections else ()
    pairs = enumerate(zip(_rows(answer), tokens, strict=False))
    return [at for at, (row, token) in pairs if answer.labels[_best(row)] != BACKGROUND and not token.special]


def _find_reading_faults(explanation: Explanation, run: Provenance) -> Iterator[str]:
    texts = [explanation.text] if explanation.text_pair is None else [explanation.text, explanation.text_pair]
    for section in explanation.sections:
        if section.tokens != explanation.sections[0].tokens:
            yield "its targets are explained over other tokens each."
        several = explanation.prediction is not None and explanation.prediction.answers is not None
        free = explanation.prediction is not None and explanation.prediction.candidates
        named = several or free or section.baseline.label in run.model.labels
        if section.baseline.kind != run.settings.get("baseline") or not named:
            yield "its baseline is not the one of the settings."
        yield from _find_token_faults(section)
    seen, whole = explanation.seen, sum(map(len, texts))
    if seen is None or seen.of != whole or seen.windows != 1:
        yield "it says that it read of another number of characters than its texts have."
    elif explanation.sections:
        yield from _find_extent_faults(explanation.sections[0].tokens, texts, seen.characters, run.model.limit)


def _find_extent_faults(tokens: Sequence[Token], texts: Sequence[str], read: int, limit: int) -> Iterator[str]:
    """Whether the characters read are those of the tokens; only an input at the model's token limit may be cut."""
    whole = sum(map(len, texts))
    ends = find_ends(tokens, len(texts))
    rest = "".join(text[end:] for text, end in zip(texts, ends, strict=True))
    if read != whole and (len(tokens) < limit or read != sum(ends)):
        yield f"it read {read:,} characters by what it says, and {sum(ends):,} by its tokens."
    elif read == whole and len(tokens) >= limit and any(sign.isalnum() for sign in rest):
        yield f"it says that it read its text to the end, and its tokens end {len(rest):,} characters before."


def _find_token_faults(section: Section) -> Iterator[str]:
    number = -1
    for token in section.tokens:
        if token.word is not None:
            if token.word not in (number, number + 1):
                yield "its words are not numbered in reading order."
                return
            number = token.word


def _rows(answer: Prediction) -> Iterator[tuple[float, ...]]:
    """The logits of each position."""
    width = len(answer.labels)
    return (answer.logits[at : at + width] for at in range(0, len(answer.logits), width))


def _best(row: Sequence[float]) -> int:
    return max(range(len(row)), key=row.__getitem__)


def _is_share(share: float, logarithm: float) -> bool:
    """Whether a probability is the exponential of its logarithm, as far as both are printed."""
    return abs(share - math.exp(logarithm)) <= _PRINTED * (1 + abs(logarithm)) * share + 1e-30


def _softmax(row: Sequence[float]) -> list[float]:
    sizes = [math.exp(value - max(row)) for value in row]
    return [size / math.fsum(sizes) for size in sizes]


def _sigmoid(row: Sequence[float]) -> list[float]:
    return [1 / (1 + math.exp(-value)) if value >= 0 else math.exp(value) / (1 + math.exp(value)) for value in row]
