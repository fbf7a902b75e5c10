"""The stage after explaining: write influences into the records of a saved run, or remove them."""

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

from reporter.records import twin
from reporter.runs.store import Store

if TYPE_CHECKING:  # what needs no tracing needs no torch
    from reporter.influence import Tracing, Views

Notice = Callable[[int], None]


def count_vectors(tracing: "Tracing", store: Store) -> int:
    """The number of feature vectors that are needed to trace the documents that have not been traced yet."""
    return tracing.count(sum(1 for _ in store.untraced(tracing.fingerprint)))


def trace_run(tracing: "Tracing", store: Store, *, notice: Notice) -> None:
    """Write the influences into every document that has none; features are cached beside the run."""
    saved = store.provenance()
    store.describe(saved)
    lines = (twin.load_explanation(line) for _, line in store.untraced(tracing.fingerprint))
    documents = [explanation.document for explanation in lines if explanation.sections]
    if documents or saved.training is None:
        views = tracing.view(documents, store.folder, notice=notice)
        _write(tracing, store, views)
        store.describe(replace(saved, training=saved.training or tracing.describe(views)))
    store.arrange(store.keys())


def _write(tracing: "Tracing", store: Store, views: "Views") -> None:
    """Write the influences into all documents, a window at a time."""
    from reporter.models import TRACED_TOGETHER, take_windows

    first = 0
    for window in take_windows(store.untraced(tracing.fingerprint), TRACED_TOGETHER):
        explained = [twin.load_explanation(line) for _, line in window]
        lines = [twin.dump_record(explanation).decode() for explanation in tracing.trace(explained, views, first)]
        store.trace(dict(zip((key for key, _ in window), lines, strict=True)), fingerprint=tracing.fingerprint)
        first += sum(1 for explanation in explained if explanation.sections)


def forget_influences(store: Store) -> None:
    """Take the influences out of every document that has some."""
    for key, line in store.untraced(""):
        explanation = twin.load_explanation(line)
        sections = tuple(replace(section, influence=None) for section in explanation.sections)
        store.trace({key: twin.dump_record(replace(explanation, sections=sections)).decode()}, fingerprint="")
