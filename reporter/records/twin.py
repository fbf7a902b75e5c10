"""The public twin: records to JSON and back, and the JSON Schema that both of them keep."""

from typing import Any

import msgspec

from reporter.records.explanation import Explanation
from reporter.records.run import Run
from reporter.records.shapes import find_misfit


def dump(record: Explanation | Run) -> bytes:
    """One record as one line of JSON, without the newline."""
    return msgspec.json.encode(record)


def load_explanation(line: bytes | str) -> Explanation:
    """The record that `dump` wrote; raises `msgspec.ValidationError` for others, and where its fields do not fit."""
    explanation = msgspec.json.decode(line, type=Explanation)
    if misfit := find_misfit(explanation):
        raise msgspec.ValidationError(f"{explanation.id}: {misfit}")
    return explanation


def load_run(line: bytes | str) -> Run:
    """The record that `dump` wrote; raises `msgspec.ValidationError` for anything else."""
    return msgspec.json.decode(line, type=Run)


def schema() -> dict[str, Any]:
    """The JSON Schema (2020-12) of a line of `documents.jsonl` and of `run.json`."""
    references, definitions = msgspec.json.schema_components([Explanation, Run], ref_template="#/$defs/{name}")
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", "anyOf": list(references), "$defs": definitions}
