"""The documents say what is so: help texts, records, commands, files, links and code in them are the project's."""

import importlib
import re
import tomllib
from functools import cache
from pathlib import Path

import pytest
from typer.main import get_command

from reporter.cli.commands import app
from tests import printed

ROOT = Path(__file__).parents[2]
DOCS = sorted((ROOT / "docs").glob("*.md"))
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", ROOT / "CHANGELOG.md", *DOCS]
CONTRIBUTING = (ROOT / "CONTRIBUTING.md").read_text("utf-8")
OUTSIDE = r"^(?:[a-z]+:|#$)"
A_PATH = r"`((?:reporter|templates|tests|docs|sample_inputs)/[\w/.-]*|[\w.]+\.(?:md|toml|txt)|Makefile|\.ci/run)`"


@cache
def prose(path: Path) -> str:
    """A document without its blocks of code."""
    return re.sub(r"^( *)```.*?^\1```$", "", path.read_text("utf-8"), flags=re.DOTALL | re.MULTILINE)


@cache
def anchors(path: Path) -> set[str]:
    """The places in a document that a link may lead to, by the rule of code hosts and of the built site."""
    titles = re.findall(r"^#+ (.+)$", prose(path), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}


def broken(path: Path, links: list[str]) -> list[str]:
    """Those of the links in a document that lead to no file, or to no place in one."""

    def leads(link: str) -> bool:
        name, _, anchor = link.partition("#")
        there = path.parent / name if name else path
        return there.exists() and (not anchor or anchor in anchors(there))

    return [link for link in links if not leads(link)]


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.name)
def test_every_link_leads_somewhere(path):
    links = re.findall(r'(?:\]\(|src="|srcset=")([^)"\s]+)', prose(path))
    assert broken(path, [link for link in links if not re.match(OUTSIDE, link)]) == []


def test_a_link_that_leads_nowhere_is_found():
    links = ["inputs.md", "inputs.md#labels", "nowhere.md", "inputs.md#nowhere", "#nowhere"]
    assert broken(ROOT / "docs" / "numbers.md", links) == links[2:]


def test_every_page_is_in_the_navigation():
    site = tomllib.loads((ROOT / "zensical.toml").read_text("utf-8"))
    assert sorted(name for entry in site["project"]["nav"] for name in entry.values()) == [path.name for path in DOCS]


def test_the_help_is_what_the_commands_print():
    page = printed.COMMANDS.read_text("utf-8")
    assert sorted(re.findall(r"<!-- help:(\w+) -->", page)) == sorted(get_command(app).commands)
    assert page == printed.print_commands(page), "make golden prints it anew"


def test_the_records_are_those_of_the_schema():
    page = printed.TWIN.read_text("utf-8")
    assert page == printed.print_records(page), "make golden prints them anew"


def test_every_method_is_in_the_table():
    table = re.findall(r"^\| `(\w+)` \|", (ROOT / "docs" / "methods.md").read_text("utf-8"), re.MULTILINE)
    assert sorted(table) == sorted(path.stem for path in (ROOT / "reporter" / "methods").glob("[a-z]*.py"))


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.name)
def test_the_commands_are_there(path):
    text = path.read_text("utf-8")
    targets = re.findall(r"^(\w+):", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE)
    assert set(re.findall(r"(?:^|`|=\w+ )make (\w+)", text, re.MULTILINE)) <= set(targets)
    for module in re.findall(r"python -m (tests[\w.]*)", text):
        assert (ROOT / module.replace(".", "/")).with_suffix(".py").is_file(), module


@pytest.mark.parametrize("path", [path for path in PAGES if path.parent == ROOT / "docs"], ids=lambda path: path.name)
def test_what_a_page_imports_is_there(path):
    for module, name in re.findall(r"^from (reporter[\w.]*) import (\w+)$", path.read_text("utf-8"), re.MULTILINE):
        assert hasattr(importlib.import_module(module), name)


@pytest.mark.parametrize("path", [ROOT / "README.md", *DOCS], ids=lambda path: path.name)
def test_the_files_that_a_page_names_are_there(path):
    for name in re.findall(r"`((?:reporter|templates|tests)/[\w/.-]+)`", prose(path)):
        assert (ROOT / name).exists(), name


def test_the_files_that_contributing_names_are_there():
    names = set(re.findall(A_PATH, CONTRIBUTING))
    assert len(names) > 40
    assert [name for name in sorted(names) if not (ROOT / name).exists()] == []


def test_contributing_has_the_whole_house():
    tree = re.findall(r"^  (\w+(?:/|\.py)) ", CONTRIBUTING, re.MULTILINE)
    there = [f"{path.name}/" if path.is_dir() else path.name for path in (ROOT / "reporter").glob("[a-z]*")]
    assert sorted(tree) == sorted(there)
