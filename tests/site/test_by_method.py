"""Above a map stands what is true of its method: the words, the checks, and what must be known before any of them."""

from dataclasses import replace

import pytest

from reporter.evidence.aligned_text import AlignedText
from reporter.evidence.checks import check_attribution
from reporter.records.evidence import Curve
from reporter.records.explanation import Explanation, Section, Seen, Token, Verdict
from reporter.records.sections import order_sections
from reporter.site.pages import document_page
from reporter.site.pages.document.alerts import Alert
from reporter.site.pages.document.page import Part
from reporter.site.wording import THIN
from tests import example_runs as runs
from tests.site.test_report import run_of

EXPLAINED = [one for one in (*runs.every_kind(), runs.full()) if one.sections]


@pytest.mark.parametrize("one", EXPLAINED, ids=lambda one: one.id)
def test_every_method_has_its_own_words_and_its_own_checks(one: Explanation) -> None:
    page = document_page(run_of(one), one)
    for part, section in zip(page.parts, order_sections(one), strict=True):
        aligned = AlignedText(one, section)
        assert [page.methods[told.number].signed for told in part.by_method] == [
            attribution.signed for attribution in section.attributions
        ]
        for told, attribution in zip(part.by_method, section.attributions, strict=True):
            judged = check_attribution(attribution, aligned)
            states = [check.state for check in judged if told.number == 0 or check.state != "open"]
            assert [badge.state for badge in told.checks if told.number == 0 or badge.state != "open"] == states
            totals = {aligned.text(word).casefold(): 0.0 for word in aligned.words}
            for word in aligned.words:
                text = aligned.text(word).casefold()
                totals[text] = max(totals[text], word.total(attribution.scores), key=abs)
            named = (*told.because.supporting[:1], *told.because.opposing[:1])
            sizes = [abs(totals[bar.text.partition(" ×")[0].strip("“”").casefold()]) for bar in named]
            assert max(sizes, default=0.0) == max(map(abs, totals.values()))


def first_part(one: Explanation) -> Part:
    return document_page(run_of(one), one).parts[0]


def test_no_check_of_one_method_stands_above_the_map_of_another() -> None:
    one = runs.explanation("a", verdict="not met")
    lead, *others = first_part(one).by_method
    assert (lead.title, lead.checks[0].state) == ("Integrated gradients", "fails")
    assert {told.checks[-1].state for told in others} == {"open"}
    assert all("Completeness: not claimed." in told.checks[-1].before for told in others)


def test_a_word_is_named_once_with_how_often_it_is_among_the_strongest() -> None:
    one = runs.explanation("a", "not good, not bad")
    section = one.sections[0]
    scores = tuple(0.0 if token.special else 1.0 if token.word in (0, 3) else 0.5 for token in section.tokens)
    lead = runs.attribution("integrated_gradients", scores)
    part = first_part(runs.changed(one, sections=(runs.changed_section(section, attributions=(lead,)),)))
    assert [bar.text for bar in part.by_method[0].because.supporting][:2] == ["not ×2", "good"]


@pytest.mark.parametrize(
    ("values", "effect"),
    [
        ((0.9, 0.7, 0.6, 0.25), f"Without its top 3 words the probability falls from 90.0{THIN}% to 25.0{THIN}%."),
        ((0.9, 0.7, 0.6, 0.95), f"Without its top 3 words the probability rises from 90.0{THIN}% to 95.0{THIN}%."),
        ((0.9, 0.7, 0.6, 0.9), f"Without its top 3 words the probability stays at 90.0{THIN}%."),
    ],
)
def test_beside_the_words_stands_what_deleting_them_does(values: tuple[float, ...], effect: str) -> None:
    one = runs.explanation("a")
    section = runs.examined(one.sections[0])
    assert section.erasure is not None
    curve = Curve(kind="deletion", method="integrated_gradients", words=(0, 1, 2, 3), values=values)
    erasure = replace(section.erasure, whole=values[0], curves=(curve,))
    part = first_part(runs.changed(one, sections=(runs.changed_section(section, erasure=erasure),)))
    effects = {told.title: told.because.effect for told in part.by_method}
    assert effects.pop("Integrated gradients") == effect
    assert set(effects.values()) == {""}


def alerts_of(one: Explanation, **model: object) -> list[Alert]:
    run = run_of(one)
    return list(document_page(replace(run, model=replace(run.model, **model)), one).alerts)  # type: ignore[arg-type]


def test_nothing_is_said_first_of_an_answer_without_fault() -> None:
    assert alerts_of(runs.explanation("a", label="POSITIVE")) == []


def test_a_wrong_answer_is_said_first() -> None:
    (alert,) = alerts_of(runs.explanation("a", label="NEGATIVE"))
    assert (alert.kind, alert.bold, alert.rest) == ("bad", "Wrong", ": the file is labelled negative.")


def test_how_much_of_a_text_was_read_is_said_first() -> None:
    one = runs.changed(runs.explanation("a"), seen=Seen(characters=59, of=100, windows=1))
    assert [alert.bold for alert in alerts_of(one, limit=512)] == [f"Only the first 59{THIN}% was read"]


@pytest.mark.parametrize(("verdict", "reason"), [("not met", "tolerance"), ("unresolvable", "too little")])
def test_a_missing_certificate_is_said_first(verdict: Verdict, reason: str) -> None:
    (alert,) = alerts_of(runs.explanation("a", verdict=verdict))
    assert alert.bold == "Integrated gradients is not certified"
    assert reason in alert.rest


@pytest.mark.parametrize(("unknown", "told"), [(0, []), (1, []), (2, ["2 of 20 tokens are unknown"])])
def test_many_unknown_tokens_are_said_first(unknown: int, told: list[str]) -> None:
    one = runs.explanation("a", " ".join(["word"] * 20))
    section = one.sections[0]
    places = [at for at, token in enumerate(section.tokens) if not token.special]
    assert len(places) == 20
    strange = set(places[:unknown])
    tokens = tuple(replace(token, text="[UNK]") if at in strange else token for at, token in enumerate(section.tokens))
    one = runs.changed(one, sections=(runs.changed_section(section, tokens=tokens),))
    assert [alert.bold for alert in alerts_of(one, unknown="[UNK]")] == told
    assert alerts_of(one) == []  # a model that has no token for what it does not know


def in_halves(section: Section) -> Section:
    """The section with every word read as two tokens, of which the second has no score."""
    tokens, places = list[Token](), list[int | None]()
    for at, token in enumerate(section.tokens):
        middle = token.start + 1
        tokens += [token] if token.special else [replace(token, end=middle), replace(token, start=middle)]
        places += [at] if token.special else [at, None]
    attributions = tuple(
        replace(made, scores=tuple(0.0 if at is None else made.scores[at] for at in places))
        for made in section.attributions
    )
    return replace(section, tokens=tuple(tokens), attributions=attributions, heads=None)


def test_a_text_of_which_most_words_are_in_pieces_may_be_of_another_language() -> None:
    text = "eins zwei drei vier fünf sechs"
    one = runs.explanation("a", text)
    section = one.sections[0]
    one = runs.changed(one, sections=(in_halves(section),))
    (alert,) = alerts_of(one, vocabulary=30_000)
    assert alert.bold == "6 of 6 words were read in pieces"
    assert alerts_of(one, vocabulary=250_000) == []  # a vocabulary of many languages has few words whole in any of them
