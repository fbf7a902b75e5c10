"""Print into `docs/` what the program knows itself: the help of every command, and the records of the public twin.

`make golden` does it; `tests/whole/test_readme.py` holds that it was done.
"""

import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from reporter.records import twin

ROOT = Path(__file__).parent.parent
COMMANDS = ROOT / "docs" / "commands.md"
TWIN = ROOT / "docs" / "twin.md"
_BLOCK = r"(<!-- {kind}:(\w+) -->\n)(.*?)(<!-- /{kind} -->)"
_END = "\f"
_HELP = f"""
import sys
from reporter.cli.commands import main
for command in sys.argv[1:]:
    sys.argv = ["salience-report", command, "--help"]
    try:
        main()
    except SystemExit:
        print({_END!r}, flush=True)
"""


def read_help(*commands: str) -> list[str]:
    """The help of each command as it prints on a plain terminal, 96 columns wide."""
    plain = {"COLUMNS": "96", "NO_COLOR": "1", "TERM": "dumb", "PYTHONIOENCODING": "utf-8", "PATH": ""}
    done = subprocess.run(
        [sys.executable, "-c", _HELP, *commands], cwd=ROOT, capture_output=True, env=plain, check=True
    )
    helps = done.stdout.decode().split(_END)[:-1]
    return ["\n".join(line.rstrip() for line in text.strip().splitlines()) for text in helps]


def print_commands(page: str) -> str:
    """The page of commands with the help of each in its block."""
    names = [name for _, name, _, _ in re.findall(_BLOCK.format(kind="help"), page, re.DOTALL)]
    helps = dict(zip(names, read_help(*names), strict=True))
    return _fill(page, "help", lambda name: f"```\n{helps[name]}\n```\n")


def print_records(page: str) -> str:
    """The page of the twin with the records of a line of `documents.jsonl` and of `run.json` in their blocks."""
    records = twin.schema()["$defs"]
    lines = _reach("Explanation", records)
    blocks = {"documents": lines, "run": [name for name in _reach("Run", records) if name not in lines]}
    return _fill(page, "records", lambda name: "\n".join(_describe(record, records[record]) for record in blocks[name]))


def _fill(page: str, kind: str, say: Callable[[str], str]) -> str:
    return re.sub(_BLOCK.format(kind=kind), lambda m: m[1] + say(m[2]) + m[4], page, flags=re.DOTALL)


def _reach(root: str, records: dict[str, Any]) -> list[str]:
    """The record and all that it holds, each once, outermost first."""
    found = [root]
    for name in found:
        found += [other for other in dict.fromkeys(_mentions(records[name])) if other not in found]
    return found


def _mentions(value: object) -> Iterator[str]:
    if isinstance(value, dict):
        if "$ref" in value:
            yield value["$ref"].rpartition("/")[2]
        for one in value.values():
            yield from _mentions(one)
    elif isinstance(value, list):
        for one in value:
            yield from _mentions(one)


def _describe(name: str, record: dict[str, Any]) -> str:
    sentences = "\n".join(line.strip() for line in record["description"].splitlines())
    rows = [f"| `{field}` | {_name_type(kind)} |" for field, kind in record["properties"].items()]
    return "\n".join([f"### {name}\n", sentences.strip() + "\n", "| field | value |", "|---|---|", *rows, ""])


def _name_type(kind: dict[str, Any]) -> str:
    """What may stand in a field, in words, with a link to a record."""
    if "$ref" in kind:
        name = kind["$ref"].rpartition("/")[2]
        return f"[{name}](#{name.lower()})"
    if "enum" in kind:
        return " or ".join(f'`"{one}"`' for one in kind["enum"])
    if "anyOf" in kind:
        return " or ".join(map(_name_type, kind["anyOf"]))
    if "prefixItems" in kind:
        return f"[{', '.join(map(_name_type, kind['prefixItems']))}]"
    if kind.get("type") == "array":
        return f"list of {_name_type(kind['items'])}"
    if kind.get("type") == "object":
        return f"object of {_name_type(kind['additionalProperties'])}"
    return {"boolean": "true or false"}.get(kind["type"], kind["type"])


def main() -> None:
    """Print both pages anew."""
    COMMANDS.write_text(print_commands(COMMANDS.read_text("utf-8")), "utf-8")
    TWIN.write_text(print_records(TWIN.read_text("utf-8")), "utf-8")


if __name__ == "__main__":
    main()
