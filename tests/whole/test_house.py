"""The house keeps its order: packages import one way and from each other's front doors, and files are small."""

import ast
import importlib
import pkgutil
import subprocess
import sys
from collections.abc import Iterator
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "reporter"
ORDER = (
    "records",
    "registry",
    "documents",
    "models",
    "tasks",
    "attribution",
    "methods",
    "evidence",
    "influence",
    "runs",
    "summary",
    "site",
    "exports",
    "audit",
    "cli",
)
"""Each may import only what stands before it."""

PARTS = ("tasks", "methods", "evidence.metrics", "exports.formats", "runs.engines")
"""Folders of parts, one file each; what all of them are stands in their `__init__`."""

WIDE = (
    ("commands.py", "build"),
    ("site_commands.py", "export"),
    ("site_commands.py", "verify"),
    ("captum.py", "attribute"),
)  # options; Captum's signature
SOURCES = sorted(path for path in PACKAGE.rglob("*.py") if "embedded" not in path.parts)
OFFERING = sorted(path.parent for path in PACKAGE.rglob("__init__.pyi"))


def name(path: Path) -> str:
    """The dotted name of a module below `reporter`."""
    return ".".join(path.relative_to(PACKAGE).with_suffix("").parts).removesuffix("__init__").removesuffix(".")


MODULES = {name(path): path for path in SOURCES}


def imports(path: Path) -> Iterator[tuple[str, str]]:
    """What a file imports of `reporter`, at its head or inside a function: the module named, and the name."""
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module and node.module.split(".")[0] == "reporter":
            yield from ((node.module.partition(".")[2], alias.name) for alias in node.names)


def package(module: str) -> str:
    return module.partition(".")[0]


@pytest.mark.parametrize("path", SOURCES, ids=name)
def test_imports_point_one_way(path):
    named = {package(module or name) for module, name in imports(path)} - {"__version__"}
    if path == PACKAGE / "__init__.py":
        assert named == {"models"}  # its threads, which choose how torch computes, on every way in
        return
    assert {other for other in named if ORDER.index(other) > ORDER.index(package(name(path)))} == set()


def test_every_package_has_its_place():
    assert {package(name(path)) for path in SOURCES} - {""} == set(ORDER)


@pytest.mark.parametrize("path", SOURCES, ids=name)
def test_others_come_in_by_the_front_door(path):
    for module, one in imports(path):
        other = module.partition(".")[2] and package(module) not in (package(name(path)), "embedded")
        entrance = module in PARTS or path == PACKAGE / "__init__.py"
        assert not other or entrance, f"from reporter.{module} import {one}"


@pytest.mark.parametrize("folder", OFFERING, ids=lambda path: name(path / "__init__.py"))
def test_what_a_package_offers_is_there(folder):
    found = importlib.import_module(f"reporter.{name(folder / '__init__.py')}")
    assert found.__doc__
    assert len(found.__doc__.splitlines()) <= 8
    inside = {module.name for module in pkgutil.iter_modules([str(folder)])}
    assert not inside & set(found.__all__)  # a module and what it offers would hide each other
    assert all(getattr(found, offered) is not None for offered in found.__all__)


def follow_imports() -> dict[str, set[str]]:
    """What every module imports of `reporter`: the modules themselves, also where a front door offers their names."""
    graph = {
        here: {f"{module}.{one}" if f"{module}.{one}" in MODULES else module for module, one in imports(path)}
        for here, path in MODULES.items()
    }
    offered = {
        (name(folder / "__init__.py"), alias.name): f"{name(folder / '__init__.py')}.{node.module}"
        for folder in OFFERING
        for node in ast.parse((folder / "__init__.pyi").read_text("utf-8")).body
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    }
    for here, path in MODULES.items():
        graph[here] |= {offered[each] for each in imports(path) if each in offered}
    return graph


def test_no_module_imports_itself_by_way_of_others():
    assert tuple(TopologicalSorter(follow_imports()).static_order())


@pytest.mark.parametrize(
    ("above", "below", "service"),
    [
        ("evidence", "site", None),
        ("summary", "site", None),
        ("exports", "site.pages", None),
        ("audit", "site.pages", "site.render"),  # `check` has every page drawn again
    ],
)
def test_what_is_measured_and_written_knows_no_page(above, below, service):
    graph = follow_imports()
    reached, waiting = set[str](), [module for module in graph if package(module) == above]
    assert len(waiting) > 3
    while waiting:
        module = waiting.pop()
        if module not in reached and module != service:
            reached.add(module)
            waiting += graph.get(module, ())
    assert sorted(module for module in reached if f"{module}.".startswith(f"{below}.")) == []


@pytest.mark.parametrize(
    "module",
    [
        "records.twin",
        "records.settings",
        "documents.folder",
        "runs.store",
        "runs.processes",
        "summary.run_summary",
        "site.pages.document.page",
        "site.render",
        "site.preview",
        "exports.export",
        "audit.redrawing",
        "cli.commands",
    ],
)
def test_what_needs_no_torch_loads_none(module):
    heavy = "any(heavy in sys.modules for heavy in ('torch', 'transformers', 'captum', 'scipy'))"
    code = f"import sys, reporter.{module}; sys.exit({heavy})"
    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=False).returncode == 0


@pytest.mark.parametrize(
    ("library", "owner"),
    [("transformers", "models.loading.checkpoint"), ("huggingface_hub", "models.loading.source")],
)
def test_only_one_module_knows_each_of_these(library, owner):
    lines = {(name(path), line) for path in SOURCES for line in path.read_text("utf-8").splitlines()}
    heads = (f"import {library}", f"from {library}")
    assert {where for where, line in lines if line.strip().startswith(heads)} == {owner}


@pytest.mark.parametrize("path", SOURCES, ids=name)
def test_files_and_functions_stay_small(path):
    text = path.read_text("utf-8")
    assert text.count("\n") <= 250
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


def test_only_one_module_writes_to_the_terminal():
    names = {"print", "echo", "Console", "stdout", "stderr"}
    writing = {
        name(path)
        for path in SOURCES
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if (isinstance(node, ast.Name) and node.id in names) or (isinstance(node, ast.Attribute) and node.attr in names)
    }
    assert writing == {"cli.terminal", "exports.export"}  # an export goes to standard output if that is asked for


@pytest.mark.parametrize("path", SOURCES, ids=name)
def test_nothing_private_of_a_library_is_imported(path):
    named = [
        node for node in ast.walk(ast.parse(path.read_text("utf-8"))) if isinstance(node, ast.Import | ast.ImportFrom)
    ]
    modules = [node.module or "" for node in named if isinstance(node, ast.ImportFrom)]
    words = [word for node in named for alias in node.names for word in alias.name.split(".")]
    words += [word for module in modules if module != "__future__" for word in module.split(".")]
    assert [word for word in words if word.startswith("_") and word != "__version__"] == []


@pytest.mark.parametrize("path", SOURCES, ids=name)
def test_what_is_frozen_is_filled_by_nobody(path):
    tree = ast.parse(path.read_text("utf-8"))
    named = {node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute)}
    looked = [node for node in ast.walk(tree) if isinstance(node, ast.Subscript | ast.Attribute)]
    filled = [node for node in looked if isinstance(node.value, ast.Call) and ast.unparse(node.value.func) == "vars"]
    assert not named & {"__dict__", "__setattr__"}
    assert not [one for one in filled if isinstance(one.ctx, ast.Store) or getattr(one, "attr", "") == "update"]


def test_hooks_are_registered_in_one_place():
    calling = {
        name(path)
        for path in SOURCES
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.Attribute) and node.attr.startswith("register_")
    }
    assert calling == {"models.hooks"}


ANSWERS = {"id2label", "problem_type"}
"""Names of a configuration that say what an answer is."""

MEASURING = ("models", "attribution", "methods", "evidence", "influence", "runs", "cli")
"""Where a network's output may be at hand; elsewhere `logits` can only be the field of a saved prediction."""

SHARES = {"models.packed.rows", "influence.retraining", "audit.recomputed.answers"}
"""Where shares of something else are made: of attention, of a layer that is trained, of saved numbers without torch."""


def spoken(path: Path, *kinds: type[ast.AST]) -> set[str]:
    """The names in the code of a file that are nodes of these kinds; a text counts if it could be a name."""
    nodes = (node for node in ast.walk(ast.parse(path.read_text("utf-8"))) if isinstance(node, kinds))
    given = (getattr(node, field, None) for node in nodes for field in ("id", "attr", "arg", "name", "value"))
    return {one for one in given if isinstance(one, str) and one.isidentifier()}


@pytest.mark.parametrize("path", SOURCES, ids=name)
def test_only_tasks_know_what_an_answer_is(path):
    """No one else reads an output object, knows how a configuration names answers, or makes probabilities of them."""
    here, every = name(path), spoken(path, ast.AST)
    if package(here) != "tasks":
        assert not every & ANSWERS
        assert here in SHARES or not any("softmax" in word or "sigmoid" in word for word in every)
        fields = spoken(path, ast.Attribute, ast.Constant, ast.keyword)
        assert package(here) not in MEASURING or not any("logits" in field for field in fields)


def test_what_only_tasks_know_is_found_where_it_is():
    tasks = {word for path in SOURCES if package(name(path)) == "tasks" for word in spoken(path, ast.AST)}
    assert {"logits", "softmax", "sigmoid", *ANSWERS} <= tasks
    assert all("softmax" in " ".join(spoken(MODULES[one], ast.AST)) for one in SHARES)
