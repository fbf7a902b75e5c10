"""Labels: matching the labels of documents to those of a model, and naming answers and targets."""

import json
import re
from collections import Counter
from collections.abc import Collection, Sequence
from math import isfinite, nan
from pathlib import Path
from unicodedata import category

from reporter.records.errors import UserError
from reporter.records.explanation import Prediction, Target
from reporter.records.settings import split_names

REGRESSION = 'If it is a regression, its config.json must say so: "problem_type": "regression".'
NO_ANSWER = "no answer"
"""The answer of a model that finds none in a context, and of a question whose list of answers is empty."""
NONE = "none of its labels"
"""The answer of a multi-label model where no label is over one half."""


_NUMBERED = re.compile(r"(label_)?(\d+)(?:\.0+)?")
_YES, _NO = ("1", "1.0", "true"), ("0", "0.0", "false")
_LISTED = 8  # numbers that are named
_PARTS = re.compile("[;|,]")

BACKGROUND = "O"
"""The label of a token classifier for tokens outside of any entity."""


def find_label(name: str, labels: Sequence[str]) -> int | None:
    """The column of a label by its name, whatever its case and white space, or by its number; None if there is none.

    A number, bare or as in LABEL_1, is a column where no label of the model could be meant by it.
    """
    if name in labels:
        return labels.index(name)
    folded = [_fold(label) for label in labels]
    if folded.count(_fold(name)) == 1:
        return folded.index(_fold(name))
    numbered = _NUMBERED.fullmatch(_fold(name))
    if numbered is None:
        return ["false", "true"].index(_fold(name)) if _fold(name) in ("false", "true") and len(labels) == 2 else None
    number = int(numbered[2])
    is_meant = any(label.startswith("label_") if numbered[1] else re.search(r"\d", label) for label in folded)
    plain = folded == [f"label_{at}" for at in range(len(labels))]
    return number if number < len(labels) and (plain or not is_meant) else None


def check_numbering(given: Collection[str], labels: Sequence[str]) -> None:
    """Raise `UserError` where only some of the numbers given for labels are columns: the others say that none is.

    So it is with numbers from 1, with ratings, and with -1, 0 and 1.
    """
    numbers = {label: read_number(label) for label in given if label not in labels}
    distinct = sorted({number for number in numbers.values() if number is not None})
    columns = range(max(2, len(labels)))
    if all(number in columns for number in distinct) or not any(number in columns for number in distinct):
        return
    listed = ", ".join(f"{number:g}" for number in distinct[:_LISTED]) + (", …" if len(distinct) > _LISTED else "")
    if len(labels) == 1:
        given_by = "and the model's only label is given by 1 or 0"
        raise UserError(f"The labels given are the numbers {listed}, {given_by}. {REGRESSION}")
    known = ", ".join(f"{at} {label}" for at, label in enumerate(labels))
    from_one = distinct == list(range(1, len(labels) + 1))
    names = ",".join(f"{at}={label if from_one else '…'}" for at, label in enumerate(labels, int(from_one)))
    raise UserError(
        f"The labels given are the numbers {listed}, and the model's are numbered from 0 ({known}), so they mean "
        f"something else; say which is which by --labels {names}, or take none of them by --label-column ''."
    )


def find_given(
    label: str | None, listed: Sequence[str] | None, labels: Sequence[str], *, several: bool
) -> frozenset[int] | None:
    """The columns of the labels that a document was given, None where they are none of the model's.

    `listed` are those of a document with a list, by name, by number, or one 0 or 1 for each of the model's. Where
    `several` may hold at once, one text may name more than one of them, and a model's only label is given by 1 or 0.
    """
    if listed is not None:
        chosen = _find_listed(listed, labels)
        return chosen if chosen is None or several or len(chosen) == 1 else None
    if label is None:
        return None
    if several and len(labels) == 1 and _fold(label) in _YES + _NO:
        return frozenset({0}) if _fold(label) in _YES else frozenset()
    index = find_label(label, labels)
    parts = [find_label(part, labels) for part in _PARTS.split(label)] if several and index is None else [index]
    known = [part for part in parts if part is not None]
    return frozenset(known) if len(known) == len(parts) else None


def normalize_answer(text: str) -> str:
    """A free answer as it is compared: in small letters, without punctuation, articles and extra white space.

    The normalisation of the SQuAD evaluation (Rajpurkar et al., 2016), for punctuation of every script.
    """
    letters = "".join(sign for sign in text.casefold() if category(sign)[0] != "P")
    return " ".join(word for word in letters.split() if word not in ("a", "an", "the"))


def name_answer(prediction: Prediction) -> str:
    """The label or labels that are the answer, in one line."""
    return prediction.label if prediction.answers is None else ", ".join(prediction.answers) or NONE


def is_number(prediction: Prediction | None) -> bool:
    """Whether the answer is a number (a regression), and not a label."""
    return prediction is not None and prediction.probabilities is None and prediction.positions == 1


def name_target(target: Target) -> str:
    """A target with the labels as the model writes them."""
    return target.label if target.against is None else f"{target.label} minus {target.against}"


def read_number(label: str | None) -> float | None:
    """The number that a document was given for its label, None where it is no finite number."""
    try:
        number = float(label) if label is not None else nan
    except ValueError:
        return None
    return number if isfinite(number) else None


def name_labels(names: Sequence[str]) -> tuple[str, ...]:
    """The labels of a model, those of one name told apart by their columns: X (0), X (1)."""
    counts, distinct = Counter(names), list[str]()
    for at, name in enumerate(names):
        label = name if counts[name] == 1 else f"{name} ({at})"
        while counts[name] > 1 and label in counts:
            label = f"{label} ({at})"
        distinct.append(label)
    return tuple(distinct)


def join_names(names: Sequence[str], last: str = "and") -> str:
    """Some names in a sentence: a, b and c."""
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} {last} {names[-1]}"


def _find_listed(listed: Sequence[str], labels: Sequence[str]) -> frozenset[int] | None:
    """The columns that a list names, or marks by 0 and 1; None where it could be read either way, or not at all."""
    named = [find_label(name, labels) for name in listed]
    known = frozenset(index for index in named if index is not None)
    readings = {known} if len(known) == len(listed) else set[frozenset[int]]()
    if listed and len(listed) == len(labels) and all(name in _YES + _NO for name in listed):
        readings.add(frozenset(at for at, name in enumerate(listed) if name in _YES))
    return readings.pop() if len(readings) == 1 else None


def _fold(name: str) -> str:
    return " ".join(name.casefold().split())


def read_names(written: str) -> tuple[str, ...]:
    """Names for labels, each as given=known: parted by commas, or from a file of such lines or of a JSON object.

    Raises `UserError` for anything else.
    """
    path = Path(written)
    if written.strip() and "=" not in written:
        try:
            text = path.read_text("utf-8-sig")
        except (OSError, ValueError) as error:
            raise UserError(
                f"--labels gives '{written}', which is no file that can be read and no list such as neg=NEGATIVE."
            ) from error
        names = _read_file(text)
    else:
        names = list(split_names(written))
    if wrong := [name for name in names if not all(side.strip() for side in name.partition("=")[::2])]:
        raise UserError(f"--labels gives '{wrong[0]}'; write the label given, =, and the model's: neg=NEGATIVE.")
    return tuple("=".join(side.strip() for side in name.partition("=")[::2]) for name in names)


def _read_file(text: str) -> list[str]:
    try:
        names = json.loads(text)
    except ValueError:
        return [line for line in text.splitlines() if line.strip()]
    return [f"{given}={known}" for given, known in names.items()] if isinstance(names, dict) else [text]
