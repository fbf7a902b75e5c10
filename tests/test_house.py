"""The house keeps its order: imports point one way, nothing heavy is loaded where it is not needed, files are small."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
ORDER = (
    "errors",
    "heads",
    "lineage",
    "gaps",
    "intake",
    "consensus",
    "totals",
    "machine",
    "records",
    "seeds",
    "settings",
    "rounding",
    "sums",
    "intervals",
    "files",
    "colours",
    "threads",
    "stopwatch",
    "processes",
    "crew",
    "batches",
    "parts",
    "shapes",
    "twin",
    "labels",
    "marking",
    "rules",
    "estimates",
    "quadrature",
    "integration",
    "coalitions",
    "influence",
    "retraining",
    "adaptive",
    "documents",
    "ledger",
    "database",
    "store",
    "edition",
    "origin",
    "containment",
    "readiness",
    "training",
    "plan",
    "memory",
    "formats",
    "steady",
    "lines",
    "readout",
    "hooks",
    "specials",
    "attending",
    "network",
    "invariance",
    "checkpoint",
    "neighbours",
    "encoding",
    "tasks",
    "acceptance",
    "targets",
    "final_layer",
    "features",
    "baselines",
    "passes",
    "cases",
    "rows",
    "paths",
    "perturbations",
    "projections",
    "methods",
    "attempts",
    "completeness",
    "diagnostics",
    "evidence",
    "agreement",
    "questions",
    "rankings",
    "removal",
    "erasure",
    "counterfactuals",
    "plausibility",
    "infidelity",
    "stability",
    "sensitivity",
    "sections",
    "attribute",
    "sanity",
    "tracing",
    "measure",
    "grading",
    "corpus",
    "summary",
    "manifest",
    "writing",
    "report",
    "render",
    "sinks",
    "findings",
    "terminal",
    "export",
    "serve",
    "place",
    "interrupt",
    "links",
    "published",
    "redrawing",
    "proving",
    "check",
    "junit",
    "comparing",
    "runwide",
    "unverified",
    "verify",
    "finished",
    "configuration",
    "cli",
)
WIDE = (
    ("cli.py", "build"),
    ("finished.py", "export"),
    ("finished.py", "verify"),
    ("adaptive.py", "attribute"),
)  # options; Captum's signature
SOURCES = sorted(path for path in (ROOT / "reporter").rglob("*.py") if "embedded" not in path.parts)


def imported(path: Path) -> set[str]:
    """The rooms of `reporter` that a file imports, at its head or inside a function."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module and node.module.startswith("reporter"):
            parts = node.module.split(".")
            found |= {parts[1]} if len(parts) > 1 else {alias.name for alias in node.names if alias.name in ORDER}
    return found


def room(path: Path) -> str:
    """The room a file stands in."""
    first = path.relative_to(ROOT / "reporter").parts[0]
    return first.removesuffix(".py")


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(ROOT)))
def test_imports_point_one_way(path):
    if room(path) == "__init__":
        assert imported(path) == {"threads"}  # which choose how torch computes, on every way in
        return
    place = ORDER.index(room(path))
    assert {name for name in imported(path) if ORDER.index(name) > place} == set()


def test_every_room_has_its_place():
    assert {room(path) for path in SOURCES} - {"__init__"} == set(ORDER)


@pytest.mark.parametrize(
    "name",
    [
        "twin",
        "store",
        "summary",
        "report",
        "render",
        "processes",
        "export",
        "serve",
        "documents",
        "settings",
        "cli",
        "redrawing",
    ],
)
def test_what_needs_no_torch_loads_none(name):
    heavy = "any(heavy in sys.modules for heavy in ('torch', 'transformers', 'captum', 'scipy'))"
    code = f"import sys, reporter.{name}; sys.exit({heavy})"
    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=False).returncode == 0


@pytest.mark.parametrize(("package", "owner"), [("transformers", "checkpoint"), ("huggingface_hub", "origin")])
def test_only_one_room_knows_each_of_these(package, owner):
    lines = {(room(path), line) for path in SOURCES for line in path.read_text("utf-8").splitlines()}
    heads = (f"import {package}", f"from {package}")
    assert {name for name, line in lines if line.strip().startswith(heads)} == {owner}


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(ROOT)))
def test_files_and_functions_stay_small(path):
    text = path.read_text("utf-8")
    assert text.count("\n") <= (400 if path.name == "records.py" else 250)
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef) and (path.name, node.name) not in WIDE:
            names = [
                name.arg
                for name in (*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs)
                if name.arg not in ("self", "cls")
            ]
            assert len(names) <= 5, node.name
            body = node.body[ast.get_docstring(node) is not None :]
            assert not body or body[-1].end_lineno - body[0].lineno < 30, node.name


def test_only_one_room_writes_to_the_terminal():
    names = {"print", "echo", "Console", "stdout", "stderr"}
    writing = {
        room(path)
        for path in SOURCES
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if (isinstance(node, ast.Name) and node.id in names) or (isinstance(node, ast.Attribute) and node.attr in names)
    }
    assert writing == {"terminal", "export"}  # the other one writes files, to standard output if that is asked for
