"""Check records for consistency: what follows from the rest of a record, or from the settings, is computed again.

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

__all__ = ["Proof", "find_faults", "find_run_faults", "prove_all"]

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
class Proof:
    """What came of proving some records: faults, certificates counted, and how probabilities come out of logits."""

    faults: list[str] = field(default_factory=list)
    certificates: int = 0
    rules: frozenset[str] = RULES

    def add(self, other: "Proof") -> "Proof":
        """Add what came of other records."""
        self.faults += other.faults
        self.certificates += other.certificates
        self.rules &= other.rules
        return self


def prove_all(run: Run, lines: Iterable[str], *, documents: int) -> Proof:
    """Check all records, given as lines of the twin, on all cores; `documents` is how many there are."""
    rest, cores = iter(lines), count_cores() if documents > _ALONE else 1
    batches = iter(lambda: list(islice(rest, DEALT)), [])
    proof = reduce(Proof.add, map_in_processes(partial(Prover, run), batches, processes=cores), Proof())
    if not proof.rules:
        proof.faults.append("The probabilities of some texts come out of their logits in another way than others.")
    return proof


class Prover:
    """Checks a batch of records; it can be sent to another process."""

    def __init__(self, run: Run) -> None:
        """Get ready to prove records of this run."""
        self._run = run

    def __call__(self, lines: list[str]) -> Proof:
        """What came of these lines of the twin."""
        records = [twin.load_explanation(line) for line in lines]
        return reduce(Proof.add, map(self._prove, records), Proof())

    def _prove(self, explanation: Explanation) -> Proof:
        count = sum(len(section.attributions) for section in explanation.sections)
        rules = RULES if explanation.prediction is None else list_rules(explanation.prediction)
        try:
            faults = list(find_faults(explanation, self._run))
        except (ArithmeticError, LookupError, ValueError, TypeError) as error:  # a stranger's may be anything
            faults = [f"{explanation.id} cannot be proven: {type(error).__name__}: {error}."]
        return Proof(faults, count, rules or RULES)
