"""Pages as they are written: whole, linked, silent, and text never markup."""

import base64
import dataclasses
import gzip
import hashlib
import html
import json
import re
import subprocess
import sys
from collections.abc import Sequence
from html.parser import HTMLParser
from pathlib import Path
from typing import get_args, get_type_hints
from urllib.parse import unquote, urljoin

import pytest
import tinycss2
from jinja2 import Environment, meta, nodes

from reporter.records import twin
from reporter.records.explanation import Explanation
from reporter.records.influence import Training
from reporter.runs.store import Store
from reporter.runs.versions import find_templates
from reporter.site import pages as report
from reporter.site.addresses import page_path
from reporter.site.environment import make_environment, visible
from reporter.site.render import draw_site
from tests import example_runs as runs

CONTENT = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'"
ONE_SCRIPT = CONTENT.replace("style-src", "script-src 'sha256-{}'; style-src")
LINKS = ("href", "src", "action", "poster", "data", "srcset", "xlink:href")
PAGES = {
    "index": report.IndexPage,
    "document": report.DocumentPage,
    "documents": report.ListPage,
    "methods": report.MethodsPage,
    "provenance": report.ProvenancePage,
    "training": report.TrainingPage,
    "404": report.NotFoundPage,
}


class Page(HTMLParser):
    """What a browser would find in a page: elements, attributes, texts, ids."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.path, self.ids = path, set[str]()
        self.tags, self.links, self.texts = list[str](), list[str](), list[str]()
        self.attributes = list[tuple[str, str, str]]()
        self.source = path.read_bytes().decode()
        self.feed(self.source)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note an element."""
        self.tags.append(tag)
        self.attributes += [(tag, name, value or "") for name, value in attrs]
        self.links += [value or "" for name, value in attrs if name in LINKS]
        names = [value or "" for name, value in attrs if name == "id"]
        assert not self.ids & set(names), f"{self.path} has the id {names} twice"
        self.ids |= set(names)

    def handle_data(self, data: str) -> None:
        """Note a text."""
        self.texts.append(data)

    @property
    def text(self) -> str:
        """All texts of the page, joined."""
        return "".join(self.texts)


def site_of(
    folder: Path, explanations: Sequence[Explanation], evidence: str = "quick", training: Training | None = None
) -> Path:
    path = runs.saved(folder / "data" / "run.sqlite", explanations, evidence=evidence, training=training)
    with Store(path) as store:
        draw_site(store, folder)
    return folder


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return site_of(tmp_path_factory.mktemp("site"), runs.every_kind())


@pytest.fixture(scope="module")
def pages(site: Path) -> dict[str, Page]:
    return {path.relative_to(site).as_posix(): Page(path) for path in sorted(site.rglob("*.html"))}


def page_of(pages: dict[str, Page], id: str) -> Page:
    return pages[f"documents/{id}.html"]


def test_every_file_is_there(site: Path, pages: dict[str, Page]) -> None:
    found = {path.relative_to(site).as_posix() for path in site.rglob("*") if path.is_file()}
    named = {"index.html", "methods.html", "provenance.html", "404.html", ".nojekyll"}
    named |= {f"data/{name}" for name in ("documents.jsonl", "run.json", "schema.json", "manifest.json", "run.sqlite")}
    documents = {name.removesuffix(".html") for name in pages if name.startswith("documents/")}
    explained = {page_path(one.id).removesuffix(".html") for one in runs.every_kind() if one.sections}
    named |= {f"{name}{suffix}" for name in documents for suffix in (".html", ".json")}
    assert found == named | {f"{name}.csv" for name in explained}
    assert len(pages) == 4 + len(runs.every_kind())


def test_every_link_and_fragment_leads_somewhere(site: Path, pages: dict[str, Page]) -> None:
    checked = 0
    for page in pages.values():
        for link in page.links:
            if link.startswith("data:") or (page.path.name, link) == ("404.html", ".."):
                continue
            path, _, fragment = link.partition("#")
            target = (page.path.parent / unquote(path)).resolve() if path else page.path
            assert target.is_file(), f"{page.path}: {link}"
            assert not fragment or unquote(fragment) in pages[target.relative_to(site.resolve()).as_posix()].ids, link
            checked += 1
    assert checked > 150


def test_no_page_asks_for_anything(pages: dict[str, Page]) -> None:
    for name, page in pages.items():
        if name != "index.html":
            assert ("meta", "content", CONTENT) in page.attributes
            assert "script" not in page.tags
            assert name == "404.html" or "This page runs no script and loads nothing." in page.text
        assert not {"iframe", "object", "embed", "img", "base", "video", "audio"} & set(page.tags)
        assert not [one for one in page.attributes if one[1].startswith("on")]
        for link in page.links:
            assert not re.match(r"(?!data:image/svg\+xml,)[a-z]+:|//", link), link
        styles = "".join(re.findall(r"<style>(.*?)</style>", page.source, re.DOTALL))
        assert styles
        assert "@import" not in styles
        assert "url(" not in styles


def test_the_index_runs_its_own_script_and_no_other(pages: dict[str, Page]) -> None:
    page = pages["index.html"]
    (script,) = re.findall(r"<script>(.*?)</script>", page.source, re.DOTALL)
    assert page.tags.count("script") == 1
    assert script == (Path(__file__).parents[2] / "templates" / "index.js").read_text("utf-8")
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    assert ("meta", "content", ONE_SCRIPT.format(digest)) in page.attributes
    assert "This page runs one script of its own" in page.text
    assert "no script" not in page.text
    assert ("div", "id", "controls") in page.attributes
    assert re.search(r'<div class="controls"[^>]* hidden>', page.source)


def test_inline_styles_hold_numbers_only(pages: dict[str, Page]) -> None:
    styles = [value for page in pages.values() for _, name, value in page.attributes if name == "style"]
    assert len(styles) > 1000
    numbers = r"(--[a-z0-9]+:-?(\d|\d+|\.\d+)(;|$))*"
    pictures = r"height:\d+px;mask-image:url\(data:image/png;base64,[A-Za-z0-9+/=]+\)|marker:url\(#dot\d+\)"
    assert all(re.fullmatch(f"{numbers}|{pictures}", style) for style in styles)


def test_the_404_page_works_at_any_depth(pages: dict[str, Page]) -> None:
    """From any folder of a report the audit is reached by the way home, or by the way up and then that."""
    assert [link for link in pages["404.html"].links if not link.startswith(("data:", "#"))] == ["index.html", ".."]
    for root in ("https://host/", "https://host/some/reports/one/"):
        for depth in range(4):
            shown = f"{root}{'folder/' * depth}nothing.html"
            for _ in range(depth):
                shown = urljoin(shown, "..")
            assert urljoin(shown, "index.html") == f"{root}index.html"


def test_the_twin_is_the_store_and_keeps_its_schema(site: Path) -> None:
    lines = (site / "data" / "documents.jsonl").read_text("utf-8").splitlines()
    assert tuple(twin.load_explanation(line) for line in lines) == runs.every_kind()
    run = twin.load_run((site / "data" / "run.json").read_bytes())
    assert (run.summary.documents, run.model) == (15, runs.provenance().model)
    assert json.loads((site / "data" / "schema.json").read_text()) == json.loads(json.dumps(twin.schema()))


def test_numbers_on_the_page_are_those_of_the_twin(pages: dict[str, Page]) -> None:
    found = runs.every_kind()[0]
    text = page_of(pages, "films/midnight-harbour").text
    for one in found.sections[0].attributions:
        for score in one.scores:
            assert str(round(score * 1000)).replace("-", "−") in text
    certificate = found.sections[0].attributions[-1].certificate
    for number in (certificate.input, certificate.baseline, certificate.sum, certificate.residual):
        assert f"{number:.4f}".replace("-", "−") in text
    assert "92.5\N{NARROW NO-BREAK SPACE}%" in text


def test_texts_come_out_as_they_went_in(pages: dict[str, Page]) -> None:
    assert runs.REVIEW in page_of(pages, "films/midnight-harbour").text
    assert "הסרט היה נהדר, great 真好看 😀 naïve café." in page_of(pages, "words/rtl").text
    spaced = next(page for name, page in pages.items() if name.startswith("documents/a/b/"))
    assert "Line one\n\n\tline two   spaced" in spaced.text


def test_hostile_text_is_text(pages: dict[str, Page]) -> None:
    page = page_of(pages, "hostile")
    assert (
        "</script><img src=x onerror=alert(1)> \"quoted\" 'single' & {{7*7}} {% raw %} ␀␛[31m ⟦RLO⟧evil⟦PDF⟧"
        in page.text
    )
    assert "The file’s label, <img src=x onerror=alert(1)>, is none" in page.text
    assert page.source.count("😀") >= 10_000
    assert not re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]", page.source)
    odd = next(page for name, page in pages.items() if name.startswith("documents/a/b/"))
    assert "<i>'\"#?é.txt: positive" in odd.text
    assert "The file’s label, <b>bold</b>, is none" in odd.text
    assert "49" not in page_of(pages, "films/wrong").source.split("<main")[0].split("</style>")[1]


def test_every_control_is_made_visible() -> None:
    assert visible("\x00\x07\x1b\x7f\r\n\t") == "␀␇␛␡\n\t"
    assert visible("\u202d\u2067\u2069\x85\ud800") == "⟦LRO⟧⟦RLI⟧⟦PDI⟧⟦U+0085⟧\N{REPLACEMENT CHARACTER}"
    assert visible(3) == 3


def test_same_run_same_bytes(site: Path, tmp_path: Path) -> None:
    again = site_of(tmp_path, runs.every_kind())
    for path in site.rglob("*"):
        if path.is_file() and path.suffix != ".sqlite":
            assert path.read_bytes() == (again / path.relative_to(site)).read_bytes(), path


def test_pages_of_documents_that_are_gone_go_too(tmp_path: Path) -> None:
    site_of(tmp_path, [runs.explanation("a/b", "Great"), runs.explanation("c", "Great")])
    (tmp_path / "notes.txt").write_text("mine")
    (tmp_path / "data" / "run.sqlite").unlink()
    site_of(tmp_path, [runs.explanation("c", "Great")])
    assert sorted(path.name for path in (tmp_path / "documents").rglob("*")) == ["c.csv", "c.html", "c.json"]
    assert (tmp_path / "notes.txt").read_text() == "mine"
    assert not list(tmp_path.rglob("*.part"))


def test_an_empty_run_makes_a_site(tmp_path: Path) -> None:
    site = site_of(tmp_path, [])
    assert "0 texts" in Page(site / "index.html").text


def title(page: Page) -> str:
    """What a browser shows on the tab of a page."""
    return html.unescape(re.findall("<title>(.*?)</title>", page.source, re.DOTALL)[0])


def test_every_tab_and_every_bar_names_the_run(pages: dict[str, Page]) -> None:
    assert title(page_of(pages, "films/wrong")) == "wrong.txt: positive · reviews, embedded, 22 November 2026"
    assert len({title(page) for page in pages.values()}) == len(pages)
    for name, page in pages.items():
        assert title(page).endswith(" · reviews, embedded, 22 November 2026"), name
        bar = page.source.split("<header")[1].split("</header>")[0]
        assert name == "404.html" or ("<bdi>reviews</bdi>" in bar and "embedded, 22 November 2026" in bar), name


@pytest.mark.parametrize(
    ("input", "model", "named"),
    [
        ("2026 & <b>older</b>", "acme/bert-tiny", "2026 & <b>older</b>, bert-tiny, 22 November 2026"),
        ("reviews", "/home/somebody/models/tuned/", "reviews, tuned, 22 November 2026"),
        ("reviews", "C:\\models\\tuned", "reviews, tuned, 22 November 2026"),
        ("", ".", "BertForSequenceClassification, 22 November 2026"),
    ],
)
def test_a_run_is_named_by_its_input_its_model_and_its_day(input: str, model: str, named: str, tmp_path: Path) -> None:
    path = runs.saved(tmp_path / "data" / "run.sqlite", [runs.explanation("a", "Great")])
    with Store(path) as store:
        made = runs.provenance()
        store.amend(dataclasses.replace(made, input=input, model=dataclasses.replace(made.model, id=model)))
        draw_site(store, tmp_path)
    assert title(Page(tmp_path / "documents" / "a.html")) == f"a.txt: positive · {named}"


@pytest.mark.parametrize(
    "name", ['a"}</style><script>alert(1)</script>', "\\22 \\}", "Tëxte 2026 (new)", "a\u202eb*/;"]
)
def test_the_name_of_the_run_at_the_foot_of_paper_is_text(name: str, tmp_path: Path) -> None:
    path = runs.saved(tmp_path / "data" / "run.sqlite", [runs.explanation("a", "Great")])
    with Store(path) as store:
        store.amend(dataclasses.replace(runs.provenance(), input=name))
        draw_site(store, tmp_path)
    page = Page(tmp_path / "documents" / "a.html")
    assert "script" not in page.tags
    rules = tinycss2.parse_stylesheet(page.source.partition("<style>")[2].partition("</style>")[0])
    (box,) = [part for part in rules[-1].content if part.type == "{} block"]
    (told,) = [part.value for part in box.content if part.type == "string"]
    assert (rules[-1].at_keyword, told) == ("page", f"{visible(name)}, embedded, 22 November 2026")


def test_a_run_from_before_inputs_had_names_is_drawn(tmp_path: Path) -> None:
    path = runs.saved(tmp_path / "data" / "run.sqlite", [runs.explanation("a", "Great")])
    with Store(path) as store:
        older = {name: fact for name, fact in json.loads(store.recall("provenance") or "").items() if name != "input"}
        store.note("provenance", json.dumps(older))
        draw_site(store, tmp_path)
    page = Page(tmp_path / "documents" / "a.html")
    assert title(page) == "a.txt: positive · embedded, 22 November 2026"
    assert "Audit of <bdi>1 text</bdi>" in page.source


def test_radios_and_their_rules_match(pages: dict[str, Page]) -> None:
    page = page_of(pages, "films/two-targets")
    numbers = [f"m{at}" for at in range(len(runs.METHODS))]
    assert {*numbers, "p0", "p1", "words", "subwords", "numbers"} <= page.ids
    assert all(f"body:has(#{number}:checked)" in page.source for number in [*numbers, "p0", "p1"])
    assert sum(value == "m0" for _, name, value in page.attributes if name == "id") == 1


@pytest.fixture(scope="module")
def long_text() -> Explanation:
    """A text of 200 tokens with six methods, as it is explained by default."""
    text = " ".join((runs.REVIEW + " ").split() * 3)[:880]
    found = runs.explanation("long", text)
    found = runs.changed(found, sections=(runs.section(text, None, "POSITIVE", methods=(*runs.METHODS, "occlusion")),))
    assert 200 <= len(found.sections[0].tokens) <= 210
    return found


def test_a_page_is_light(long_text: Explanation, tmp_path: Path) -> None:
    page = (site_of(tmp_path, [long_text]) / "documents" / "long.html").read_bytes()
    assert b"p by chance" not in page
    assert len(page) < 80_000
    assert len(gzip.compress(page)) < 20_000


def test_the_page_of_no_address_is_lighter_still(site: Path) -> None:
    assert len((site / "404.html").read_bytes()) < 4_000


def test_a_page_with_all_its_evidence_is_light(long_text: Explanation, tmp_path: Path) -> None:
    proven = runs.changed(long_text, sections=(runs.examined(long_text.sections[0]),))
    plain, heavy = (
        (site_of(tmp_path / level, [one], level) / "documents" / "long.html").read_bytes()
        for level, one in (("quick", long_text), ("standard", proven))
    )
    assert all(part in heavy for part in (b"deletion-0", b"What would change", b"p by chance", b'id="mc"'))
    assert len(plain) < len(heavy) < 90_000


def test_training_examples_are_light_and_stand_only_where_they_were_asked_for(tmp_path: Path) -> None:
    plain = runs.explanation("long")
    found = runs.changed_section(plain.sections[0], influence=runs.influence())
    one = runs.changed(plain, sections=(found,))
    sizes = []
    for name, records, training in (("plain", plain, None), ("traced", one, runs.trained())):
        path = runs.saved(tmp_path / name / "data" / "run.sqlite", [records], training)
        with Store(path) as store:
            draw_site(store, tmp_path / name)
        sizes.append(len((tmp_path / name / "documents" / "long.html").read_bytes()))
    assert 1_000 < sizes[1] - sizes[0] < 6_000
    assert not (tmp_path / "plain" / "training.html").exists()
    page, index = Page(tmp_path / "traced" / "documents" / "long.html"), Page(tmp_path / "traced" / "index.html")
    for text in ("+0.439", "−5.60", "ρ .56", "A generous film about maps.", "the model says positive"):
        assert text in page.text
    assert "../training.html" in page.links
    assert index.links.count("training.html") == 2
    assert "training.html" not in "".join(Page(tmp_path / "plain" / "index.html").links)
    training_page = Page(tmp_path / "traced" / "training.html")
    for text in (
        "1,200 training examples of train.jsonl: 600 negative, 600 positive.",
        "2 rows could not be used",
        "200",
        "96",
        ".47 to .64",
    ):
        assert text in training_page.text


def names_in(pages: Environment, template: str) -> tuple[set[str], set[str]]:
    """The page's fields that a template and all it extends ask for, and every attribute they read."""
    source = pages.loader.get_source(pages, template)[0]  # type: ignore[union-attr]
    tree = pages.parse(source)
    asked, read = meta.find_undeclared_variables(tree), {node.attr for node in tree.find_all(nodes.Getattr)}
    for other in meta.find_referenced_templates(tree):
        more, also = names_in(pages, str(other))
        asked, read = asked | more, read | also
    asked -= {macro.name for macro in tree.find_all(nodes.Macro)}
    for found in tree.find_all(nodes.FromImport):
        asked -= {name if isinstance(name, str) else name[1] for name in found.names}
    return asked, read | {node.arg.value for node in tree.find_all(nodes.Getitem) if isinstance(node.arg, nodes.Const)}


@pytest.mark.parametrize("name", PAGES)
def test_a_template_uses_exactly_the_fields_of_its_page(name: str) -> None:
    asked, _ = names_in(make_environment(), f"{name}.html.j2")
    unshown = {"path"} if name in ("document", "documents") else set()
    assert asked == {field.name for field in dataclasses.fields(PAGES[name])} - unshown


def nested(kind: object) -> set[type]:
    """A dataclass and every dataclass in its fields."""
    if not isinstance(kind, type) or not dataclasses.is_dataclass(kind):
        return {found for argument in get_args(kind) for found in nested(argument)}
    hints = get_type_hints(kind).values()
    return {kind} | {found for hint in hints if hint is not kind for found in nested(hint)}


def test_every_nested_field_is_shown_somewhere() -> None:
    pages = make_environment()
    read = {name for template in PAGES for name in names_in(pages, f"{template}.html.j2")[1]}
    kinds = {kind for page in PAGES.values() for kind in nested(page)} - set(PAGES.values())
    assert len(kinds) > 25
    read.add("share")  # decides which words are named, and is not shown itself
    unused = {f"{kind.__name__}.{field.name}" for kind in kinds for field in dataclasses.fields(kind)} - {
        f"{kind.__name__}.{name}" for kind in kinds for name in read
    }
    assert not unused


def test_drawing_loads_no_torch() -> None:
    code = "import sys, reporter.site.render; print({'torch', 'transformers', 'captum'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"


TEMPLATES = sorted(path for path in find_templates().rglob("*.*") if path.suffix in (".j2", ".css", ".js"))


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: path.name)
def test_a_template_is_read_without_scrolling(path):
    assert [number for number, line in enumerate(path.read_text("utf-8").splitlines(), 1) if len(line) > 160] == []


@pytest.mark.parametrize(
    "path", [path for path in TEMPLATES if path.name.endswith(".html.j2")], ids=lambda path: path.name
)
def test_a_figure_is_a_macro_of_its_own(path):
    tree = make_environment().parse(path.read_text("utf-8"))
    macros = list(tree.find_all(nodes.Macro))
    drawn = [sum(data.data.count("<svg") for data in one.find_all(nodes.TemplateData)) for one in macros]
    everywhere = sum(data.data.count("<svg") for data in tree.find_all(nodes.TemplateData))
    assert max(drawn, default=0) <= 1
    assert sum(drawn) == everywhere
