"""No page asks for anything but itself, from disk and from a server, and none has anything to complain of."""

import threading
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer

import pytest

from tests.browser.sites import PAGES


class Quiet(SimpleHTTPRequestHandler):
    """Serves files and keeps no log."""

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture(scope="module")
def address(sites) -> Iterator[str]:
    """The address of a server of both sites on this machine."""
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=sites)) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


@pytest.fixture(params=["disk", "server"])
def root(request, sites, address) -> str:
    """Where the sites are: a folder or a server."""
    return sites.as_uri() if request.param == "disk" else address


def test_a_page_asks_for_itself_alone(browser, root):
    context = browser.new_context()
    asked, said = [], []
    context.on("request", lambda request: asked.append(request.url))
    context.on("console", lambda message: said.append(message.text))
    context.on("weberror", lambda error: said.append(str(error.error)))
    page = context.new_page()
    for path in PAGES.values():
        page.goto(f"{root}/{path}")
        for control in page.query_selector_all(".switches input"):
            control.evaluate("one => one.click()")
        page.emulate_media(media="print")
        page.evaluate("new Promise(drawn => requestAnimationFrame(() => requestAnimationFrame(drawn)))")
        page.emulate_media(media="screen")
    context.close()
    assert [url for url in asked if not url.startswith("data:")] == [f"{root}/{path}" for path in PAGES.values()]
    assert said == []


def test_a_page_could_not_ask_if_it_would(show):
    page = show("404")
    said = []
    page.on("console", lambda message: said.append(message.text))
    page.evaluate(
        "new Promise(done => { const one = new Image(); one.onerror = done; one.src = 'http://localhost:9/' })"
    )
    assert any("Content Security Policy" in one for one in said)
