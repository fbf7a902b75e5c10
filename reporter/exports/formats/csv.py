"""CSV (RFC 4180, UTF-8): one row per document, target, method and token, special tokens included."""

import csv
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from io import StringIO
from typing import ClassVar

from reporter.records import Attribution, Explanation, Provenance, Section, choose_sections, name_answer, name_target

_COLUMNS = (
    "id", "source", "label", "predicted", "target", "at", "method",
    "position", "token", "segment", "start", "end", "word", "special", "score", "error",
)  # fmt: skip
_FORMULA = tuple("=+-@\t\r\n＝＋－＠")


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
        file = StringIO(newline="")
        table = csv.writer(file)
        for section in choose_sections(explanation, target=self.target):
            for attribution in section.attributions:
                if self.method in (None, attribution.method):
                    table.writerows(_rows(explanation, section, attribution=attribution))
        return [file.getvalue()] if file.tell() else []


def _rows(
    explanation: Explanation, section: Section, *, attribution: Attribution
) -> Iterator[list[str | float | None]]:
    predicted = name_answer(explanation.prediction) if explanation.prediction else None
    facts = (explanation.id, explanation.source, explanation.label, predicted, name_target(section.target))
    named = [harmless(fact) for fact in facts]
    for at, token in enumerate(section.tokens):
        place = [at, harmless(token.text), token.segment, token.start, token.end, token.word, int(token.special)]
        error = attribution.errors[at] if attribution.errors else None
        yield [*named, section.target.position, harmless(attribution.method), *place, attribution.scores[at], error]


def harmless(text: str | None) -> str | None:
    """A text that no spreadsheet takes for a formula."""
    return f"'{text}" if text and text.startswith(_FORMULA) else text
