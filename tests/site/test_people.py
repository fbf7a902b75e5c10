"""What people marked, on the pages: the right words, and the numbers of the twin beside what chance gives."""

import json
import re
from dataclasses import replace
from html import unescape

import pytest

from reporter.evidence.aligned_text import AlignedText
from reporter.evidence.metrics import PLAUSIBILITY
from reporter.site.pages import document_page
from reporter.site.pages.people import MetricTable, tell_marked
from reporter.site.wording import rank
from tests import example_runs as runs
from tests.site.test_index import index_of
from tests.site.test_render import Page, site_of
from tests.site.test_report import run_of

MARKED = next(one for one in runs.every_kind() if one.rationale)


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    plain = replace(MARKED, id="plain", rationale=None, sections=(runs.section(MARKED.text, None, "POSITIVE"),))
    return site_of(tmp_path_factory.mktemp("site"), [MARKED, plain])


def shown(board: MetricTable) -> dict[str, list[tuple[str, str, bool]]]:
    return {title: [(cell.value, cell.note, cell.beyond) for cell in cells] for title, cells in board.rows}


def test_the_marked_words_have_a_line_and_no_others(site):
    page = (site / "documents" / "letters" / "marked.html").read_text("utf-8")
    text = re.search(r'<div class="text".*?</div>', page, re.DOTALL)[0]
    words = re.findall(r"<i class=by[^>]*>(?:<i[^>]*>)?([^<]+)", text)
    assert [unescape(word) for word in words] == ["Honest", "&", "<", "b", ">", "funny", "great"]
    assert "<i class=by" not in (site / "documents" / "plain.html").read_text("utf-8")


def test_a_page_without_a_rationale_says_nothing_of_people(site):
    plain, marked = (Page(site / "documents" / f"{name}.html") for name in ("plain", "letters/marked"))
    assert "people-0" in marked.ids
    assert "people-0" not in plain.ids
    assert "People marked" not in plain.text
    assert "People marked “Honest & <b>funny”, “great”." in marked.text
    index = Page(site / "index.html")
    assert "match" in index.ids


def test_every_number_is_that_of_the_twin_and_bold_where_chance_does_not_reach_it(site):
    line = json.loads((site / "data" / "documents.jsonl").read_text("utf-8").splitlines()[0])
    found = {(one["method"], one["name"]): one for one in line["sections"][0]["diagnostics"]}
    (part,) = document_page(run_of(MARKED), MARKED).parts
    rows = list(shown(part.people).values())
    for method, cells in zip(runs.METHODS, rows, strict=False):
        assert cells == [
            (rank(found[method, name]["value"]), "", found[method, name]["value"] > found[method, name]["high"])
            for name in PLAUSIBILITY
        ]
    assert rows[-1] == [(".20", ".00 to .55", False)] * 3
    assert [bold for _, _, bold in rows[0]] == [False, True, True]
    assert list(shown(part.people))[-1] == "99 random orders"
    assert (
        list(shown(part.nearby).values())
        == [[(".30", "", True), (".80", ".60 to 1.10", False), (".040", "", False)]] * 5
    )
    page = Page(site / "documents" / "letters" / "marked.html").text
    assert all(cell.value in page for _, cells in (*part.people.rows, *part.nearby.rows) for cell in cells)


def test_the_table_of_deletion_has_no_other_diagnostic():
    both = replace(MARKED, sections=(runs.examined(MARKED.sections[0]),))
    (part,) = document_page(run_of(both), both).parts
    assert len(part.deletion.columns) == 7
    (alone,) = document_page(run_of(MARKED), MARKED).parts
    assert alone.deletion is None


def test_the_index_has_the_means_of_all_texts():
    weaker = tuple(replace(one, value=0.1) for one in MARKED.sections[0].diagnostics)
    other = replace(MARKED, id="other", sections=(replace(MARKED.sections[0], diagnostics=weaker),))
    run = run_of(MARKED, MARKED, other)
    means = {(one.method, one.name): one for one in run.summary.diagnostics}
    board = index_of([MARKED, replace(MARKED, id="again"), other]).people
    assert "Means over 3 texts with a rationale" in board.told
    for method, cells in zip(runs.METHODS, shown(board).values(), strict=False):
        for name, (value, note, _) in zip(PLAUSIBILITY, cells, strict=True):
            one = means[method, name]
            assert (value, note) == (rank(one.value), f"{rank(one.low)} to {rank(one.high)}")
    assert shown(board)["Random order"] == [(".20", "", False)] * 3
    assert index_of([runs.explanation("a"), runs.explanation("b")]).people is None


def test_long_passages_and_many_of_them_are_cut_short():
    many = runs.explanation("many", "good bad " * 100)
    spans = tuple((9 * at, 9 * at + 4) for at in range(30))
    told = tell_marked(AlignedText(replace(many, rationale=spans), many.sections[0]))
    assert told.endswith("“good” and 10 more passages")
    assert told.count("“good”") == 20
    long = tell_marked(AlignedText(replace(many, rationale=((0, 900),)), many.sections[0]))
    assert long == f"“{('good bad ' * 7)[:58]}…”"


def test_what_the_model_did_not_read_has_no_mark():
    cut = runs.truncated("cut")
    spans = ((0, 9), (len(cut.text) - 8, len(cut.text)))
    assert tell_marked(AlignedText(replace(cut, rationale=spans), cut.sections[0])) == "“The first”"
