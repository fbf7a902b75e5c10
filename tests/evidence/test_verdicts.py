"""The verdicts of the checks are data: what they come to in numbers that can be counted by hand, and no sentence."""

from collections.abc import Sequence
from dataclasses import fields, replace
from typing import get_args

import pytest

from reporter.evidence.aligned_text import AlignedText
from reporter.evidence.checks import (
    FIFTH,
    AgreementCheck,
    Check,
    CompletenessCheck,
    DeletionCheck,
    OrderCheck,
    State,
    check_attribution,
    check_section,
    gravest,
    is_like_random,
    is_measured,
    judge_validity,
)
from reporter.records.evidence import Agreement, Diagnostic
from reporter.records.explanation import Section, Verdict
from reporter.records.sections import put_lead_first
from reporter.records.summary import CorpusDiagnostic
from reporter.site.pages.checks import badges
from reporter.site.pages.influence import trust
from reporter.summary.run_summary import summarise
from tests import example_runs as runs

TEXT = "Great film, and a warm evening"
LEAD = "integrated_gradients"


def aligned(text: str = TEXT, **changes: object) -> AlignedText:
    """A text with one section, in which something is otherwise than usual."""
    one = runs.explanation("a", text)
    return AlignedText(one, put_lead_first(runs.changed_section(one.sections[0], **changes)))


def led_by(scores: Sequence[float], errors: Sequence[float] | None, verdict: Verdict = "met") -> AlignedText:
    """As many words as there are scores, with these by the method that is shown first."""
    record = runs.explanation("a", " ".join(("one", "two", "three")[: len(scores)]))
    places = [at for at, token in enumerate(record.sections[0].tokens) if not token.special]
    assert len(places) == len(scores)
    spread = dict(zip(places, scores, strict=True))
    wide = dict(zip(places, errors, strict=True)) if errors else {}
    size = range(len(record.sections[0].tokens))
    lead = replace(
        runs.attribution(LEAD, [spread.get(at, 0.0) for at in size], verdict),
        errors=tuple(wide.get(at, 0.0) for at in size) if errors else None,
    )
    return AlignedText(record, runs.changed_section(record.sections[0], attributions=(lead,)))


@pytest.mark.parametrize(
    ("verdict", "state"), [("met", "holds"), ("not met", "fails"), ("unresolvable", "doubt"), ("not claimed", "open")]
)
def test_completeness_is_what_its_certificate_says(verdict: Verdict, state: State) -> None:
    found = led_by([1.0, 2.0, 3.0], None, verdict)
    check = check_section(found)[0]
    assert (check.state, check.certificate) == (state, found.section.attributions[0].certificate)


@pytest.mark.parametrize(
    ("scores", "errors", "state", "settled"),
    [
        ([3.0, -2.0, 1.0], [0.4, 0.4, 0.4], "holds", 3),  # 2.6 > 2.4, 1.6 > 1.4
        ([3.0, -2.0, 1.0], [0.1, 0.6, 0.6], "doubt", 1),  # 1.4 < 1.6
        ([3.0, -2.0, 1.0], [0.6, 0.6, 0.1], "fails", 0),  # 2.4 < 2.6
        ([3.0, -2.0, 1.0], None, "open", None),
    ],
)
def test_the_order_is_settled_as_far_as_the_errors_let_it(
    scores: list[float], errors: list[float] | None, state: State, settled: int | None
) -> None:
    assert check_section(led_by(scores, errors))[1] == OrderCheck(state=state, words=3, settled=settled)


def test_one_word_has_no_order() -> None:
    assert check_section(led_by([1.0], [0.1]))[1] == OrderCheck(state="undecided", words=1, settled=None)


def agreeing(*taus: float | None, chance: float | None = 0.3) -> AlignedText:
    """A section whose first method has these rank correlations with others."""
    pairs = tuple(
        Agreement(a=LEAD, b=f"other_{at}", kendall=tau, spearman=tau, top_k=1.0, sign=None, k=5, words=7, chance=chance)
        for at, tau in enumerate(taus)
    )
    apart = Agreement(a="x", b="y", kendall=-1.0, spearman=-1.0, top_k=0.0, sign=None, k=5, words=7, chance=0.9)
    return aligned(agreement=(*pairs, apart))


@pytest.mark.parametrize(
    ("taus", "chance", "state", "beyond", "mean"),
    [
        ((0.5, 0.9), 0.3, "holds", 2, 0.7),
        ((0.5, 0.1), 0.3, "doubt", 1, 0.3),
        ((0.3,), 0.3, "doubt", 0, 0.3),  # chance does as much
        ((None, 0.5), 0.3, "holds", 1, 0.5),
        ((None,), 0.3, "open", 0, None),
        ((), 0.3, "open", 0, None),
        ((1.0,), 1.0, "undecided", 0, None),
    ],
)
def test_agreement_counts_the_methods_beyond_chance(
    taus: tuple[float | None, ...], chance: float, state: State, beyond: int, mean: float | None
) -> None:
    check = check_section(agreeing(*taus, chance=chance))[2]
    assert (check.state, check.others, check.beyond) == (state, len(taus), beyond)
    assert check.tau == (None if mean is None else pytest.approx(mean))


@pytest.mark.parametrize(
    ("value", "state"), [(0.39, "holds"), (0.4, "doubt"), (0.49, "doubt"), (0.5, "fails"), (0.9, "fails")]
)
def test_deletion_confirms_what_is_beyond_nine_tenths_of_random_draws(value: float, state: State) -> None:
    fifth = Diagnostic(name=FIFTH, method=LEAD, value=value, control=0.5, low=0.4, high=0.6, draws=20)
    other = replace(fifth, method="gradient", value=1 - value)
    check = check_section(aligned(diagnostics=(other, fifth)))[3]
    assert (check.state, check.gone, check.diagnostic) == (state, 1, fifth)
    assert check_section(aligned("Great film", diagnostics=(fifth,)))[3].state == "undecided"
    missing = check_section(aligned(diagnostics=(other,)))[3]
    assert (missing.state, missing.diagnostic, missing.slight) == ("open", None, False)


def test_a_check_holds_numbers_and_no_sentence() -> None:
    kinds = get_args(Check)
    assert set(kinds) == {CompletenessCheck, OrderCheck, AgreementCheck, DeletionCheck}
    for explanation in runs.every_kind():
        for section in explanation.sections if explanation.prediction else ():
            for check in check_section(AlignedText(explanation, section)):
                told = [getattr(check, one.name) for one in fields(check) if one.name != "state"]
                assert not [value for value in told if isinstance(value, str)]


def sections() -> list[tuple[AlignedText, Section]]:
    """Every section of every kind of text that there is, in every state."""
    found = [(one, put_lead_first(section)) for one in (*runs.every_kind(), runs.full()) for section in one.sections]
    return [(AlignedText(one, section), section) for one, section in found if section.attributions]


def test_pages_word_the_verdicts_and_reach_none_of_their_own() -> None:
    seen = set[State]()
    for text, _ in sections():
        states = [check.state for check in check_section(text)]
        assert [badge.state for badge in badges(text.section.attributions[0], text)] == states
        for attribution in text.section.attributions:
            worded = badges(attribution, text)
            assert [badge.state for badge in worded] == [check.state for check in check_attribution(attribution, text)]
            assert all(badge.short and badge.name for badge in worded)
        seen.update(states)
    assert seen == set(get_args(State))


def test_the_slices_of_a_run_count_the_verdicts_of_its_texts() -> None:
    texts = [one for one in runs.every_kind() if len(one.sections) == 1]
    summary, _ = summarise(texts)
    (whole,) = [one for one in summary.slices if one.kind == "all"]
    told = {held.check: (held.held, held.measured) for held in whole.checks if held.check != "accuracy"}
    passing = 0
    counted: dict[str, list[State]] = {}
    for one in texts:
        checks = check_section(AlignedText(one, put_lead_first(one.sections[0])))
        for check in checks:
            counted.setdefault(check.name, []).append(check.state)
        measured = [check.state for check in checks if is_measured(check.state)]
        passing += set(measured) == {"holds"}
    found = {name: (states.count("holds"), sum(map(is_measured, states))) for name, states in counted.items()}
    assert told == {name: pair for name, pair in found.items() if pair[1]}
    assert summary.passing == passing


def test_the_gravest_verdict_of_several_targets_is_that_of_the_text() -> None:
    assert gravest(["holds", "open", "doubt"]) == "doubt"
    assert gravest(["holds", "undecided"]) == "holds"
    assert gravest(["open", "undecided"]) == "undecided"
    assert gravest(["fails", "doubt"]) == "fails"


@pytest.mark.parametrize(
    ("low", "high", "state"), [(0.7, 0.9, "holds"), (0.69, 0.9, "doubt"), (0.01, 0.2, "doubt"), (0.0, 0.9, "fails")]
)
def test_influence_holds_by_the_near_end_of_its_interval(low: float, high: float, state: State) -> None:
    validity = runs.trained().validity
    assert validity is not None
    found = replace(validity, low=low, high=high, correlation=(low + high) / 2)
    assert judge_validity(found) == trust(found).state == state
    assert judge_validity(None) == trust(None).state == "open"


def test_a_method_whose_gap_may_be_nothing_is_like_random() -> None:
    usual = CorpusDiagnostic(
        name=FIFTH, method=LEAD, sections=9, value=0.4, control=0.5, gap=-0.1, low=-0.2, high=-0.01, texts=9
    )
    assert not is_like_random(usual)
    assert is_like_random(replace(usual, high=0.0))
    assert not is_like_random(replace(usual, high=None, low=None))
    assert not is_like_random(replace(usual, high=0.1, name="comprehensiveness"))
