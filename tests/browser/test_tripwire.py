"""A hundred payloads in every place where text can stand are opened in the browser, and none of them fires."""

import csv
import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from reporter.records.labels import read_number
from reporter.runs.store import Store
from reporter.site.render import draw_site
from tests import example_runs as runs
from tests.cli.test_cli import run
from tests.payloads import PAYLOADS
from tests.whole.test_hostile import GROUPS, failed, stuffed, stuffed_site

WIRE = """
window.fired = [];
for (const name of ['alert', 'confirm', 'prompt', 'open', 'print', 'fetch'])
  window[name] = (...given) => { window.fired.push(name + ': ' + given) };
"""
ELEMENTS = """() => [...new Set([...document.querySelectorAll('*')].flatMap((one) =>
  [one.localName, ...[...one.attributes].map((at) => one.localName + ' ' + at.name)]))]"""
FILTERS = """() => {
  const change = (one, value) => { one.value = value; one.dispatchEvent(new Event('input', {bubbles: true}));
                                   one.dispatchEvent(new Event('change', {bubbles: true})); };
  for (const list of document.querySelectorAll('select'))
    for (const option of [...list.options].slice(0, 30)) change(list, option.value);
  for (const seek of document.querySelectorAll('#seek'))
    for (const text of ['<img src=x onerror=alert(1)>', '']) change(seek, text);
}"""
SOME = 12  # documents that are opened each time; the sweep opens one for each payload


def site_of(folder: Path, payloads: Sequence[str]) -> Path:
    """A site whose documents, model, methods and settings are called what the payloads say."""
    path = runs.saved(folder / "data" / "run.sqlite", [make(one, at) for at, one in enumerate(payloads)
                                                       for make in (stuffed, failed)])  # fmt: skip
    first = payloads[0]
    with Store(path) as store:
        made = runs.provenance()
        model = replace(made.model, id=first, labels=("NEGATIVE", first), tokenizer=first, architecture=first)
        settings = {**made.settings, "model": first, "target": first}
        store.describe(replace(made, model=model, settings=settings, device=first, versions={first: first}))
        store.arrange(f"key-{at}" for at in range(2 * len(payloads)))
        draw_site(store, folder)
    return folder


def watch(browser, pages: Sequence[Path]) -> Iterator[tuple[Path, set[str], list[str]]]:
    """Each page with the elements and attributes that it has in the end, and whatever it did or complained of."""
    context = browser.new_context()
    context.add_init_script(WIRE)
    done: list[str] = []
    context.on("request", lambda request: done.append(f"request: {request.url}"))
    context.on("console", lambda message: done.append(f"console: {message.text}"))
    context.on("weberror", lambda error: done.append(f"error: {error.error}"))
    page = context.new_page()
    page.on("dialog", lambda dialog: (done.append(f"dialog: {dialog.message}"), dialog.dismiss()))
    for path in pages:
        done.clear()
        page.goto(path.as_uri())
        page.evaluate(FILTERS)
        page.mouse.move(300, 300)
        found = set(page.evaluate(ELEMENTS))
        done += page.evaluate("window.fired")
        yield path, found, [one for one in done if one != f"request: {path.as_uri()}" and ": data:" not in one]
    context.close()


def assert_silent(browser, folder: Path, payloads: Sequence[str]) -> None:
    """The site of these payloads does what that of as many plain words does, and is made of the same elements."""
    plain = site_of(folder / "plain", [f"word{at}" for at in range(len(payloads))])
    names = ("index.html", "methods.html", "provenance.html", "documents/p0.html", "documents/f0.html")
    allowed = {
        name: found for name, (_, found, _) in zip(names, watch(browser, [plain / name for name in names]), strict=True)
    }
    site = site_of(folder / "site", payloads)
    pages = [site / name for name in names[:3]] + sorted((site / "documents").glob("*.html"))
    assert len(pages) == 3 + 2 * len(payloads)
    for path, found, done in watch(browser, pages):
        name = path.relative_to(site).as_posix()
        assert done == [], name
        assert found <= allowed.get(name, allowed["documents/p0.html"] | allowed["documents/f0.html"]), name


def test_no_payload_fires(browser, tmp_path):
    assert len(set(PAYLOADS)) >= 100
    groups = [" ".join(PAYLOADS[at::SOME]) for at in range(SOME)]
    assert_silent(browser, tmp_path, groups)


@pytest.mark.sweep
def test_no_payload_fires_by_itself(browser, tmp_path):
    assert_silent(browser, tmp_path, PAYLOADS)


@pytest.mark.parametrize(
    "payload", [" ".join(PAYLOADS), *(pytest.param(one, marks=pytest.mark.sweep) for one in GROUPS)]
)
def test_nothing_that_a_run_says_of_itself_fires(payload, browser, tmp_path):
    plain = stuffed_site(tmp_path / "plain", re.sub(r"\S", "w", payload))
    site = stuffed_site(tmp_path / "site", payload)
    pages = sorted(path.relative_to(plain) for path in plain.rglob("*.html"))
    usual = dict(zip(pages, (found for _, found, _ in watch(browser, [plain / page for page in pages])), strict=True))
    for path, found, done in watch(browser, [site / page for page in pages]):
        assert done == [], path
        assert found <= usual[path.relative_to(site)], path


def fill(folder: Path, payloads: Sequence[str]) -> Path:
    """A folder in which real folders, files and the cells of a table are called and say what the payloads do."""
    folder.mkdir(parents=True)
    legal = [one.replace("/", "\\").replace("\0", "").encode()[:120].decode("utf-8", "ignore") for one in payloads]
    for at, (name, text) in enumerate(zip(legal, payloads, strict=True)):
        (folder / f"{at} {name}").mkdir()
        (folder / f"{at} {name}" / f"{name}.txt").write_text(f"film {text}", "utf-8")
    with (folder / "rows.csv").open("w", encoding="utf-8", newline="") as file:
        table = csv.writer(file)
        table.writerow(["id", "text", "text_pair", "label"])
        cells = [text.replace("\0", "") for text in payloads]
        labels = [one if read_number(one) is None else "" for one in cells]  # -1 and 1 are a numbering, and refused
        table.writerows([one, f"film {one}", one, label] for one, label in zip(cells, labels, strict=True))
    return folder


@pytest.mark.parametrize("count", [SOME, pytest.param(len(PAYLOADS), marks=pytest.mark.sweep)])
def test_no_name_of_a_file_and_no_cell_fires(count, browser, tiny, tmp_path):
    site = tmp_path / "site"
    command = ("-o", site, "--model", tiny, "--methods", "gradient", "--evidence", "none")
    assert run("build", fill(tmp_path / "in", PAYLOADS[:: len(PAYLOADS) // count]), *command) in (0, 1)
    pages = sorted(site.rglob("*.html"))
    assert len(pages) >= 2 * count
    for path, found, done in watch(browser, pages):
        assert done == [], path
        assert found & {"iframe", "object", "embed", "base", "img", "video", "audio"} == set(), path
        assert not any(" on" in one for one in found), path


def test_the_wire_is_tripped_by_what_it_waits_for(browser, tmp_path):
    bad = (
        "<script>alert(1)</script>",
        "<img src=x onerror=confirm(1)>",
        "<iframe srcdoc='<p>'></iframe>",
        "<svg/onload=prompt(1)>",
    )
    for at, markup in enumerate(bad):
        (tmp_path / f"{at}.html").write_text(f"<!doctype html><title>x</title>{markup}")
    for _, found, done in watch(browser, [tmp_path / f"{at}.html" for at in range(len(bad))]):
        assert done or "iframe" in found
