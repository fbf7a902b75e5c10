"""A page with its cut style looks as with the whole sheets: every property of every element has the same value."""

from pathlib import Path
from unittest.mock import patch

import pytest

from reporter.site.styles import Styles
from tests import example_runs as runs
from tests.browser.sites import TWELVE, TWO_SIDES
from tests.browser.test_access import OPEN
from tests.site.test_render import site_of

PAGES = (
    "index.html",
    "methods.html",
    "provenance.html",
    "training.html",
    "404.html",
    "documents/films/two-targets.html",
    "documents/letters/scan-0417.html",
    "documents/letters/truncated.html",
    "documents/full.html",
    "documents/twelve.html",
)
LOOKS = (
    {"width": 1280, "color_scheme": "light"},
    {"width": 390, "color_scheme": "dark"},
    {"width": 688, "media": "print"},
)
MORE_LOOKS = (
    {"width": 1280, "color_scheme": "dark"},
    {"width": 390, "color_scheme": "light"},
    {"width": 700, "color_scheme": "light"},
    {"width": 900, "color_scheme": "light"},
    {"width": 1100, "forced_colors": "active"},
)
# Elements of every kind, and what stands before and after each, with all computed values. Of those that are alike, as
# words of a text are, there are the first few. Custom properties are seen by what names them.
COMPUTED = """() => {
  const seen = new Map(), kind = one => one ? one.tagName + '.' + (one.getAttribute('class') ?? '') : ''
  const some = [...document.querySelectorAll('*')].filter(one => {
    const name = kind(one.parentElement) + ' ' + kind(one) + ' ' + !one.nextElementSibling
    seen.set(name, (seen.get(name) ?? 0) + 1)
    return seen.get(name) < 3
  })
  return some.flatMap(one => ['', '::before', '::after'].map(part => {
    const style = getComputedStyle(one, part || null)
    const own = [...style].filter(name => !name.startsWith('--'))
    const none = part && ['none', 'normal'].includes(style.content)
    return kind(one) + part + ' ' + (none ? '' : own.map(name => name + ':' + style.getPropertyValue(name)).join(';'))
  }))
}"""
SWITCH = "['numbers', 'subwords', 'm1', 'p1'].forEach(id => document.getElementById(id)?.click())"


@pytest.fixture(scope="module")
def drawn(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A site as it is drawn, and the same with all of the style sheets in every page."""
    twelve = runs.section(TWO_SIDES, None, "POSITIVE", methods=TWELVE)
    records = [
        one for one in runs.every_kind() if one.id in ("films/two-targets", "letters/scan-0417", "letters/truncated")
    ]
    records += [runs.full(), runs.changed(runs.explanation("twelve", TWO_SIDES), sections=(twelve,))]
    usual = site_of(tmp_path_factory.mktemp("usual"), records, "standard", runs.trained())
    with patch.object(Styles, "cut", lambda _, page: page):
        whole = site_of(tmp_path_factory.mktemp("whole"), records, "standard", runs.trained())
    return usual, whole


def compute(browser, path: Path, look: dict[str, object]) -> list[list[str]]:
    """The computed values of a page as it is opened, and with everything in it opened and switched."""
    options = dict(look)
    context = browser.new_context(viewport={"width": options.pop("width"), "height": 900}, reduced_motion="reduce")
    page = context.new_page()
    page.emulate_media(**options)
    page.goto(path.as_uri())
    found = [page.evaluate(COMPUTED)]
    page.evaluate(OPEN)
    page.evaluate(SWITCH)
    found.append(page.evaluate(COMPUTED))
    context.close()
    return found


@pytest.mark.parametrize(
    "look", [*LOOKS, *(pytest.param(look, marks=pytest.mark.sweep) for look in MORE_LOOKS)], ids=str
)
@pytest.mark.parametrize("name", PAGES)
def test_a_cut_style_changes_nothing(browser, drawn, name, look):
    usual, whole = (folder / name for folder in drawn)
    assert len(usual.read_bytes()) < len(whole.read_bytes()) - 500
    for one, other in zip(compute(browser, usual, look), compute(browser, whole, look), strict=True):
        assert len(one) == len(other) > 20
        assert [pair for pair in zip(one, other, strict=True) if pair[0] != pair[1]] == []


def test_a_rule_that_is_missed_is_found(browser, drawn, tmp_path):
    whole = drawn[1] / "404.html"
    broken = tmp_path / "404.html"
    broken.write_text(whole.read_text("utf-8").replace(".why{", ".whither{"), "utf-8")
    assert compute(browser, broken, dict(LOOKS[0])) != compute(browser, whole, dict(LOOKS[0]))
