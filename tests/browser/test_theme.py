"""A site in its owner's colours is as readable as ours, shows the logo, and asks for nothing."""

from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe

from reporter.runs.store import Store
from reporter.site.render import draw_site
from reporter.site.theme import load_theme
from tests import example_runs as runs
from tests.browser.test_access import CONTRAST, EVERY_TINT, OPEN, RULES

EXAMPLE = Path(__file__).parents[2] / "docs" / "theme.css"
PAGES = ("index.html", "methods.html", "documents/films/two-targets.html", "404.html")


@pytest.fixture(scope="module")
def themed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A site with the theme that the documents show."""
    site = tmp_path_factory.mktemp("themed")
    path = runs.saved(site / "data" / "run.sqlite", [one for one in runs.every_kind() if one.id != "hostile"])
    with Store(path) as store:
        store.set_theme(load_theme(EXAMPLE))
        draw_site(store, site)
    return site


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("name", PAGES)
def test_a_themed_page_can_be_read_and_is_alone(browser, themed, name, scheme):
    context = browser.new_context(color_scheme=scheme, viewport={"width": 390, "height": 844})
    asked = []
    context.on("request", lambda request: asked.append(request.url))
    page = context.new_page()
    page.goto((themed / name).as_uri())
    assert page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth") <= 0
    assert page.evaluate("document.querySelector('.logo').naturalWidth") > 0
    assert page.evaluate("getComputedStyle(document.body).fontFamily").startswith('"Source Sans 3"')
    page.evaluate(OPEN)
    only = {"type": "tag", "values": RULES}
    found = Axe().run(page, options={"runOnly": only, "resultTypes": ["violations"]}).response["violations"]
    assert [one["id"] for one in found] == []
    page.evaluate(EVERY_TINT)
    assert {kind: ratio for kind, ratio in page.evaluate(CONTRAST).items() if ratio < 4.5} == {}
    context.close()
    assert [address for address in asked if not address.startswith("data:")] == [(themed / name).as_uri()]
