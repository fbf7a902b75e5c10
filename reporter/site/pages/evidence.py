"""What was found out about a method as a whole, in sentences: whether deletion confirms it, and whether it is sane."""

from collections.abc import Iterator, Mapping

from reporter.evidence import FIFTH, is_like_random
from reporter.evidence.metrics import PERTURBATION, PLAUSIBILITY
from reporter.records import CorpusDiagnostic, Run
from reporter.site.digits import digits_for, sure
from reporter.site.pages.people import name_diagnostic
from reporter.site.wording import THIN, count, rank

NOISE = "Over these texts its strongest words do no better than random words."


def evidence(method: str, run: Run) -> Iterator[str]:
    """How it stands beside random orders, and what becomes of its maps when something changes."""
    for diagnostic in run.summary.diagnostics:
        if (diagnostic.method, diagnostic.name) == (method, FIFTH) and diagnostic.gap is not None:
            yield _beside_random(diagnostic)
    yield from _beside_text(
        {diagnostic.name: diagnostic for diagnostic in run.summary.diagnostics if diagnostic.method == method}
    )
    if run.sanity and run.sanity.failure:
        yield run.sanity.failure
    for sane in run.sanity.methods if run.sanity else ():
        if sane.method == method:
            stages = ", ".join(f"{stage.change} {rank(stage.mean)}" for stage in sane.randomised)
            yield f"What is left of its map with random weights, from the top down (ρ): {stages}."
            other, mixed = rank(sane.target.mean), rank(sane.order.mean)
            yield f"For another label ρ is {other}, with the words in random order {mixed}."


def _beside_text(diagnostics: Mapping[str, CorpusDiagnostic]) -> Iterator[str]:
    """How it stands to what people marked, and beside the text."""
    known = [diagnostics[name] for name in PLAUSIBILITY if name in diagnostics]
    if known:
        values = ", ".join(
            f"{name_diagnostic(diagnostic.name)} {rank(diagnostic.value)} (at random {rank(diagnostic.control)})"
            for diagnostic in known
        )
        yield f"Against what people marked, over {count(known[0].texts, 'text')}: {values}."
    if diagnostic := diagnostics.get(PERTURBATION[0]):
        digits = digits_for(max(abs(diagnostic.value), abs(diagnostic.control or 0.0)))
        own, other = rank(diagnostic.value, digits), rank(diagnostic.control, digits)
        yield f"Infidelity is {own} on average, with its scores on other words {other}."
    if diagnostic := diagnostics.get(PERTURBATION[1]):
        yield f"Max-sensitivity is {rank(diagnostic.value, digits_for(abs(diagnostic.value)))} on average."


def _beside_random(diagnostic: CorpusDiagnostic) -> str:
    known = diagnostic.low is not None and diagnostic.high is not None
    digits = (
        sure(((diagnostic.high or 0.0) - (diagnostic.low or 0.0)) / 2, diagnostic.value)
        if known
        else digits_for(abs(diagnostic.value))
    )
    own, other, gap = (rank(value, digits) for value in (diagnostic.value, diagnostic.control, diagnostic.gap))
    sentence = f"Without the strongest fifth of the words the answer is {own} on average, without a random fifth "
    sentence += f"{other}: a difference of {gap}"
    if diagnostic.low is not None and diagnostic.high is not None:
        sentence += f" (95{THIN}% interval {rank(diagnostic.low, digits)} to {rank(diagnostic.high, digits)})"
    return f"{sentence}, over {count(diagnostic.texts, 'text')}."


def flags(method: str, run: Run) -> Iterator[str]:
    """What is wrong with it, if anything."""
    for diagnostic in run.summary.diagnostics:
        if diagnostic.method == method and is_like_random(diagnostic):
            yield NOISE
    for sane in run.sanity.methods if run.sanity else ():
        if sane.method == method:
            yield from sane.flags
