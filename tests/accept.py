"""Measure `sample_inputs/` and accept its site as the golden one: `make golden`, after you have looked at the pages.

`tests/golden/` holds the run (its twin and its provenance) and a few of the pages drawn from it.
"""

import os
import shutil
import tempfile
from pathlib import Path

import msgspec

from reporter.records import twin
from reporter.records.run import Provenance
from reporter.records.settings import Settings
from reporter.runs.measure import measure_folder
from reporter.runs.store import ExplanationRow, Store
from reporter.site.render import draw_site

ROOT = Path(__file__).parent.parent
GOLDEN = ROOT / "tests" / "golden"
PAGES = ("index.html", "methods.html", "provenance.html", "404.html")
DOCUMENTS = (
    "everyday/soup.html",
    "films/the-winter-ferry.html",
    "places/gasthaus-am-bach.html",
    "products/whistling-kettle.html",
)
PARTS = (*PAGES, *(f"documents/{name}" for name in DOCUMENTS))
EPOCH = "1767225600"


def measure_samples(folder: Path) -> Path:
    """Measure the samples into a fresh run under `folder`, by a fixed clock, and return the run's path."""
    os.environ["SOURCE_DATE_EPOCH"] = EPOCH
    path = folder / "run.sqlite"
    with Store(path, create=True) as store:
        measure_folder(ROOT / "sample_inputs", Settings(), store, notice=lambda _: None)
    return path


def restore_run(path: Path) -> None:
    """The golden run as a store at `path`."""
    lines = (GOLDEN / "documents.jsonl").read_bytes().splitlines()
    rows = [ExplanationRow(str(place), twin.load_explanation(line), 0.0) for place, line in enumerate(lines)]
    with Store(path, create=True) as store:
        store.describe(msgspec.json.decode((GOLDEN / "provenance.json").read_bytes(), type=Provenance))
        store.save(rows)
        store.arrange(row.key for row in rows)


def main() -> None:
    """Write `tests/golden/` anew."""
    shutil.rmtree(GOLDEN, ignore_errors=True)
    with tempfile.TemporaryDirectory() as place, Store(measure_samples(Path(place))) as store:
        draw_site(store, Path(place))
        for name in PARTS:
            (GOLDEN / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(Path(place) / name, GOLDEN / name)
        shutil.copy(Path(place) / "data" / "documents.jsonl", GOLDEN / "documents.jsonl")
        (GOLDEN / "provenance.json").write_bytes(msgspec.json.format(msgspec.json.encode(store.provenance()), indent=1))


if __name__ == "__main__":
    main()
