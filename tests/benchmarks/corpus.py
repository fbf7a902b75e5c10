"""A large run: how long it takes to draw, in how much memory, and how soon its index opens.

    python -m tests.benchmarks.corpus [--sizes 100 1000 10000]

The golden run, repeated under new names, is drawn by `salience-report render`. Seconds are those of all processors and
of the clock; memory is the most that any one process held (there is one per core, and one that deals out the work).
The index opens from disk in Chromium, where Playwright and `--browser` are there: first contentful paint, and load.
"""

import argparse
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from itertools import cycle, islice
from pathlib import Path

import msgspec

from reporter.records import twin
from reporter.records.run import Provenance
from reporter.runs.store import ExplanationRow, Store
from tests.benchmarks.builds import run

GOLDEN = Path(__file__).parent.parent / "golden"
MEASURE = """async () => {
    await new Promise((done) => requestAnimationFrame(() => setTimeout(done, 100)));
    const page = performance.getEntriesByType('navigation')[0];
    return [performance.getEntriesByName('first-contentful-paint')[0].startTime, page.loadEventEnd];
}"""


def repeat(size: int) -> Iterator[ExplanationRow]:
    """The golden run's documents again and again, under new names, in as many folders as there are hundreds."""
    found = [twin.load_explanation(line) for line in (GOLDEN / "documents.jsonl").read_bytes().splitlines()]
    for place, one in enumerate(islice(cycle(found), size)):
        folder = f"part-{place // 100:03}/"
        yield ExplanationRow(
            str(place), replace(one, id=f"{folder}{one.id}-{place}", source=f"{folder}{one.source}"), 0.0
        )


def fill(path: Path, size: int) -> None:
    """A run of so many documents at `path`."""
    with Store(path, create=True) as store:
        store.describe(msgspec.json.decode((GOLDEN / "provenance.json").read_bytes(), type=Provenance))
        rows = repeat(size)
        while some := list(islice(rows, 100)):
            store.save(some)
        store.arrange(str(place) for place in range(size))


def open_index(site: Path, browser: str) -> str:
    """Milliseconds until something is painted and until all is loaded, the better of three."""
    try:
        from playwright.sync_api import sync_playwright
    except ImportError:
        return "– | –"
    with sync_playwright() as play, play.chromium.launch(executable_path=browser) as chromium:
        times = []
        for _ in range(3):
            page = chromium.new_page()
            page.goto((site / "index.html").as_uri())
            times.append(page.evaluate(MEASURE))
            page.close()
    painted, loaded = min(times)
    return f"{painted:.0f} | {loaded:.0f}"


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sizes", type=int, nargs="+", default=[100, 1000, 10000])
    parser.add_argument("--browser", default="/usr/bin/chromium")
    given = parser.parse_args()
    print("| documents | processor, s | clock, s | largest process, MB | index, kB | first paint, ms | loaded, ms |")
    print("|---|---|---|---|---|---|---|")
    for size in given.sizes:
        with tempfile.TemporaryDirectory() as folder:
            saved, site = Path(folder) / "run.sqlite", Path(folder) / "site"
            fill(saved, size)
            command = ("-c", "from reporter.cli.commands import main; main()", "render", str(saved), "-o", str(site))
            processor, clock, memory = run(*command)
            weight = (site / "index.html").stat().st_size / 1000
            opened = open_index(site, given.browser)
        print(f"| {size:,} | {processor:.1f} | {clock:.1f} | {memory:.0f} | {weight:.0f} | {opened} |", flush=True)


if __name__ == "__main__":
    main()
