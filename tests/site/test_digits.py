"""How many digits are shown: as many as an error leaves sure, none that is invented, and one print for one number."""

import math
import re
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reporter.exports.figure import make_figure
from reporter.exports.formats.svg import Svg
from reporter.records.evidence import Diagnostic
from reporter.records.explanation import Prediction
from reporter.site.digits import answered, apart, bound, digits_for, gap, of_change, size, sure
from reporter.site.pages import document_page
from reporter.site.wording import fixed, percent, rank, whole_percent
from tests import example_runs as runs
from tests.site.test_render import site_of
from tests.site.test_report import run_of

THIN = "\N{NARROW NO-BREAK SPACE}"


@pytest.mark.parametrize(
    ("error", "largest", "decimals"),
    [(0.00183, 0.5, 4), (0.00355, 0.5, 3), (0.00354, 0.5, 4), (0.43, 12.0, 1), (2e-7, 1.470451, 6), (2e-7, 147.0451, 4),
     (0.0, 0.1234567, 7), (40.0, 900.0, 0), (3e-12, 2e-9, 13)],
)  # fmt: skip
def test_the_error_says_how_many_decimals_are_sure(error: float, largest: float, decimals: int) -> None:
    assert sure(error, largest) == decimals


@given(st.floats(1e-9, 1e9), st.floats(1e-12, 1e6))
def test_no_digit_is_shown_below_the_error_or_beyond_the_figures_of_the_twin(value: float, error: float) -> None:
    last = 10.0 ** -sure(error, value)
    assert last >= error / 36 or last == 1
    assert last >= 10.0 ** (math.floor(math.log10(value)) - 6) * 0.999 or last == 1


@given(st.floats(-1e8, 1e8), st.integers(0, 7))
def test_what_is_printed_is_the_number_rounded(value: float, decimals: int) -> None:
    shown = fixed(value, decimals).replace("−", "-")
    assert float(shown) == round(value, decimals)
    assert not re.fullmatch(r"-0(\.0*)?", shown)


@given(st.floats(0, 10), st.integers(0, 7))
def test_an_error_is_rounded_up(error: float, decimals: int) -> None:
    assert error <= float(bound(error, decimals)) <= error + 1.0001 * 10.0**-decimals


def test_very_small_numbers_keep_their_figures() -> None:
    assert fixed(1.2345678e-7, 9) == "0.000000123"
    assert fixed(1.2345678e-9, 11) == "1.23 × 10⁻⁹"
    assert fixed(-4e-9, 11) == "−4.00 × 10⁻⁹"
    assert fixed(0.0, 11) == "0"
    assert fixed(1e-14, 11) == "0"
    assert (size(1e-9, 4), size(-0.25, 4), size(0.0, 2)) == ("under 0.0001", "0.2500", "0.00")
    assert [digits_for(largest) for largest in (0.0, 0.28, 0.028, 5.0, 1234.0, 2e7)] == [2, 2, 3, 2, 1, 0]
    assert rank(123.456, 1) == "123.5"


def test_no_share_is_a_false_0_or_100() -> None:
    shares = (0.0, 0.0004, 0.004, 0.5, 0.996, 0.9999, 1.0)
    assert [whole_percent(one) for one in shares] == [
        f"{text}{THIN}%" for text in ("0", "<1", "<1", "50", ">99", ">99", "100")
    ]
    assert [percent(one) for one in (-0.0001, 0.0001, 0.9999, 12.5)] == [
        f"{text}{THIN}%" for text in ("over −0.1", "under 0.1", "over 99.9", "1,250.0")
    ]


def test_answers_that_are_near_are_told_apart() -> None:
    assert [apart([one], "probability") for one in ((0.5, 0.7), (0.031, 0.034), (0.97, 0.9704, 0.1), (0.3, 0.3))] == [
        1, 1, 2, 1,
    ]  # fmt: skip
    assert apart([(0.0004, 0.5)], "probability") == 2
    assert apart([(0.51, 0.7), (0.03, 0.0304)], "probability") == 2
    assert apart([(0.5, 0.7)], "probability", 0) == 0
    assert answered(0.031, "probability", 1) == f"3.1{THIN}%"
    assert apart([(3.0, 3.004)], "score") == 3


@given(st.floats(0, 1), st.floats(0, 1), st.integers(0, 2))
def test_a_gap_is_the_difference_of_what_is_printed(first: float, second: float, decimals: int) -> None:
    printed = [
        float(answered(one, "probability", decimals).partition(THIN)[0].replace("−", "-")) for one in (first, second)
    ]
    shown = float(gap(first, second, "probability", decimals).partition(THIN)[0].replace("−", "-"))
    assert shown == pytest.approx(printed[0] - printed[1], abs=1e-9)


def test_a_residual_of_next_to_no_change_is_told_in_words() -> None:
    assert of_change(0.0026) == f"0.26{THIN}% of the change"
    assert of_change(5e6) == of_change(None) == "more than ten times the change"
    assert of_change(1e-7, 2e-6) == f"under 0.0002{THIN}% of the change"


def change_of(verdict: str, *, tiny: float = 1.0) -> tuple[str, list[str]]:
    """The change to be explained as the twin has it, and all prints of it on a page."""
    one = runs.explanation("a", verdict=verdict)  # type: ignore[arg-type]
    certificate = one.sections[0].attributions[-1].certificate
    certificate = replace(
        certificate, input=2.133851 * tiny, baseline=0.6634 * tiny, noise=1.7e-7 * tiny, sum=1.473112 * tiny,
        path=((0.0, 0.6634 * tiny), (0.5, 1.5 * tiny), (1.0, 2.133851 * tiny)),
    )  # fmt: skip
    made = replace(one.sections[0].attributions[-1], certificate=certificate)
    section = runs.changed_section(one.sections[0], attributions=(*one.sections[0].attributions[:-1], made))
    part = document_page(run_of(one), runs.changed(one, sections=(section,))).parts[0]
    assert part.curve is not None
    assert part.running is not None
    assert part.curve.start[1] == part.running.start[1] == dict(part.proof.rows)["F(baseline)"]
    assert part.curve.end[1] == part.running.end[1] == dict(part.proof.rows)["F(this text)"]
    assert part.shares[0].sum in part.proof.sentence
    told = re.search(r"(?:rises|falls) by (.*?)\. The", part.proof.sentence)
    assert told is not None
    return part.shares[0].sum, [told[1], dict(part.proof.rows)["Difference"], part.curve.change.removeprefix("+")]


@pytest.mark.parametrize(
    ("tiny", "change"), [(1.0, "1.470451"), (1e-3, "0.001470451"), (1e-6, "1.470451 × 10⁻⁶"), (100.0, "147.0451")]
)
def test_one_change_is_printed_the_same_way_everywhere(tiny: float, change: str) -> None:
    total, prints = change_of("met", tiny=tiny)
    assert len(set(prints)) == 1
    shown = prints[0]
    assert shown == change
    assert len(total) == len(shown)


def test_a_word_and_its_error_end_at_the_same_place() -> None:
    one = runs.explanation("a")
    lead = one.sections[0].attributions[-1]
    errors = tuple(0.00183 * (at + 1) ** 2 / 40 for at in range(len(lead.scores)))
    section = runs.changed_section(
        one.sections[0], attributions=(*one.sections[0].attributions[:-1], replace(lead, errors=errors))
    )
    part = document_page(run_of(one), runs.changed(one, sections=(section,))).parts[0]
    assert len({row.value.partition(".")[2].__len__() for row in part.tables.words}) > 1
    for row in part.tables.words:
        shown, error = row.value.partition(".")[2], row.error.partition(".")[2]
        assert len(shown) == len(error)
        assert float(error) > 0
    first = part.tables.words[0]
    assert part.asides[0].largest == first.value.lstrip("+−")
    rail = {bar.text: bar.value for bar in (*part.asides[0].supporting, *part.asides[0].opposing)}
    assert rail.items() <= {row.text: row.value for row in part.tables.words}.items()


def test_no_bar_shows_the_error_of_another(tmp_path: Path) -> None:
    one = runs.explanation("a")
    lead = one.sections[0].attributions[-1]
    strongest = max(range(len(lead.scores)), key=lambda at: abs(lead.scores[at]))
    errors = tuple(0.1 if at == strongest else 0.0 for at in range(len(lead.scores)))
    attributions = (*one.sections[0].attributions[:-1], replace(lead, errors=errors))
    section = runs.changed_section(one.sections[0], attributions=attributions)
    site = site_of(tmp_path, [runs.changed(one, sections=(section,))])
    page = (site / "documents" / "a.html").read_text("utf-8")
    with_error = re.findall(r"<(\w+)[^>]*--e:", page)
    assert with_error == ["tr", "i"]  # the word's own bar in the rail and in the table
    assert re.search(r'class=bars style="--high:[\d.]+"', page)


@pytest.mark.parametrize(
    ("fifth", "said"),
    [((0.031, 0.034, 0.142), "3.1 to 3.4"), ((0.2, 0.34, 0.5), "20.0 to 34.0"), ((0.004, 0.1, 0.1), "")],
)
def test_deletion_is_told_with_as_many_digits_as_it_hangs_on(fifth: tuple[float, float, float], said: str) -> None:
    one = runs.explanation("a")
    own, low, high = fifth
    found = Diagnostic(
        name="strongest_fifth", method="integrated_gradients", value=own, control=(low + high) / 2, low=low, high=high,
    )  # fmt: skip
    section = runs.changed_section(one.sections[0], diagnostics=(found,))
    check = document_page(run_of(one), runs.changed(one, sections=(section,))).parts[0].checks[3]
    assert check.state == "holds"
    texts = [check.bold.partition(THIN)[0], re.search(r"words?: ([\d.]+)", check.after)[1]]  # type: ignore[index]
    assert texts[0] != texts[1]
    assert not said or " to ".join(texts) == said


NUMBER = Prediction(positions=1, labels=("stars",), logits=(3.42,), probabilities=None, label="stars")


def test_words_raise_and_lower_a_number_and_are_no_reason_for_it(tmp_path: Path) -> None:
    one = runs.explanation("a", "The loveliest jokes fall flat")
    section = runs.section(one.text, None, "POSITIVE")
    section = runs.changed_section(section, target=replace(section.target, label="stars", index=0, probability=None))
    found = runs.changed(one, prediction=NUMBER, sections=(section,))
    part = document_page(run_of(found), found).parts[0]
    sentence = part.by_method[0].because
    assert (sentence.lead, sentence.turn) == ("Words that raise the answer most:", "Words that lower it most:")
    assert (part.sides, part.towards) == (("lowers", "raises"), "a higher stars")
    page = (site_of(tmp_path, [found]) / "documents" / "a.html").read_text("utf-8")
    body = page.partition("<body>")[2]
    assert "because of" not in body
    assert not re.findall(r">(?:opposes|supports)\b|\b(?:opposes|supports)<", body)


def test_pictures_say_raises_and_lowers_of_a_number() -> None:
    one = runs.explanation("a", "The loveliest jokes fall flat")
    run = run_of(one)
    for said, sides in ((one.prediction, ("opposes", "supports")), (NUMBER, ("lowers", "raises"))):
        found = make_figure(runs.changed(one, prediction=said), run, method=None, target=None)
        assert found is not None
        assert (found.opposes, found.supports) == sides
    (drawing,) = Svg().texts(runs.changed(one, prediction=NUMBER), run)
    assert "supports" not in drawing
    assert "Blue with a solid line raises" in drawing


def test_a_number_that_is_explained_is_the_one_in_its_certificate() -> None:
    one = runs.explanation("a", "The loveliest jokes fall flat")
    lead = one.sections[0].attributions[-1]
    lead = replace(lead, certificate=replace(lead.certificate, input=-0.4501128, baseline=-0.5, noise=1e-9))
    section = runs.changed_section(
        one.sections[0],
        attributions=(lead,),
        target=replace(one.sections[0].target, label="stars", index=0, probability=None),
    )
    served = replace(NUMBER, logits=(-0.4501127,))
    page = document_page(run_of(one), runs.changed(one, prediction=served, sections=(section,)))
    assert page.answer is not None
    assert page.answer.bold == dict(page.parts[0].proof.rows)["F(this text)"] == "−0.4501128"
    assert [share.value for share in page.answer.shares] == [page.answer.bold]


def test_several_numbers_are_no_label() -> None:
    several = Prediction(positions=1, labels=("joy", "fear"), logits=(0.2, 0.9), probabilities=None, label="fear")
    found = runs.changed(runs.explanation("a", "Great"), prediction=several, sections=())
    said = document_page(run_of(found), found).answer
    assert said is not None
    assert (said.lead + said.bold, [share.chosen for share in said.shares]) == (
        "The model answers 2 numbers",
        [False] * 2,
    )


def test_a_text_in_which_no_token_is_to_be_explained_has_no_table_of_empty_tokens(tmp_path: Path) -> None:
    none = Prediction(
        positions=4, labels=("O", "PER"), logits=(1, 0, 1, 0, 0, 1, 1, 0), probabilities=None, label="O O PER O"
    )
    found = runs.changed(runs.explanation("a", "Great"), prediction=none, sections=())
    said = document_page(run_of(found), found).answer
    assert said is not None
    assert said.places == ()
    assert said.idle == "Nothing in it was to be explained: O for 3 tokens, PER for 1 token."
    assert "Every position" not in (site_of(tmp_path, [found]) / "documents" / "a.html").read_text("utf-8")


@pytest.mark.parametrize(("words", "state"), [(1, "undecided"), (2, "undecided"), (3, "undecided"), (5, "holds")])
def test_of_few_words_any_agreement_may_be_chance(words: int, state: str) -> None:
    one = runs.explanation("a", " ".join("abcde"[:words]))
    alike = tuple(replace(pair, kendall=1.0 if words > 1 else None) for pair in one.sections[0].agreement)
    chances = {1: None, 2: 1.0, 3: 1.0, 5: 0.8}
    alike = tuple(replace(pair, chance=chances[words]) for pair in alike)
    section = runs.changed_section(one.sections[0], agreement=alike)
    check = document_page(run_of(one), runs.changed(one, sections=(section,))).parts[0].checks[2]
    assert check.state == state
    assert (check.name == "Methods agree") == (state == "holds")


def test_what_was_not_measured_claims_nothing() -> None:
    one = runs.explanation("a")
    claimless = replace(one.sections[0].attributions[0], errors=None)
    section = runs.changed_section(one.sections[0], attributions=(claimless,), agreement=(), diagnostics=())
    found = document_page(run_of(one), runs.changed(one, sections=(section,))).parts[0].checks
    assert [check.state for check in found] == ["open"] * 4
    assert [check.name for check in found] == ["Completeness", "Ranking of words", "Agreement", "Deletion"]
