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
    """The strongest words by one method, and what became of its four checks."""

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
            checks=checks,
        )
        for attribution in aligned.section.attributions
    )
