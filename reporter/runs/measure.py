"""The left half of the picture: a folder of documents becomes a saved run."""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import fields, replace
from pathlib import Path

from reporter import registry
from reporter.attribution import Explainer, check_baseline
from reporter.documents import Corpus, read_corpus, read_intake
from reporter.evidence import TEXTS, examine_methods, find_level
from reporter.influence import Tracing, prepare_tracing
from reporter.methods import Method
from reporter.models import (
    BATCH_TOKENS,
    EXACT,
    FORMATS,
    FREE_COPIES,
    UNIT_PASSES,
    Budget,
    Encoded,
    Network,
    encode,
    examine_machine,
    load_network,
    pool_by_cost,
    release_memory,
    take_windows,
)
from reporter.records import (
    SCHEMA,
    TRAINING,
    Document,
    Explanation,
    Omission,
    Provenance,
    Settings,
    UserError,
    check_numbering,
    quote_error,
)
from reporter.runs.acceptance import check_network
from reporter.runs.explain import Attribute
from reporter.runs.influences import forget_influences
from reporter.runs.resume import date, make_key, remember
from reporter.runs.sections import fail
from reporter.runs.stopwatch import Stopwatch
from reporter.runs.store import Row, Store
from reporter.runs.versions import list_versions

WHOLE = "everything"
"""What is watched of every unit of work as a whole."""

Notice = Callable[[int], None]


def measure_folder(
    folder: Path, settings: Settings, store: Store, *, notice: Notice, watch: Stopwatch | None = None
) -> Tracing | None:
    """Explain every document under `folder`, as `measure_corpus` does with what was read of it."""
    with read_corpus(folder, read_intake(settings)) as corpus:
        return measure_corpus(corpus, settings, store, notice=notice, watch=watch)


def measure_corpus(
    corpus: Corpus, settings: Settings, store: Store, *, notice: Notice, watch: Stopwatch | None = None
) -> Tracing | None:
    """Explain every document that the store does not hold yet; `notice` hears how many are done.

    What is then left to do is to trace the answers to training examples, if that is asked for. `watch` hears what the
    time is spent on. Raises `UserError` for settings that the model, the machine or the folder cannot serve.
    """
    attribute, provenance = prepare(settings, created=date(corpus.folder))
    attribute = replace(attribute, watch=watch or attribute.watch)
    explainer, network = attribute.explainer, attribute.explainer.network
    if explainer.task.problem != "regression":
        check_numbering(corpus.list_labels(), network.facts.labels)
    tracing = prepare_tracing(explainer, list_versions())
    provenance = _recall(store, replace(provenance, machine=examine_machine(network)), tracing)
    store.describe(provenance)
    keys, sample = list[str](), dict[str, Document]()
    for documents in take_windows(corpus, explainer.crowd):
        keyed = {make_key(document, provenance): document for document in documents}
        fresh = {key: document for key, document in keyed.items() if not store.has(key)}
        notice(len(keyed) - len(fresh))
        for rows in explain_documents(fresh, attribute):
            store.save(rows)
            notice(len(rows))
        release_memory()
        keys += keyed
        sample = choose_for_sanity(sample | keyed)
    provenance = replace(provenance, tables=corpus.tables)
    store.describe(provenance)
    remember(settings, store)
    if find_level(settings.evidence).sanity:
        store.describe(check_sanity(provenance, [*sample.values()], attribute))
    store.arrange(keys)
    if tracing is None:
        forget_influences(store)
    return tracing


def _recall(store: Store, provenance: Provenance, tracing: Tracing | None) -> Provenance:
    """The provenance with what an earlier run of the same model by the same settings found out once for all texts."""
    try:
        earlier = store.provenance()
    except UserError:
        return provenance
    if _strip(earlier) != _strip(provenance):
        return provenance
    known = earlier.training
    same = known is not None and tracing is not None and known.fingerprint == tracing.fingerprint
    return replace(provenance, sanity=earlier.sanity, training=known if same else None)


def _strip(one: Provenance) -> Provenance:
    """A provenance without what was found out, the date, and what is traced."""
    settings = {name: value for name, value in one.settings.items() if name not in TRAINING}
    return replace(one, settings=settings, sanity=None, training=None, created="", tables=())


def choose_for_sanity(keyed: Mapping[str, Document]) -> dict[str, Document]:
    """Those of some documents, by their keys, that sanity checks are made on: the first by key."""
    return dict(sorted(keyed.items())[:TEXTS])


def check_sanity(provenance: Provenance, documents: list[Document], attribute: Attribute) -> Provenance:
    """The provenance with the sanity checks of the methods on these documents, unless it has them."""
    encoded, _ = _encode_all(documents, attribute.explainer.network)
    if provenance.sanity is not None and provenance.sanity.texts == tuple(one.document.id for one in encoded):
        return provenance
    return replace(provenance, sanity=examine_methods(attribute.explainer, attribute.methods, encoded))


def prepare(settings: Settings, *, created: str) -> tuple[Attribute, Provenance]:
    """Load the model and the parts that the settings ask for; raises `UserError` if one of them cannot be had."""
    if not settings.methods:
        raise UserError(f"--methods names no method; there are: {', '.join(registry.names('methods'))}.")
    find_level(settings.evidence)
    task = registry.load("tasks", settings.task)()
    methods = [_make_method(name, settings) for name in settings.methods]
    network = load_network(settings.model, task=task, device=settings.device, trust=settings.trust)
    task = task.settle(network.model.config, network.tokenizer)
    task.check(settings)
    check_baseline(settings.baseline, network)
    check_network(network, task)
    willing = tuple(method for method in methods if method.objection(network) is None)
    _check_dtype(settings.dtype, network)
    explainer = Explainer(network, task, settings, Budget(settings.batch_tokens or BATCH_TOKENS[network.device.type]))
    return Attribute(explainer, willing), _describe(settings, network, methods, created)


def _check_dtype(name: str, network: Network) -> None:
    if name not in FORMATS:
        raise UserError(f"There is no dtype '{name}'; choose from: {', '.join(FORMATS)}.")
    if name != EXACT and network.device.type != "cuda":
        raise UserError(
            f"--dtype {name} pays on a CUDA device only, and this run is on {network.device}; leave it out."
        )


def _make_method(name: str, settings: Settings) -> Method:
    """The method with those of its options that the settings hold."""
    kind = registry.load("methods", name)
    names = {option.name for option in fields(kind)} & {setting.name for setting in fields(settings)}
    made: Method = kind(**{name: getattr(settings, name) for name in names})
    return made


def _describe(settings: Settings, network: Network, methods: list[Method], created: str) -> Provenance:
    objections = [(method.description, method.objection(network)) for method in methods]
    return Provenance(
        schema=SCHEMA,
        settings=settings.saved(),
        model=network.facts,
        versions=list_versions(),
        device=str(network.device),
        dtype=settings.dtype,
        created=created,
        methods=tuple(what for what, objection in objections if objection is None),
        omissions=tuple(Omission(method=what.name, reason=reason) for what, reason in objections if reason),
    )


def explain_documents(keyed: dict[str, Document], attribute: Attribute) -> Iterator[list[Row]]:
    """Rows for the store, batch by batch; what could not be read or encoded comes first."""
    keys = {document.id: key for key, document in keyed.items()}
    encoded, failed = _encode_all(list(keyed.values()), attribute.explainer.network)
    yield [Row(keys[explanation.id], explanation, 0.0) for explanation in failed]
    encoded.sort(key=lambda one: len(one.tokens))
    budget = max(1, int(UNIT_PASSES * attribute.explainer.budget.tokens / _weigh(attribute.methods)))
    for documents in pool_by_cost(encoded, lambda one: len(one.tokens), budget=budget, most=attribute.explainer.crowd):
        start = time.perf_counter()
        explanations = attribute(documents)
        spent = time.perf_counter() - start
        attribute.watch.add(WHOLE, spent)
        attribute.watch.count(len(documents))
        share = spent / sum(len(one.tokens) for one in documents)
        pairs = zip(documents, explanations, strict=True)
        yield [Row(keys[found.id], found, share * len(one.tokens)) for one, found in pairs]


def _weigh(methods: Sequence[Method]) -> float:
    """How many times as long as usual a text takes: by the changed copies of it that the methods look at."""
    copies = sum(method.needs.copies for method in methods)
    return max(1.0, copies / FREE_COPIES)


def _encode_all(documents: list[Document], network: Network) -> tuple[list[Encoded], list[Explanation]]:
    encoded, failed = [], []
    for document in documents:
        if document.problem:
            failed.append(fail(document, document.problem))
            continue
        try:
            encoded.append(encode(document, network))
        except Exception as error:  # a tokenizer from outside may raise any
            failed.append(fail(document, f"The tokenizer could not read this text: {quote_error(error)}."))
    return encoded, failed
