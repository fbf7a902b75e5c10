"""What made a run, and what it found in sum: the records of `data/run.json`."""

from dataclasses import dataclass
from typing import Literal

from reporter.records.gaps import Omission
from reporter.records.influence import Training
from reporter.records.intake import Table
from reporter.records.machine import Machine
from reporter.records.summary import Claim, Sanities, Summary

SCHEMA: Literal["salience-report/1"] = "salience-report/1"


Setting = str | int | float | bool | tuple[str, ...] | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Model:
    """What was explained, a hash of its weights, configuration and tokenizer, and the weights left `unused`."""

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


@dataclass(frozen=True, slots=True, kw_only=True)
class Description:
    """What a method is, for people: its idea, formula, cost, known limits and source, in plain sentences."""

    name: str
    title: str
    signed: bool
    claim: Claim
    idea: str
    formula: str
    cost: str
    limits: str
    source: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """A document that was not explained, with the reason."""

    id: str
    source: str
    error: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Provenance:
    """What makes a run: settings by name, model, versions, machine; `created` is its newest input's time, or as set."""

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


@dataclass(frozen=True, slots=True, kw_only=True)
class Run(Provenance):
    """`data/run.json`: what made the run, what it found in sum, what failed, and what has no page though it did not."""

    summary: Summary
    failures: tuple[Failure, ...]
    undrawn: tuple[Failure, ...] = ()

    @property
    def is_whole(self) -> bool:
        """Whether nothing failed: no document, no method on one, no page, no part of the summary, no sanity check."""
        failed = self.failures or self.undrawn or self.summary.lapses or self.summary.gaps
        return not (failed or (self.sanity and self.sanity.failure))
