"""Measuring a folder: all its documents are explained and saved as a run."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from reporter import registry
from reporter.documents import Corpus, read_corpus, read_intake
from reporter.evidence import TEXTS, examine_methods, find_level
from reporter.influence import Tracing, prepare_tracing
from reporter.models import examine_machine, take_windows
from reporter.records import TRAINING, Document, Provenance, Settings, UserError, check_numbering
from reporter.runs.engines import Engine
from reporter.runs.explain import Attribute
from reporter.runs.influences import forget_influences
from reporter.runs.resume import find_run_date, make_key, remember
from reporter.runs.stopwatch import Stopwatch
from reporter.runs.store import ExplanationRow, Store
from reporter.runs.task_choice import choose_task
from reporter.runs.unit_of_work import Explain, Measured, encode_all
from reporter.runs.versions import list_versions

Notice = Callable[[int], None]


@dataclass
class Missing:
    """The documents of a corpus that a store does not hold yet, in windows; `notice` gets how many are done.

    Of the documents that were iterated over, `keys` has all keys, and `sample` those for sanity checks.
    """

    corpus: Corpus
    window: int
    provenance: Provenance
    store: Store
    notice: Notice
    keys: list[str] = field(default_factory=list)
    sample: dict[str, Document] = field(default_factory=dict)
    _awaited: dict[str, str] = field(default_factory=dict)

    def __iter__(self) -> Iterator[list[Document]]:
        """Window by window, those that are to be explained."""
        for documents in take_windows(self.corpus, self.window):
            keyed = {make_key(document, self.provenance): document for document in documents}
            fresh = {key: document for key, document in keyed.items() if not self.store.has(key)}
            self.notice(len(keyed) - len(fresh))
            self.keys += keyed
            self.sample = choose_for_sanity(self.sample | keyed)
            self._awaited |= {document.id: key for key, document in fresh.items()}
            yield list(fresh.values())

    def save(self, done: Sequence[Measured]) -> None:
        """Save explanations that were missing."""
        keys = [self._awaited.pop(measured.explanation.id) for measured in done]
        self.store.save(
            [
                ExplanationRow(key, measured.explanation, measured.seconds)
                for key, measured in zip(keys, done, strict=True)
            ]
        )
        self.notice(len(done))


def measure_folder(
    folder: Path, settings: Settings, store: Store, *, notice: Notice, watch: Stopwatch | None = None
) -> Tracing | None:
    """Read the documents under `folder`, and explain them as `measure_corpus` does."""
    settings = choose_task(settings)
    with read_corpus(folder, read_intake(settings)) as corpus:
        return measure_corpus(corpus, settings, store, notice=notice, watch=watch)


def measure_corpus(
    corpus: Corpus, settings: Settings, store: Store, *, notice: Notice, watch: Stopwatch | None = None
) -> Tracing | None:
    """Explain every document that the store does not hold yet; `notice` gets how many are done.

    Returns the tracing to training examples that remains to be done, if that is asked for. `watch` records the time
    spent. Raises `UserError` for settings that the model, the machine or the folder cannot serve.
    """
    created, explain = find_run_date(corpus.folder), Explain(settings, watch or Stopwatch())
    attribute, provenance = explain.prepared
    if attribute.explainer.task.problem != "regression" and attribute.explainer.task.labels:
        check_numbering(corpus.list_labels(), attribute.explainer.network.facts.labels)
    tracing = prepare_tracing(attribute.explainer, list_versions())
    machine = examine_machine(attribute.explainer.network)
    known = replace(provenance, created=created, machine=machine, input=corpus.name)
    provenance = _take_over(store, known, tracing)
    store.describe(provenance)
    missing = Missing(corpus, attribute.explainer.pool_size, provenance, store, notice)
    engine: Engine = registry.load("engines", "local")()
    for done in engine.run(explain, missing):
        missing.save(done)
    provenance = replace(provenance, tables=corpus.tables)
    store.describe(provenance)
    remember(settings, store)
    if find_level(settings.evidence).sanity:
        store.describe(check_sanity(provenance, [*missing.sample.values()], attribute))
    store.arrange(missing.keys)
    if tracing is None:
        forget_influences(store)
    return tracing


def _take_over(store: Store, provenance: Provenance, tracing: Tracing | None) -> Provenance:
    """The provenance with the sanity checks and training record of an earlier run of the same model and settings."""
    try:
        earlier = store.provenance()
    except UserError:
        return provenance
    if _strip(earlier) != _strip(provenance):
        return provenance
    known = earlier.training
    same = known is not None and tracing is not None and known.fingerprint == tracing.fingerprint
    return replace(provenance, sanity=earlier.sanity, training=known if same else None)


def _strip(provenance: Provenance) -> Provenance:
    """A provenance without sanity checks, training, date, tables, and what its input and theme are."""
    settings = {name: value for name, value in provenance.settings.items() if name not in TRAINING}
    return replace(provenance, settings=settings, sanity=None, training=None, created="", tables=(), input="", theme="")


def choose_for_sanity(keyed: Mapping[str, Document]) -> dict[str, Document]:
    """Those of some documents, by their keys, that sanity checks are made on: the first by key."""
    return dict(sorted(keyed.items())[:TEXTS])


def check_sanity(provenance: Provenance, documents: list[Document], attribute: Attribute) -> Provenance:
    """The provenance with the sanity checks of the methods on these documents, unless it has them already.

    Checks that failed are repeated, as there may be more memory now.
    """
    encoded, _ = encode_all(documents, attribute.explainer)
    known = provenance.sanity
    if known is not None and known.failure is None and known.texts == tuple(text.document.id for text in encoded):
        return provenance
    return replace(provenance, sanity=examine_methods(attribute.explainer, attribute.methods, encoded))
