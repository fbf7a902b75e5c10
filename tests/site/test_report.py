"""Run to pages: what is shown equals what was measured."""

import dataclasses
import math
import subprocess
import sys
from dataclasses import replace

import pytest

from reporter.evidence.aligned_text import AlignedText
from reporter.evidence.checks import count_settled
from reporter.records.evidence import Diagnostic, Sensitivity
from reporter.records.explanation import Explanation, Prediction, Section, Seen, Target, Token
from reporter.records.run import SCHEMA, Run
from reporter.records.sections import order_sections as shown_sections
from reporter.site.addresses import page_path, page_root
from reporter.site.pages import document_page, document_pages
from reporter.site.pages.checks import verdict_line
from reporter.site.pages.document.blocks import blocks
from reporter.site.pages.document.page import Part
from reporter.site.pages.document.tables import tables
from reporter.site.pages.drawings.axis import Axis
from reporter.site.wording import css, exact, fine_percent, percent, rank, signed, spoken
from reporter.summary.run_summary import summarise
from tests import example_runs as runs


def run_of(*explanations: Explanation) -> Run:
    summary, failures = summarise(explanations)
    made = runs.provenance()
    facts = {field.name: getattr(made, field.name) for field in dataclasses.fields(made)}
    return Run(**facts, summary=summary, failures=failures)


def reading_of(text: str, tokens: tuple[Token, ...], values: tuple[float, ...], pair: str | None = None) -> AlignedText:
    section = Section(
        target=Target(position=0, label="POSITIVE", index=1, against=None, score=1.0, probability=None),
        baseline=runs.BASELINE,
        tokens=tokens,
        attributions=(runs.attribution("integrated_gradients", values),),
        diagnostics=(),
        agreement=(),
    )
    size = len(text) + len(pair or "")
    whole = Explanation(
        schema=SCHEMA, id="a", source="a.txt", group="", text=text, text_pair=pair, label=None, status="explained",
        error=None, seen=Seen(characters=size, of=size, windows=1), prediction=runs.prediction(), sections=(section,),
    )  # fmt: skip
    return AlignedText(whole, section)


def shown(reading: AlignedText) -> str:
    """All that the page shows of a text, without its special tokens."""
    told = ""
    for block in blocks(reading, ["integrated_gradients"]):
        for item in block.items:
            told += item.before + ("" if item.special else item.text)
            if item.pieces:
                assert item.text == "".join(piece.text + piece.after for piece in item.pieces)
        told += block.after + block.unread
    return told


@pytest.mark.parametrize(
    "text", ["", " \n", "one", "  unbelievable\n\n\ttext , twice  ", "הסרט 真好看 😀 naïve café.", runs.REVIEW]
)
def test_the_text_is_shown_as_it_was(text: str) -> None:
    tokens = runs.tokens(text)
    assert shown(reading_of(text, tokens, tuple(0.1 for _ in tokens))) == text


def token(start: int, end: int, word: int | None = 0, *, special: bool = False) -> Token:
    return Token(text=f"{start}-{end}", start=start, end=end, word=word, special=special)


def test_tokens_that_share_characters_are_one_piece_with_their_sum() -> None:
    tokens = (token(0, 1), token(0, 1), token(0, 1), token(1, 3), token(4, 6, 1))
    reading = reading_of("😀ab cd", tokens, (0.1, 0.2, 0.3, -0.1, 0.05))
    assert [reading.text(word) for word in reading.words] == ["😀ab", "cd"]
    assert [reading.text(piece) for piece in reading.words[0].parts] == ["😀", "ab"]
    scores = reading.section.attributions[0].scores
    assert math.isclose(reading.words[0].parts[0].total(scores), 0.6)
    assert math.isclose(reading.words[0].total(scores), 0.5)
    assert math.isclose(reading.scale(scores), 0.6)
    assert shown(reading) == "😀ab cd"


def test_leading_spaces_of_a_token_stay_outside_its_colour() -> None:
    reading = reading_of("a  film", (token(0, 1), token(1, 7, 1)), (0.1, 0.2))
    assert [reading.text(word) for word in reading.words] == ["a", "film"]
    assert shown(reading) == "a  film"


def test_an_empty_token_joins_the_piece_before_it() -> None:
    reading = reading_of("ab", (token(0, 2), token(2, 2)), (0.1, 0.2))
    assert [word.tokens for word in reading.words] == [(0, 1)]


def test_special_tokens_stand_at_their_place_and_in_no_word() -> None:
    text, pair = "a great", "film"
    tokens = runs.tokens(text, pair)
    reading = reading_of(text, tokens, tuple(0.1 for _ in tokens), pair)
    first, second = blocks(reading, ["integrated_gradients"])
    assert [item.text for item in first.items] == ["[CLS]", "a", "great"]
    assert [item.text for item in second.items] == ["[SEP]", "film", "[SEP]"]
    assert all(0 not in word.tokens for word in reading.words)


def test_styles_are_shares_of_the_largest_of_each_method() -> None:
    found = runs.explanation("a", "great film")
    reading = AlignedText(found, found.sections[0])
    names = [one.method for one in found.sections[0].attributions]
    styles = dict(pair.split(":") for pair in blocks(reading, names)[0].items[1].style.split(";"))
    for number, one in enumerate(found.sections[0].attributions):
        largest = max(abs(one.scores[1]), abs(one.scores[2]))
        assert math.isclose(float(styles[f"--{number}"]) / 100, one.scores[1] / largest, abs_tol=0.0051)


def test_the_method_shown_first_claims_completeness() -> None:
    found = runs.explanation("a")
    page = document_page(run_of(found), found)
    assert page.methods[0].title == "Integrated gradients"
    assert len(page.methods) == len(runs.METHODS)
    assert page.parts[0].tables.first == "Integrated gradients"


def test_certificate_numbers_equal_the_record() -> None:
    found = runs.explanation("a")
    certificate = found.sections[0].attributions[-1].certificate
    rows = dict(document_page(run_of(found), found).parts[0].proof.rows)
    assert float(rows["F(this text)"]) == certificate.input
    assert float(rows["F(baseline)"]) == certificate.baseline
    assert float(rows[f"Sum of {len(found.sections[0].tokens)} tokens"]) == certificate.sum
    assert float(rows["Residual"].split(" (")[0].replace("−", "-")) == certificate.residual


def test_scores_of_seven_figures_are_rounded_on_the_page_only() -> None:
    reading = reading_of("a b", (token(0, 1), token(2, 3, 1)), (0.1234567, -0.00001234567))
    found = tables(reading, reading.section.attributions[0], titles={})
    assert found.methods[0][1] == "10⁻³"
    assert [row.scores for row in found.tokens] == [("123",), ("0",)]
    assert exact(-0.00001234567) == "−0.00001234567"


def test_every_score_of_every_token_is_the_record_to_three_figures_of_the_largest() -> None:
    found = runs.explanation("a", runs.REVIEW[:120])
    shown = document_page(run_of(found), found).parts[0].tables
    rows = shown.tokens
    order = ["integrated_gradients", *runs.METHODS[:-1]]
    by_method = {one.method: one.scores for one in found.sections[0].attributions}
    for at, row in enumerate(rows):
        for score, name, (_, unit) in zip(row.scores, order, shown.methods, strict=True):
            tenth = {"10⁻³": 1e-3, "10⁻⁴": 1e-4}[unit]
            largest = max(map(abs, by_method[name]))
            assert abs(int(score.replace("−", "-")) * tenth - by_method[name][at]) <= 0.005 * largest


@pytest.mark.parametrize(("verdict", "state"), [("met", "holds"), ("not met", "fails"), ("unresolvable", "doubt")])
def test_the_first_check_is_the_verdict(verdict: str, state: str) -> None:
    found = runs.explanation("a", verdict=verdict)  # type: ignore[arg-type]
    checks = document_page(run_of(found), found).parts[0].checks
    assert checks[0].state == state
    assert [check.state for check in checks][1::2] == ["open", "open"]
    assert [check.short for check in checks][1::2] == ["not measured", "not measured"]


def test_undefined_agreement_is_said_to_be_so() -> None:
    found = runs.explanation("a", "Great")
    part = document_page(run_of(found), found).parts[0]
    assert (part.checks[2].state, part.checks[2].name, part.checks[2].short) == ("undecided", "Agreement", "too short")
    assert {row.kendall for row in part.compared.pairs} == {"undefined"}
    assert part.compared.line is None


@pytest.mark.parametrize(
    ("scores", "errors", "settled"),
    [
        ((0.5, 0.3, 0.1), (0.01, 0.01, 0.01), 3),
        ((0.5, 0.49, 0.1), (0.01, 0.01, 0.01), 0),
        ((0.5, 0.3, -0.29), (0.01, 0.01, 0.01), 1),
        ((0.5, 0.3, 0.1), (0.01, 0.01, 0.5), 0),
    ],
)
def test_the_order_is_settled_as_far_as_no_error_can_turn_it(
    scores: tuple[float, ...], errors: tuple[float, ...], settled: int
) -> None:
    reading = reading_of("a b c", (token(0, 1), token(2, 3, 1), token(4, 5, 2)), scores)
    first = dataclasses.replace(reading.section.attributions[0], errors=errors)
    assert count_settled(first, reading) == settled


def test_the_strip_counts_what_was_measured() -> None:
    checks = {}
    for verdict in ("met", "not met"):
        found = runs.explanation("a", "Great", verdict=verdict)
        checks[verdict] = document_page(run_of(found), found).parts[0].checks
    assert verdict_line(checks["met"]) == "The one check that was made is passed. The text is too short for one more."
    assert verdict_line(checks["not met"]) == "0 of 1 checks passed. The text is too short for one more."
    assert verdict_line(()) == "None of these checks was made."


def test_unread_text_stands_apart() -> None:
    found = runs.truncated("a")
    block = document_page(run_of(found), found).parts[0].blocks[0]
    read = "".join(item.before + ("" if item.special else item.text) for item in block.items)
    assert read + block.unread == runs.REVIEW
    assert 0.3 < len(block.unread) / len(runs.REVIEW) < 0.7


def test_a_failed_document_has_its_sentence_and_its_text() -> None:
    found = runs.failed("a", "The logits are not numbers.", "Some text")
    page = document_page(run_of(found), found)
    assert (page.failure, page.answer, page.parts) == ("The logits are not numbers.", None, ())
    assert page.text[0].after == "Some text"
    blank = runs.failed("a", "No words to explain.", "  \n ")
    assert document_page(run_of(blank), blank).text == ()


def test_a_wrong_label_is_told_and_an_unknown_one_is_not_wrong() -> None:
    wrong, unknown = runs.explanation("a", "Great", label="negative"), runs.explanation("b", "Great", label="odd")
    pages = [document_page(run_of(one), one).answer for one in (wrong, unknown)]
    assert pages[0] is not None
    assert pages[0].wrong == "the file is labelled negative."
    assert pages[1] is not None
    assert (pages[1].wrong, "odd" in pages[1].notes[0]) == ("", True)


def answer_to(prediction: Prediction) -> tuple[str, int, str, int]:
    found = runs.changed(runs.explanation("a", "Great"), prediction=prediction)
    page = document_page(run_of(found), found).answer
    assert page is not None
    return page.lead + page.bold, len(page.shares), page.hidden, len(page.places)


def test_any_number_of_labels_makes_a_sentence() -> None:
    many = tuple(f"LABEL_{at}" for at in range(28))
    odds = tuple(1 / 28 for _ in many)
    some = Prediction(positions=1, labels=many, logits=odds, probabilities=odds, label="LABEL_0")
    assert answer_to(some) == ("The model says LABEL_0", 8, "20 more labels", 0)
    one = Prediction(positions=1, labels=("LABEL_0",), logits=(3.42,), probabilities=None, label="LABEL_0")
    assert answer_to(one) == ("The model answers 3.420000", 1, "", 0)
    each = Prediction(positions=3, labels=("O", "PER"), logits=(1, 0, 0, 1, 1, 0), probabilities=None, label="O PER O")
    assert answer_to(each) == ("The model labels 3 tokens", 0, "", 3)


def test_documents_know_their_neighbours() -> None:
    found = [runs.explanation(id, "Great") for id in ("a", "b/c", "d")]
    pages = [page for _, page in document_pages(run_of(*found), found)]
    links = [(page.previous and page.previous.href, page.following and page.following.href) for page in pages]
    assert links == [
        (None, "../documents/b/c.html"),
        ("../../documents/a.html", "../../documents/d.html"),
        ("../documents/b/c.html", None),
    ]


@pytest.mark.parametrize(
    "id", ["../../etc/passwd", "/abs", "a/../b", ".", "..", "", "a//b", "x\x00y", "a\\b", "é" * 300]
)
def test_no_id_leads_out_of_the_folder(id: str) -> None:
    path = page_path(id)
    parts = path.split("/")
    assert parts[0] == "documents"
    assert not {"", ".", ".."} & set(parts)
    assert "\x00" not in path
    assert max(len(part.encode()) for part in parts) < 250
    assert page_root(path) == "../" * (len(parts) - 1)


def test_no_two_ids_share_a_page() -> None:
    ids = ["a", "a.html", "a.html/b", "a/b", "%2E%2E", "..", "a%2Fb", "x\x00", "x%00", "é" * 300, "é" * 301]
    assert len({page_path(id) for id in ids}) == len(ids)
    assert page_path("a").removesuffix("/") not in {page_path("a.html/b").rsplit("/", 1)[0]}


def test_nothing_heavy_is_imported() -> None:
    code = (
        "import sys, reporter.site.pages.document.page, reporter.summary.run_summary; "
        "print({'torch', 'jinja2', 'transformers'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"


def test_numbers_are_written_as_people_read_them() -> None:
    assert [exact(value) for value in (1.5, -0.0016, 0.000012, 1e-7)] == ["1.5", "−0.0016", "0.000012", "0.0000001"]
    assert [signed(value, 2) for value in (0.284, -0.12, 0.001, -0.001)] == ["+0.28", "−0.12", "0.00", "0.00"]
    assert [rank(value) for value in (0.26, -0.14, 1.0, 0.0, -0.001, 10.28, -20.03, None)] == [
        ".26", "−.14", "1.00", ".00", ".00", "10.28", "−20.03", "undefined",
    ]  # fmt: skip
    assert [css(value) for value in (0.421, -0.1, 0.0, 1.0, -0.001, 7.0)] == [".42", "-.1", "0", "1", "0", "1"]
    thin = "\N{NARROW NO-BREAK SPACE}"
    assert [percent(value) for value in (0.925, 0.9999, 1.0, 0.0001, 0.0)] == [
        f"92.5{thin}%", f"over 99.9{thin}%", f"100.0{thin}%", f"under 0.1{thin}%", f"0.0{thin}%",
    ]  # fmt: skip
    assert [fine_percent(value) for value in (0.0034, 0.01, 1.2e-6, 12.3)] == [
        f"0.34{thin}%", f"1{thin}%", f"0.00012{thin}%", f"1,200{thin}%",
    ]  # fmt: skip
    assert [spoken(label) for label in ("POSITIVE", "LABEL_0", "PER", "Neutral")] == [
        "positive",
        "LABEL_0",
        "PER",
        "Neutral",
    ]


@pytest.mark.parametrize(
    ("low", "high"),
    [
        *((0.1, 1.3), (-3.0, 2.0), (5.0, 5.0001), (-1e-6, 1e-6), (1e-12, 3e-12), (-1e30, 1e30)),
        *((value, value) for value in (0.0, 5.0, -2e-11, 5e-324, -3e-310, 1e30)),
        *((0.0, 5e-324), (1.0, 1.0000001), (-5e-324, 2e-308), (7e-320, 1.0)),
    ],
)
def test_axis_marks_hold_the_values(low: float, high: float) -> None:
    axis = Axis.over([low, high])
    assert axis.marks[0] <= low + 1e-300
    assert axis.marks[-1] >= high - 1e-300
    assert 2 <= len(axis.marks) <= 8
    assert list(axis.marks) == sorted(set(axis.marks))
    assert 196 >= axis.y(low) >= axis.y(high) >= 16
    assert [y for y, _ in axis.grid] == sorted({y for y, _ in axis.grid}, reverse=True)
    assert len({name for _, name in axis.grid}) == len(axis.marks)


@pytest.mark.parametrize("values", [(0.5, 0.5), (0.0, 0.0), (0.0, 5e-324), (-1e-320, 3e-310), (1e-39, 2e-39)])
def test_a_page_is_drawn_of_a_score_that_hardly_changes(values: tuple[float, float]) -> None:
    whole = runs.explanation("a")
    section = whole.sections[0]
    flat = [
        replace(
            one,
            scores=tuple(value * values[1] for value in one.scores),
            certificate=replace(
                one.certificate,
                input=values[1],
                baseline=values[0],
                relative=None,
                path=tuple((share, values[at % 2]) for at, (share, _) in enumerate(one.certificate.path)),
            ),
        )
        for one in section.attributions
    ]
    found = runs.changed(whole, sections=(runs.changed_section(section, attributions=tuple(flat)),))
    part = document_page(run_of(found), found).parts[0]
    assert part.curve is not None
    assert part.running is not None


def test_the_models_own_answer_is_shown_before_other_targets() -> None:
    both = (runs.section(runs.REVIEW, None, "NEGATIVE"), runs.section(runs.REVIEW, None, "POSITIVE"))
    found = runs.changed(runs.explanation("a", runs.REVIEW), sections=both)
    assert found.prediction is not None
    assert found.prediction.label == "POSITIVE"
    assert [section.target.label for section in shown_sections(found)] == ["POSITIVE", "NEGATIVE"]


def page_part(**changes: object) -> Part:
    """What is shown of the first target of a text whose explanation was examined, with other diagnostics."""
    whole = runs.explanation("a")
    section = runs.changed_section(runs.examined(whole.sections[0]), **changes)
    return document_page(run_of(whole), runs.changed(whole, sections=(section,))).parts[0]


@pytest.mark.parametrize(
    ("value", "state", "name"),
    [(0.34, "holds", "passed"), (0.89, "doubt", "undecided"), (0.95, "fails", "failed")],
)
def test_deletion_confirms_only_what_random_words_do_not_do(value: float, state: str, name: str) -> None:
    fifth = Diagnostic(
        name="strongest_fifth", method="integrated_gradients", value=value, control=0.9, low=0.88, high=0.92, draws=5
    )
    check = page_part(diagnostics=(fifth,)).checks[3]
    assert (check.state, check.name) == (state, f"Deletion test {name}")
    words = len({token.word for token in runs.tokens(runs.REVIEW)} - {None})
    gone = round(words / 5)
    assert f"{check.before}{check.bold}{check.after}" == (
        f"{'' if value < 0.5 else 'It hardly changes the answer. '}Probability without its top {gone} words: "
        f"{value * 100:.1f} % (whole text: 92.5 %; without {gone} random words: 88.0 to 92.0 %)."
    ).replace(" %", "\N{NARROW NO-BREAK SPACE}%")


def test_deletion_is_open_where_it_was_not_measured_or_there_is_too_little_to_take_away() -> None:
    part = page_part(diagnostics=(), erasure=None)
    assert (part.checks[3].state, part.checks[3].proof, part.deletion) == ("open", None, None)
    short = runs.explanation("short", "Great")
    section = runs.examined(short.sections[0])
    found = document_page(run_of(short), runs.changed(short, sections=(section,))).parts[0]
    assert (found.checks[3].state, found.checks[3].name, found.checks[3].short) == (
        "undecided",
        "Deletion",
        "too short",
    )


def test_the_drawings_of_deletion_hold_what_was_measured() -> None:
    found = page_part().deletion
    assert found is not None
    assert found.fall is not None
    assert found.scatter is not None
    assert [name for name, _ in found.rows] == [*TITLES, "10 random orders"]
    assert all(len(values) == len(found.columns) == 7 for _, values in found.rows)
    heights = [float(part.split(" ")[1]) for part in found.fall.own[1:].split("L")]
    assert heights == sorted(heights)
    assert found.fall.dots.count("M") == len(heights)
    assert found.scatter.dots.count("M") == 8
    assert [name for name, _ in found.places] == ["", "Strongest first", "At random", "Gap"]


def test_a_score_that_is_no_probability_is_drawn_on_its_own_scale() -> None:
    erasure = page_section().erasure
    assert erasure is not None
    curves = tuple(dataclasses.replace(one, values=tuple(-2.0 * at for at in one.values)) for one in erasure.curves)
    part = page_part(erasure=dataclasses.replace(erasure, unit="score", curves=curves, bands=()))
    assert part.deletion is not None
    assert part.deletion.fall is not None
    assert part.deletion.fall.grid[0][1].startswith("−1.85")
    assert "%" not in part.deletion.fall.told


def page_section() -> Section:
    return runs.examined(runs.explanation("a").sections[0])


TITLES = ("Attention, last layer", "Attention rollout", "Gradient norm", "Input × gradient", "Integrated gradients")


def test_what_other_baselines_say_is_told_in_a_sentence_and_word_by_word() -> None:
    section = page_section()
    count = len({token.word for token in section.tokens} - {None})
    totals = AlignedText(runs.explanation("a"), section)
    own = [word.total(section.attributions[-1].scores) for word in totals.words]
    strongest = max(range(count), key=lambda at: abs(own[at]))
    found = page_part(
        sensitivity=Sensitivity(
            method="integrated_gradients", baselines=("pad", "zero"), flips=(strongest,),
            low=tuple(value - 0.5 for value in own), high=tuple(value + 0.5 for value in own),
        )
    ).baselines  # fmt: skip
    assert found is not None
    assert found.told == "Over the baselines pad, zero, 1 of the 5 strongest words changes the sign."
    assert [row[3] for row in found.rows] == ["changes", "same", "same", "same", "same"]
    assert page_part().baselines is None
