"""Consistency of records: what follows from the rest of a record, or from the settings, is computed again.

What only the network knows (its answers, scores, errors) is for `verify`; here no network is needed.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import partial, reduce
from itertools import islice

from reporter.audit.recomputed.answers import RULES, find_answer_faults, list_rules
from reporter.audit.recomputed.certificates import find_certificate_faults
from reporter.audit.recomputed.evidence import find_evidence_faults
from reporter.audit.recomputed.run import find_run_faults
from reporter.models import count_cores
from reporter.records import Explanation, Provenance, Run, twin
from reporter.runs import DEALT, map_in_processes

__all__ = ["CheckedRecords", "check_records", "find_faults", "find_run_faults"]

_ALONE = 100  # documents up to which other processes are not worth their start


def find_faults(explanation: Explanation, run: Provenance) -> Iterator[str]:
    """What in a record contradicts itself or the settings of its run: a sentence each."""
    if faults := list(find_answer_faults(explanation, run)):  # where these do not fit, nothing else can be told
        yield from (f"{explanation.id}: {fault}" for fault in faults)
        return
    for section in explanation.sections:
        faults = list(find_certificate_faults(section, run)) or list(find_evidence_faults(explanation, section, run))
        yield from (f"{explanation.id}: {fault}" for fault in faults)


@dataclass
class CheckedRecords:
    """The result of checking records: faults, the number of certificates, and the rules that fit all probabilities."""

    faults: list[str] = field(default_factory=list)
    certificates: int = 0
    rules: frozenset[str] = RULES

    def add(self, other: "CheckedRecords") -> "CheckedRecords":
        """Add the result for other records."""
        self.faults += other.faults
        self.certificates += other.certificates
        self.rules &= other.rules
        return self


def check_records(run: Run, lines: Iterable[str], *, documents: int) -> CheckedRecords:
    """Check all records, given as lines of the twin, on all cores; `documents` is how many there are."""
    rest, cores = iter(lines), count_cores() if documents > _ALONE else 1
    batches = iter(lambda: list(islice(rest, DEALT)), [])
    checked = reduce(
        CheckedRecords.add, map_in_processes(partial(RecordChecker, run), batches, processes=cores), CheckedRecords()
    )
    if not checked.rules:
        checked.faults.append("The probabilities of some texts come out of their logits in another way than others.")
    return checked


class RecordChecker:
    """Checks a batch of records; it can be sent to another process."""

    def __init__(self, run: Run) -> None:
        """`run` is what the records are checked against."""
        self._run = run

    def __call__(self, lines: list[str]) -> CheckedRecords:
        """The result for these lines of the twin."""
        records = [twin.load_explanation(line) for line in lines]
        return reduce(CheckedRecords.add, map(self._check, records), CheckedRecords())

    def _check(self, explanation: Explanation) -> CheckedRecords:
        count = sum(len(section.attributions) for section in explanation.sections)
        rules = RULES if explanation.prediction is None else list_rules(explanation.prediction)
        try:
            faults = list(find_faults(explanation, self._run))
        except (ArithmeticError, LookupError, ValueError, TypeError) as error:  # a stranger's may be anything
            faults = [f"{explanation.id} cannot be proven: {type(error).__name__}: {error}."]
        return CheckedRecords(faults, count, rules or RULES)
