"""A page that is open in the preview shows the next build by itself."""

from tests import example_runs as runs
from tests.site.test_serve import drawn, serving


def test_an_open_page_reloads_when_the_site_is_built_again(browser, tmp_path):
    site = drawn(tmp_path / "site")
    said = []
    with serving(site) as (port, _):
        context = browser.new_context()
        context.on("console", lambda message: said.append(message.text))
        pages = [context.new_page(), context.new_page()]
        for page, path in zip(pages, ("documents/plain.html", "index.html"), strict=True):
            page.goto(f"http://127.0.0.1:{port}/{path}")
            assert "dreadful" not in page.text_content("main")
        runs.saved(site / "data" / "run.sqlite", [runs.explanation("plain", "Great or dreadful")])
        drawn(site)
        for page in pages:
            page.locator("main", has_text="dreadful").wait_for(timeout=20_000)
        context.close()
    assert said == []
