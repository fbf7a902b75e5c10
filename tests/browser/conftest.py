"""One browser for all of these tests; a browser that is missing is a failure, never a skip."""

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from tests.browser.sites import PAGES, draw_sites

NAMES = ("chromium", "chromium-browser", "google-chrome")
# Chromium of itself looks up hosts as it starts; here no name has an address but this machine's own.
FLAGS = ["--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE localhost, EXCLUDE 127.0.0.1", "--force-color-profile=srgb"]
Open = Callable[..., Page]


def chromium() -> str:
    """Where the browser is, or a failure that says how to get it."""
    path = next((path for name in NAMES if (path := shutil.which(name))), None)
    if path is None:
        pytest.fail(f"None of {', '.join(NAMES)} is on the PATH: install a browser, as by 'apt-get install chromium'.")
    return path


@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    """A Chromium of this machine."""
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=chromium(), args=FLAGS)
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
        context.set_default_timeout(10_000)
        contexts.append(context)
        page = context.new_page()
        page.goto((sites / PAGES[name]).as_uri())
        return page

    yield opened
    for context in contexts:
        context.close()
