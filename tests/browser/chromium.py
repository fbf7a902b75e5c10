"""The browser of this machine: none is downloaded, and one that is missing is a failure, never a skip."""

import shutil

from playwright.sync_api import Browser, Playwright

from reporter.records.errors import UserError

NAMES = ("chromium", "chromium-browser", "google-chrome")
# Chromium looks up hosts of its own as it starts; with this rule no name but this machine's own has an address.
FLAGS = ["--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE localhost, EXCLUDE 127.0.0.1", "--force-color-profile=srgb"]


def path_of_chromium() -> str:
    """Where the browser is; UserError says how to get it."""
    found = next((path for name in NAMES if (path := shutil.which(name))), None)
    if found is None:
        names = ", ".join(NAMES)
        raise UserError(f"These tests need a browser, and none of {names} is on the PATH: apt-get install chromium.")
    return found


def launch(playwright: Playwright) -> Browser:
    """Start it, without a window."""
    return playwright.chromium.launch(executable_path=path_of_chromium(), args=FLAGS)
