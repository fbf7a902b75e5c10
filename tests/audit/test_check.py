"""The gate: a site as it was built passes, and whatever is changed in it afterwards is found and named."""

import hashlib
import json
import re
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from random import Random
from xml.etree import ElementTree

import pytest

from reporter.audit import links
from reporter.audit.check import Thresholds, check_site
from reporter.audit.findings import Finding
from reporter.audit.recomputed.records import find_faults
from reporter.records.errors import UserError
from reporter.records.twin import load_explanation, load_run
from tests.cli.test_cli import run

TEXTS = {"a/great": "The film is great!", "a/bad": "The food was bad, and the service never good.", "dull": "Dull."}


@pytest.fixture(scope="module")
def built(tiny: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A site of three texts and one file that cannot be read."""
    folder = tmp_path_factory.mktemp("checked")
    for name, text in TEXTS.items():
        path = folder / "inputs" / f"{name}.txt"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    (folder / "inputs" / "scan.txt").write_bytes(b"\x89PNG\x00\xff")
    assert run("build", folder / "inputs", "-o", folder / "site", "--model", tiny) == 1
    return folder / "site"


@pytest.fixture
def site(built: Path, tmp_path: Path) -> Path:
    """A copy of that site, to be spoilt."""
    return shutil.copytree(built, tmp_path / "site")


def found(site: Path, **asked: float) -> dict[str, Finding]:
    """The findings by name."""
    return {one.name: one for one in check_site(site, Thresholds(**asked))}


def failed(site: Path, **asked: float) -> set[str]:
    """The names of what does not hold."""
    return {name for name, one in found(site, **asked).items() if one.faults}


def edit(path: Path, change: Callable[[str], str]) -> None:
    """Change a file; it must become another one."""
    before = path.read_text("utf-8")
    after = change(before)
    assert after != before
    path.write_text(after, "utf-8")


def forge(site: Path, change: Callable[[dict], None]) -> None:
    """Change the first record of the twin, and leave no trace in the manifest."""
    path = site / "data" / "documents.jsonl"
    first, *others = path.read_text("utf-8").splitlines(keepends=True)
    record = json.loads(first)
    change(record)
    path.write_text("".join([json.dumps(record, ensure_ascii=False, separators=(",", ":")) + "\n", *others]), "utf-8")
    accept(site, "data/documents.jsonl")


def accept(site: Path, name: str) -> None:
    """Enter a file into the manifest as it is now, as a forger would."""
    path = site / "data" / "manifest.json"
    manifest = json.loads(path.read_text())
    content = (site / name).read_bytes()
    manifest["files"][name] = {"sha256": hashlib.sha256(content).hexdigest(), "bytes": len(content)}
    path.write_text(json.dumps(manifest))


def test_a_site_as_it_was_built_passes(built, capsys):
    assert run("check", built) == 0
    said = capsys.readouterr()
    *lines, unseen = [line.split()[:2] for line in said.out.splitlines()]
    names = ["files", "schema", "links", "silence", "pages", "certificates", "provenance", "run"]
    names += ["complete", "agreement", "failures"]
    assert lines == [["holds", name] for name in names]
    assert unseen == ["Not", "shown"]
    assert said.err == ""


def test_checking_changes_nothing(site):
    before = {path: (path.read_bytes(), path.stat().st_mtime_ns) for path in site.rglob("*") if path.is_file()}
    failed(site)
    assert before == {path: (path.read_bytes(), path.stat().st_mtime_ns) for path in site.rglob("*") if path.is_file()}


PAGE = "documents/a/great.html"
SPOILS: dict[str, tuple[Callable[[Path], None], set[str]]] = {
    "a letter in a page": (lambda site: edit(site / PAGE, lambda page: page.replace("film", "fiLm")), {"files"}),
    "a page that is gone": (lambda site: (site / PAGE).unlink(), {"files", "links"}),
    "a file more": (lambda site: (site / "documents" / "more.html").write_text("<p>"), {"files"}),
    "a script of one's own": (lambda site: (site / "evil.js").write_text("alert(1)"), {"files"}),
    "a link in place of a page": (
        lambda site: ((site / PAGE).rename(site.parent / "away"), (site / PAGE).symlink_to(site.parent / "away")),
        {"files", "links"},
    ),
    "no manifest": (lambda site: (site / "data" / "manifest.json").unlink(), {"files"}),
    "half a manifest": (lambda site: edit(site / "data" / "manifest.json", lambda text: text[:500]), {"files"}),
    "a run that is none": (lambda site: (site / "data" / "run.sqlite").write_text("no run"), {"run"}),
    "half a twin": (
        lambda site: edit(site / "data" / "documents.jsonl", lambda text: text[:-50]),
        {"files", "schema", "run", "links"},
    ),
    "no twin": (lambda site: (site / "data" / "documents.jsonl").unlink(), {"files", "schema", "links"}),
    "another count": (
        lambda site: edit(site / "data" / "run.json", lambda text: text.replace('"explained":3', '"explained":4')),
        {"files", "pages"},
    ),
}  # fmt: skip


@pytest.mark.parametrize("kind", SPOILS)
def test_what_was_changed_is_found(kind, site):
    spoil, names = SPOILS[kind]
    spoil(site)
    assert failed(site) == names


def put(page: str) -> Callable[[Path], None]:
    """Put some markup into a page and its new hash into the manifest."""

    def spoil(site: Path) -> None:
        edit(site / PAGE, lambda text: text.replace("</main>", f"{page}</main>"))
        accept(site, PAGE)

    return spoil


MARKUP = {
    "<script>alert(1)</script>": "silence",
    "<script src=x.js></script>": "silence",
    "<img src=x onerror=alert(1)>": "silence",
    "<svg/onload=alert(1)>": "silence",
    "<iframe srcdoc='<p>'></iframe>": "silence",
    "<base href=//elsewhere.example/>": "silence",
    "<meta http-equiv=refresh content='0;url=https://elsewhere.example/'>": "silence",
    "<a href='javascript:alert(1)'>x</a>": "silence",
    "<a href=' jav&#x61;script:alert(1)'>x</a>": "silence",
    "<a href='data:text/html,<p>'>x</a>": "silence",
    "<a href='https://elsewhere.example/'>x</a>": "silence",
    "<a href='//elsewhere.example/'>x</a>": "links",
    "<a href='../../../outside.html'>x</a>": "links",
    "<a href='/etc/passwd'>x</a>": "links",
    "<a href='nowhere.html'>x</a>": "links",
    "<a href='bad.html#nowhere'>x</a>": "links",
    "<a href='#nowhere'>x</a>": "links",
    "<a href='http://[broken'>x</a>": "links",
}


@pytest.mark.parametrize("markup", MARKUP)
def test_markup_that_runs_loads_or_leads_away_is_found(markup, site):
    put(markup)(site)
    assert MARKUP[markup] in failed(site)
    assert "files" not in failed(site)


def test_a_page_without_its_policy_is_found(site):
    edit(site / PAGE, lambda text: re.sub(r'<meta http-equiv="Content-Security-Policy"[^>]*>', "", text))
    accept(site, PAGE)
    assert failed(site) == {"silence", "pages"}


def test_a_script_may_stand_where_its_policy_names_it_and_on_no_document():
    page = links.parse("<meta http-equiv=content-security-policy content=\"default-src 'none'; script-src "
                       "'sha256-bhHHL3z2vDgxUt0W3dWQOrprscmda2Y5pLsLg4GF+pI='\"><script>alert(1)</script>")  # fmt: skip
    assert list(links.list_dangers("index.html", page)) == []
    assert len(list(links.list_dangers("documents/x.html", page))) == 1


def attribution(record: dict) -> dict:
    """The certified attribution of a record."""
    return record["sections"][0]["attributions"][-1]


FORGERIES: dict[str, Callable[[dict], object]] = {
    "a score": lambda record: attribution(record)["scores"].__setitem__(1, 9.0),
    "a sum": lambda record: attribution(record)["certificate"].update(sum=9.0),
    "a residual": lambda record: attribution(record)["certificate"].update(residual=0.5),
    "a relative residual": lambda record: attribution(record)["certificate"].update(relative=0.5),
    "an end": lambda record: attribution(record)["certificate"].update(baseline=9.0),
    "a verdict": lambda record: attribution(record)["certificate"].update(verdict="not claimed"),
    "an error too large": lambda record: attribution(record)["certificate"].update(error=0.5),
    "a logit": lambda record: record["prediction"]["logits"].reverse(),
    "another target": lambda record: record["sections"][0]["target"].update(label="NEVER"),
}  # fmt: skip
MISFITS: dict[str, Callable[[dict], object]] = {
    "a token less": lambda record: record["sections"][0]["tokens"].pop(),
    "an error less": lambda record: attribution(record)["errors"].pop(),
    "a logit less": lambda record: record["prediction"]["logits"].pop(),
    "a target that is not there": lambda record: record["sections"][0]["target"].update(index=7),
    "a failure with an answer": lambda record: record.update(status="failed"),
}


@pytest.mark.parametrize("kind", FORGERIES)
def test_a_forged_record_proves_itself_wrong(kind, site):
    assert not failed(site)
    forge(site, FORGERIES[kind])
    assert "certificates" in failed(site)
    assert "run" in failed(site)
    assert "files" not in failed(site)


@pytest.mark.parametrize("kind", MISFITS)
def test_a_record_that_does_not_fit_together_is_none(kind, site):
    forge(site, MISFITS[kind])
    assert {"schema", "run"} <= failed(site)
    assert "files" not in failed(site)


def test_honest_records_prove_themselves(built):
    made = load_run((built / "data" / "run.json").read_bytes())
    for line in (built / "data" / "documents.jsonl").read_text("utf-8").splitlines():
        assert list(find_faults(load_explanation(line), made)) == []


def test_a_site_may_be_published_without_its_run(site):
    (site / "data" / "run.sqlite").unlink()
    assert failed(site) == set()


def test_thresholds_are_held_against_what_was_measured(built):
    assert failed(built, complete=1.0, failures=1, agreement=-1.0) == set()
    assert failed(built, failures=0) == {"failures"}
    assert failed(built, agreement=1.0) == {"agreement"}


def test_a_claim_that_nobody_makes_is_not_met(tiny, tmp_path):
    (tmp_path / "a.txt").write_text("film")
    run("build", tmp_path / "a.txt", "-o", tmp_path / "site", "--model", tiny, "--methods", "gradient")
    assert failed(tmp_path / "site") == set()
    assert failed(tmp_path / "site", complete=0.5, agreement=0.0) == {"complete", "agreement"}


def test_the_verdict_is_an_exit_code_and_a_file_for_ci(site, tmp_path, capsys):
    assert run("check", site, "--max-failures", 0, "--junit", tmp_path / "junit.xml") == 1
    assert "--max-failures asks for 0, and there is 1 of 4" in capsys.readouterr().err
    suite = ElementTree.fromstring((tmp_path / "junit.xml").read_text("utf-8"))
    assert (suite.get("tests"), suite.get("failures")) == ("11", "1")
    (case,) = [case for case in suite if case.find("failure") is not None]
    assert case.get("name") == "failures: 1 of 4"


def test_names_from_outside_cannot_break_the_table_or_the_file(site, tmp_path, capsys):
    (site / "a\x1b[31m\x01\n<b>&.html").write_text("")
    assert run("check", site, "--junit", tmp_path / "junit.xml") == 1
    assert "\x1b" not in capsys.readouterr().err
    assert ElementTree.fromstring((tmp_path / "junit.xml").read_text("utf-8")).get("failures") == "1"


def test_what_is_no_site_is_refused(tmp_path):
    with pytest.raises(UserError, match="There is no site at"):
        list(check_site(tmp_path, Thresholds()))


def test_checking_loads_no_torch(built):
    start = "import sys; from reporter.cli.commands import main"
    code = f"{start}\ntry: main()\nexcept SystemExit: pass\nsys.exit('torch' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code, "check", built], capture_output=True, check=False)
    assert (done.returncode, done.stderr) == (0, b"")


FREE = ("data/run.sqlite", "data/.lock")  # the run is read by what it says (below), and the lock is empty


def flip(path: Path, at: int) -> None:
    """Turn one bit of one byte."""
    content = bytearray(path.read_bytes())
    content[at] ^= 1 << at % 7
    path.write_bytes(content)


@pytest.mark.parametrize("times", [1, pytest.param(4, marks=pytest.mark.sweep)])
def test_one_bit_in_any_file_is_found(times, built, tmp_path):
    draws = Random(4)
    names = sorted(path.relative_to(built).as_posix() for path in built.rglob("*") if path.is_file())
    assert {"data/manifest.json", "data/run.json", "data/schema.json", "data/documents.jsonl"} < set(names)
    for name in names:
        size = (built / name).stat().st_size
        for at in (
            [0, size - 1, draws.randrange(size), draws.randrange(size)][-times:] if size and name not in FREE else ()
        ):
            site = shutil.copytree(built, tmp_path / "spoilt")
            flip(site / name, at)
            assert failed(site), (name, at)
            shutil.rmtree(site)


def test_a_letter_of_the_run_that_a_site_shows_is_found(site):
    for table, column in (("explanations", "line"), ("facts", "value")):
        copy = shutil.copytree(site, site.with_name(table))
        with closing(sqlite3.connect(copy / "data" / "run.sqlite")) as run_, run_:
            where = "name = 'provenance'" if table == "facts" else "position = 0"
            run_.execute(f"update {table} set {column} = replace({column}, 'food', 'fooD') where {where}")
            run_.execute(f"update {table} set {column} = replace({column}, 'cpu', 'cpU') where {where}")
        assert failed(copy) == {"run"}, table


def test_pages_that_change_places_are_found(site):
    one, other = site / PAGE, site / "documents" / "dull.html"
    content = one.read_bytes(), other.read_bytes()
    one.write_bytes(content[1])
    other.write_bytes(content[0])
    assert failed(site) >= {"files"}


@pytest.mark.parametrize(
    "name", ["data/more.json", "data/.hidden", "documents/.x/more.html", ".nojekyll2", "documents/a/\udcff"]
)
def test_a_file_more_in_any_folder_is_found(name, site):
    path = site / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("")
    assert failed(site) == {"files"}
