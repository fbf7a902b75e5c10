"""Photograph the pages: `make pictures`, into `pictures/` to be looked at, and into `docs/pictures/` for the README.

They are compared by eye and not by a test: fonts differ between machines, and what a change of font moves hides what a
change of style breaks. What can be told without taste (contrast, overflow, movement, the sign) has a test of its own.
"""

import io
import sys
import tempfile
from pathlib import Path

from PIL import Image
from playwright.sync_api import Page, sync_playwright

from tests.browser.chromium import launch
from tests.browser.sites import PAGES, draw_sites

SHOWN = ("index", "document", "two targets", "truncated", "failed", "methods", "provenance", "many scripts")
IN_THE_README = "golden/documents/places/hotel-with-a-view.html"


def main(folder: Path, documents: Path) -> None:
    """Draw the sites, photograph their pages into `folder` and the one that the README shows into `documents`."""
    folder.mkdir(parents=True, exist_ok=True)
    documents.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as place, sync_playwright() as playwright:
        sites = draw_sites(Path(place))
        page = launch(playwright).new_page()
        for name in SHOWN:
            page.goto((sites / PAGES[name]).as_uri())
            _photograph_all(page, folder, name.replace(" ", "-"))
        page.goto((sites / IN_THE_README).as_uri())
        _photograph_top(page, documents)


def _photograph_all(page: Page, folder: Path, name: str) -> None:
    """The whole page at three widths, light and dark, and as it is printed."""
    for width in (390, 1280, 1920):
        page.set_viewport_size({"width": width, "height": 900})
        for theme in ("light", "dark"):
            page.emulate_media(color_scheme=theme, media="screen")
            page.screenshot(path=folder / f"{name}-{theme}-{width}.png", full_page=True)
    page.set_viewport_size({"width": 794, "height": 1123})  # A4 at 96 dots to the inch
    page.emulate_media(media="print")
    page.screenshot(path=folder / f"{name}-print.png", full_page=True)


def _photograph_top(page: Page, folder: Path) -> None:
    """What one sees of the page at first, light and dark, in small files."""
    page.set_viewport_size({"width": 1120, "height": 800})
    for theme in ("light", "dark"):
        page.emulate_media(color_scheme=theme, media="screen")
        Image.open(io.BytesIO(page.screenshot())).save(folder / f"document-{theme}.webp", quality=80, method=6)


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
