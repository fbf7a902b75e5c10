"""A folder is read once: each file is opened once for a build, and documents are gone through again from a copy."""

import errno
import sys
from collections import Counter
from pathlib import Path

import pytest

from reporter.documents import corpus
from reporter.documents.columns import Intake
from reporter.documents.corpus import read_corpus
from reporter.documents.folder import read_documents
from reporter.records.errors import UserError
from tests.cli.test_cli import run
from tests.documents.test_documents import SAMPLES, write

FILES = {
    "a.txt": "The film is great!",
    "b/c.md": "I hated the soup.",
    "b/labels.csv": "path,label\nc.md,LABEL_0\n",
    "utf16.txt": "A dull film.".encode("utf-16"),
    "t.csv": "text,label\nGreat soup,LABEL_1\nDull soup,LABEL_0\n",
    "semicolons.csv": 'id;text\n1;"Never; dull"\n2;Awful\n',
    "glue.tsv": 'sentence\tlabel\n" Lovely\tLABEL_1\nSo "so" film\tLABEL_0\n',
    "utf16.csv": "text\nGreat!\n".encode("utf-16"),
    "rows.jsonl": '{"text": "The plot is thin."}\n\n{"text": 3}\nno JSON\n',
    "list.json": '[{"text": "A warm film."}]',
    "lines.json": '{"text": "A cold film."}\n{"text": "Cold soup."}\n',
    "broken.csv": 'text\n"open\n',
    "scan.txt": b"\xff\x00\xfe",
    "other.pdf": b"%PDF",
}

opened: Counter[str] = Counter()
watched: list[str] = []


@pytest.fixture(scope="module", autouse=True)
def _hook():
    """Listen to whatever this process opens, by any library; a hook cannot be taken back, so it is told when to."""

    def listen(event, given):
        if event == "open" and watched and isinstance(given[0], str) and given[0].startswith(watched[0]):
            opened[given[0][len(watched[0]) + 1 :]] += 1

    sys.addaudithook(listen)
    yield
    watched.clear()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """One file of each kind; what is opened in it is counted."""
    made = write(tmp_path / "in", FILES)
    opened.clear()
    watched[:] = [str(made)]
    return made


def test_a_build_opens_every_file_of_its_input_once(folder, tmp_path, tiny):
    command = ("build", folder, "-o", tmp_path / "site", "--model", tiny, "--methods", "gradient", "--evidence", "none")
    once = dict.fromkeys(set(FILES) - {"other.pdf"}, 1)
    assert run(*command) == 1
    assert opened == once
    opened.clear()
    assert run(*command) == 1  # nothing is left to measure
    assert opened == once
    (folder / "a.txt").write_text("The film is not great.")
    opened.clear()
    assert run(*command) == 1
    assert opened == once


@pytest.mark.parametrize("held", [1, 2**24], ids=["on the disk", "in memory"])
def test_what_is_gone_through_again_is_what_was_read(folder, monkeypatch, held):
    monkeypatch.setattr(corpus, "_HELD", held)
    for place in (folder, folder / "t.csv", SAMPLES):
        tables = []
        expected = list(read_documents(place, Intake(), tables.append))
        opened.clear()
        with read_corpus(place) as found:
            read = Counter(opened)
            assert [list(found), list(found)] == [expected, expected]
            assert (found.size, found.problems) == (len(expected), sum(one.problem is not None for one in expected))
            assert found.tables == tuple(tables)
            assert found.list_labels() == {one.label for one in expected if one.label and not one.labels} | {
                label for one in expected for label in one.labels or ()
            }
            assert opened == read


def test_no_room_for_a_copy_is_one_sentence(folder, monkeypatch):
    class Full(corpus.SpooledTemporaryFile):
        def write(self, _):
            raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(corpus, "SpooledTemporaryFile", Full)
    with pytest.raises(UserError, match=r"that failed \(No space left on device\); make room there, or set TMPDIR"):
        read_corpus(folder).__enter__()
