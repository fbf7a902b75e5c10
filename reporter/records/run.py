"""Records of a run, as in `data/run.json`: its settings, model, methods and machine, and its summary."""

from dataclasses import dataclass
from typing import Literal

from reporter.records.errors import Omission
from reporter.records.evidence import Sanities
from reporter.records.influence import Training
from reporter.records.summary import Claim, Summary

SCHEMA: Literal["salience-report/1"] = "salience-report/1"


Setting = str | int | float | bool | tuple[str, ...] | None

STEADY = (
    "A text’s numbers do not depend on the texts measured beside it, not in a single bit: this model was tried on this "
    "machine."
)
UNSTEADY = (
    "A text’s numbers may differ in the last of their seven digits with the texts measured beside it: this model was "
    "tried on this machine, and not all bits were the same alone and in company."
)
UNTRIED = (
    "A text’s numbers may differ in the last of their seven digits with the texts measured beside it: nothing else was "
    "found out for this model on this machine."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Model:
    """The explained model: a hash of its weights, configuration and tokenizer, and the names of `unused` weights.

    `unknown` is the token that stands for what the vocabulary does not have; empty where there is none.
    """

    id: str
    fingerprint: str
    architecture: str
    labels: tuple[str, ...]
    tokenizer: str
    vocabulary: int
    parameters: int
    layers: int
    limit: int
    unused: tuple[str, ...] = ()
    unknown: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Description:
    """The description of a method for people: its idea, formula, cost, known limits and source.

    `short` is its title where there is little room; empty where that is the title itself.
    """

    name: str
    title: str
    signed: bool
    claim: Claim
    idea: str
    formula: str
    cost: str
    limits: str
    source: str
    short: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """A document that was not explained, with the reason."""

    id: str
    source: str
    error: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """How a table of documents was read: the columns taken, how many rows it has, and blank lines passed over.

    `quoting` says whether quotation marks quote; it and `delimiter` are None for JSON.
    """

    source: str
    text: str
    pair: str | None
    label: str | None
    rows: int
    blank: int
    delimiter: str | None = None
    quoting: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Machine:
    """The machine of a run: processor, instructions that torch uses, and the library that multiplies matrices.

    `mkl_cbwr` is the value of MKL_CBWR, None without one or without MKL. `batch_invariant` says whether a text's
    numbers were measured to be the same to the last bit in any batch; None where that was not measured, as on a GPU.
    """

    processor: str
    instructions: str
    library: str
    mkl_cbwr: str | None = None
    batch_invariant: bool | None = None

    @property
    def promise(self) -> str:
        """The sentence on whether a text's numbers depend on its batch."""
        if self.batch_invariant is None:
            return UNTRIED
        return STEADY if self.batch_invariant else UNSTEADY


@dataclass(frozen=True, slots=True, kw_only=True)
class Provenance:
    """Provenance: settings by name, model, versions, machine; `created` is the time of the newest input, or as set.

    `input` names the folder or file that was explained, without the path that leads there; older runs do not know it.
    `theme` is the block of custom properties that its pages are drawn with, empty for our own colours.
    """

    schema: Literal["salience-report/1"]
    settings: dict[str, Setting]
    model: Model
    versions: dict[str, str]
    device: str
    dtype: str
    created: str
    methods: tuple[Description, ...]
    omissions: tuple[Omission, ...]
    tables: tuple[Table, ...] = ()
    sanity: Sanities | None = None
    training: Training | None = None
    machine: Machine | None = None
    input: str = ""
    theme: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Run(Provenance):
    """`data/run.json`: provenance, summary, documents that failed, and documents whose page could not be drawn."""

    summary: Summary
    failures: tuple[Failure, ...]
    undrawn: tuple[Failure, ...] = ()

    @property
    def is_whole(self) -> bool:
        """Whether nothing failed: no document, no method on one, no page, no part of the summary, no sanity check."""
        failed = self.failures or self.undrawn or self.summary.lapses or self.summary.gaps
        return not (failed or (self.sanity and self.sanity.failure))
