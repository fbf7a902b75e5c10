"""A saved run becomes a static site: pages from templates, the public twin beside them. Same run, same bytes."""

import json
import re
from dataclasses import fields
from importlib.resources import files
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from reporter import twin
from reporter.files import write
from reporter.records import Failure, Provenance, Run, Summary
from reporter.report import (
    Audit,
    DocumentPage,
    IndexPage,
    MethodsPage,
    NotFoundPage,
    ProvenancePage,
    document_pages,
    methods_page,
    not_found_page,
    provenance_page,
)
from reporter.store import Store
from reporter.summary import summarise

Page = DocumentPage | IndexPage | MethodsPage | NotFoundPage | ProvenancePage

_MARKS = ("202A LRE", "202B RLE", "202C PDF", "202D LRO", "202E RLO", "2066 LRI", "2067 RLI", "2068 FSI", "2069 PDI")
_PICTURES = {
    **{code: chr(0x2400 + code) for code in range(32) if chr(code) not in "\t\n"},
    **{code: f"⟦U+{code:04X}⟧" for code in range(0x80, 0xA0)},
    **dict.fromkeys((*range(0xD800, 0xE000), 0xFFFE, 0xFFFF), "\N{REPLACEMENT CHARACTER}"),
    **{int(mark[:4], 16): f"⟦{mark[5:]}⟧" for mark in _MARKS},
    0x7F: "\N{SYMBOL FOR DELETE}",
}
_HIDDEN = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff\ufffe\uffff]")


def draw(store: Store, site: Path) -> None:
    """Write the whole site of a run into a folder, which may hold an older one; the run itself is left alone."""
    summary, failures = summarise(store.explanations())
    run = _run(store.provenance(), summary=summary, failures=failures)
    audit, pages, kept = Audit(run), environment(), set()
    for explanation, page in document_pages(run, store.explanations()):
        audit.add(explanation, page)
        write(site / page.path, [_drawn(pages, page, name="document")])
        kept.add(site / page.path)
    _remove_others(site / "documents", kept)
    write(site / "index.html", [_drawn(pages, audit.page(), name="index")])
    write(site / "methods.html", [_drawn(pages, methods_page(run), name="methods")])
    write(site / "provenance.html", [_drawn(pages, provenance_page(run), name="provenance")])
    write(site / "404.html", [_drawn(pages, not_found_page(run), name="404")])
    write(site / ".nojekyll", [])
    write(site / "data" / "documents.jsonl", (f"{line}\n" for line in store.lines()))
    write(site / "data" / "run.json", [twin.dump(run).decode(), "\n"])
    write(site / "data" / "schema.json", [json.dumps(twin.schema(), indent=1), "\n"])


def environment() -> Environment:
    """The templates; every value they print goes through `visible`, and is text, never markup."""
    folder = _templates()
    pages = Environment(
        loader=FileSystemLoader(folder),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=visible,
    )
    styles = {path.stem: Markup(_compact(path.read_text("utf-8"))) for path in sorted((folder / "style").glob("*.css"))}
    pages.globals["style"] = styles
    return pages


def visible(value: object) -> object:
    """Text with its control characters as pictures and its hidden changes of direction as marks; other values as is."""
    if not isinstance(value, str) or isinstance(value, Markup) or not _HIDDEN.search(value):
        return value
    return value.replace("\r\n", "\n").translate(_PICTURES)


def _run(provenance: Provenance, *, summary: Summary, failures: tuple[Failure, ...]) -> Run:
    facts = {one.name: getattr(provenance, one.name) for one in fields(provenance)}
    return Run(**facts, summary=summary, failures=failures)


def _drawn(pages: Environment, page: Page, *, name: str) -> str:
    return pages.get_template(f"{name}.html.j2").render({one.name: getattr(page, one.name) for one in fields(page)})


def _templates() -> Path:
    """The folder of templates: in the package where it is installed, beside it in a checkout."""
    package = Path(str(files("reporter")))
    places = (package / "templates", package.parent / "templates")
    return next(place for place in places if (place / "base.html.j2").is_file())


def _compact(css: str) -> str:
    """A style sheet without its comments and the white space that means nothing."""
    bare = re.sub(r"\s+", " ", re.sub(r"/\*.*?\*/", "", css, flags=re.DOTALL))
    return re.sub(r"\s*([{};,>])\s*|(:) ", r"\1\2", bare).replace(";}", "}").strip()


def _remove_others(folder: Path, kept: set[Path]) -> None:
    """Take away the pages of documents that are no longer in the run, and the folders that this empties."""
    for path in sorted(folder.rglob("*"), reverse=True):
        if path.is_dir() and not path.is_symlink():
            if not any(path.iterdir()):
                path.rmdir()
        elif path not in kept:
            path.unlink()
