"""A saved run becomes a static site: pages from templates, the public twin beside them. Same run, same bytes."""

import json
import re
from base64 import b64encode
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, fields
from functools import cache, partial
from hashlib import sha256
from pathlib import Path
from urllib.parse import quote

import msgspec
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from reporter.models import count_cores
from reporter.records import Explanation, Provenance, Run, twin
from reporter.runs import DrawnFile, Store, find_templates, map_in_processes
from reporter.site.pages import (
    Audit,
    DocumentPage,
    Entry,
    Finding,
    IndexPage,
    ListPage,
    ListPageLink,
    MethodsPage,
    NotFoundPage,
    ProvenancePage,
    TrainingPage,
    bare_page,
    document_pages,
    find,
    give_up,
    link_list_page,
    list_pages,
    methods_page,
    not_found_page,
    provenance_page,
    training_page,
)
from reporter.site.pages.frame import page_path
from reporter.site.writer import Paper, Put, Writer, hash_all
from reporter.summary import summarise

Page = DocumentPage | IndexPage | ListPage | MethodsPage | NotFoundPage | ProvenancePage | TrainingPage

_ALONE = 200  # documents up to which other processes are not worth their start
_BATCH = 8  # documents that are dealt out at once
_PIECES = 40  # pieces of a page that are joined before they are written
_MARKS = ("202A LRE", "202B RLE", "202C PDF", "202D LRO", "202E RLO", "2066 LRI", "2067 RLI", "2068 FSI", "2069 PDI")
_PICTURES = {
    **{code: chr(0x2400 + code) for code in range(32) if chr(code) not in "\t\n"},
    **{code: f"⟦U+{code:04X}⟧" for code in range(0x80, 0xA0)},
    **dict.fromkeys((*range(0xD800, 0xE000), 0xFFFE, 0xFFFF), "\N{REPLACEMENT CHARACTER}"),
    **{int(mark[:4], 16): f"⟦{mark[5:]}⟧" for mark in _MARKS},
    0x7F: "\N{SYMBOL FOR DELETE}",
}
_HIDDEN = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff\ufffe\uffff]")


def draw_site(store: Store, site: Path) -> None:
    """Write the whole site of a run into a folder, which may hold an older one.

    What would come out as it stands is not drawn again.
    """
    provenance, writer = store.provenance(), Writer(site, store)
    if writer.is_done():
        return
    run = sum_up(provenance, store.explanations())
    writer.begin()
    draw_files(run, store.named_lines, writer)
    writer.finish()


def sum_up(provenance: Provenance, explanations: Iterable[Explanation]) -> Run:
    """A run with the summary of its documents, as far as that is known before they are drawn."""
    summary, failures = summarise(explanations, [one.name for one in provenance.methods])
    facts = {one.name: getattr(provenance, one.name) for one in fields(Provenance)}
    return Run(**facts, summary=summary, failures=failures)


def draw_files(run: Run, lines: Callable[[], Iterable[tuple[str, str]]], paper: Paper) -> Run:
    """Draw every file of a site but its manifest; the run with the whole summary.

    `lines` gives each document's id and line of the twin, in order, as often as it is called.
    """
    pages = make_environment()
    run = _draw_documents(run, lines(), paper=paper, pages=pages)
    for path, page in (
        ("methods", methods_page(run)),
        ("provenance", provenance_page(run)),
        ("404", not_found_page(run)),
    ):
        _show(paper, f"{path}.html", page, pages=pages)
    if run.training is not None:
        _show(paper, "training.html", training_page(run, run.training), pages=pages)
    _write(paper, ".nojekyll", b"", lambda: [])
    digest = hash_all(line.encode() for _, line in lines()).encode()
    _write(paper, "data/documents.jsonl", digest, lambda: (f"{line}\n" for _, line in lines()))
    facts, schema = twin.dump(run), json.dumps(twin.schema(), indent=1)
    _write(paper, "data/run.json", facts, lambda: [facts.decode(), "\n"])
    _write(paper, "data/schema.json", schema.encode(), lambda: [schema, "\n"])
    return run


def _draw_documents(run: Run, lines: Iterable[tuple[str, str]], *, paper: Paper, pages: Environment) -> Run:
    """Draw the pages of the documents and, as they go by, of their list, then the index; the run with its summary."""
    cores = count_cores() if run.summary.documents > _ALONE else 1
    audit, shelves = Audit(run), list[ListPageLink]()

    def entries() -> Iterator[Entry]:
        for printed in map_in_processes(
            partial(PageRenderer, run, paper.put), _batches(lines, paper.before), processes=cores
        ):
            for finding, drawn in printed:
                paper.adopt(finding.path, drawn)
                yield audit.add(finding)

    listed = list_pages(run, entries())
    first = b""
    for page in listed:
        shelves.append(link_list_page(page))
        if first:
            _show(paper, page.path, page, pages=pages, name="documents")
        else:
            first = msgspec.msgpack.encode(page)  # a tenth of the memory, and it waits for all others
        del page
    index = audit.page(msgspec.msgpack.decode(first, type=ListPage), shelves)
    _show(paper, "index.html", index, pages=pages)
    return audit.summed()


def _show(paper: Paper, path: str, page: Page, *, pages: Environment, name: str = "") -> None:
    """Write a page that is made by the template of this name, or of its own."""
    template = name or path.removesuffix(".html")
    _write(paper, path, msgspec.json.encode(page), lambda: _stream(pages, page, name=template))


def _write(paper: Paper, name: str, source: bytes, texts: Callable[[], Iterable[str]]) -> None:
    paper.adopt(name, paper.put(name, source, texts, paper.before(name)))


@dataclass(frozen=True, slots=True)
class Batch:
    """Some documents in a row, as lines of the twin, with the lines before and after them, where there are any.

    `known` are their pages as they were last drawn.
    """

    before: str | None
    lines: tuple[str, ...]
    after: str | None
    known: tuple[DrawnFile | None, ...]


def _batches(lines: Iterable[tuple[str, str]], known: Callable[[str], DrawnFile | None]) -> Iterator[Batch]:
    """The documents, a few at a time, from their ids and lines."""
    before, held, pages = None, list[str](), list[DrawnFile | None]()
    for id, line in lines:
        if len(held) == _BATCH:
            yield Batch(before, tuple(held), line, tuple(pages))
            before, held, pages = held[-1], [], []
        held.append(line)
        pages.append(known(page_path(id)))
    if held:
        yield Batch(before, tuple(held), None, tuple(pages))


class PageRenderer:
    """Draws documents, some at a time, and says what the index needs of them."""

    def __init__(self, run: Run, put: Put) -> None:
        """Get ready to draw this run."""
        self._run, self._put, self._pages = run, put, make_environment()

    def __call__(self, batch: Batch) -> list[tuple[Finding, DrawnFile]]:
        """Write the pages of some documents, unless they stand as they are."""
        before, after = (twin.load_explanation(line) if line else None for line in (batch.before, batch.after))
        explanations, printed = map(twin.load_explanation, batch.lines), []
        pages = document_pages(self._run, explanations, before=before, after=after)
        for (explanation, page), known in zip(pages, batch.known, strict=True):
            try:
                printed.append(self._print(explanation, page, known))
            except OSError:
                raise  # a full disk costs more than one page
            except Exception as error:
                left = give_up(explanation, error)
                printed.append(self._print(left, bare_page(self._run, left, page), known))
        return printed

    def _print(
        self, explanation: Explanation, page: DocumentPage, known: DrawnFile | None
    ) -> tuple[Finding, DrawnFile]:
        drawn = self._put(page.path, msgspec.json.encode(page), partial(self._draw, page), known)
        return find(explanation, page), drawn

    def _draw(self, page: DocumentPage) -> list[str]:
        return [_drawn(self._pages, page, name="document")]


@cache
def make_environment() -> Environment:
    """The templates, read once; every value they print goes through `visible`, and is text, never markup."""
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
    script = Markup((folder / "index.js").read_text("utf-8"))
    digest = b64encode(sha256(script.encode()).digest()).decode()
    pages.filters["anchor"] = lambda name: quote(str(visible(name)))
    pages.globals |= {"style": styles, "script": script, "digest": digest}
    return pages


def visible(value: object) -> object:
    """Text with its control characters as pictures and its hidden changes of direction as marks; other values as is."""
    if not isinstance(value, str) or isinstance(value, Markup) or value.isprintable() or not _HIDDEN.search(value):
        return value
    return value.replace("\r\n", "\n").translate(_PICTURES)


def _drawn(pages: Environment, page: Page, *, name: str) -> str:
    return pages.get_template(f"{name}.html.j2").render({one.name: getattr(page, one.name) for one in fields(page)})


def _stream(pages: Environment, page: Page, *, name: str) -> Iterable[str]:
    """The same, some pieces at a time: a list is too long for all of them."""
    drawing = pages.get_template(f"{name}.html.j2").stream({one.name: getattr(page, one.name) for one in fields(page)})
    drawing.enable_buffering(_PIECES)
    return drawing


def _compact(css: str) -> str:
    """A style sheet without its comments and the white space that means nothing."""
    bare = re.sub(r"\s+", " ", re.sub(r"/\*.*?\*/", "", css, flags=re.DOTALL))
    return re.sub(r"\s*([{};,>])\s*|(:) | ([*/]) ", r"\1\2\3", bare).replace(";}", "}").strip()
