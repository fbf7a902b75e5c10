"""The unit of work: documents in, explanations out. It pickles as settings, and loads its network where it runs.

It knows no store and no page; where it runs is decided by an engine (`engines/`).
"""

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property

from reporter.attribution import Explainer
from reporter.methods import Method
from reporter.models import FREE_COPIES, UNIT_PASSES, Encoded, encode_document, pool_by_cost
from reporter.records import Document, DocumentError, Explanation, Provenance, Settings, quote_error
from reporter.runs.explain import Attribute
from reporter.runs.preparation import prepare
from reporter.runs.sections import make_failure
from reporter.runs.stopwatch import Stopwatch

WHOLE = "everything"
"""The name under which the stopwatch notes the work as a whole."""


@dataclass(frozen=True, slots=True)
class Measured:
    """An explanation, and the seconds that it took."""

    explanation: Explanation
    seconds: float


@dataclass(frozen=True)
class Explain:
    """Explains documents by these settings; `watch` records the time spent.

    It pickles as its settings alone, and starts a new watch in another process.
    """

    settings: Settings
    watch: Stopwatch = field(default_factory=Stopwatch, repr=False, compare=False)

    def __call__(self, documents: Sequence[Document]) -> list[Explanation]:
        """The explanation of each document; raises `UserError` for settings that cannot be served here."""
        explanations = {
            measured.explanation.id: measured.explanation for done in self.measure(documents) for measured in done
        }
        return [explanations[document.id] for document in documents]

    def measure(self, documents: Sequence[Document]) -> Iterator[list[Measured]]:
        """The same, in lists as they are done: what could not be read or encoded comes first."""
        return explain_documents(documents, self.prepared[0])

    @cached_property
    def prepared(self) -> tuple[Attribute, Provenance]:
        """The explaining callable and its provenance; the model is loaded at first use."""
        attribute, provenance = prepare(self.settings)
        return replace(attribute, watch=self.watch), provenance

    def __reduce__(self) -> tuple[type["Explain"], tuple[Settings]]:
        """Pickle the settings alone."""
        return Explain, (self.settings,)


def explain_documents(documents: Sequence[Document], attribute: Attribute) -> Iterator[list[Measured]]:
    """The explanations of documents, in lists as they are done; what could not be read or encoded comes first."""
    encoded, failed = encode_all(documents, attribute.explainer)
    yield [Measured(explanation, 0.0) for explanation in failed]
    encoded.sort(key=lambda text: len(text.tokens))
    budget = max(1, int(UNIT_PASSES * attribute.explainer.budget.tokens / _weigh(attribute.methods)))
    for pool in pool_by_cost(encoded, lambda text: len(text.tokens), budget=budget, most=attribute.explainer.pool_size):
        start = time.perf_counter()
        explanations = attribute(pool)
        spent = time.perf_counter() - start
        attribute.watch.add(WHOLE, spent)
        attribute.watch.count(len(pool))
        share = spent / sum(len(text.tokens) for text in pool)
        pairs = zip(pool, explanations, strict=True)
        yield [Measured(explanation, share * len(text.tokens)) for text, explanation in pairs]


def _weigh(methods: Sequence[Method]) -> float:
    """The cost of a text as a multiple of the usual one, by the perturbed copies of it that the methods run."""
    copies = sum(method.needs.copies for method in methods)
    return max(1.0, copies / FREE_COPIES)


def encode_all(documents: Sequence[Document], explainer: Explainer) -> tuple[list[Encoded], list[Explanation]]:
    """The encoded documents, and the failure records of those that cannot be encoded."""
    encoded, failed = [], []
    for document in documents:
        if document.problem:
            failed.append(make_failure(document, document.problem))
            continue
        try:
            encoded.append(encode_document(explainer.task.put(document), explainer.network))
        except DocumentError as error:
            failed.append(make_failure(document, str(error)))
        except Exception as error:  # a tokenizer from outside may raise any
            failed.append(make_failure(document, f"The tokenizer could not read this text: {quote_error(error)}."))
    return encoded, failed
