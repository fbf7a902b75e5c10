"""One browser and one drawing of the sites for all of these tests."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from tests.browser.chromium import launch, path_of_chromium
from tests.browser.sites import PAGES, draw_sites

Open = Callable[..., Page]


@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    """A Chromium of this machine, which ends with these tests as it holds an event loop."""
    path_of_chromium()
    with sync_playwright() as playwright:
        started = launch(playwright)
        yield started
        started.close()


@pytest.fixture(scope="package")
def sites(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of both sites."""
    return draw_sites(tmp_path_factory.mktemp("sites"))


@pytest.fixture
def show(browser: Browser, sites: Path) -> Iterator[Open]:
    """Open a page by its name in `PAGES`, from disk, in a fresh context with the options given."""
    contexts = []

    def opened(name: str, *, width: int = 1280, **options: object) -> Page:
        context = browser.new_context(viewport={"width": width, "height": 900}, **options)
        context.set_default_timeout(20_000)
        contexts.append(context)
        page = context.new_page()
        page.goto((sites / PAGES[name]).as_uri())
        return page

    yield opened
    for context in contexts:
        context.close()
