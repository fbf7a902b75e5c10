"""Which columns of a table hold the text, its pair and its label: those named, or else those with usual names."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from reporter.documents.listing import escape
from reporter.records import UserError

RATIONALE = "rationale"  # JSON alone has one
_PAIRS = (
    ("premise", "hypothesis"),
    ("sentence1", "sentence2"),
    ("sentence_1", "sentence_2"),
    ("sentence_a", "sentence_b"),
    ("text1", "text2"),
    ("text_a", "text_b"),
    ("question1", "question2"),
    ("question", "context"),
    ("question", "sentence"),
    ("question", "passage"),
    ("question", "answer"),
    ("query", "passage"),
    ("query", "document"),
)
_TEXTS = (
    "sentence", "review", "content", "comment", "document", "body", "message", "tweet", "utterance", "post", "question",
    "query", "passage", "review_text", "review_body", "comment_text", "full_text", "tweet_text",
)  # fmt: skip
_LABELS = (
    ("label",),
    ("labels", "sentiment", "target", "gold", "gold_label", "class", "category", "emotion"),
    ("score", "rating", "stars"),
)
_SHOWN = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Intake:
    """How tables are read: the columns that are named ("" is none, None the usual ones), and other names of labels.

    `pairs` and `gold` are the usual names of a task, which come before all others.
    """

    text_column: str | None = None
    pair_column: str | None = None
    label_column: str | None = None
    labels: Mapping[str, str] = field(default_factory=dict)
    pairs: tuple[tuple[str, str], ...] = ()
    gold: tuple[str, ...] = ()


USUAL = Intake()
"""Columns by their usual names, labels as they stand."""


class Unclear(UserError):
    """Several columns could be meant, and only the user can say which."""


class Columns(NamedTuple):
    """The names of the columns that are taken, as `name_column` writes them."""

    text: str
    pair: str | None
    label: str | None

    @property
    def taken(self) -> tuple[str, ...]:
        """All that may stand in a row once only."""
        return tuple(name for name in (self.text, "id", self.pair, self.label, RATIONALE) if name)


def choose_columns(names: Sequence[str], intake: Intake) -> Columns:
    """The columns of text, pair and label among these names; raises `UserError` for none, or several candidates."""
    text, pair = _choose_texts(names, intake)
    label = _find(intake.label_column, names, "--label-column") if intake.label_column is not None else None
    if intake.label_column is None:
        left = [name for name in names if name not in (text, pair)]
        label = next((name for name in intake.gold if name in left), None) or _pick_label(left)
    return Columns(text, pair, label)


def name_column(written: str) -> str:
    """A column's name as it is compared: without white space and byte order mark, in lower case."""
    return written.strip(" \t\r\n\ufeff").casefold()


def name_columns(columns: Iterable[str]) -> str:
    """The first columns there are, short enough for a sentence."""
    names = list(columns)
    shown = [escape(column[:30]) for column in names[:_SHOWN]]
    return f"it has: {', '.join(shown) or 'nothing'}{', ...' if len(names) > _SHOWN else ''}"


def _choose_texts(names: Sequence[str], intake: Intake) -> tuple[str, str | None]:
    if intake.text_column:
        text = _find(intake.text_column, names, "--text-column")
        pair = "text_pair" if "text_pair" in names and text is not None else None
    else:
        usual = next((known for known in intake.pairs if set(known) <= set(names)), None)
        text, pair = usual or _pick_texts(names, single=intake.pair_column is not None)
    if intake.pair_column is not None:
        pair = _find(intake.pair_column, names, "--pair-column")
    assert text is not None
    return text, pair


def _pick_texts(names: Sequence[str], *, single: bool) -> tuple[str, str | None]:
    """The text and its pair by their usual names; a `single` one has its pair from elsewhere."""
    if "text" in names:
        return "text", "text_pair" if "text_pair" in names else None
    pairs = [] if single else [pair for pair in _PAIRS if set(pair) <= set(names)]
    inside = {name for pair in pairs for name in pair}
    choices: list[tuple[str, str | None]] = [*pairs]
    firsts = {pair[0] for pair in _PAIRS} if single else set()
    choices += [(name, None) for name in dict.fromkeys(names) if name in {*_TEXTS, *firsts} and name not in inside]
    if not choices:
        raise UserError(
            f"There is no column of texts ({name_columns(names)}); name it with --text-column, or give the table a "
            "first line of names."
        )
    if len(choices) > 1:
        listed = " or ".join(first if second is None else f"{first} with {second}" for first, second in choices)
        raise Unclear(f"More than one column could be the text: {listed}; name it with --text-column.")
    return choices[0]


def _pick_label(names: Sequence[str]) -> str | None:
    for usual in _LABELS:
        choices = [name for name in dict.fromkeys(names) if name in usual]
        if len(choices) > 1:
            raise Unclear(
                f"More than one column could be the label: {' or '.join(choices)}; name it with --label-column, "
                'or give it "" for none.'
            )
        if choices:
            return choices[0]
    return None


def _find(written: str, names: Sequence[str], option: str) -> str | None:
    """The column that an option names; None for the empty name."""
    name = name_column(written)
    if name and name not in names:
        raise UserError(f"There is no column named {escape(written)} ({name_columns(names)}), as {option} says.")
    return name or None
