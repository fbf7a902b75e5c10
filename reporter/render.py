"""A saved run becomes a static site: pages from templates, the public twin beside them. Same run, same bytes."""

import json
import re
from base64 import b64encode
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, fields
from functools import partial
from hashlib import sha256
from importlib.resources import files
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from reporter import twin
from reporter.files import write
from reporter.processes import share
from reporter.records import Failure, Provenance, Run, Summary
from reporter.report import (
    Audit,
    DocumentPage,
    Entry,
    Finding,
    IndexPage,
    ListPage,
    MethodsPage,
    NotFoundPage,
    ProvenancePage,
    Shelf,
    document_pages,
    find,
    list_pages,
    methods_page,
    not_found_page,
    provenance_page,
    shelf,
)
from reporter.store import Store
from reporter.summary import summarise
from reporter.threads import count_cores

Page = DocumentPage | IndexPage | ListPage | MethodsPage | NotFoundPage | ProvenancePage

_ALONE = 200  # documents up to which other processes are not worth their start
_BATCH = 16  # documents that are dealt out at once
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
    pages = environment()
    kept = _draw_documents(run, store.lines(), site=site, pages=pages)
    _remove_others(site / "documents", kept)
    for path in site.glob("documents-*.html"):
        if path not in kept and re.fullmatch(r"documents-\d+", path.stem):
            path.unlink()
    write(site / "methods.html", [_drawn(pages, methods_page(run), name="methods")])
    write(site / "provenance.html", [_drawn(pages, provenance_page(run), name="provenance")])
    write(site / "404.html", [_drawn(pages, not_found_page(run), name="404")])
    write(site / ".nojekyll", [])
    write(site / "data" / "documents.jsonl", (f"{line}\n" for line in store.lines()))
    write(site / "data" / "run.json", [twin.dump(run).decode(), "\n"])
    write(site / "data" / "schema.json", [json.dumps(twin.schema(), indent=1), "\n"])


def _draw_documents(run: Run, lines: Iterable[str], *, site: Path, pages: Environment) -> set[Path]:
    """Write the pages of the documents and, as they go by, of their list, then the index; returns what was written."""
    cores = count_cores() if run.summary.documents > _ALONE else 1
    audit, kept, shelves = Audit(run), set[Path](), list[Shelf]()

    def entries() -> Iterator[Entry]:
        for findings in share(partial(Press, run, site), _batches(lines), processes=cores):
            for finding in findings:
                kept.add(site / finding.path)
                yield audit.add(finding)

    listed = list_pages(run, entries())
    first = next(listed)
    shelves.append(shelf(first))
    for page in listed:
        write(site / page.path, [_drawn(pages, page, name="documents")])
        kept.add(site / page.path)
        shelves.append(shelf(page))
    write(site / "index.html", [_drawn(pages, audit.page(first, shelves), name="index")])
    return kept


@dataclass(frozen=True, slots=True)
class Batch:
    """Some documents in a row, as lines of the twin, with the lines before and after them, where there are any."""

    before: str | None
    lines: tuple[str, ...]
    after: str | None


def _batches(lines: Iterable[str]) -> Iterator[Batch]:
    before, held = None, list[str]()
    for line in lines:
        if len(held) == _BATCH:
            yield Batch(before, tuple(held), line)
            before, held = held[-1], []
        held.append(line)
    if held:
        yield Batch(before, tuple(held), None)


class Press:
    """Draws documents, some at a time, and says what the index needs of them."""

    def __init__(self, run: Run, site: Path) -> None:
        """Get ready to draw this run into a folder."""
        self._run, self._site, self._pages = run, site, environment()

    def __call__(self, batch: Batch) -> list[Finding]:
        """Write the pages of some documents."""
        before, after = (twin.load_explanation(line) if line else None for line in (batch.before, batch.after))
        explanations, findings = map(twin.load_explanation, batch.lines), []
        for explanation, page in document_pages(self._run, explanations, before=before, after=after):
            write(self._site / page.path, [_drawn(self._pages, page, name="document")])
            findings.append(find(explanation, page))
        return findings


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
    script = Markup((folder / "index.js").read_text("utf-8"))
    digest = b64encode(sha256(script.encode()).digest()).decode()
    pages.globals |= {"style": styles, "script": script, "digest": digest}
    return pages


def visible(value: object) -> object:
    """Text with its control characters as pictures and its hidden changes of direction as marks; other values as is."""
    if not isinstance(value, str) or isinstance(value, Markup) or value.isprintable() or not _HIDDEN.search(value):
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
