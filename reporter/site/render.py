"""A saved run becomes a static site: pages from templates, the public twin beside them. Same run, same bytes."""

import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, fields, replace
from functools import partial
from pathlib import Path

import msgspec
from jinja2 import Environment

from reporter.models import count_cores
from reporter.records import Explanation, Failure, Run, quote_error, twin
from reporter.runs import DEALT, DrawnFile, Store, map_in_processes
from reporter.site.addresses import csv_path, json_path, page_path
from reporter.site.downloads import list_downloads
from reporter.site.environment import make_environment
from reporter.site.pages import (
    UNDRAWN,
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
    UndrawnPage,
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
    undrawn_page,
)
from reporter.site.styles import make_styles
from reporter.site.theme import read_theme
from reporter.site.writer import Paper, Put, Writer, hash_all
from reporter.summary import sum_up

Page = DocumentPage | IndexPage | ListPage | MethodsPage | NotFoundPage | ProvenancePage | TrainingPage | UndrawnPage

_TEMPLATES: dict[type[Page], str] = {ListPage: "documents", UndrawnPage: "undrawn"}
_ALONE = 200  # documents up to which other processes are not worth their start


def draw_site(store: Store, site: Path) -> None:
    """Write the whole site of a run into a folder, which may hold an older one.

    What would come out as it stands is not drawn again. Raises `UserError` for a run with a theme that is none.
    """
    provenance, writer = store.provenance(), Writer(site, store)
    read_theme(provenance.theme)
    if writer.is_done():
        return
    run = sum_up(provenance, store.explanations())
    writer.begin()
    draw_files(run, store.named_lines, writer)
    writer.finish()


def draw_files(run: Run, lines: Callable[[], Iterable[tuple[str, str]]], paper: Paper) -> Run:
    """Draw every file of a site but its manifest; the run with the whole summary.

    `lines` gives each document's id and line of the twin, in order, as often as it is called.
    """
    pages = make_environment()
    run = _draw_documents(run, lines(), paper=paper, pages=pages)
    run = _draw_others(run, paper=paper, pages=pages)
    _write(paper, ".nojekyll", b"", lambda: [])
    digest = hash_all(line.encode() for _, line in lines()).encode()
    _write(paper, "data/documents.jsonl", digest, lambda: (f"{line}\n" for _, line in lines()))
    facts, schema = twin.dump_record(run), json.dumps(twin.schema(), indent=1)
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
                for name, file in drawn:
                    paper.adopt(name, file)
                yield audit.add(finding)

    first, lost = b"", list[Failure]()
    for page in list_pages(run, entries()):
        shelves.append(link_list_page(page))
        if first:
            lost += _try(paper, page.path, partial(replace, page), pages=pages, instead=partial(undrawn_page, run))
        else:
            first = msgspec.msgpack.encode(page)  # a tenth of the memory, and it waits for all others
        del page
    listed = msgspec.msgpack.decode(first, type=ListPage)
    index = partial(audit.page, listed, shelves)
    lost += _try(paper, "index.html", index, pages=pages, instead=lambda why: replace(listed, failure=why))
    summed = audit.summed()
    return replace(summed, undrawn=(*summed.undrawn, *lost))


def _draw_others(run: Run, *, paper: Paper, pages: Environment) -> Run:
    """Draw the pages that are of no document; the run with those that could not be drawn."""
    made: dict[str, Callable[[], Page]] = {
        "methods.html": partial(methods_page, run),
        "provenance.html": partial(provenance_page, run),
        "404.html": partial(not_found_page, run),
    }
    if run.training is not None:
        made["training.html"] = partial(training_page, run, run.training)
    instead = partial(undrawn_page, run)
    lost = [failure for path, make in made.items() for failure in _try(paper, path, make, pages=pages, instead=instead)]
    return replace(run, undrawn=(*run.undrawn, *lost))


def _try(
    paper: Paper, path: str, make: Callable[[], Page], *, pages: Environment, instead: Callable[[str], Page]
) -> list[Failure]:
    """Write a page or, where it cannot be drawn, what is shown instead with the reason; that is then returned."""
    try:
        _show(paper, path, make(), pages=pages)
    except OSError:
        raise  # a full disk costs more than one page
    except Exception as error:
        why = f"{UNDRAWN}: {quote_error(error)}."
        _show(paper, path, instead(why), pages=pages)
        return [Failure(id=path, source=path, error=why)]
    return []


def _show(paper: Paper, path: str, page: Page, *, pages: Environment) -> None:
    """Write a page by the template of its kind or, for the only one of its kind, of its path."""
    template = _TEMPLATES.get(type(page), path.removesuffix(".html"))
    _write(paper, path, msgspec.json.encode(page), lambda: [_drawn(pages, page, name=template)])


def _write(paper: Paper, name: str, source: bytes, texts: Callable[[], Iterable[str]]) -> None:
    paper.adopt(name, paper.put(name, source, texts, paper.before(name)))


Known = dict[str, DrawnFile | None]
"""Files of a site by their names, as they were last drawn."""

Printed = tuple[Finding, list[tuple[str, DrawnFile]]]
"""What the index needs of a document, and the files that were drawn of it."""


@dataclass(frozen=True, slots=True)
class Batch:
    """Some documents in a row, as lines of the twin, with the lines before and after them, where there are any.

    `known` are all of their files.
    """

    before: str | None
    lines: tuple[str, ...]
    after: str | None
    known: Known


def _batches(lines: Iterable[tuple[str, str]], known: Callable[[str], DrawnFile | None]) -> Iterator[Batch]:
    """The documents, a few at a time, from their ids and lines."""
    before, held, files = None, list[str](), Known()
    for id, line in lines:
        if len(held) == DEALT:
            yield Batch(before, tuple(held), line, files)
            before, held, files = held[-1], [], Known()
        held.append(line)
        files |= {name: known(name) for name in (page_path(id), json_path(id), csv_path(id))}
    if held:
        yield Batch(before, tuple(held), None, files)


class PageRenderer:
    """Draws documents, some at a time, and says what the index needs of them."""

    def __init__(self, run: Run, put: Put) -> None:
        """Get ready to draw this run."""
        self._run, self._put, self._pages = run, put, make_environment()

    def __call__(self, batch: Batch) -> list[Printed]:
        """Write the files of some documents, unless they stand as they are."""
        before, after = (twin.load_explanation(line) if line else None for line in (batch.before, batch.after))
        explanations, printed = map(twin.load_explanation, batch.lines), []
        pages = document_pages(self._run, explanations, before=before, after=after)
        for (explanation, page), line in zip(pages, batch.lines, strict=True):
            try:
                printed.append(self._print(explanation, page, line=line, known=batch.known))
            except OSError:
                raise  # a full disk costs more than one page
            except Exception as error:
                left = give_up(explanation, error)
                instead = bare_page(self._run, left, page)
                printed.append(self._print(left, instead, line=line, known=batch.known))
        return printed

    def _print(self, explanation: Explanation, page: DocumentPage, *, line: str, known: Known) -> Printed:
        """Write the page of a document and what can be downloaded there."""
        source, drawn = msgspec.json.encode(page), list[tuple[str, DrawnFile]]()
        drawn.append((page.path, self._put(page.path, source, partial(self._draw, page), known.get(page.path))))
        for name, texts in list_downloads(explanation, line):
            drawn.append((name, self._put(name, line.encode(), texts, known.get(name))))
        return find(explanation, page), drawn

    def _draw(self, page: DocumentPage) -> list[str]:
        return [_drawn(self._pages, page, name="document")]


def _drawn(pages: Environment, page: Page, *, name: str) -> str:
    """A page by its template, with no more style than it uses."""
    template = pages.get_template(f"{name}.html.j2")
    return make_styles().cut(template.render({one.name: getattr(page, one.name) for one in fields(page)}))
