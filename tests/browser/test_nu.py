"""The Nu validator finds every page to be HTML; `make sweep` brings it and the Java that it needs."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

JAR = Path(sys.prefix) / "vnu.jar"
# What it takes for errors and is none, as of 26.9: each is valid by the specification that is named.
MISTAKEN = (
    "CSS: “--v?”: Parse Error\\.",  # CSS Variables 1: the name of a custom property may begin with a digit, as --0
    "CSS: “(paint-order|vector-effect)”: Property “.*” doesn't exist\\.",  # SVG 2 has them
    "CSS: “background”: “calc\\(.*\\)” is not a “.*” value\\.",  # CSS Color 5: a share of a mix may be computed
    "CSS: “background”: too few values for the property “linear-gradient”\\.",  # CSS Images 4: one stop in two places
    "CSS: “mask”: Too many values or values are not recognized\\.",  # CSS Masking 1: whether alpha or luminance masks
    "CSS: “(background|--neg)”: Invalid type: “0, var\\(--s\\).*”\\.",  # CSS Values 4: max() and clamp() of a property
    "CSS: “container-type”: Property “container-type” doesn't exist\\.",  # CSS Conditional 5
    "CSS: Unrecognized at-rule “@container”",  # CSS Conditional 5
)
pytestmark = pytest.mark.sweep


def complaints(*pages: Path) -> list[str]:
    """What the validator says of these pages, one line each."""
    if not JAR.is_file() or shutil.which("java") is None:
        pytest.fail("This test needs Java and the Nu validator: `make sweep` brings both.")
    command = ["java", "-jar", JAR, "--errors-only", "--format", "gnu", "--filterpattern", "|".join(MISTAKEN), *pages]
    done = subprocess.run(command, capture_output=True, text=True, encoding="utf-8", check=False)
    lines = [line for line in done.stderr.splitlines() if line]
    assert (done.returncode == 0) == (not lines)
    return lines


def test_every_page_is_valid(sites):
    pages = sorted(sites.rglob("*.html"))
    assert len(pages) > 30
    assert complaints(*pages) == []


def test_a_mistake_is_found(sites, tmp_path):
    source = (sites / "golden" / "404.html").read_text("utf-8")
    (tmp_path / "a.html").write_text(source.replace("<h1>", '<h1 align="left"><li>'), "utf-8")
    (tmp_path / "b.html").write_text(source.replace("<style>", "<style>h1 { colour: red }"), "utf-8")
    found = complaints(tmp_path / "a.html", tmp_path / "b.html")
    assert {name for name in ("a.html", "b.html") if any(f"/{name}" in line for line in found)} == {"a.html", "b.html"}
