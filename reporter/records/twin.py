"""The public twin: records to JSON and back, rounded to the printed precision, and the JSON Schema of both."""

from collections.abc import Iterable
from typing import Any, Protocol

import msgspec

from reporter.records.explanation import Explanation
from reporter.records.run import Run
from reporter.records.shapes import find_misfit


def dump_record(record: Explanation | Run) -> bytes:
    """One record as one line of JSON, without the newline."""
    return msgspec.json.encode(record)


def load_explanation(line: bytes | str) -> Explanation:
    """The record in a line of `dump_record`; raises `msgspec.ValidationError` for others, or if fields do not fit."""
    explanation = msgspec.json.decode(line, type=Explanation)
    if misfit := find_misfit(explanation):
        raise msgspec.ValidationError(f"{explanation.id}: {misfit}")
    return explanation


def load_run(line: bytes | str) -> Run:
    """The run in a line of `dump_record`; raises `msgspec.ValidationError` for anything else."""
    return msgspec.json.decode(line, type=Run)


def schema() -> dict[str, Any]:
    """The JSON Schema (2020-12) of a line of `documents.jsonl` and of `run.json`."""
    references, definitions = msgspec.json.schema_components([Explanation, Run], ref_template="#/$defs/{name}")
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", "anyOf": list(references), "$defs": definitions}


class _HasToList(Protocol):
    def tolist(self) -> list[float]: ...


def round_values(values: Iterable[float] | _HasToList) -> tuple[float, ...]:
    """The values to seven significant digits (about what a float32 holds), without negative zeros."""
    numbers = values.tolist() if hasattr(values, "tolist") else values
    return tuple(float(f"{number:.7g}") + 0.0 for number in numbers)
