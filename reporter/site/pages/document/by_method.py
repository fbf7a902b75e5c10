"""What the page says of one method above its map: the sentence and the checks change with the method that is chosen."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from reporter.evidence import AlignedText
from reporter.records import Prediction
from reporter.site.pages.checks import Badge, badges, verdict_line
from reporter.site.pages.document.because import Because, because
from reporter.site.wording import title_of


@dataclass(frozen=True, slots=True, kw_only=True)
class ByMethod:
    """The strongest words by one method, and what became of its four checks.

    Those that were not made of it share one badge, but for the method that is shown first.
    """

    number: int
    title: str
    because: Because
    verdict: str
    checks: tuple[Badge, ...]


def by_method(
    aligned: AlignedText, methods: Sequence[str], *, prediction: Prediction | None, titles: Mapping[str, str]
) -> tuple[ByMethod, ...]:
    """One for each method of the page that this section has, in the order of its attributions."""
    return tuple(
        ByMethod(
            number=methods.index(attribution.method),
            title=title_of(titles, attribution.method),
            because=because(attribution, aligned, prediction),
            verdict=verdict_line(checks := badges(attribution, aligned)),
            checks=_merge_open(checks) if place else checks,
        )
        for place, attribution in enumerate(aligned.section.attributions)
    )


def _merge_open(checks: Sequence[Badge]) -> tuple[Badge, ...]:
    """The checks that were made, and all others as one."""
    made = tuple(badge for badge in checks if badge.state != "open")
    left = [f"{badge.name}: {badge.short}" for badge in checks if badge.state == "open"]
    if len(left) < 2:
        return tuple(checks)
    short = f"{len(left)} checks"
    told = f"{'. '.join(left)}."
    return (*made, Badge(state="open", name="Not made", before=told, bold="", after="", short=short, proof=None))
