"""A saved run becomes a static site: pages from templates, the public twin beside them. Same run, same bytes."""

import json
import re
from dataclasses import fields
from pathlib import Path

import msgspec
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from reporter import twin
from reporter.edition import find_templates
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
from reporter.writing import Writer

Page = DocumentPage | IndexPage | MethodsPage | NotFoundPage | ProvenancePage

_MARKS = ("202A LRE", "202B RLE", "202C PDF", "202D LRO", "202E RLO", "2066 LRI", "2067 RLI", "2068 FSI", "2069 PDI")
_PICTURES = {
    **{code: chr(0x2400 + code) for code in range(32) if chr(code) not in "\t\n"},
    **{code: f"⟦U+{code:04X}⟧" for code in range(0x80, 0xA0)},
    **dict.fromkeys(range(0xD800, 0xE000), "\N{REPLACEMENT CHARACTER}"),
    **{int(mark[:4], 16): f"⟦{mark[5:]}⟧" for mark in _MARKS},
    0x7F: "\N{SYMBOL FOR DELETE}",
}
_HIDDEN = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")


def draw(store: Store, site: Path) -> None:
    """Write the whole site of a run into a folder, which may hold an older one.

    What would come out as it stands is not drawn again.
    """
    provenance, writer, pages = store.provenance(), Writer(site, store), environment()
    if writer.is_done():
        return
    summary, failures = summarise(store.explanations())
    run = _run(provenance, summary=summary, failures=failures)

    def show(path: str, page: Page, name: str) -> None:
        writer.write(path, msgspec.json.encode(page), lambda: [_drawn(pages, page, name=name)])

    audit = Audit(run)
    writer.begin()
    for explanation, page in document_pages(run, store.explanations()):
        audit.add(explanation, page)
        show(page.path, page, "document")
    show("index.html", audit.page(), "index")
    show("methods.html", methods_page(run), "methods")
    show("provenance.html", provenance_page(run), "provenance")
    show("404.html", not_found_page(run), "404")
    writer.write(".nojekyll", b"", lambda: [])
    writer.write("data/documents.jsonl", writer.digest.encode(), lambda: (f"{line}\n" for line in store.lines()))
    facts, schema = twin.dump(run), json.dumps(twin.schema(), indent=1)
    writer.write("data/run.json", facts, lambda: [facts.decode(), "\n"])
    writer.write("data/schema.json", schema.encode(), lambda: [schema, "\n"])
    writer.finish()


def environment() -> Environment:
    """The templates; every value they print goes through `visible`, and is text, never markup."""
    folder = find_templates()
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


def _compact(css: str) -> str:
    """A style sheet without its comments and the white space that means nothing."""
    bare = re.sub(r"\s+", " ", re.sub(r"/\*.*?\*/", "", css, flags=re.DOTALL))
    return re.sub(r"\s*([{};,>])\s*|(:) ", r"\1\2", bare).replace(";}", "}").strip()
