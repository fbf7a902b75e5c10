"""One document's page."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import chain
from shlex import quote

from reporter.evidence import AlignedText
from reporter.records import Explanation, Run, Section, order_sections, quote_error
from reporter.site.addresses import csv_path, json_path, page_path, page_root, url
from reporter.site.digits import of_score
from reporter.site.pages.checks import Badge
from reporter.site.pages.comparison import Comparison, comparison
from reporter.site.pages.document.agreed import Agreed, agreed
from reporter.site.pages.document.alerts import Alert, alerts
from reporter.site.pages.document.answer import Answer, answer, list_fillers
from reporter.site.pages.document.because import name_towards
from reporter.site.pages.document.blocks import Block, blocks, plain
from reporter.site.pages.document.by_method import ByMethod, by_method
from reporter.site.pages.document.changes import Changes, changes
from reporter.site.pages.document.faithfulness import Baselines, Deletion, baselines, deletion
from reporter.site.pages.document.overview import Overview, overview
from reporter.site.pages.document.proof import Proof, Running, Share, proof, running, shares
from reporter.site.pages.document.tables import Tables, tables
from reporter.site.pages.document.words import Aside, Small, asides, smalls
from reporter.site.pages.drawings.curve import Curve, curve
from reporter.site.pages.frame import Frame, Link, frame
from reporter.site.pages.influence import Traced, traced
from reporter.site.pages.people import MetricTable, nearby, people, tell_marked
from reporter.site.wording import cell_name, name_document, name_sides, name_unit, title_of, titles

UNDRAWN = "This page could not be drawn"
_DETAILED = ("standard", "full")  # levels of evidence whose pages may be heavier


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """Everything shown of one target.

    `towards` names where its words push, `sides` what words with a negative and with a positive score do.
    """

    number: int
    target: str
    towards: str
    sides: tuple[str, str]
    first: str
    by_method: tuple[ByMethod, ...]
    blocks: tuple[Block, ...]
    asides: tuple[Aside, ...]
    agreed: Agreed | None
    smalls: tuple[Small, ...]
    omissions: tuple[tuple[str, str], ...]
    proof: Proof
    shares: tuple[Share, ...]
    curve: Curve | None
    running: Running | None
    compared: Comparison | None
    overview: Overview | None
    deletion: Deletion | None
    changes: Changes | None
    nearby: MetricTable | None
    span: bool
    marked: str
    people: MetricTable | None
    baselines: Baselines | None
    traced: Traced | None
    tables: Tables

    @property
    def checks(self) -> tuple[Badge, ...]:
        """The checks of the method that is shown first."""
        return self.by_method[0].checks


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """A method that the reader can switch to."""

    number: int
    title: str
    signed: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentPage:
    """The page of one document; a failed one has a `failure`, its text, and nothing else.

    `consensus` says that the reader can switch to the words on which most methods agree. `unit` is that of scores.
    `downloads` are its own numbers, `export` is the command that saves the coloured text as a picture.
    """

    path: str
    frame: Frame
    group: str
    name: str
    previous: Link | None
    following: Link | None
    failure: str | None
    answer: Answer | None
    unit: str
    names: tuple[str, ...]
    alerts: tuple[Alert, ...]
    methods: tuple[Choice, ...]
    consensus: bool
    parts: tuple[Part, ...]
    text: tuple[Block, ...]
    downloads: tuple[Link, ...]
    export: str


def document_pages(
    run: Run,
    explanations: Iterable[Explanation],
    *,
    before: Explanation | None = None,
    after: Explanation | None = None,
) -> Iterator[tuple[Explanation, DocumentPage]]:
    """Some documents with their pages, in order, never holding more than three; what comes before and after them."""
    current: Explanation | None = None
    for following in chain(explanations, (None,)):
        if current is not None:
            try:
                page = document_page(run, current, before=before, after=following or after)
            except Exception as error:  # one page that cannot be drawn costs no other
                current = give_up(current, error)
                page = document_page(run, current, before=before, after=following or after)
            yield current, page
            before = current
        current = following


def give_up(explanation: Explanation, error: Exception) -> Explanation:
    """A document whose page cannot be drawn as one that was not explained; what was measured of it is in the twin."""
    sentence = f"{UNDRAWN}: {quote_error(error)}. What was measured is in data/documents.jsonl."
    return replace(explanation, status="failed", error=sentence, prediction=None, sections=())


def is_undrawn(explanation: Explanation) -> bool:
    """Whether this is what is left of a document whose page could not be drawn."""
    return (explanation.error or "").startswith(UNDRAWN)


def bare_page(run: Run, explanation: Explanation, page: DocumentPage) -> DocumentPage:
    """The page of a document that was given up, between the neighbours that it had."""
    return replace(document_page(run, explanation), previous=page.previous, following=page.following)


def document_page(
    run: Run, explanation: Explanation, *, before: Explanation | None = None, after: Explanation | None = None
) -> DocumentPage:
    """The page of one document between its neighbours."""
    path = page_path(explanation.id)
    root = page_root(path)
    name = name_document(explanation.id, explanation.source).rsplit("/", 1)[-1] or explanation.id
    readings = [AlignedText(explanation, section) for section in order_sections(explanation)]
    prediction = explanation.prediction
    said = answer(explanation, prediction, reading=readings[0] if readings else None) if prediction else None
    choices = _choices(run, [reading.section for reading in readings])
    return DocumentPage(
        path=path,
        frame=frame(run, f"{name}: {said.bold if said else 'not explained'}", root=root),
        group=explanation.group,
        name=name,
        previous=_neighbour(before, root),
        following=_neighbour(after, root),
        failure=None if explanation.status == "explained" else explanation.error or "No reason was recorded.",
        answer=said,
        unit=name_unit(prediction),
        names=_name_texts(explanation),
        alerts=alerts(explanation, readings, wrong=said.wrong if said else "", model=run.model, titles=titles(run)),
        methods=tuple(choices.values()),
        consensus=any(aligned.section.consensus for aligned in readings),
        parts=tuple(
            _part(run, aligned, number=number, methods=list(choices), explanation=explanation)
            for number, aligned in enumerate(readings)
        ),
        downloads=tuple(_list_downloads(explanation)),
        text=() if readings else tuple(plain(text) for text in explanation.segments if text.strip()),
        export=f"salience-report export SITE --format svg --document {quote(explanation.id)}",
    )


def _name_texts(explanation: Explanation) -> tuple[str, ...]:
    """What the text and its pair are called."""
    if explanation.text_pair is None:
        return ("Text",)
    answer = explanation.prediction
    return ("Question", "Context") if answer is not None and answer.candidates else ("First text", "Second text")


def _neighbour(explanation: Explanation | None, root: str) -> Link | None:
    if explanation is None:
        return None
    return Link(href=root + url(page_path(explanation.id)), text=name_document(explanation.id, explanation.source))


def _list_downloads(explanation: Explanation) -> Iterator[Link]:
    """The files beside a document's page; there is a table only of what was explained."""
    paths = {"JSON": json_path(explanation.id)}
    if explanation.sections:
        paths["CSV"] = csv_path(explanation.id)
    return (Link(href=url(path.rpartition("/")[2]), text=kind) for kind, path in paths.items())


def _choices(run: Run, sections: list[Section]) -> dict[str, Choice]:
    """The methods of the page, in the order of its first section, by their short names."""
    signs = {attribution.method: attribution.signed for section in sections for attribution in section.attributions}
    named, short = titles(run), {method.name: method.short for method in run.methods}
    return {
        name: Choice(number=number, title=short.get(name) or title_of(named, name), signed=signed)
        for number, (name, signed) in enumerate(signs.items())
    }


def _part(run: Run, aligned: AlignedText, *, number: int, methods: list[str], explanation: Explanation) -> Part:
    section, named, first = aligned.section, titles(run), aligned.section.attributions[0]
    prediction = explanation.prediction
    return Part(
        number=number,
        target=_spoken_name(section),
        towards=name_towards(section.target, prediction),
        sides=name_sides(prediction),
        first=title_of(named, first.method),
        by_method=by_method(aligned, methods, prediction=prediction, titles=named),
        blocks=blocks(aligned, methods, list_fillers(prediction, section)),
        asides=asides(aligned, methods, first=first.method, about={method.name: method for method in run.methods}),
        agreed=agreed(aligned),
        smalls=smalls(aligned, first.method, titles=named),
        omissions=tuple((title_of(named, omission.method), omission.reason) for omission in section.omissions),
        proof=proof(first, aligned, label=_spoken_name(section), titles=named),
        shares=shares(section, named),
        curve=curve(first.certificate, decimals=of_score(section)),
        running=running(first, aligned),
        compared=comparison(section, first.method, titles=named, detailed=run.settings.get("evidence") in _DETAILED),
        deletion=deletion(aligned, first.method, name=_spoken_name(section), titles=named),
        changes=changes(aligned, explanation),
        nearby=nearby(section, named),
        span=section.target.span is not None,
        marked=tell_marked(aligned),
        people=people(section, named),
        baselines=baselines(aligned),
        traced=traced(section.influence, run.training),
        overview=overview(section.heads, aligned),
        tables=tables(aligned, first, titles=named),
    )


def _spoken_name(section: Section) -> str:
    return cell_name(section.target.label, section.target.against)
