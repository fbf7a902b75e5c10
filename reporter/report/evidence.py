"""What was found out about a method as a whole, in sentences: whether deletion confirms it, and whether it is sane."""

from collections.abc import Iterator, Mapping

from reporter.diagnostics import PERTURBATION, PLAUSIBILITY
from reporter.records import Run
from reporter.report.checks import FIFTH
from reporter.report.people import name_diagnostic
from reporter.report.wording import THIN, count, rank
from reporter.totals import CorpusDiagnostic

NOISE = "Over these texts its strongest words cannot be told from random ones."


def evidence(method: str, run: Run) -> Iterator[str]:
    """How it stands beside random orders, and what becomes of its maps when something changes."""
    for one in run.summary.diagnostics:
        if (one.method, one.name) == (method, FIFTH) and one.gap is not None:
            yield _beside_random(one)
    yield from _beside_text({one.name: one for one in run.summary.diagnostics if one.method == method})
    for sane in run.sanity.methods if run.sanity else ():
        if sane.method == method:
            stages = ", ".join(f"{one.change} {rank(one.mean)}" for one in sane.randomised)
            yield f"What is left of its map with random weights, from the top down (ρ): {stages}."
            other, mixed = rank(sane.target.mean), rank(sane.order.mean)
            yield f"For another label ρ is {other}, with the words in random order {mixed}."


def _beside_text(found: Mapping[str, CorpusDiagnostic]) -> Iterator[str]:
    """How it stands to what people marked, and beside the text."""
    known = [found[name] for name in PLAUSIBILITY if name in found]
    if known:
        told = ", ".join(
            f"{name_diagnostic(one.name)} {rank(one.value)} (at random {rank(one.control)})" for one in known
        )
        yield f"Against what people marked, over {count(known[0].sections, 'text')}: {told}."
    if one := found.get(PERTURBATION[0]):
        yield f"Infidelity is {rank(one.value)} on average, with its scores on other words {rank(one.control)}."
    if one := found.get(PERTURBATION[1]):
        yield f"Max-sensitivity is {rank(one.value)} on average."


def _beside_random(one: CorpusDiagnostic) -> str:
    told = (
        f"Without the strongest fifth of the words the answer is {rank(one.value)} on average, without a random fifth "
    )
    told += f"{rank(one.control)}: a difference of {rank(one.gap)}"
    if one.low is not None and one.high is not None:
        told += f" (95{THIN}% interval {rank(one.low)} to {rank(one.high)})"
    return f"{told}, over {count(one.sections, 'text')}."


def flags(method: str, run: Run) -> Iterator[str]:
    """What is wrong with it, if anything."""
    for one in run.summary.diagnostics:
        if (one.method, one.name) == (method, FIFTH) and one.high is not None and one.high >= 0:
            yield NOISE
    for sane in run.sanity.methods if run.sanity else ():
        if sane.method == method:
            yield from sane.flags
