"""What can be taken away from the page of a text: its record as JSON, and a table of its tokens as CSV."""

from collections.abc import Callable, Iterable, Iterator

from reporter.records import (
    TOKEN_COLUMNS,
    Attribution,
    Cell,
    Explanation,
    Section,
    list_token_cells,
    name_target,
    write_rows,
)
from reporter.site.addresses import csv_path, json_path


def list_downloads(explanation: Explanation, line: str) -> Iterator[tuple[str, Callable[[], Iterable[str]]]]:
    """The files beside the page of a document that has this line of the twin: their paths and how to make each.

    One that was not explained has no tokens, and so no table.
    """
    yield json_path(explanation.id), lambda: (line, "\n")
    if explanation.sections:
        yield csv_path(explanation.id), lambda: [make_table(explanation)]


def make_table(explanation: Explanation) -> str:
    """One row for every target and token, special tokens included, with the score and the error by every method.

    `at` is the position that the model answered for. Scores are in units of the target's score; a method without an
    error per token has no column for one.
    """
    methods = dict[str, bool]()
    for section in explanation.sections:
        for attribution in section.attributions:
            methods[attribution.method] = methods.get(attribution.method, False) or attribution.errors is not None
    head = ["target", "target_index", "at", *TOKEN_COLUMNS]
    for method, has_errors in methods.items():
        head += [method, f"{method}_error"] if has_errors else [method]
    rows = (row for section in explanation.sections for row in _list_rows(section, methods))
    return write_rows([head, *rows])


def _list_rows(section: Section, methods: dict[str, bool]) -> Iterator[list[Cell]]:
    target: list[Cell] = [name_target(section.target), section.target.index, section.target.position]
    by_method = {attribution.method: attribution for attribution in section.attributions}
    for position, token in enumerate(list_token_cells(section)):
        scores = list[Cell]()
        for method, has_errors in methods.items():
            score, error = _read_score(by_method.get(method), position)
            scores += [score, error] if has_errors else [score]
        yield [*target, *token, *scores]


def _read_score(attribution: Attribution | None, position: int) -> tuple[float | None, float | None]:
    """The score and the error of a token; None where the method has none of this target."""
    if attribution is None:
        return None, None
    return attribution.scores[position], attribution.errors[position] if attribution.errors else None
