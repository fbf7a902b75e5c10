"""A run taken away in other formats: hostile text stays text, numbers stay numbers, and what cannot be done is said."""

import csv
import io
import json
import math
import re
import shutil
import subprocess
import sys
from dataclasses import fields, is_dataclass
from itertools import pairwise
from pathlib import Path
from xml.etree import ElementTree

import pytest
import regex
from hypothesis import given, settings
from hypothesis import strategies as st

from reporter import registry
from reporter.cli import commands
from reporter.exports.export import choose_format
from reporter.exports.figure import Passage, Word, make_figure
from reporter.exports.formats import latex
from reporter.exports.typesetting import cut_text, estimate_width, set_lines, set_passage
from reporter.records.explanation import Explanation, Token
from reporter.runs.store import Store
from reporter.site.addresses import document_path
from reporter.site.colours import COLOURS, OKLCH, tint
from reporter.site.environment import visible
from tests import example_runs as runs

ROOT = Path(__file__).parents[2]
SINKS = registry.names("formats")
SVG = "{http://www.w3.org/2000/svg}"
SPECIAL = set('\\{}$&#%_^~"<>|')
HOSTILE = st.text(
    st.sampled_from("\\{}$&#%_^~\"'`<>|-=+@,;!? \n\r\t\x00\x1b\x7f\x85\u2028\u202e\u2069\ufffe]]>aéא̈真😀\u200d٣")
    | st.characters(exclude_categories=("Cs",)),
    max_size=40,
)


@pytest.fixture(scope="module")
def run_path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A saved run that holds a document of every kind."""
    return runs.saved(tmp_path_factory.mktemp("run") / "data" / "run.sqlite", runs.every_kind())


def texts(name: str, found: Explanation, *, method: str | None = None, target: str | None = None) -> str:
    """What a sink writes of one document."""
    return "".join(choose_format(name, runs.provenance(), method=method, target=target).texts(found, runs.provenance()))


def exported(*arguments: object) -> int:
    """The exit code of an export."""
    with pytest.MonkeyPatch.context() as patch, pytest.raises(SystemExit) as end:
        patch.setattr(sys, "argv", ["salience-report", "export", *map(str, arguments)])
        commands.main()
    return int(end.value.code or 0)


def drawing(found: Explanation, **chosen: str) -> ElementTree.Element:
    """The drawing of one document as an XML parser reads it."""
    return ElementTree.fromstring(texts("svg", found, **chosen))


def rows(text: str) -> list[dict[str, str]]:
    """The rows of a table as a CSV reader reads them."""
    names = registry.load("formats", "csv").head.strip().split(",")
    return list(csv.DictReader(io.StringIO(text, newline=""), names))


@pytest.mark.parametrize("name", SINKS)
def test_every_sink_is_a_frozen_part_and_says_the_same_twice(name: str) -> None:
    kind = registry.load("formats", name)
    assert is_dataclass(kind)
    assert {field.name for field in fields(kind)} <= {"method", "target"}
    assert kind() == kind()
    for found in runs.every_kind():
        assert texts(name, found) == texts(name, found)
    assert kind.suffix.startswith(".")


@pytest.mark.parametrize("name", [name for name in SINKS if name != "jsonl"])
def test_a_document_that_failed_has_nothing_to_show(name: str) -> None:
    assert texts(name, runs.failed("a", "Not UTF-8.")) == ""


@given(HOSTILE)
@settings(max_examples=60, deadline=None)
def test_whatever_a_text_says_a_drawing_holds_it_as_text(text: str) -> None:
    found = runs.explanation(text or "a", text, pair=f"{text} {text}", label=text)
    whole, figured = drawing(found), make_figure(found, runs.provenance(), method=None, target=None)
    assert figured is not None
    assert {one.tag for one in whole.iter()} <= {
        SVG + tag for tag in ("svg", "title", "desc", "rect", "path", "g", "text")
    }
    for one in whole.iter():
        assert not [name for name in one.attrib if name.startswith("on") or "href" in name or name == "style"]
    shown = "".join(one.text or "" for one in whole.iter(f"{SVG}text"))
    around = f"{figured.said}{figured.opposes}{figured.low}{figured.high}{figured.supports}{figured.how}"
    assert sorted(bare(shown)) == sorted(bare(around) + 3 * bare(str(visible(bare(text)))))
    assert whole.findtext(f"{SVG}title") == visible(f"{found.source}. {figured.said}")
    assert bare(str(visible(text))) in bare(whole.findtext(f"{SVG}desc") or "")


def bare(text: str) -> str:
    """A text without its white space."""
    return regex.sub(r"\s", "", text)


def test_a_drawing_keeps_the_words_in_order_and_inside() -> None:
    found = runs.every_kind()[0]
    words = drawing(found).findall(f"{SVG}g/{SVG}text")
    assert bare(runs.REVIEW) in bare("".join(word.text or "" for word in words))
    for word in words:
        middle, half = float(word.attrib["x"]), float(word.attrib["textLength"]) / 2
        assert 20 - 0.2 <= middle - half < middle + half <= 700.2


def test_a_drawing_shows_sign_in_colour_and_line_and_asks_for_nothing() -> None:
    found = runs.explanation("a", "masterpiece waste", targets=("POSITIVE",))
    signed, strength = drawing(found), drawing(found, method="gradient")
    fills = {one.attrib["fill"] for one in signed.iter(f"{SVG}rect")}
    assert {tint(1, signed=True).ground, "#FFFFFF"} <= fills
    assert {one.attrib["stroke"] for one in signed.iter(f"{SVG}path")} == {COLOURS["blue-line"], COLOURS["orange-line"]}
    assert all(
        ("stroke-dasharray" in one.attrib) == (one.attrib["stroke"] == COLOURS["orange-line"])
        for one in signed.iter(f"{SVG}path")
    )
    assert not list(strength.iter(f"{SVG}path"))
    assert tint(1, signed=False).ground in {one.attrib["fill"] for one in strength.iter(f"{SVG}rect")}
    assert "strength only" in (strength.findtext(f"{SVG}desc") or "")
    assert not re.search(r"url\(|https?:(?!//www\.w3\.org/2000/svg\")|data:|@import|<script", texts("svg", found))


def test_a_drawing_tells_what_the_model_did_not_read() -> None:
    shown = "".join(one.text or "" for one in drawing(runs.truncated("a")).iter(f"{SVG}text"))
    assert bare("The model read to here.") in bare(shown)
    assert bare(runs.REVIEW[-40:]) in bare(shown)


def test_the_target_that_is_asked_for_is_the_one_that_is_shown() -> None:
    found = runs.explanation("a", "masterpiece waste", targets=("POSITIVE", "NEGATIVE"))
    assert "in logits of positive." in texts("svg", found)
    assert "in logits of negative." in texts("svg", found, target="negative")
    assert "in logits of negative." in texts("latex", found, target="NEGATIVE")
    assert {row["target"] for row in rows(texts("csv", found))} == {"POSITIVE", "NEGATIVE"}
    assert {row["target"] for row in rows(texts("csv", found, target="NEGATIVE"))} == {"NEGATIVE"}
    assert texts("svg", runs.explanation("a", "Great"), target="NEGATIVE") == ""


def test_the_colours_are_those_of_the_style_sheet() -> None:
    style = (ROOT / "templates" / "style" / "frame.css").read_text("utf-8")
    light = dict(re.findall(r"--([\w-]+): light-dark\(oklch\(([^)]*)\)", style))
    assert {name: tuple(map(float, light[name].split())) for name in OKLCH} == OKLCH


def test_tints_equal_what_a_browser_paints() -> None:
    painted = {1.0: "#61B2F4", 0.5: "#B0D8F9", 0.1: "#EFF7FE", -0.5: "#FCD2A4", -1.0: "#FAA54A"}  # read from Chromium
    for share, colour in painted.items():
        assert apart(tint(share, signed=True).ground, colour) <= 1
    assert apart(tint(0.5, signed=False).ground, "#DBC5E0") <= 1
    assert tint(0.04, signed=True).height == 0
    assert math.isclose(tint(1, signed=True).height, 3.6)


def apart(one: str, other: str) -> int:
    """The largest difference between the channels of two colours."""
    return max(abs(int(one[at : at + 2], 16) - int(other[at : at + 2], 16)) for at in (1, 3, 5))


@given(st.text(max_size=60))
@settings(deadline=None)
def test_no_sign_of_a_text_means_anything_to_tex(text: str) -> None:
    done = str(latex.escaped(text))
    known = sorted(set(latex._ESCAPES.values()), key=len, reverse=True)
    rest = re.sub("|".join(map(re.escape, known)), "", done)
    assert not set(rest) & SPECIAL
    assert not [sign for sign in rest if sign < " " or "\x7f" <= sign < "\xa0" or sign in "\u2028\u2029"]
    back = {escape: chr(code) for code, escape in latex._ESCAPES.items()}
    assert re.sub("|".join(map(re.escape, known)), lambda found: back[found[0]], done) == text


def test_every_special_sign_is_escaped() -> None:
    assert {chr(code) for code in latex._ESCAPES} >= SPECIAL
    assert latex.escaped("a_b\\end{x}%\n^^M") == (
        r"a\_b\textbackslash{}end\{x\}\%{\ttfamily U+000A}\textasciicircum{}\textasciicircum{}M"
    )


@given(HOSTILE)
@settings(max_examples=40, deadline=None)
def test_a_hostile_text_adds_no_command_to_a_snippet(text: str) -> None:
    plain = texts("latex", runs.explanation("a", "A plain text."))
    own = set(re.findall(r"\\(?:[a-zA-Z]+|[^a-zA-Z])", plain + "".join(latex._ESCAPES.values()) + r"\allowbreak"))
    own |= {r"\salienceopposes", r"\saliencesupports", r"\saliencestrength"}
    snippet = texts("latex", runs.explanation("a", text, pair=text))
    assert set(re.findall(r"\\(?:[a-zA-Z]+|[^a-zA-Z])", snippet)) <= own
    unescaped = re.sub(r"\\.", "", snippet)
    assert unescaped.count("{") == unescaped.count("}")


@pytest.mark.skipif(shutil.which("pdflatex") is None, reason="needs pdflatex")
def test_a_snippet_compiles(tmp_path: Path) -> None:
    everything = "".join(map(chr, range(32, 127)))
    files = {
        "part.tex": [texts("latex", runs.explanation(everything, f"{everything} \x00\x1b\n\n{everything}"))],
        "unread.tex": [texts("latex", runs.truncated("b")), texts("latex", runs.explanation("c"), method="gradient")],
        "whole.tex": [
            r"\documentclass{article}\usepackage{xcolor}\begin{document}\input{part}\input{unread}\end{document}"
        ],
    }
    for name, found in files.items():
        (tmp_path / name).write_text("".join(found), "utf-8")
    done = subprocess.run(
        ["pdflatex", "-interaction=batchmode", "-halt-on-error", "-no-shell-escape", "whole.tex"],
        cwd=tmp_path, capture_output=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, (tmp_path / "whole.log").read_text("utf-8", "replace")[-2000:]


@given(HOSTILE)
@settings(max_examples=60, deadline=None)
def test_a_table_gives_back_every_text_and_no_formula(text: str) -> None:
    found = runs.explanation(text or "a", text, label=text)
    token = Token(text=text, start=0, end=len(text), word=0, special=False)
    section = runs.changed_section(
        found.sections[0], tokens=(token,), attributions=(runs.attribution("gradient", (-0.25,)),)
    )
    (row,) = rows(texts("csv", runs.changed(found, sections=(section,))))
    shown = f"'{text}" if text.startswith(tuple("=+-@\t\r\n＝＋－＠")) else text
    assert [row[name] for name in ("id", "label", "token")] == [shown or "a", shown, shown]
    assert row["token"].removeprefix("'") == text.removeprefix("'")
    assert not any(row[name].startswith(tuple("=+-@\t\r\n")) for name in row if name not in ("score", "error"))
    assert float(row["score"]) == -0.25


def test_a_table_holds_every_number_of_the_run() -> None:
    found = runs.explanation("pairs", "Is it great?", pair="No: it was worse.", label="POSITIVE")
    section = found.sections[0]
    table = rows(texts("csv", found))
    assert len(table) == len(section.attributions) * len(section.tokens)
    for one in section.attributions:
        mine = [row for row in table if row["method"] == one.method]
        assert tuple(float(row["score"]) for row in mine) == one.scores
        assert [int(row["position"]) for row in mine] == list(range(len(section.tokens)))
        assert [row["special"] == "1" for row in mine] == [token.special for token in section.tokens]
        assert [int(row["segment"]) for row in mine] == [token.segment for token in section.tokens]
    assert {row["method"] for row in rows(texts("csv", found, method="gradient"))} == {"gradient"}


def test_json_lines_are_the_twin(run_path: Path, tmp_path: Path, capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    assert exported(run_path, "--format", "jsonl", "-o", tmp_path / "all.jsonl") == 0
    with Store(run_path) as store:
        assert (tmp_path / "all.jsonl").read_text("utf-8") == "".join(f"{line}\n" for line in store.lines())
    assert capfdbinary.readouterr().out == f"15 documents are in {tmp_path / 'all.jsonl'}\n".encode()
    assert exported(run_path, "--format", "jsonl", "--document", "words/rtl") == 0
    assert json.loads(capfdbinary.readouterr().out)["id"] == "words/rtl"


def test_the_saved_run_is_left_alone(run_path: Path, tmp_path: Path) -> None:
    before = run_path.read_bytes()
    assert exported(run_path.parent.parent, "--format", "csv", "-o", tmp_path / "all.csv") == 0
    assert [path.name for path in run_path.parent.iterdir()] == ["run.sqlite"]
    assert run_path.read_bytes() == before


@pytest.mark.parametrize("name", ["svg", "latex"])
def test_every_document_has_a_file_of_its_own(name: str, run_path: Path, tmp_path: Path, capsys) -> None:
    suffix = registry.load("formats", name).suffix
    (tmp_path / "out" / "films").mkdir(parents=True)
    old = tmp_path / "out" / "films" / f"wrong{suffix}"
    old.write_text("old")
    assert exported(run_path, "--format", name, "-o", tmp_path / "out") == 0
    said = capsys.readouterr()
    assert said.out == f"13 documents are in {tmp_path / 'out'}\n"
    assert said.err == "2 of 15 documents have nothing of this and are left out.\n"
    found = {path.relative_to(tmp_path / "out").as_posix() for path in (tmp_path / "out").rglob("*") if path.is_file()}
    explained = [one.id for one in runs.every_kind() if one.status == "explained"]
    assert found == {document_path(id, suffix) for id in explained}
    assert old.read_text("utf-8") != "old"


def test_no_id_leads_out_and_no_two_share_a_file(tmp_path: Path) -> None:
    ids = ("../../out", "a", "a.svg/b", "/etc/x", "..", "a\x00b")
    path = runs.saved(tmp_path / "run.sqlite", [runs.explanation(id, "Great") for id in ids])
    assert exported(path, "--format", "svg", "-o", tmp_path / "here" / "out") == 0
    found = [one for one in (tmp_path / "here").rglob("*") if one.is_file()]
    assert len(found) == len(ids)
    assert all(one.is_relative_to(tmp_path / "here" / "out") for one in found)


def test_one_document_goes_to_a_file_or_to_standard_output(run_path: Path, tmp_path: Path, capfd) -> None:
    assert exported(run_path, "--format", "svg", "--document", "films/wrong") == 0
    said = capfd.readouterr()
    assert (ElementTree.fromstring(said.out).tag, said.err) == (f"{SVG}svg", "")
    assert exported(run_path, "-f", "svg", "--document", "films/wrong", "-o", tmp_path / "one.svg") == 0
    assert (tmp_path / "one.svg").read_text("utf-8") == said.out


WRONG = {
    "no such format": ("{run} --format pdf", "There is no format 'pdf'; there are: csv, jsonl, latex, svg."),
    "no such document": (
        "{run} --format csv --document films/wrung",
        "no document 'films/wrung' in this run;",
    ),
    "no such method": ("{run} --format csv --method magic", "no method 'magic'; there are: attention"),
    "no such label": ("{run} --format svg -o {here} --target maybe", "'maybe'; there are: NEGATIVE, POSITIVE"),
    "a choice within whole lines": ("{run} --format jsonl --method gradient", "'jsonl' takes no --method"),
    "many files to one place": ("{run} --format svg", "name a folder with -o"),
    "many files to a file": ("{run} --format svg -o {run}", "is a file"),
    "one file to a folder": ("{run} --format csv -o {here}", "is a folder"),
    "a place under a file": ("{run} --format csv -o {run}/x.csv", "cannot be written"),
    "nothing to show": ("{run} --format svg --document letters/empty -o {here}/x", "Nothing was written"),
    "no run": ("{here} --format csv", "There is no run at"),
}


@pytest.mark.parametrize("name", WRONG)
def test_what_cannot_be_done_is_one_sentence(name: str, run_path: Path, tmp_path: Path, capfd) -> None:
    line, expected = WRONG[name]
    assert exported(*line.format(run=run_path, here=tmp_path).split()) == 2
    said = capfd.readouterr()
    assert said.out == ""
    (sentence,) = said.err.strip().splitlines()
    assert expected in sentence
    assert list(tmp_path.iterdir()) == []


def placed(text: str, width: float) -> list[str]:
    """The lines of a text as they are seen, from the left, spaces as they would look."""
    passage = Passage(words=(Word(before="", text=text, share=0.1),), after="", unread="")
    return [
        " ".join(spot.text for spot in sorted(line, key=lambda spot: spot.left))
        for line in set_passage(passage, width=width)
    ]


def test_lines_run_as_the_script_does() -> None:
    assert placed("one two three", 7) == ["one two three"]
    assert placed("one two three", 4) == ["one two", "three"]
    assert placed("one\n\ntwo", 20) == ["one", "two"]
    assert placed("הסרט היה great film נהדר", 40) == ["נהדר great film היה הסרט"]
    assert placed("the word היה הסרט is here", 40) == ["the word הסרט היה is here"]


@given(HOSTILE, st.floats(3, 30))
@settings(deadline=None)
def test_pieces_stay_on_the_line_beside_each_other(text: str, width: float) -> None:
    lines = set_lines(cut_text(text), width=width)
    for line in lines:
        spots = sorted(line, key=lambda spot: spot.left)
        assert spots[0].left >= -1e-9
        assert all(a.left + a.width <= b.left + 1e-9 for a, b in pairwise(spots))
        assert spots[-1].left + spots[-1].width <= width + 1e-9 or len(spots) == 1
    assert sorted(bare("".join(spot.text for line in lines for spot in line))) == sorted(bare(text))


def test_a_long_word_is_parted_between_its_signs_only() -> None:
    woman = "👩🏽‍🚀"
    lines = set_lines(cut_text(woman * 40 + "é" * 50), width=10)
    assert len(lines) > 4
    assert all(not regex.sub(f"{woman}|é", "", spot.text) for line in lines for spot in line)
    assert all(estimate_width(spot.text) <= 10 for line in lines for spot in line)
