"""CSV (RFC 4180, UTF-8): one row per document, target, method and token, special tokens included."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import ClassVar

from reporter.records import (
    TOKEN_COLUMNS,
    Attribution,
    Cell,
    Explanation,
    Provenance,
    Section,
    choose_sections,
    list_token_cells,
    name_answer,
    name_target,
    write_rows,
)

_COLUMNS = ("id", "source", "label", "predicted", "target", "at", "method", *TOKEN_COLUMNS, "score", "error")


@dataclass(frozen=True)
class Csv:
    """A table for spreadsheets and data frames; a text that a spreadsheet would compute gets an apostrophe before it.

    `at` is the position that the model answered for, `position` that of the token; `start` and `end` count characters
    of the text (`segment` 0) or of its pair (1). `score` and `error` are in units of the target's score.
    """

    method: str | None = None
    target: str | None = None

    suffix: ClassVar[str] = ".csv"
    apart: ClassVar[bool] = False
    head: ClassVar[str] = ",".join(_COLUMNS) + "\r\n"

    def texts(self, explanation: Explanation, run: Provenance) -> Sequence[str]:  # noqa: ARG002
        """The rows of one document."""
        table = write_rows(
            row
            for section in choose_sections(explanation, target=self.target)
            for attribution in section.attributions
            if self.method in (None, attribution.method)
            for row in _list_rows(explanation, section, attribution=attribution)
        )
        return [table] if table else []


def _list_rows(explanation: Explanation, section: Section, *, attribution: Attribution) -> Iterator[list[Cell]]:
    predicted = name_answer(explanation.prediction) if explanation.prediction else None
    facts = (explanation.id, explanation.source, explanation.label, predicted, name_target(section.target))
    errors = attribution.errors or (None,) * len(section.tokens)
    for token, score, error in zip(list_token_cells(section), attribution.scores, errors, strict=True):
        yield [*facts, section.target.position, attribution.method, *token, score, error]
