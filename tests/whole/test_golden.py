"""The samples: what is measured of them today is what was accepted, and the accepted run is drawn to the same bytes."""

import json
from pathlib import Path
from typing import Any

import pytest

from reporter.runs.store import Store
from reporter.site.render import draw_site
from tests.accept import GOLDEN, PARTS, measure_samples, restore_run


@pytest.fixture(scope="module")
def drawn(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The site of the golden run."""
    site = tmp_path_factory.mktemp("golden")
    restore_run(site / "run.sqlite")
    with Store(site / "run.sqlite") as store:
        draw_site(store, site)
    return site


@pytest.mark.parametrize("name", PARTS)
def test_the_golden_pages_are_drawn_to_the_byte(drawn, name):
    assert (drawn / name).read_text("utf-8") == (GOLDEN / name).read_text("utf-8"), (
        "look at the page, then: make golden"
    )


def test_the_twin_survives_the_store(drawn):
    assert (drawn / "data" / "documents.jsonl").read_bytes() == (GOLDEN / "documents.jsonl").read_bytes()


def assert_close(found: Any, golden: Any, where: str) -> None:
    """Equal in everything but numbers, and those within 1e-4 of their size (counts and offsets are small: exactly)."""
    if isinstance(golden, dict):
        assert found.keys() == golden.keys(), where
        for name in golden:
            if name not in ("agreement", "residual", "relative", "evaluations"):
                assert_close(found[name], golden[name], f"{where}.{name}")
    elif isinstance(golden, list):
        assert len(found) == len(golden), where
        for place, (one, other) in enumerate(zip(found, golden, strict=True)):
            assert_close(one, other, f"{where}[{place}]")
    elif isinstance(golden, float):
        assert abs(found - golden) <= 1e-4 * max(1.0, abs(golden)), where
    else:
        assert found == golden, where


def test_what_is_measured_of_the_samples_is_what_was_accepted(tmp_path):
    with Store(measure_samples(tmp_path)) as store:
        lines = [json.loads(line) for line in store.lines()]
    golden = [json.loads(line) for line in (GOLDEN / "documents.jsonl").read_text("utf-8").splitlines()]
    assert_close(lines, golden, "documents")
    assert {line["status"] for line in lines} == {"explained"}
    for line in lines:
        for section in line["sections"]:
            assert section["attributions"][-1]["certificate"]["verdict"] == "met", line["id"]
