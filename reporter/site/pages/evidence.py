"""What was found out about a method as a whole, in sentences: whether deletion confirms it, and whether it is sane."""

from collections.abc import Iterator, Mapping

from reporter.evidence import FIFTH, is_like_random
from reporter.evidence.metrics import PERTURBATION, PLAUSIBILITY
from reporter.records import CorpusDiagnostic, Run
from reporter.site.digits import digits_for, sure
from reporter.site.pages.people import name_diagnostic
from reporter.site.wording import THIN, count, rank

NOISE = "Over these texts its strongest words cannot be told from random ones."


def evidence(method: str, run: Run) -> Iterator[str]:
    """How it stands beside random orders, and what becomes of its maps when something changes."""
    for one in run.summary.diagnostics:
        if (one.method, one.name) == (method, FIFTH) and one.gap is not None:
            yield _beside_random(one)
    yield from _beside_text({one.name: one for one in run.summary.diagnostics if one.method == method})
    if run.sanity and run.sanity.failure:
        yield run.sanity.failure
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
        yield f"Against what people marked, over {count(known[0].texts, 'text')}: {told}."
    if one := found.get(PERTURBATION[0]):
        digits = digits_for(max(abs(one.value), abs(one.control or 0.0)))
        own, other = rank(one.value, digits), rank(one.control, digits)
        yield f"Infidelity is {own} on average, with its scores on other words {other}."
    if one := found.get(PERTURBATION[1]):
        yield f"Max-sensitivity is {rank(one.value, digits_for(abs(one.value)))} on average."


def _beside_random(one: CorpusDiagnostic) -> str:
    known = one.low is not None and one.high is not None
    digits = sure(((one.high or 0.0) - (one.low or 0.0)) / 2, one.value) if known else digits_for(abs(one.value))
    own, other, gap = (rank(value, digits) for value in (one.value, one.control, one.gap))
    told = f"Without the strongest fifth of the words the answer is {own} on average, without a random fifth "
    told += f"{other}: a difference of {gap}"
    if one.low is not None and one.high is not None:
        told += f" (95{THIN}% interval {rank(one.low, digits)} to {rank(one.high, digits)})"
    return f"{told}, over {count(one.texts, 'text')}."


def flags(method: str, run: Run) -> Iterator[str]:
    """What is wrong with it, if anything."""
    for one in run.summary.diagnostics:
        if one.method == method and is_like_random(one):
            yield NOISE
    for sane in run.sanity.methods if run.sanity else ():
        if sane.method == method:
            yield from sane.flags
