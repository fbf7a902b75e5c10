"""The two sites that the browser opens: the golden one, and one with a document of every kind."""

from collections.abc import Iterable
from pathlib import Path

from reporter.records import Explanation
from reporter.render import draw
from reporter.store import Store
from tests import runs
from tests.accept import restore_run

SCRIPTS = (
    "שלום great עולם! وكان الفيلم رائعًا، حقًا. Z̸̧̛͖a̶l̵̬̈g̴̱̾o̷, नमस्ते दुनिया, 真的很好看。 👩‍👩‍👧‍👦 🏳️‍🌈 👍🏽 cafe\u0301, funny "
    + "Donaudampfschifffahrtsgesellschaftskapitän" * 6
    + " long and tender," * 9
)
TWO_SIDES = "The jokes fall flat, but her unshowy performance is tender, funny and honest, the loveliest of this year."
HOSTILE = runs.HOSTILE.rstrip("😀") + "😀" * 40
PAGES = {
    "index": "golden/index.html",
    "methods": "golden/methods.html",
    "provenance": "golden/provenance.html",
    "404": "golden/404.html",
    "document": "golden/documents/places/gasthaus-am-bach.html",
    "failed": "kinds/documents/letters/scan-0417.html",
    "two targets": "kinds/documents/short/two-targets.html",
    "truncated": "kinds/documents/letters/truncated.html",
    "pair": "kinds/documents/letters/pair.html",
    "one word": "kinds/documents/short/one.html",
    "hostile": "kinds/documents/hostile.html",
    "right to left": "kinds/documents/words/rtl.html",
    "many scripts": "kinds/documents/words/scripts.html",
    "traced": "kinds/documents/short/traced.html",
    "training": "kinds/training.html",
    "index of every kind": "kinds/index.html",
}


def draw_sites(folder: Path) -> Path:
    """Draw `golden/` and `kinds/` into a folder, without measuring anything."""
    golden, kinds = (folder / name / "data" / "run.sqlite" for name in ("golden", "kinds"))
    golden.parent.mkdir(parents=True)
    restore_run(golden)
    runs.saved(kinds, list(_every_kind()), runs.trained(text=TWO_SIDES * 4))
    for run in (golden, kinds):
        with Store(run) as store:
            draw(store, run.parent.parent)
    return folder


def _every_kind() -> Iterable[Explanation]:
    """One document of every kind, the hostile one with fewer tokens than a browser would need minutes for."""
    yield from (one for one in runs.every_kind() if one.id != "hostile")
    yield runs.explanation("hostile", HOSTILE, label="<img src=x onerror=alert(1)>")
    yield runs.explanation("words/scripts", SCRIPTS)
    yield runs.explanation("short/two-targets", TWO_SIDES, targets=("POSITIVE", "NEGATIVE"))
    traced = runs.explanation("short/traced", TWO_SIDES)
    influence = runs.influence(text=TWO_SIDES * 4, said="NEGATIVE")
    yield runs.changed(traced, sections=(runs.changed_section(traced.sections[0], influence=influence),))
