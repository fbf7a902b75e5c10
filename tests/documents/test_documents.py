"""What `documents.read` promises: every format, a stable order, safe and unique ids, and nothing lost or crashed on."""

import csv
import io
import json
import os
import random
import re
import socket
import string
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reporter.documents import folder as documents
from reporter.documents.folder import Intake
from reporter.documents.ids import Ids
from reporter.records.errors import UserError
from reporter.records.explanation import Document
from reporter.records.run import Table

SAMPLES = Path(__file__).parents[2] / "sample_inputs"
SEGMENT = re.compile(r"(?![.-])[a-z0-9_.-]{1,80}(?<![.-])")
RESERVED = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)(\..*)?|index|.*\.html")
quickly = settings(max_examples=40, deadline=None)


def write(folder: Path, files: Mapping[str, str | bytes]) -> Path:
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return folder


def read(folder: Path) -> dict[str, Document]:
    """The documents by source, in order; a source that comes twice would be a document lost."""
    found = list(documents.read_documents(folder))
    assert len({document.source for document in found}) == len(found)
    return {document.source: document for document in found}


def read_one(folder: Path, name: str, content: str | bytes) -> Document:
    (document,) = documents.read_documents(write(folder, {name: content}))
    return document


def assert_safe(id: str) -> None:
    assert len(id) <= 200
    for segment in id.split("/"):
        assert SEGMENT.fullmatch(segment), id
        assert not RESERVED.fullmatch(segment), id


# What is read ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "content", "text"),
    [
        ("a.txt", "plain", "plain"),
        ("a.TXT", "\ufeffwith a mark", "with a mark"),
        ("a.txt", " two\r\nlines \r\n\r\n", " two\nlines "),
        ("a.md", "# Title\n\n*as it is* <b>\n", "# Title\n\n*as it is* <b>"),
        ("a.txt", "nul \0 and bell \a", "nul \0 and bell \a"),
        ("a.txt", "old\rMac", "old\rMac"),
        ("a.csv", "text\nhello\n", "hello"),
        ("a.csv", "\ufeff Text \r\nhello\r\n", "hello"),
        ("a.csv", '"TEXT"\n"a ""quoted"", one\r\nwith lines"', 'a "quoted", one\nwith lines'),
        ("a.csv", '\ufeff"text"\n"old\rMac"', "old\rMac"),
        ("a.txt", "hey, ho".encode("utf-16"), "hey, ho"),
        ("a.txt", "\ufeffžluť\n".encode("utf-16-be"), "žluť"),
        ("a.txt", "two words".encode("utf-16-le"), "two words"),
        ("a.txt", "好的，再见\n谢谢\n".encode("utf-16-le"), "好的，再见\n谢谢"),
        ("a.csv", "text\nhey".encode("utf-16"), "hey"),
        ("a.tsv", 'text\tlabel\n"he said ""hey"""\tP\n'.encode("utf-16-be"), 'he said "hey"'),
        ("a.jsonl", '{"text": "hey"}\n'.encode("utf-32"), "hey"),
        ("a.json", '[{"text": "hey"}]'.encode("utf-16-le"), "hey"),
        ("a.tsv", "id\ttext\n1\ta, b; c\n", "a, b; c"),
        ("a.csv", "text,note,note\nhello,1,2\n", "hello"),
        ("a.csv", f"text\n{'long ' * 60_000}\n", "long " * 60_000),
        ("a.jsonl", '\ufeff{"text": "hello", "more": [1]}', "hello"),
        ("a.jsonl", '\n{" TEXT": "\\ud83d\\ude00"}\r\n\n', "\U0001f600"),
    ],
)
def test_text_is_read(tmp_path: Path, name: str, content: str, text: str) -> None:
    document = read_one(tmp_path, name, content)
    assert document.problem is None
    assert document.text == text


def test_row_gives_id_pair_and_label(tmp_path: Path) -> None:
    rows = 'label,TEXT,extra,text_pair,id\n POS, a ,x,b,first \n"",c,x, ,""\n'
    table = read(write(tmp_path, {"in/T.csv": rows}))
    assert list(table.values()) == [
        Document(id="in/t/first", source="in/T.csv#1", group="in/T", text=" a ", text_pair="b", label="POS"),
        Document(id="in/t/2", source="in/T.csv#2", group="in/T", text="c"),
    ]


@pytest.mark.parametrize(
    ("written", "id", "label"), [("7", "t/7", "7"), ("true", "t/true", "true"), ("1.5", "t/1.5", "1.5")]
)
def test_json_numbers_stand_for_their_text(tmp_path: Path, written: str, id: str, label: str) -> None:
    document = read_one(tmp_path, "t.jsonl", f'{{"text": "x", "id": {written}, "label": {written}}}')
    assert (document.id, document.label) == (id, label)


def test_group_is_the_folder_and_a_table_is_its_own(tmp_path: Path) -> None:
    write(tmp_path, {"a.txt": "x", "d/e/b.md": "x", "t.csv": "text\nx", "d/u.jsonl": '{"text": "x"}'})
    groups = {source: document.group for source, document in read(tmp_path).items()}
    assert groups == {"a.txt": "", "d/e/b.md": "d/e", "t.csv#1": "t", "d/u.jsonl#1": "d/u"}


@pytest.mark.parametrize(
    ("name", "content", "source"), [("a.txt", "x", "a.txt"), ("labels.csv", "text\nx", "labels.csv#1")]
)
def test_single_file_is_read_as_if_alone(tmp_path: Path, name: str, content: str, source: str) -> None:
    write(tmp_path, {name: content, "other.txt": "y"})
    assert list(read(tmp_path / name)) == [source]


def test_read_does_not_hold_the_corpus(tmp_path: Path) -> None:
    found = documents.read_documents(write(tmp_path, {"a.txt": "first", "b.txt": "second"}))
    assert next(found).text == "first"
    (tmp_path / "b.txt").unlink()
    assert "No such file" in (next(found).problem or "")


def test_hidden_names_are_left_alone(tmp_path: Path) -> None:
    write(tmp_path, {".a.txt": "x", ".git/b.txt": "x", "c.txt": "x"})
    assert list(read(tmp_path)) == ["c.txt"]


# Tables as they come --------------------------------------------------------------------------------------------------


def read_rows(folder: Path, content: str, name: str = "t.tsv", **intake: object) -> list[tuple[str, str | None]]:
    write(folder, {name: content})
    found = list(documents.read_documents(folder / name, Intake(**intake)))  # type: ignore[arg-type]
    assert [document.problem for document in found if document.problem] == []
    return [(document.text, document.label) for document in found]


@pytest.mark.parametrize(
    ("content", "rows"),
    [
        ('text\tlabel\n" Fine\t1\nAll "\t0\nRest\t1\n', [('" Fine', "1"), ('All "', "0"), ("Rest", "1")]),
        ('text\tlabel\nA "fine" day\t1\n"Fine\t0\n', [('A "fine" day', "1"), ('"Fine', "0")]),
        ('text\tlabel\n"Never closed\t1\nRest\t0\n', [('"Never closed', "1"), ("Rest", "0")]),
        ('text\tlabel\n"Fine", she said\t1\nx\t0\n', [('"Fine", she said', "1"), ("x", "0")]),
        ('text\tlabel\n"Fine."\t1\nRest, too\t0\n', [('"Fine."', "1"), ("Rest, too", "0")]),
        ('text\tlabel\n"He said ""no"""\t1\nx\t0\n', [('He said "no"', "1"), ("x", "0")]),
        ('text\tlabel\n"two\nlines"\t1\nx\t0\n', [("two\nlines", "1"), ("x", "0")]),
        ('text\tlabel\n"a\ttab"\t1\nx\t0\n', [("a\ttab", "1"), ("x", "0")]),
        ('text\tlabel\n"So, so"\t1\nx\t0\n', [("So, so", "1"), ("x", "0")]),
        ('"text"\t"label"\n"Fine."\t"1"\n', [("Fine.", "1")]),
    ],
)
def test_a_tsv_quotes_or_does_not_and_never_loses_a_row(tmp_path: Path, content: str, rows: object) -> None:
    assert read_rows(tmp_path, content) == rows


def test_a_quote_that_swallows_rows_of_a_csv_is_said_with_its_lines(tmp_path: Path) -> None:
    rows = 'text,label\nGood,POS\nBad,NEG\n" Lovely,POS\nThe bread,NEG\nAwful ",NEG\nRest,POS\n'
    found = read(write(tmp_path, {"t.csv": rows}))
    assert [document.text for document in found.values()] == ["Good", "Bad", "", "Rest"]
    assert "one row of lines 4 to 6" in (found["t.csv#3"].problem or "")
    kept = 'text,label\nGood,POS\n"Great soup, really.\nLoved it",POS\n'
    assert read_rows(tmp_path, kept, "k.csv")[1] == ("Great soup, really.\nLoved it", "POS")


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("t.csv", "text;label\nfine, really;P\n"),
        ("t.csv", "sep=;\nText;Label\nfine, really;P\n"),
        ("t.csv", "\ufeffSEP=|\r\n text |LABEL\r\nfine, really|P\r\n"),
        ("t.csv", "idx\tsentence\tlabel\n0\tfine, really\tP\n"),
        ("t.tsv", "review;sentiment\nfine, really;P\n"),
        ("t.csv", 'Review , SENTIMENT\n"fine, really",P\n'),
        ("t.json", '[{"content": "fine, really", "gold": "P"}]'),
        ("t.json", '{"version": 1, "data": [{"text": "fine, really", "label": "P"}]}'),
        ("t.json", '{"text": ["fine, really"], "label": ["P"]}'),
        ("t.json", '{"text": {"0": "fine, really"}, "label": {"0": "P"}}'),
        ("t.json", '{"text": "fine, really", "label": "P"}'),
        ("t.json", '{"columns": ["text", "label"], "index": [0], "data": [["fine, really", "P"]]}'),
        ("t.ndjson", '{"tweet": "fine, really", "class": "P"}\n'),
    ],
)
def test_tables_of_many_kinds_are_read(tmp_path: Path, name: str, content: str) -> None:
    assert read_rows(tmp_path, content, name) == [("fine, really", "P")]


def test_json_lines_under_another_name_are_read(tmp_path: Path) -> None:
    assert read_rows(tmp_path, '{"text": "a"}\n{"text": "b"}\n', "t.json") == [("a", None), ("b", None)]


@pytest.mark.parametrize(
    ("header", "text", "pair"),
    [
        ("premise,hypothesis,label", "a", "b"),
        ("Sentence2,sentence1,label", "b", "a"),
        ("question,sentence,label", "a", "b"),
        ("query,passage,score", "a", "b"),
        ("text,text_pair,label", "a", "b"),
        ("text,hypothesis,label", "a", None),
    ],
)
def test_pairs_are_found_by_their_usual_names(tmp_path: Path, header: str, text: str, pair: str | None) -> None:
    document = read_one(tmp_path, "t.csv", f"{header}\na,b,c\n")
    assert (document.text, document.text_pair, document.label) == (text, pair, "c")


def test_columns_that_are_named_are_taken(tmp_path: Path) -> None:
    write(tmp_path, {"t.csv": "Title,review,tweet,gold,class\na,b,c,d,e\n"})
    named = Intake(text_column="TWEET", pair_column=" title", label_column="class")
    (document,) = documents.read_documents(tmp_path, named)
    assert (document.text, document.text_pair, document.label) == ("c", "a", "e")
    (document,) = documents.read_documents(tmp_path, replace(named, pair_column="", label_column=""))
    assert (document.text, document.text_pair, document.label) == ("c", None, None)
    for option in ("text_column", "pair_column", "label_column"):
        (document,) = documents.read_documents(tmp_path, replace(named, **{option: "nowhere"}))
        assert f"no column named nowhere (it has: title, review, tweet, gold, class), as --{option[:4]}" in (
            document.problem or ""
        )


def test_it_is_said_how_tables_were_read_and_blank_lines_are_counted(tmp_path: Path) -> None:
    write(
        tmp_path,
        {"a/t.tsv": 'sentence\tlabel\n" a\t1\n\nb "\t0\n\n', "b.jsonl": '\n{"text": "c"}\n{"tweet": "d", "gold": 1}\n'},
    )
    tables = list[Table]()
    assert [document.text for document in documents.read_documents(tmp_path, note=tables.append)] == [
        '" a',
        'b "',
        "c",
        "d",
    ]
    assert tables == [
        Table(
            source="a/t.tsv", text="sentence", pair=None, label="label", rows=2, blank=2, delimiter="\t", quoting=False
        ),
        Table(source="b.jsonl", text="text, tweet", pair=None, label="gold", rows=2, blank=1),
    ]


def test_labels_have_other_names_where_the_user_says_so(tmp_path: Path) -> None:
    rows = '{"text": "a", "label": "Neg"}\n{"text": "b", "label": ["neg", 1]}\n{"text": "c", "label": 1}\n'
    found = documents.read_documents(write(tmp_path, {"t.jsonl": rows}), Intake(labels={"neg": "BAD", "1": "GOOD"}))
    assert [(document.label, document.labels) for document in found] == [
        ("BAD", None),
        ("BAD, GOOD", ("BAD", "GOOD")),
        ("GOOD", None),
    ]


# Order and ids --------------------------------------------------------------------------------------------------------


def test_order_is_of_names_not_of_disk_or_case(tmp_path: Path) -> None:
    names = ["a/z.txt", "B/b.txt", "b1/a.txt", "c/C.txt", "c/z.txt", "c/e\u0301.txt", "C1.txt", "d.csv", "Z.txt"]
    orders = set()
    for seed in range(4):
        shuffled = random.Random(seed).sample(names, len(names))
        folder = write(tmp_path / str(seed), {name: "text\nx" if name == "d.csv" else "x" for name in shuffled})
        orders.add(tuple((document.source, document.id) for document in documents.read_documents(folder)))
    ((*order,),) = orders
    assert [source.removesuffix("#1") for source, _ in order] == names, "e\u0301 counts as one letter, after z"


def test_order_does_not_follow_the_listing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(tmp_path, {f"{letter}/{letter}.txt": "x" for letter in "dacb"})
    expected, listing = list(read(tmp_path)), Path.iterdir
    monkeypatch.setattr(Path, "iterdir", lambda path: sorted(listing(path), reverse=True))
    assert list(read(tmp_path)) == expected == ["a/a.txt", "b/b.txt", "c/c.txt", "d/d.txt"]


@pytest.mark.parametrize(
    ("name", "id"),
    [
        ("Great Film", "great-film"),
        ("v1.2_b", "v1.2_b"),
        ("Größe", "grosse-[0-9a-f]{8}"),
        ("日本", "text-[0-9a-f]{8}"),
        ("..", "text-[0-9a-f]{8}"),
        ("", "text-[0-9a-f]{8}"),
        ("C:\\x/../y ", "c-x-..-y-[0-9a-f]{8}"),
        ("CON", "con-[0-9a-f]{8}"),
        ("aux.tar", "aux-tar-[0-9a-f]{8}"),
        ("index", "index-[0-9a-f]{8}"),
        ("a.html", "a-html-[0-9a-f]{8}"),
        ("x" * 80, "x{80}"),
        ("x" * 81, "x{71}-[0-9a-f]{8}"),
    ],
)
def test_id_is_plain_where_it_can_be_and_hashed_where_not(name: str, id: str) -> None:
    assert re.fullmatch(id, Ids().give([name], "any"))


def test_deep_folders_share_one_shortened_id(tmp_path: Path) -> None:
    deep = "/".join("folder" + letter * 20 for letter in string.ascii_lowercase)
    first, second = (
        document.id
        for document in documents.read_documents(write(tmp_path, {f"{deep}/1.txt": "x", f"{deep}/2.md": "x"}))
    )
    assert_safe(first)
    assert first.rpartition("/")[0] == second.rpartition("/")[0]


def test_id_depends_on_others_only_in_a_collision(tmp_path: Path) -> None:
    alone = read_one(tmp_path, "b é.txt", "x").id
    both = read(write(tmp_path, {"a.txt": "x", "b e.txt": "x", "c.txt": "x"}))
    assert both["a.txt"].id == "a"
    assert both["b é.txt"].id == alone
    same = read(write(tmp_path, {"c.md": "x", "t.csv": "id,text\n2,x\n,x\n"}))
    assert (same["c.md"].id, same["c.txt"].id[:-8]) == ("c", "c-")
    assert (same["t.csv#1"].id, same["t.csv#2"].id[:-8]) == ("t/2", "t/2-")


odd_names = st.text("aA b.-_/\\:#é\u0301ßİK日\0\x85\u202e\U0001f600", max_size=12)
reserved_names = st.sampled_from(
    ["a", "a.html", "index", "Index", "con", "LPT1.x", "COM¹", "..", "x" * 90, "é" * 75, "y" * 71 + "." * 9]
)


@quickly
@given(st.lists(st.lists(odd_names | reserved_names, min_size=1, max_size=5), max_size=6))
def test_ids_are_safe_unique_and_stable_whatever_the_names(paths: list[list[str]]) -> None:
    ids, again = Ids(), Ids()
    given = [ids.give(names, f"s{number}") for number, names in enumerate([*paths, *paths])]
    assert len(set(given)) == len(given)
    assert given == [again.give(names, f"s{number}") for number, names in enumerate([*paths, *paths])]
    for id in given:
        assert_safe(id)
    folders = {"/".join(id.split("/")[:depth]) for id in given for depth in range(1, id.count("/") + 1)}
    assert folders.isdisjoint(f"{id}.html" for id in given)


def test_ids_never_clash_even_with_a_forged_hash() -> None:
    second = [(ids := Ids()).give(["A"], "s"), ids.give(["a"], "s")][1]
    forger = Ids()
    assert forger.give([second], "t") == second
    assert len({second, *(forger.give(["a"], "s") for _ in range(5))}) == 6


# Labels ---------------------------------------------------------------------------------------------------------------


def test_labels_reach_nested_texts_and_the_nearest_wins(tmp_path: Path) -> None:
    top = "Label, PATH\n,a.txt\nTOP,./a.txt\nTOP,d\\b.txt\nTOP,d/e/c.md\nTOP,a.txt\n,d/none.txt\n"
    files = dict.fromkeys(("a.txt", "d/b.txt", "d/e/c.md", "d/none.txt"), "x")
    found = read(write(tmp_path, {**files, "labels.csv": top, "d/LABELS.csv": "path,label\ne/c.md,NEAR\n"}))
    assert {source: document.label for source, document in found.items()} == {
        "a.txt": "TOP",
        "d/b.txt": "TOP",
        "d/e/c.md": "NEAR",
        "d/none.txt": None,
    }


@pytest.mark.parametrize(
    ("content", "source", "sentence"),
    [
        ("path,label\nA.TXT,P", "labels.csv#1", "There is no .txt or .md file at A.TXT"),
        ("path,label\nt.csv,P", "labels.csv#1", "There is no .txt or .md file at t.csv"),
        ("path,label\na.txt,P\na.txt,N", "labels.csv#2", "a.txt has the label P from an earlier row"),
        ("path,label\n,P", "labels.csv#1", "The row has no path"),
        ("path,label\n../a.txt,P", "labels.csv#1", "../a.txt lies outside the folder"),
        ("path,label\nd/../../a.txt,P", "labels.csv#1", "lies outside the folder"),
        ("path,label\n/a.txt,P", "labels.csv#1", "/a.txt lies outside the folder"),
        ("path,label\nC:\\a.txt,P", "labels.csv#1", "C:\\a.txt lies outside the folder"),
        ("path,label\na.txt", "labels.csv#1", "values (1) do not match the columns (2)"),
        ("path,text\na.txt,x", "labels.csv", "The table has no column named label (it has: path, text)"),
        ("", "labels.csv", "The table is empty"),
        (b"\xff\xfep", "labels.csv", "UTF-16"),
    ],
)
def test_what_is_wrong_with_labels_is_said(tmp_path: Path, content: str | bytes, source: str, sentence: str) -> None:
    found = read(write(tmp_path, {"a.txt": "x", "t.csv": "text\nx", "labels.csv": content}))
    assert list(found) == ["a.txt", source, "t.csv#1"]
    assert sentence in (found[source].problem or "")
    assert (found[source].text, found[source].group) == ("", "")


# Refusals -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "content", "sentence"),
    [
        ("a.txt", "", "The file is empty"),
        ("a.md", "\ufeff \r\n\t", "The file is empty"),
        ("a.txt", b"\x89PNG\0\xff", "The file is binary"),
        ("a.txt", b"one\ncaf\xe9", "The file is not UTF-8 (byte 0xe9 in line 2)"),
        ("a.txt", "hey".encode("utf-16")[:-1], "The file is not whole UTF-16"),
        ("a.txt", b"x" * 10_000_001, "The file has 10,000,001 bytes and one text may have 10,000,000"),
        (
            "a.pdf",
            "%PDF",
            "a .pdf file; salience-report reads .txt, .md, .csv, .tsv, .jsonl, .ndjson and .json.",
        ),
        ("README", "x", "This is a file without a suffix"),
        ("a.csv", "", "The table is empty"),
        ("a.csv", "\n\r\n", "The table is empty"),
        ("a.tsv", "text\n", "The table holds no rows"),
        ("a.jsonl", "\n \n", "The table holds no rows"),
        ("a.csv", "id,opinion\n1,x", "There is no column of texts (it has: id, opinion); name it with --text-column"),
        ("a.csv", "review,tweet\n1,x", "could be the text: review or tweet; name it with --text-column"),
        ("a.csv", "premise,hypothesis,post\n1,x,y", "could be the text: premise with hypothesis or post"),
        ("a.csv", "question,context,sentence\n1,x,y", "question with context or question with sentence"),
        ("a.csv", "text,gold,class\n1,x,y", "could be the label: gold or class; name it with --label-column"),
        ("a.csv", "text,Text\nx,y", "The table has two columns named text"),
        ("a.csv", b"PK\x03\x04\xff\xfe,\n1", "The table's first line is not UTF-8"),
        ("a.tsv", '"te"xt\tlabel\nx\ty', "The table's first line cannot be read"),
        ("a.csv", "text,note\nnul \0,x\n", "The row holds a zero byte (line 2)"),
        ("a.csv", "text,label\nx", "values (1) do not match the columns (2)"),
        ("a.csv", "text,label\nx,y,z", "values (3) do not match the columns (2)"),
        ("a.csv", b"text\ncaf\xe9", "The row is not UTF-8"),
        ("a.csv", "text,label\n ,P", "The row's text is empty"),
        ("a.csv", 'text\n"never closed\nand on', "The row cannot be parsed (it begins in line 2: unexpected end"),
        ("a.csv", 'text\n"a" b', "The row cannot be parsed (it begins in line 2"),
        (
            "a.csv",
            f'text\n"{"x" * 10_000_001}"',
            "The row holds a value over the 10 MB that one text may have (it begins in line 2)",
        ),
        ("a.jsonl", "[1]", "Line 1 is not a JSON object"),
        ("a.jsonl", "{text: 1}", "Line 1 is not JSON (column 2: Expecting property name"),
        ("a.jsonl", "[" * 100_000, "Line 1 is not JSON (it is nested too deeply)"),
        ("a.jsonl", f'{{"text": {"1" * 5_000}}}', "Line 1 is not JSON (it holds a number that is too long)"),
        ("a.jsonl", b'{"text": "caf\xe9"}', "Line 1 is not UTF-8"),
        ("a.jsonl", '{"opinion": "x"}', "There is no column of texts (it has: opinion)"),
        ("a.jsonl", '{"text": "x", "text": "y"}', "Line 1 is not JSON (it gives text twice)"),
        ("a.json", '[{"text": "x"},\n {"text" "y"}]', "The file is not JSON (line 2, column 10: Expecting ':'"),
        ("a.json", "5", "The file holds no objects"),
        ("a.json", '["x"]', "Entry 1 is not an object"),
        ("a.json", '{"text": ["x", "y"], "label": [1]}', "columns are not of one length (text 2, label 1)"),
        ("a.json", b'[{"text": "\xff"}]', "The file is not UTF-8 (line 1)"),
        ("a.json", "[]", "The table holds no rows"),
        ("a.jsonl", '{"text": null}', "The row's text is missing"),
        ("a.jsonl", '{"text": 5}', "The row's text is a number, not a string"),
        ("a.jsonl", '{"text": "\\n"}', "The row's text is empty"),
        ("a.jsonl", '{"text": "x", "text_pair": ["y"]}', "The row's text_pair is a list"),
        ("a.jsonl", '{"text": "x", "label": {}}', "The row's label is an object"),
        ("a.jsonl", '{"text": "x", "label": ["a", null]}', "The row's label is a list with an empty entry"),
        ("a.jsonl", '{"text": "x", "TEXT": "y"}', "The row gives text twice"),
        ("a.jsonl", '{"text": "\\ud800"}', "The row is not valid Unicode"),
        ("a.jsonl", '{"text": "x", "id": "\\udc80"}', "The row is not valid Unicode"),
        ("a.jsonl", f'{{"text": "{"x" * 10_000_000}"}}', "The line is over the 10 MB"),
    ],
)
def test_what_cannot_be_read_is_said(tmp_path: Path, name: str, content: str | bytes, sentence: str) -> None:
    document = read_one(tmp_path, name, content)
    assert sentence in (document.problem or "")
    assert document.text == ""
    assert (document.source.partition("#")[0], document.label) == (name, None)


def test_a_bad_row_does_not_stop_the_others(tmp_path: Path) -> None:
    lines = b'{"text": "a"}\n\xff\n\n{"text": ' + b'"' + b"x" * 10_000_001 + b'"}\n{"text": "b"}'
    write(tmp_path, {"l.jsonl": lines, "t.csv": b"text,label\na,P\n\xff,P\nragged\n\n\nb,P\n"})
    assert {source: document.text for source, document in read(tmp_path).items()} == {
        "l.jsonl#1": "a",
        "l.jsonl#2": "",
        "l.jsonl#4": "",
        "l.jsonl#5": "b",
        "t.csv#1": "a",
        "t.csv#2": "",
        "t.csv#3": "",
        "t.csv#4": "b",
    }


def test_no_text_is_made_up_after_a_broken_quote(tmp_path: Path) -> None:
    table = read(write(tmp_path, {"t.csv": 'id,text\n1,fine\n2,"he said "hello"\nand, left"\n3,lost\n'}))
    assert {source: document.text for source, document in table.items()} == {"t.csv#1": "fine", "t.csv#2": ""}
    assert "nothing from there on was read" in (table["t.csv#2"].problem or "")


@pytest.mark.skipif(sys.platform == "win32", reason="making links takes rights that Windows gives to few")
@pytest.mark.parametrize(
    ("target", "sentence"),
    [
        ("../outside.txt", "leads out of the input folder"),
        ("..", "leads out of the input folder"),
        (".", "leads to another folder of the input"),
        ("nowhere", "leads nowhere"),
        ("link.txt", "leads nowhere"),
        ("real.txt", None),
        ("odd.dat", None),
    ],
)
def test_links_are_followed_only_inside(tmp_path: Path, target: str, sentence: str | None) -> None:
    write(tmp_path, {"outside.txt": "secret", "in/real.txt": "x", "in/odd.dat": "x"})
    (tmp_path / "in/link.txt").symlink_to(target)
    link = read(tmp_path / "in")["link.txt"]
    assert (link.problem is None, link.text) == ((True, "x") if sentence is None else (False, ""))
    assert (sentence or "") in (link.problem or "")


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no named pipes here")
def test_pipes_and_sockets_are_never_opened(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("pipe.txt", "labels.csv"):
        os.mkfifo(tmp_path / name)
    (tmp_path / "real.txt").symlink_to("pipe.txt")
    monkeypatch.chdir(tmp_path)  # the address of a socket must be short
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind("socket.txt")
        problems = [document.problem or "" for document in documents.read_documents(tmp_path)]
    assert [problem[8:21] for problem in problems] == ["a named pipe,"] * 3 + ["a socket, not"]
    assert next(documents.read_documents(tmp_path / "pipe.txt")).problem


def test_what_may_not_be_opened_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(tmp_path, {"a.txt": "x", "b.csv": "text\nx", "c/d.txt": "x", "labels.csv": "path,label", "ok.md": "x"})

    def guard(call: Callable[..., object]) -> Callable[..., object]:
        def refuse(path: Path, *rest: object, **more: object) -> object:
            if path.name in {"a.txt", "b.csv", "c", "labels.csv"}:
                raise PermissionError(13, "Permission denied")
            return call(path, *rest, **more)

        return refuse

    monkeypatch.setattr(Path, "open", guard(Path.open))
    monkeypatch.setattr(Path, "iterdir", guard(Path.iterdir))
    found = read(tmp_path)
    assert list(found) == ["a.txt", "b.csv", "c", "labels.csv", "ok.md"]
    assert ["Permission denied" in (document.problem or "") for document in found.values()] == [True] * 4 + [False]


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may open everything")
def test_real_permissions_are_kept(tmp_path: Path) -> None:
    write(tmp_path, {"a.txt": "x", "c/d.txt": "x", "e/f.txt": "x"})
    for name, mode in {"a.txt": 0, "c": 0, "e": 0o400}.items():
        (tmp_path / name).chmod(mode)
    found = read(tmp_path)
    for name in ("c", "e"):
        (tmp_path / name).chmod(0o700)
    assert list(found) == ["a.txt", "c", "e/f.txt"]
    assert all(document.problem for document in found.values())


def test_nothing_there_or_nothing_in_it_is_an_error_at_once(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"There is no folder or file at .*missing; check the path"):
        documents.read_documents(tmp_path / "missing")
    with pytest.raises(UserError, match=r"nothing to read in .*: looked for .txt, .md, .csv, .tsv, .jsonl"):
        documents.read_documents(write(tmp_path, {".hidden/a.txt": "x", "empty/.keep": "", "labels.csv": "path,label"}))
    assert documents.find_newest(tmp_path / "empty") == 0.0


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux file systems take any bytes for a name")
def test_hostile_file_names_are_read_and_shown_in_one_line(tmp_path: Path) -> None:
    names = [
        b"caf\xe9.txt",
        b"new\nline.txt",
        b"\xe2\x80\xaetxt.exe.txt",
        b"-rf.txt",
        b"a\\b.txt",
        b"#?%00&.txt",
        b" .txt",
        b"~.md",
    ]
    for name in names:
        Path(os.fsdecode(os.fsencode(tmp_path) + b"/" + name)).write_text("x")
    found = read(tmp_path)
    assert [document.problem for document in found.values()] == [None] * len(names)
    assert {"caf\\xe9.txt", "new\\nline.txt", "\\u202etxt.exe.txt"} < set(found)
    for document in found.values():
        assert_safe(document.id)
        assert json.loads(json.dumps(document.source).encode()) == document.source.encode().decode()


# Nothing is lost ------------------------------------------------------------------------------------------------------


@quickly
@given(
    st.dictionaries(st.sampled_from(["a.txt", "b.md", "c/d.txt", "e.pdf", "C/D"]), st.binary(max_size=30), min_size=1)
)
def test_every_file_is_one_document_whatever_its_bytes(files: dict[str, bytes]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        found = list(documents.read_documents(write(Path(folder), files)))
    assert sorted(document.source for document in found) == sorted(files)
    assert all(bool(document.text) != bool(document.problem) for document in found)


cells = st.text("aB ,;\t\n\"'\\<é日\x0b\x1c\x85\u2028\ufeff\U0001f600", max_size=12)


@quickly
@given(st.lists(st.tuples(cells, cells, cells), min_size=1, max_size=6), st.sampled_from(["t.csv", "t.tsv"]))
def test_every_row_that_csv_can_write_comes_back(rows: list[tuple[str, str, str]], name: str) -> None:
    if name == "t.tsv":  # with tabs and line breaks in values, nobody could tell what is a row
        rows = [(id.replace("\t", ""), text.replace("\t", ""), label.replace("\t", "")) for id, text, label in rows]
    written = io.StringIO(newline="")
    csv.writer(written, "excel" if name == "t.csv" else "excel-tab").writerows([("id", "text", "label"), *rows])
    with tempfile.TemporaryDirectory() as folder:
        found = list(documents.read_documents(write(Path(folder), {name: written.getvalue()})))
    assert [document.text for document in found] == [text if text.strip() else "" for _, text, _ in rows]
    assert [bool(document.problem) for document in found] == [not text.strip() for _, text, _ in rows]


anything = st.recursive(
    st.none() | st.booleans() | st.floats() | st.text("a \ud800é\0", max_size=5), st.lists, max_leaves=3
)
objects = st.dictionaries(st.sampled_from(["text", "id", "text_pair", "label", "Label ", "x"]), anything)


@quickly
@given(st.lists((objects | anything).map(json.dumps) | st.binary(max_size=9).map(repr), min_size=1, max_size=6))
def test_every_json_line_is_one_document(lines: list[str]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        found = list(documents.read_documents(write(Path(folder), {"t.jsonl": "\n".join(lines)})))
    assert [document.source for document in found] == [f"t.jsonl#{number}" for number in range(1, len(lines) + 1)]
    assert all(bool(document.text) != bool(document.problem) for document in found)


@quickly
@given(st.binary(max_size=60), st.sampled_from(["t.csv", "t.tsv", "t.jsonl", "t.json", "labels.csv"]))
def test_no_bytes_crash_a_table(content: bytes, name: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        found = list(documents.read_documents(write(Path(folder), {"a.txt": "x", name: b"text\n" + content})))
    assert all(bool(document.text) != bool(document.problem) for document in found)
    assert len(found) > 1


# The clock and the samples --------------------------------------------------------------------------------------------


def test_newest_is_of_the_files_that_are_read(tmp_path: Path) -> None:
    write(tmp_path, {"a.txt": "x", "d/labels.csv": "path,label", "new.pdf": "x", ".b.txt": "x"})
    for number, name in enumerate(["a.txt", "d/labels.csv", "new.pdf", ".b.txt"]):
        os.utime(tmp_path / name, (1e9 + number, 1e9 + number))
    assert documents.find_newest(tmp_path) == 1e9 + 1
    assert documents.find_newest(tmp_path / "a.txt") == 1e9


def test_samples_are_all_read_and_labelled() -> None:
    found = list(documents.read_documents(SAMPLES))
    assert 14 <= len(found) <= 18
    assert [document.problem for document in found] == [None] * len(found)
    assert Counter(document.label for document in found).keys() == {"POSITIVE", "NEGATIVE"}
    assert {document.group for document in found} == {"everyday", "films", "places", "products"}
    assert max(len(document.text.split()) for document in found) > 600
