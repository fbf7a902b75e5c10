"""One page that cannot be drawn costs that page: it says so, and the rest of the site is there."""

import importlib
import re
from dataclasses import replace
from pathlib import Path
from urllib.parse import unquote

import pytest

from reporter.audit.check import Thresholds, check_site
from reporter.records import twin
from reporter.records.explanation import Explanation
from reporter.records.run import Run
from reporter.site.addresses import page_path
from reporter.summary.run_summary import summarise
from tests import example_runs as runs
from tests.site.test_render import Page, site_of

PLACES = (
    "reporter.site.pages.document.page.changes",
    "reporter.site.pages.document.page.answer",
    "reporter.site.render._drawn",
    "reporter.site.render.find",
)
"""What a page is made by: of parts, by a template, and for the index."""


HIT = "films/midnight-harbour"


def is_hit(given: object) -> bool:
    """Whether this is the document that is spoilt, or what is drawn of it, and was not given up yet."""
    page = getattr(given, "path", None) == page_path(HIT) and getattr(given, "failure", None) is None
    return page or (isinstance(given, Explanation) and given.id == HIT and bool(given.sections))


@pytest.fixture(params=PLACES)
def spoilt(request, tmp_path, monkeypatch) -> tuple[Path, str]:
    """A site of which something fails while one of its documents is drawn, and the id of that document."""
    room, _, name = request.param.rpartition(".")
    usual = getattr(importlib.import_module(room), name)

    def spoil(*given, **named):
        if any(map(is_hit, given)):
            raise ZeroDivisionError("float division by zero")
        return usual(*given, **named)

    monkeypatch.setattr(request.param, spoil)
    return site_of(tmp_path, runs.every_kind()), HIT


def read(site: Path) -> Run:
    """What the twin says of a run."""
    return twin.load_run((site / "data" / "run.json").read_bytes())


def test_the_page_says_so_and_the_site_is_there(spoilt):
    site, id = spoilt
    page = Page(site / page_path(id))
    assert "This page could not be drawn: “float division by zero”." in page.text
    others = [Page(site / page_path(one.id)) for one in runs.every_kind() if one.id != id]
    assert not [other.path for other in others if "could not be drawn" in other.text]
    assert "could not be drawn" in Page(site / "index.html").text
    assert all((site / name).is_file() for name in ("data/manifest.json", "methods.html", "data/documents.jsonl"))


def test_it_is_told_of_as_a_failure_and_its_numbers_are_kept(spoilt):
    site, id = spoilt
    run = read(site)
    assert [one.id for one in run.undrawn] == [id]
    assert run.summary == summarise(runs.every_kind(), [one.name for one in run.methods])[0]
    lines = [twin.load_explanation(line) for line in (site / "data" / "documents.jsonl").read_text().splitlines()]
    assert next(one for one in lines if one.id == id).status == "explained"
    faults = [fault for found in check_site(site, Thresholds()) for fault in found.faults]
    assert any("could not be drawn" in fault for fault in faults)


WITHOUT_TEXT = {
    "index.html": "reporter.site.pages.index.page.headline",
    "methods.html": "reporter.site.render.methods_page",
    "provenance.html": "reporter.site.render.provenance_page",
    "404.html": "reporter.site.render.not_found_page",
    "training.html": "reporter.site.render.training_page",
}
"""Pages that are of no document, with something each of them is made by."""


@pytest.mark.parametrize("name", WITHOUT_TEXT)
def test_a_page_of_no_document_that_fails_costs_that_page(name, tmp_path, monkeypatch):
    def fail(*_given, **_named):
        raise ValueError("<b>missing</b>")

    whole = site_of(tmp_path / "whole", runs.every_kind(), training=runs.trained())
    monkeypatch.setattr(WITHOUT_TEXT[name], fail)
    site = site_of(tmp_path / "site", runs.every_kind(), training=runs.trained())
    page = Page(site / name)
    assert "This page could not be drawn: “<b>missing</b>”." in page.text
    assert [(one.source, one.error) for one in read(site).undrawn] == [
        (name, "This page could not be drawn: “<b>missing</b>”.")
    ]
    assert not read(site).is_whole
    changed = {name, "data/run.json", "data/manifest.json"}
    others = [path.relative_to(whole) for path in whole.rglob("*") if path.is_file() and path.suffix != ".sqlite"]
    assert all((site / path).read_bytes() == (whole / path).read_bytes() for path in others if str(path) not in changed)


def test_the_list_stands_in_for_an_index_that_cannot_be_drawn(tmp_path, monkeypatch):
    def fail(*_given, **_named):
        raise ValueError("missing")

    monkeypatch.setattr(WITHOUT_TEXT["index.html"], fail)
    site = site_of(tmp_path, runs.every_kind())
    links = set(re.findall(r'href="([^"#]+)"', (site / "index.html").read_text("utf-8")))
    assert {page_path(one.id) for one in runs.every_kind()} <= {unquote(link) for link in links}


def test_a_full_disk_is_no_matter_of_one_page(tmp_path, monkeypatch):
    def fill(*_given, **_named):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("reporter.site.render._drawn", fill)
    with pytest.raises(OSError, match="No space left"):
        site_of(tmp_path, runs.every_kind())


def test_a_text_that_changes_nothing_is_drawn(tmp_path):
    (one,) = runs.explanation("a", "Great film, and no doubt").sections
    still = tuple(
        runs.attribution(each.method, [0.0] * len(each.scores), "unresolvable", baseline=0.6634)
        for each in one.attributions
    )
    still = tuple(
        replace(each, certificate=replace(each.certificate, input=0.6634, sum=0.0, residual=0.0, relative=None))
        for each in still
    )
    quiet = runs.changed(
        runs.explanation("a", "Great film, and no doubt"), sections=(replace(one, attributions=still),)
    )
    site = site_of(tmp_path, [quiet])
    assert read(site).undrawn == ()
    assert "no change" in Page(site / page_path("a")).text
