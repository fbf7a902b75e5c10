"""Photograph the pages, to be looked at beside the design: `make pictures`, into `pictures/`.

They are compared by eye and not by a test: fonts differ between machines, and what a change of font moves hides what a
change of style breaks. What can be told without taste (contrast, overflow, movement, the sign) has a test of its own.
"""

import sys
import tempfile
from pathlib import Path

from playwright.sync_api import sync_playwright

from tests.browser.chromium import launch
from tests.browser.sites import PAGES, draw_sites

SHOWN = ("index", "document", "two targets", "truncated", "failed", "methods", "provenance", "many scripts")


def main(folder: Path) -> None:
    """Draw the sites and photograph each page at three widths, light and dark, and as it is printed."""
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as place, sync_playwright() as playwright:
        sites = draw_sites(Path(place))
        page = launch(playwright).new_page()
        for name in SHOWN:
            page.goto((sites / PAGES[name]).as_uri())
            for width in (390, 1280, 1920):
                page.set_viewport_size({"width": width, "height": 900})
                for theme in ("light", "dark"):
                    page.emulate_media(color_scheme=theme, media="screen")
                    page.screenshot(path=folder / f"{name.replace(' ', '-')}-{theme}-{width}.png", full_page=True)
            page.set_viewport_size({"width": 794, "height": 1123})  # A4 at 96 dots to the inch
            page.emulate_media(media="print")
            page.screenshot(path=folder / f"{name.replace(' ', '-')}-print.png", full_page=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
