"""The README says what is so: its options are those of `--help`, its commands are those of the Makefile."""

import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text("utf-8")


def read_help() -> str:
    """The help of `build` as it prints on a plain terminal, 96 columns wide."""
    code = "import sys; sys.argv[0] = 'salience-report'; from reporter.cli import main; main()"
    plain = {"COLUMNS": "96", "NO_COLOR": "1", "TERM": "dumb", "PYTHONIOENCODING": "utf-8", "PATH": ""}
    done = subprocess.run(
        [sys.executable, "-c", code, "build", "--help"], cwd=ROOT, capture_output=True, env=plain, check=True
    )
    return "\n".join(line.rstrip() for line in done.stdout.decode().strip().splitlines())


def test_the_options_in_the_readme_are_those_of_the_help():
    block = re.search(r"<!-- help:build -->\n```\n(.*?)```\n<!-- /help -->", README, re.DOTALL)
    assert block is not None
    assert block.group(1).strip() == read_help()


def test_the_commands_in_the_readme_are_there():
    targets = re.findall(r"^(\w+):", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE)
    assert set(re.findall(r"make (\w+)", README)) <= set(targets)


def test_the_files_in_the_readme_are_there():
    for name in re.findall(r"`((?:reporter|tests)/[\w/.]+)`", README):
        assert (ROOT / name).exists(), name
