"""The numbers of a text beside its page: its record as JSON, and a table of its tokens as CSV."""

import csv
from dataclasses import replace
from pathlib import Path
from urllib.parse import unquote

import pytest

from reporter.audit.check import Thresholds, check_site
from reporter.records.explanation import Explanation
from reporter.runs.store import Store
from reporter.site.addresses import csv_path, json_path, page_path
from reporter.site.downloads import make_table
from reporter.site.render import draw_site
from tests import example_runs as runs
from tests.site.test_render import Page, site_of

FORMULAS = ("=cmd|' /C calc'!A0", "+1", "-2+3", "@SUM(A1)", "\tx", "＝1+1")


def read_table(path: Path) -> list[dict[str, str]]:
    """The rows of a table."""
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file, strict=True))


def read_faults(site: Path) -> list[str]:
    """What `check` finds wrong with the files of a site; its numbers are made up."""
    kinds = ("files", "schema", "links", "silence", "pages")
    return [fault for found in check_site(site, Thresholds()) if found.name in kinds for fault in found.faults]


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The site of a run of every kind of document."""
    return site_of(tmp_path_factory.mktemp("site"), (*runs.every_kind(), runs.full()))


@pytest.mark.parametrize("one", [*runs.every_kind(), runs.full()], ids=lambda one: one.id[:20])
def test_every_text_has_its_line_of_the_twin_beside_its_page(site: Path, one: Explanation) -> None:
    lines = (site / "data" / "documents.jsonl").read_text("utf-8").splitlines(keepends=True)
    assert (site / json_path(one.id)).read_text("utf-8") in lines
    assert (site / csv_path(one.id)).exists() == bool(one.sections)
    links = Page(site / page_path(one.id)).links
    names = [path.rsplit("/", 1)[-1] for path in (json_path(one.id), csv_path(one.id))]
    linked = {name for name in names if any(unquote(link) == name for link in links)}
    assert linked == set(names if one.sections else names[:1])


@pytest.mark.parametrize("id", ["films/two-targets", "letters/pair", "full", "words/rtl"])
def test_a_table_has_a_row_for_every_target_and_token_and_a_column_for_every_method(site: Path, id: str) -> None:
    one = next(one for one in (*runs.every_kind(), runs.full()) if one.id == id)
    rows = iter(read_table(site / csv_path(id)))
    for section in one.sections:
        for position, token in enumerate(section.tokens):
            row = next(rows)
            assert (row["target"], row["target_index"]) == (section.target.label, str(section.target.index))
            assert (row["position"], row["word"]) == (str(position), "" if token.word is None else str(token.word))
            assert [row[name] for name in ("segment", "start", "end", "special")] == [
                str(int(fact)) for fact in (token.segment, token.start, token.end, token.special)
            ]
            for attribution in section.attributions:
                assert float(row[attribution.method]) == attribution.scores[position]
                has_errors = attribution.errors is not None
                assert (f"{attribution.method}_error" in row) == has_errors
                if attribution.errors is not None:
                    assert float(row[f"{attribution.method}_error"]) == attribution.errors[position]
    assert next(rows, None) is None


def test_a_method_that_failed_on_one_target_leaves_its_cells_empty() -> None:
    one = runs.explanation("a", "Great fun", targets=("POSITIVE", "NEGATIVE"))
    first, second = one.sections
    shorter = runs.changed_section(second, attributions=second.attributions[1:])
    head, *rows = csv.reader(make_table(runs.changed(one, sections=(first, shorter))).splitlines(), strict=True)
    column = head.index(first.attributions[0].method)
    assert [bool(row[column]) for row in rows] == [True] * len(first.tokens) + [False] * len(second.tokens)
    assert {len(row) for row in rows} == {len(head)}


@pytest.mark.parametrize("text", FORMULAS)
def test_no_cell_is_a_formula(text: str) -> None:
    one = runs.explanation("a", "Great")
    (section,) = one.sections
    tokens = tuple(replace(token, text=text) for token in section.tokens)
    target = replace(section.target, label=text)
    table = make_table(runs.changed(one, sections=(runs.changed_section(section, tokens=tokens, target=target),)))
    rows = list(csv.DictReader(table.splitlines(keepends=True), strict=True))
    assert {row["token"] for row in rows} == {row["target"] for row in rows} == {f"'{text}"}


def test_no_file_of_a_text_has_the_name_of_a_folder_of_others(tmp_path: Path) -> None:
    ids = [f"{name}{inside}" for name in ("a", "a.json", "a.csv", "a.html") for inside in ("", "/b", "/b.csv/c")]
    paths = [make(id) for id in ids for make in (page_path, json_path, csv_path)]
    assert len({path.casefold() for path in paths}) == len(paths)
    folders = {str(folder) for path in paths for folder in Path(path).parents}
    assert not folders & set(paths)
    site = site_of(tmp_path, [runs.explanation(id, "Great") for id in ids])
    assert read_faults(site) == []


def test_what_stands_is_not_written_again_and_what_is_gone_or_touched_is(tmp_path: Path) -> None:
    def draw(*records: Explanation) -> dict[str, int]:
        path = runs.saved(tmp_path / "data" / "run.sqlite", records)
        with Store(path) as store:
            draw_site(store, tmp_path)
        files = (tmp_path / "documents").rglob("*.*")
        return {path.relative_to(tmp_path).as_posix(): path.stat().st_ino for path in files}

    kept, other = runs.explanation("kept", "Great"), runs.explanation("other", "Great")
    before = draw(kept, other)
    assert len(before) == 6
    after = draw(kept, runs.changed(other, text="Great film"))
    same = {name for name in before if after[name] == before[name]}
    assert {csv_path("kept"), json_path("kept")} <= same
    assert not {json_path("other"), page_path("other")} & same
    (tmp_path / csv_path("kept")).write_text("mine")
    (tmp_path / json_path("kept")).unlink()
    draw(kept)
    assert read_faults(tmp_path) == []
    assert not (tmp_path / csv_path("other")).exists()


def test_check_finds_numbers_that_were_changed(tmp_path: Path) -> None:
    site = site_of(tmp_path, [runs.explanation("a", "Great")])
    path = site / csv_path("a")
    path.write_text(path.read_text("utf-8").replace("0.", "0.9", 1), "utf-8")
    assert any(csv_path("a") in fault for fault in read_faults(site))
