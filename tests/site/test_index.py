"""The index: what it counts is what was measured, no document is lost, and text stays text."""

import dataclasses
import json
import math
import re
import statistics
from collections.abc import Sequence
from functools import partial
from operator import mul
from pathlib import Path

import pytest
from scipy.stats import t

from reporter.evidence.aligned_text import AlignedText, align_sections
from reporter.evidence.checks import check_section
from reporter.evidence.intervals import Moments, quantile, wilson
from reporter.records.explanation import Explanation
from reporter.records.sections import order_sections
from reporter.runs.processes import map_in_processes
from reporter.site import render
from reporter.site.digits import sure
from reporter.site.pages import Audit, Entry, IndexPage, document_pages, find, link_list_page, list_pages
from reporter.site.pages.drawings.histogram import NARROW, WIDE, histogram
from reporter.site.pages.index.pushes import Pushes, push_tables
from reporter.site.wording import rank, signed, whole_percent
from reporter.summary.pushes import Push, PushCount, list_pushes
from tests import example_runs as runs
from tests.site.test_render import Page, site_of
from tests.site.test_report import run_of

HOSTILE = "\"'></script><script>alert(1)</script>&\u202e"


def index_of(found: Sequence[Explanation]) -> IndexPage:
    run = run_of(*found)
    audit = Audit(run)
    listed = list_pages(run, (audit.add(find(one, page)) for one, page in document_pages(run, found)))
    first, *others = list(listed)
    return audit.page(first, [link_list_page(page) for page in (first, *others)])


def corpus() -> list[Explanation]:
    """Sixty texts in three folders, with labels right and wrong, some of them without a certificate."""
    texts = ("Great, a warm and funny film", "What a slow waste of a warm evening", "A flat film, broken and hollow")
    return [
        runs.explanation(
            f"{('films', 'press', 'letters')[at % 3]}/{at}",
            f"{texts[at % 3]} {at}",
            label=("POSITIVE", "NEGATIVE")[at % 4 == 0],
            verdict="not met" if at % 3 == 2 and at % 2 else "met",
        )
        for at in range(60)
    ]


def tables_of(count: PushCount) -> Pushes | None:
    summary = run_of().summary
    return push_tables(dataclasses.replace(summary, pushes=count.hardest(), uncounted=count.uncounted))


def test_the_index_tells_the_audit() -> None:
    index = index_of(runs.every_kind())
    assert len(index.listing.entries) == 15
    assert [row.name for row in index.failures.rows] == ["letters/scan-0417.txt", "letters/empty.txt"]
    assert index.failures.rows[0].href == "documents/letters/scan-0417.html"
    for drawing in index.histograms:
        assert sum(int(column.count) for column in drawing.columns) == 13
        assert drawing.beyond == "1"
    assert index.confusion is not None
    assert index.confusion.rows[0][1][1][0] == "1"
    assert [row.met for row in index.verdicts] == ["12"]
    assert index.unclaimed == "Attention, last layer; Attention rollout; Gradient norm; Input × gradient"


def test_wilson_by_hand() -> None:
    z = statistics.NormalDist().inv_cdf(0.975)
    assert wilson(0.0, 10) == (0.0, pytest.approx(z * z / (10 + z * z)))
    assert wilson(1.0, 10) == (pytest.approx(10 / (10 + z * z)), 1.0)
    low, high = wilson(0.5, 100)
    assert low + high == pytest.approx(1.0)
    assert high - low == pytest.approx(z / math.sqrt(100 + z * z))
    assert wilson(0.8, 10) == (pytest.approx(0.4902, abs=1e-4), pytest.approx(0.9433, abs=1e-4))


@pytest.mark.parametrize("freedom", [1, 2, 3, 4, 5, 9, 30, 1000])
def test_students_quantile_is_close_to_the_exact_one(freedom: int) -> None:
    assert quantile(freedom) == pytest.approx(t.ppf(0.975, freedom), rel=5e-4)


def test_the_interval_of_a_mean_is_students() -> None:
    values, moments = [0.3, 0.1, 0.4, 0.1, 0.5, 0.9], Moments()
    for value in values:
        moments.add(value)
    assert moments.mean == pytest.approx(statistics.fmean(values))
    error = statistics.stdev(values) / math.sqrt(len(values))
    assert moments.interval() == pytest.approx(t.interval(0.95, 5, loc=statistics.fmean(values), scale=error), rel=1e-3)


def test_slices_are_those_of_the_twin(tmp_path: Path) -> None:
    site = site_of(tmp_path, corpus())
    lines = [json.loads(line) for line in (site / "data" / "documents.jsonl").read_text("utf-8").splitlines()]
    table = index_of(corpus()).slices
    assert table is not None
    assert table.columns == ("Accuracy", "Complete", "Methods agree")
    groups = {group.kind: {row.name: row for row in group.rows} for group in table.groups}
    assert groups.keys() == {"Folder", "Label in the file"}  # every answer is the same one
    for folder, row in groups["Folder"].items():
        some = [line for line in lines if line["group"] == folder]
        right = [line["label"] == line["prediction"]["label"] for line in some]
        met = [line["sections"][0]["attributions"][-1]["certificate"]["verdict"] == "met" for line in some]
        taus = [[pair for pair in line["sections"][0]["agreement"] if pair["b"] == runs.METHODS[-1]] for line in some]
        agree = [all(pair["kendall"] > pair["chance"] for pair in pairs) for pairs in taus]
        middle = statistics.median(statistics.fmean(pair["kendall"] for pair in pairs) for pairs in taus)
        assert row.texts == str(len(some)) == "20"
        assert [one and one.value for one in row.shares] == [
            whole_percent(statistics.fmean(found)) for found in (right, met, agree)
        ]
        assert row.tau == rank(middle)


def test_a_slice_stands_out_only_where_its_interval_leaves_out_all_texts() -> None:
    table = index_of(corpus()).slices
    assert table is not None
    assert {one.apart for one in table.whole.shares if one} == {""}
    labels = {row.name: row.shares[0] for row in table.groups[-1].rows}
    accuracy = {name: (share.value, share.interval, share.apart) for name, share in labels.items() if share}
    thin = "\N{NARROW NO-BREAK SPACE}"
    assert accuracy == {
        "negative": (f"0{thin}%", "0 to 20", "below"),
        "positive": (f"100{thin}%", "92 to 100", "above"),
    }


def test_many_slices_are_cut_to_the_largest() -> None:
    found = [runs.failed("x/0", "Empty."), *(runs.explanation(f"{at:02}/a", "Great film") for at in range(15))]
    found += [runs.explanation("14/b", "Great film")]
    table = index_of(found).slices
    assert table is not None
    assert [row.name for row in table.groups[0].rows] == [f"{at:02}" for at in (*range(11), 14)]
    assert table.groups[0].hidden == "3 smaller groups"
    assert table.whole.texts == "16"


def test_a_run_without_slices_has_no_table() -> None:
    assert index_of([runs.explanation("a/b", "Great film")]).slices is None
    assert index_of([]).slices is None
    assert index_of([]).pushes is None


def test_words_are_means_over_texts_with_their_intervals() -> None:
    found = corpus()
    pushes = index_of(found).pushes
    assert pushes is not None
    (table,) = pushes.tables
    assert (table.target, pushes.least, pushes.uncounted) == ("positive", 5, "")
    rows = {row.text: row for row in table.rows}
    assert {"great", "funny"} <= rows.keys()
    values = []
    for one in found:
        section = one.sections[0]
        places = [at for at, token in enumerate(section.tokens) if token.text == "funny"]
        values += [sum(section.attributions[-1].scores[at] for at in places) / len(places)] if places else []
    assert rows["funny"].texts == str(len(values)) == "20"
    assert rows["funny"].value == f"+{statistics.fmean(values):.3f}"
    error = statistics.stdev(values) / math.sqrt(len(values))
    low, high = t.interval(0.95, len(values) - 1, loc=statistics.fmean(values), scale=error)
    assert rows["funny"].interval == f"+{low:.3f} to +{high:.3f}"
    means = [float(row.value) for row in table.rows]
    assert means == sorted(means, reverse=True)


def test_a_word_is_chosen_by_the_near_end_of_its_interval() -> None:
    count = PushCount()
    for number in range(5):
        count.add(Push(target=("a", None), word="steady", score=0.5 + number / 100))
        count.add(Push(target=("a", None), word="lucky", score=5.0 * (number == 0)))
        count.add(Push(target=("a", None), word="against", score=-1.0))
    for _ in range(4):
        count.add(Push(target=("a", None), word="rare", score=9.0))
    tables = tables_of(count)
    assert tables is not None
    assert [row.text for row in tables.tables[0].rows] == ["steady"]


def test_every_figure_of_the_audit_is_in_the_twin(tmp_path: Path) -> None:
    found = corpus()
    summary = json.loads((site_of(tmp_path, found) / "data" / "run.json").read_text("utf-8"))["summary"]
    index = index_of(found)
    assert index.slices is not None
    assert index.pushes is not None
    rows = {(group.kind, row.name): row for group in index.slices.groups for row in group.rows}
    rows["All texts", ""] = index.slices.whole
    kinds = {"all": "All texts", "folder": "Folder", "label": "Label in the file", "answer": "Answer"}
    told = {(kinds[one["kind"]], one["name"].lower()): one for one in summary["slices"] if one["kind"] != "answer"}
    assert rows.keys() == told.keys()
    for key, one in told.items():
        assert (rows[key].texts, rows[key].tau) == (str(one["texts"]), rank(one["tau"]))
        assert [share and share.value for share in rows[key].shares] == [
            whole_percent(check["held"] / check["measured"]) for check in one["checks"]
        ]
    words = [(row.text, row.texts, row.value) for table in index.pushes.tables for row in table.rows]
    listed = [
        (one["word"], str(one["texts"]), signed(one["mean"], sure((one["high"] - one["low"]) / 2, one["mean"])))
        for one in summary["pushes"]
    ]
    assert words == [one for one in listed if one in words]
    assert len(words) > 2
    counts = {(one["given"].lower(), one["said"].lower()): f"{one['texts']}" for one in summary["graded"]}
    assert index.confusion is not None
    for given, cells in index.confusion.rows:
        for said, (number, _, _) in zip(index.confusion.columns, cells, strict=True):
            assert counts.get((given, said), "0") == number


def test_the_count_of_words_is_bounded_and_says_what_it_left_out() -> None:
    count = PushCount(places=2)
    for word in ("one", "two", "three") * 5:
        count.add(Push(target=("a", None), word=word, score=1.0))
    tables = tables_of(count)
    assert tables is not None
    assert [(row.text, row.texts) for row in tables.tables[0].rows] == [("one", "5"), ("two", "5")]
    assert tables.uncounted == "5"


def test_a_word_counts_once_per_text_and_bare_punctuation_never() -> None:
    one = runs.explanation("a", "Great great, GREAT!")
    (push,) = list_pushes(align_sections(one))
    scores = one.sections[0].attributions[-1].scores
    places = [at for at, token in enumerate(one.sections[0].tokens) if token.text == "great"]
    assert (push.word, push.score) == ("great", pytest.approx(sum(scores[at] for at in places) / 3))


def test_both_histograms_hold_every_residual() -> None:
    values = [1e-9, 1e-5, 0.0099, 0.01, 0.0101, 0.03, 7.0]
    for form in (WIDE, NARROW):
        drawing = histogram(values, 0.01, form=form)
        assert sum(int(column.count) for column in drawing.columns) == len(values)
        assert drawing.beyond == "3"
        assert all(column.x >= 0 and column.x + drawing.width <= form.width for column in drawing.columns)
        assert drawing.line is not None
        assert all((column.x > drawing.line) == column.beyond for column in drawing.columns)
    assert NARROW.width <= 354


def entries(number: int) -> list[Entry]:
    """Rows of documents that could not be explained, the cheapest there are."""
    found = [runs.failed(f"f/{at}", "Empty.") for at in range(number)]
    return [find(one, page).entry for one, page in document_pages(run_of(*found), found)]


@pytest.mark.parametrize(
    ("number", "sizes"),
    [(0, [0]), (1, [1]), (499, [499]), (500, [500]), (501, [500, 1]), (1000, [500, 500]), (1001, [500, 500, 1])],
)
def test_pages_hold_every_document_once(number: int, sizes: list[int]) -> None:
    run = run_of(*(runs.failed(f"f/{at}", "Empty.") for at in range(number)))
    pages = list(list_pages(run, iter(entries(number))))
    assert [len(page.listing.entries) for page in pages] == sizes
    assert [one.href for page in pages for one in page.listing.entries] == [
        f"documents/f/{at}.html" for at in range(number)
    ]
    paths = ["index.html", *(f"documents-{at}.html" for at in range(2, len(pages) + 1))]
    assert [page.path for page in pages] == paths
    assert [page.listing.previous for page in pages] == ["", *paths[:-1]]
    assert [page.listing.following for page in pages] == [*paths[1:], ""]
    for page in pages:
        assert {link.href for link in page.listing.pages} - {""} == set(paths) - {page.path}
        assert page.listing.several == (len(pages) > 1)


def test_many_pages_are_linked_by_few_links() -> None:
    run = run_of(*(runs.failed(str(at), "Empty.") for at in range(5001)))
    pages = [page.listing for page in list_pages(run, iter(entries(5001)))]
    fifth, sixth = pages[4:6]
    assert [link.text for link in fifth.pages] == ["1", "2", "3", "4", "5", "6", "7", "…", "11"]
    assert [(link.text, bool(link.href)) for link in sixth.pages] == [
        ("1", True), ("…", False), ("4", True), ("5", True), ("6", False), ("7", True), ("8", True), ("…", False),
        ("11", True),
    ]  # fmt: skip
    assert sixth.extent == "2,501 to 3,000 of 5,001"


def test_a_large_site_is_whole_and_shrinks(tmp_path: Path) -> None:
    site = site_of(tmp_path, [runs.failed(f"f/{at}", "Empty.") for at in range(1001)])
    (site / "documents-mine.html").write_text("mine")
    pages = [Page(site / name) for name in ("index.html", "documents-2.html", "documents-3.html")]
    linked = {link for page in pages for link in page.links if link.startswith("documents/")}
    assert len(linked) == 1001
    for page in pages:
        assert all((site / link.partition("#")[0]).is_file() for link in page.links if "documents" in link)
        assert page.tags.count("script") == 1
        assert "script-src 'sha256-" in page.source
        assert "texts on this page" in page.source
    assert all(name in pages[0].links for name in ("documents-2.html#documents", "documents-3.html#documents"))
    (site / "data" / "run.sqlite").unlink()
    site_of(tmp_path, [runs.failed("f/0", "Empty.")])
    assert sorted(path.name for path in site.glob("documents*")) == ["documents", "documents-mine.html"]


def test_one_process_and_many_draw_the_same_bytes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    kinds = runs.every_kind()
    found = [runs.changed(one, id=f"{at}/{one.id}") for at in range(3) for one in kinds]
    monkeypatch.setattr(render, "_ALONE", 10)
    monkeypatch.setattr(render, "count_cores", lambda: 2)
    many = site_of(tmp_path / "many", found)
    monkeypatch.setattr(render, "_ALONE", 1000)
    alone = site_of(tmp_path / "alone", found)
    files = [path.relative_to(alone) for path in alone.rglob("*") if path.suffix in (".html", ".json", ".jsonl")]
    assert len(files) == 2 * 3 * len(kinds) + 4 + 4  # each document as a page and as JSON
    assert all((many / path).read_bytes() == (alone / path).read_bytes() for path in files)


def test_shared_work_comes_back_in_order() -> None:
    doubling = partial(partial, mul, 2)  # a maker of a function, and both pickle
    for processes in (1, 2):
        assert list(map_in_processes(doubling, range(40), processes=processes)) == [at * 2 for at in range(40)]


def test_hostile_names_stay_text(tmp_path: Path) -> None:
    text = "<script>alert(2)</script> great great film"
    found = [
        runs.changed(runs.explanation(f"{HOSTILE}/{at}", text, label=HOSTILE), group=HOSTILE) for at in range(6)
    ] + [runs.explanation("b/c", text, label="POSITIVE")]
    page = Page(site_of(tmp_path, found) / "index.html")
    assert page.tags.count("script") == 1
    assert "alert" not in re.findall(r"<script>(.*?)</script>", page.source, re.DOTALL)[0]
    shown_as = HOSTILE.replace("\u202e", "⟦RLO⟧")
    assert ("tr", "data-folder", shown_as) in page.attributes
    assert shown_as[:40] in page.text
    assert "<script>alert(2)</script>" in page.text


def test_marks_are_the_checks_that_do_not_hold() -> None:
    found = runs.every_kind()
    rows = {row.name: row.marks for row in index_of(found).listing.entries}
    assert rows["letters/scan-0417.txt"] == ("unread",)
    assert rows["films/wrong.txt"][-1] == "wrong"
    assert rows["letters/not-met.txt"][:2] == ("any", "complete")
    for one in found:
        states = (
            [check.state for check in check_section(AlignedText(one, order_sections(one)[0]))] if one.sections else []
        )
        assert ("any" in rows[one.source]) == any(state in ("doubt", "fails") for state in states)
    chips = {chip.mark: chip.count for chip in index_of(found).listing.chips}
    assert chips[""] == len(found)
    assert all(number == sum(mark in marks for marks in rows.values()) for mark, number in chips.items() if mark)


def test_every_sort_and_filter_of_the_page_is_one_of_the_script(tmp_path: Path) -> None:
    page = Page(site_of(tmp_path, runs.every_kind()) / "index.html")
    script = (Path(__file__).parents[2] / "templates" / "index.js").read_text("utf-8")
    orders = re.search(r"orders = \{(.*?)\};", script, re.DOTALL)
    assert orders is not None
    choices = re.search(r'id="sort">(.*?)</select>', page.source)
    assert choices is not None
    assert re.findall(r'value="(\w+)"', choices[1]) == re.findall(r"^ *(\w+):", orders[1], re.MULTILINE)
    assert set(re.findall(r'find\("(\w+)"\)', script)) <= page.ids
    for name in set(re.findall(r"dataset\.(\w+)", script)) - {"of"}:
        assert any(one[:2] == ("tr", f"data-{name}") for one in page.attributes), name


def test_a_check_that_fails_for_any_target_is_found_on_the_index() -> None:
    one = runs.explanation("a")
    other = runs.section(one.text, None, "NEGATIVE", verdict="not met")
    both = runs.changed(one, sections=(*one.sections, other))
    index = index_of([both, runs.explanation("b")])
    (row, plain) = index.listing.entries
    assert ("complete" in row.marks, "complete" in plain.marks) == (True, False)
    assert [row.checks[0].state, plain.checks[0].state] == ["fails", "holds"]
    assert any(flag.endswith(" towards negative") for flag in row.flags)
    assert row.verdict == "0 of 2 checks passed: not complete, methods partly agree"
    assert (index.headline.bold, index.slices) == ("0 of 2", None)
    assert index.headline.rest == "texts pass every check that was made for every target."
    (figure,) = [one for one in index.figures if one.name == "Complete"]
    assert (figure.value, figure.counted[:6]) == ("50", "1 of 2")


def test_a_word_counts_once_per_text_however_often_its_label_is_explained() -> None:
    one = runs.explanation("a", "Great film")
    section = one.sections[0]
    places = [runs.changed_section(section, target=dataclasses.replace(section.target, position=at)) for at in range(3)]
    pushes = list_pushes(align_sections(runs.changed(one, sections=tuple(places))))
    assert sorted(push.word for push in pushes) == ["film", "great"]
