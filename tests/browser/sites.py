"""The sites that the browser opens: the golden one, one with a document of every kind, and one with a long list."""

from collections.abc import Iterable
from pathlib import Path
from unittest.mock import patch

from reporter.records.explanation import Explanation, Prediction
from reporter.runs.store import Store
from reporter.site import render
from reporter.site.render import draw_site
from tests import example_runs as runs
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
    "empty": "kinds/documents/letters/empty.html",
    "two targets": "kinds/documents/short/two-targets.html",
    "truncated": "kinds/documents/letters/truncated.html",
    "pair": "kinds/documents/letters/pair.html",
    "one word": "kinds/documents/short/one.html",
    "hostile": "kinds/documents/hostile.html",
    "right to left": "kinds/documents/words/rtl.html",
    "many scripts": "kinds/documents/words/scripts.html",
    "not met": "kinds/documents/letters/not-met.html",
    "unresolvable": "kinds/documents/letters/unresolvable.html",
    "measured": "kinds/documents/films/midnight-harbour.html",
    "tokens": "kinds/documents/words/tokens.html",
    "twelve methods": "kinds/documents/films/twelve-methods.html",
    "traced": "kinds/documents/short/traced.html",
    "training": "kinds/training.html",
    "index of every kind": "kinds/index.html",
    "list": "long/documents-2.html",
}
TWELVE = (
    *runs.METHODS,
    "attention_gradient",
    "attention_norm",
    "smoothgrad",
    "occlusion",
    "shapley",
    "lime",
    "kernel_shap",
)


def draw_sites(folder: Path) -> Path:
    """Draw `golden/`, `kinds/` and `long/` into a folder, without measuring anything."""
    golden, kinds, long = (folder / name / "data" / "run.sqlite" for name in ("golden", "kinds", "long"))
    golden.parent.mkdir(parents=True)
    restore_run(golden)
    runs.saved(kinds, list(_every_kind()), runs.trained(text=TWO_SIDES * 4))
    runs.saved(long, [runs.failed(f"{at % 3}/{at}", "No words to explain.") for at in range(498)] + _a_few())
    for run in (golden, kinds, long):
        with Store(run) as store, patch.object(render, "_ALONE", 1000):  # other processes would take longer to start
            draw_site(store, run.parent.parent)
    return folder


def _every_kind() -> Iterable[Explanation]:
    """One document of every kind, the hostile one with fewer tokens than a browser would need minutes for."""
    yield from (one for one in runs.every_kind() if one.id != "hostile")
    yield runs.explanation("hostile", HOSTILE, label="<img src=x onerror=alert(1)>")
    yield runs.explanation("words/scripts", SCRIPTS)
    yield runs.changed(runs.explanation("reviews/case-4711", TWO_SIDES), source="table-of-reviews.csv#4")
    yield runs.explanation("short/two-targets", TWO_SIDES, targets=("POSITIVE", "NEGATIVE"))
    twelve = runs.section(TWO_SIDES, None, "POSITIVE", methods=TWELVE)
    yield runs.changed(runs.explanation("films/twelve-methods", TWO_SIDES), sections=(twelve,))
    yield _labelled_by_token("words/tokens", "Marta Reyes walks on screen in Donaudampfschifffahrtsstadt.")
    traced = runs.explanation("short/traced", TWO_SIDES)
    influence = runs.influence(text=TWO_SIDES * 4, said="NEGATIVE")
    yield runs.changed(traced, sections=(runs.changed_section(traced.sections[0], influence=influence),))


def _a_few() -> list[Explanation]:
    """Enough to fill a second page of the list."""
    return [runs.explanation(f"letters/{at}", TWO_SIDES, label="NEGATIVE") for at in range(6)]


def _labelled_by_token(id: str, text: str) -> Explanation:
    """A text of which every token has an answer of its own."""
    one = runs.explanation(id, text)
    size = len(one.sections[0].tokens)
    cells = tuple(value for at in range(size) for value in ((0.1, 0.9) if at % 3 else (0.8, 0.2)))
    said = " ".join("PERSON" if at % 3 else "O" for at in range(size))
    answer = Prediction(positions=size, labels=("O", "PERSON"), logits=cells, probabilities=cells, label=said)
    return runs.changed(one, prediction=answer)
