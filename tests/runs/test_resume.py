"""Nothing paid for is lost: builds that are killed, stopped, starved or run twice end as if nothing had happened."""

import json
import os
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from random import Random

import pytest
from filelock import FileLock

from reporter.audit.check import Thresholds, check_site
from reporter.cli.interrupt import deferred
from reporter.runs.explain import Attribute
from reporter.runs.store import Store
from reporter.site import manifest
from tests.cli.test_cli import refusal, run
from tests.networks import TEXTS

ROOT = Path(__file__).parents[2]
KILLED = """
import os, signal, sys
site, moment = sys.argv[1], int(sys.argv[2])
del sys.argv[1:3]
seen = 0
def watch(event, given):
    global seen
    if any(isinstance(one, (str, os.PathLike)) and os.fspath(one).startswith(site) for one in given):
        seen += 1
        if seen == moment:
            os.kill(os.getpid(), signal.SIGKILL)
sys.addaudithook(watch)
from reporter.cli.commands import main
main()
"""
NO_TORCH = """
import sys
from reporter.cli.commands import main
try:
    main()
except SystemExit:
    pass
sys.exit("torch" in sys.modules)
"""


def texts(folder: Path, count: int = 6) -> Path:
    """A folder of texts, with one file that cannot be read."""
    (folder / "deep").mkdir(parents=True)
    for at in range(count):
        (folder / ("deep" if at % 2 else ".") / f"t{at}.txt").write_text(f"{TEXTS[at % len(TEXTS)]} Film {at}.")
    (folder / "scan.txt").write_bytes(b"\x89PNG\x00\xff")
    return folder


@pytest.fixture(scope="module")
def inputs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The texts that are built here, over and over."""
    return texts(tmp_path_factory.mktemp("resumed") / "inputs")


@pytest.fixture(scope="module")
def whole(inputs: Path, tiny: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The site of a build that nothing disturbed."""
    site = tmp_path_factory.mktemp("whole") / "site"
    assert run("build", inputs, "-o", site, "--model", tiny, "--batch-tokens", 8) == 1
    return site


def read_all(site: Path) -> dict[str, bytes]:
    """Every file of a site but the run and the lock."""
    paths = (path for path in site.rglob("*") if path.is_file())
    found = {path.relative_to(site).as_posix(): path.read_bytes() for path in paths}
    return {name: content for name, content in found.items() if name not in (*manifest.RUN, manifest.LOCK)}


def spawn(code: str, *arguments: object, **options: object) -> subprocess.CompletedProcess[bytes]:
    """A process of its own that runs this code."""
    command = [sys.executable, "-c", code, *map(str, arguments)]
    return subprocess.run(command, cwd=ROOT, capture_output=True, check=False, **options)  # type: ignore[call-overload,no-any-return]


def holds(site: Path) -> bool:
    """Whether a site passes the gate."""
    return not any(one.faults for one in check_site(site, Thresholds()))


def test_a_build_killed_at_any_moment_ends_with_the_same_bytes(inputs, whole, tiny, tmp_path):
    site, command = tmp_path / "site", ("build", inputs, "-o", tmp_path / "site", "--model", tiny, "--batch-tokens", 8)
    for moment in (3, 9, 14, 40):  # while the folder is made, before and after the run is there, and while it is drawn
        killed = spawn(KILLED, site, moment, *command)
        assert killed.returncode == -signal.SIGKILL, killed.stderr.decode()
        assert manifest.read(site) is None
    assert run(*command) == 1
    assert read_all(site) == read_all(whole)
    assert holds(site)


def test_a_drawing_killed_at_any_moment_is_no_whole_site_and_ends_with_the_same_bytes(whole, tmp_path):
    site, draws = tmp_path / "site", Random(5)
    for moment in sorted(draws.sample(range(2, 90), 8)):
        killed = spawn(KILLED, site, moment, "render", whole, "-o", site)
        if killed.returncode == 0:
            assert holds(site)
        elif site.exists() and any(site.iterdir()):
            assert killed.returncode == -signal.SIGKILL, killed.stderr.decode()
            assert manifest.read(site) is None or holds(site)
    assert run("render", whole, "-o", site) == 0
    assert read_all(site) == read_all(whole)


@pytest.mark.sweep
def test_a_build_killed_at_twenty_random_times_ends_with_the_same_bytes(inputs, whole, tiny, tmp_path):
    command = ("build", inputs, "-o", tmp_path / "site", "--model", tiny, "--batch-tokens", 8)
    code, draws = "from reporter.cli.commands import main; main()", Random(20)
    start = time.monotonic()
    spawn(code, "build", inputs, "-o", tmp_path / "timed", "--model", tiny, "--batch-tokens", 8)
    usual = time.monotonic() - start
    for _ in range(20):
        if (tmp_path / "site").exists() and draws.random() < 0.2:
            shutil.rmtree(tmp_path / "site")
        child = subprocess.Popen([sys.executable, "-c", code, *map(str, command)], cwd=ROOT, stderr=subprocess.DEVNULL)
        try:
            child.wait(timeout=draws.uniform(0.1, 1.0) * usual)
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()
    assert run(*command) == 1
    assert read_all(tmp_path / "site") == read_all(whole)


def test_ctrl_c_finishes_the_batch_and_says_how_to_go_on(inputs, whole, tiny, tmp_path, capsys, monkeypatch):
    usual, measured = Attribute.__call__, []

    def pressed(self, documents):
        os.kill(os.getpid(), signal.SIGINT)
        measured.extend(documents)
        return usual(self, documents)

    command = ("build", inputs, "-o", tmp_path / "site", "--model", tiny, "--batch-tokens", 8)
    with monkeypatch.context() as patch:
        patch.setattr(Attribute, "__call__", pressed)
        assert run(*command) == 130
    shown, said = capsys.readouterr()
    assert f"mean of {len(measured)} measured now" in shown
    assert "Stopping when this batch is saved" in said
    assert "the same command goes on from there" in said
    assert manifest.read(tmp_path / "site") is None
    with Store(tmp_path / "site" / "data" / "run.sqlite") as store:
        sources = {one.source for one in store.explanations()}
    assert {one.document.source for one in measured} < sources | {"scan.txt"}
    assert len(measured) < 6
    assert "is not finished" in refusal(capsys, "render", tmp_path / "site", "-o", tmp_path / "other")
    assert run(*command) == 1
    assert read_all(tmp_path / "site") == read_all(whole)


def test_ctrl_c_pressed_twice_or_before_anything_is_under_way_stops_at_once():
    before = signal.getsignal(signal.SIGINT)
    said: list[str] = []
    with pytest.raises(KeyboardInterrupt), deferred(lambda _: None, said.append):
        os.kill(os.getpid(), signal.SIGINT)
    assert said == []
    with pytest.raises(KeyboardInterrupt), deferred(lambda _: None, said.append) as notice:
        notice(0)
        os.kill(os.getpid(), signal.SIGINT)
        assert len(said) == 1
        os.kill(os.getpid(), signal.SIGINT)
    assert signal.getsignal(signal.SIGINT) is before


def test_a_second_build_into_one_folder_says_so_and_stops(inputs, whole, tiny, tmp_path, capsys):
    site = shutil.copytree(whole, tmp_path / "site")
    with FileLock(site / manifest.LOCK):
        for command in (("build", inputs, "-o", site, "--model", tiny), ("render", whole, "-o", site)):
            assert "Another salience-report is at work on" in refusal(capsys, *command)
    assert run("render", whole, "-o", site) == 0


def test_what_did_not_change_is_built_again_without_torch(inputs, whole, tiny):
    before = {path: path.stat().st_mtime_ns for path in whole.rglob("*") if path.is_file()}
    again = spawn(NO_TORCH, "build", inputs, "-o", whole, "--model", tiny, "--batch-tokens", 8)
    assert (again.returncode, b"6 of 7 documents explained" in again.stdout) == (0, True), again.stderr.decode()
    after = {path: path.stat().st_mtime_ns for path in whole.rglob("*") if path.is_file()}
    assert {path.name for path in before if before[path] != after[path]} <= {"run.sqlite", ".lock"}


@pytest.fixture
def copies(tmp_path: Path, tiny: Path) -> tuple[Path, Path, Path]:
    """Texts and a model of one's own, and a site built from them."""
    inputs, model, site = texts(tmp_path / "inputs", 6), shutil.copytree(tiny, tmp_path / "model"), tmp_path / "site"
    assert run("build", inputs, "-o", site, "--model", model, "--methods", "gradient") == 1
    return inputs, model, site


def change_model(folder: Path) -> None:
    config = json.loads((folder / "model" / "config.json").read_text())
    (folder / "model" / "config.json").write_text(json.dumps({**config, "layer_norm_eps": 1e-9}))


CHANGES: dict[str, tuple[Callable[[Path], object], tuple[str, ...]]] = {
    "a text": (lambda folder: (folder / "inputs" / "t0.txt").write_text("The film is never dull."), ()),
    "a text less": (lambda folder: (folder / "inputs" / "t0.txt").unlink(), ()),
    "a text more": (lambda folder: (folder / "inputs" / "more.txt").write_text("More of it!"), ()),
    "the model": (change_model, ()),
    "a method": (lambda _: None, ("--methods", "attention")),
    "a baseline": (lambda _: None, ("--baseline", "zero")),
}


@pytest.mark.batch_invariant
@pytest.mark.parametrize("kind", CHANGES)
def test_what_changed_is_built_as_if_it_were_new(kind, copies, tmp_path):
    inputs, model, site = copies
    change, more = CHANGES[kind]
    change(tmp_path)
    for place in (site, tmp_path / "fresh"):
        assert run("build", inputs, "-o", place, "--model", model, *(more or ("--methods", "gradient"))) == 1
    assert holds(site)
    assert read_all(site) == read_all(tmp_path / "fresh")


def test_only_the_pages_that_change_are_drawn_again(copies, monkeypatch):
    inputs, model, site = copies
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1700000000")
    command = ("build", inputs, "-o", site, "--model", model, "--methods", "gradient")
    run(*command)
    before = {path: path.stat().st_ino for path in (site / "documents").rglob("*.html")}
    (inputs / "t2.txt").write_text("The film is never dull.")
    run(*command)
    after = {path: path.stat().st_ino for path in (site / "documents").rglob("*.html")}
    assert {path.name for path in before if before[path] != after[path]} == {"t2.html"}


def test_a_page_that_was_changed_or_taken_away_is_drawn_again(copies):
    inputs, model, site = copies
    good = read_all(site)
    (site / "documents" / "t0.html").write_text("changed")
    (site / "documents" / "more.html").write_text("more")
    (site / "documents" / "deep" / "t1.html").unlink()
    (site / ".index.html.part").write_text("half a page")
    (site / "data" / "manifest.json").unlink()
    run("build", inputs, "-o", site, "--model", model, "--methods", "gradient")
    assert read_all(site) == good


def test_a_touched_input_changes_the_date_and_nothing_else_is_measured(copies, monkeypatch):
    inputs, model, site = copies
    monkeypatch.delenv("SOURCE_DATE_EPOCH", raising=False)
    os.utime(inputs / "t0.txt", (2_000_000_000, 2_000_000_000))
    done = spawn(NO_TORCH, "build", inputs, "-o", site, "--model", model, "--methods", "gradient")
    assert done.returncode == 0
    assert json.loads((site / "data" / "run.json").read_text())["created"] == "2033-05-18T03:33:20Z"
    assert holds(site)


def test_links_in_a_site_lead_nothing_astray(whole, tmp_path, capsys):
    site, away = shutil.copytree(whole, tmp_path / "site"), tmp_path / "away"
    shutil.move(site / "documents", away)
    (site / "documents").symlink_to(away)
    before = read_all(away)
    assert "is a symbolic link" in refusal(capsys, "render", site, "-o", site)
    (site / "documents").unlink()
    (site / "data" / ".lock").unlink()
    (site / "data" / ".lock").symlink_to(away / "t0.html")
    assert "is a symbolic link" in refusal(capsys, "render", site, "-o", site)
    assert read_all(away) == before


@contextmanager
def small_disk(size: int) -> Iterator[Path]:
    """A file system of so many bytes; skips where it cannot be had."""
    with tempfile.TemporaryDirectory() as place:
        if os.geteuid() or shutil.which("mount") is None:
            pytest.skip("a small file system can be mounted by root only")
        mount = ["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", place]
        if subprocess.run(mount, capture_output=True, check=False).returncode:
            pytest.skip("this machine lets nobody mount a file system")
        try:
            yield Path(place)
        finally:
            subprocess.run(["umount", "--lazy", place], check=True)


FULL = [40_000, 250_000, *(pytest.param(size, marks=pytest.mark.sweep) for size in (90_000, 140_000, 200_000, 400_000))]


@pytest.mark.parametrize("size", FULL)
def test_a_full_disk_is_a_sentence_and_the_build_goes_on_when_there_is_room(size, inputs, whole, tiny):
    with small_disk(size) as place:
        command = ("build", inputs, "-o", place / "site", "--model", tiny, "--batch-tokens", 8)
        full = spawn("from reporter.cli.commands import main; main()", *command)
        assert full.returncode == 2, full.stderr.decode()
        assert "Traceback" not in full.stderr.decode()
        assert "cannot be written to" in full.stderr.decode().splitlines()[-1]
        subprocess.run(["mount", "-o", "remount,size=100m", str(place)], check=True)
        assert run(*command) == 1
        assert read_all(place / "site") == read_all(whole)


@pytest.mark.parametrize("size", [5_000, 60_000])
def test_a_file_that_cannot_grow_is_a_sentence(size, whole, tmp_path):
    def limit() -> None:
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))

    code, site = "from reporter.cli.commands import main; main()", tmp_path / "site"
    done = spawn(code, "render", whole, "-o", site, preexec_fn=limit)
    assert done.returncode == 2
    assert "cannot be written to" in done.stderr.decode()
    assert "Traceback" not in done.stderr.decode()
    assert manifest.read(site) is None
    assert run("render", whole, "-o", site) == 0
    assert read_all(site) == read_all(whole)


def test_an_output_that_may_not_be_written_to_is_refused(whole, tmp_path, capsys, monkeypatch):
    def refuse(*_: object, **__: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "touch", refuse)
    assert "cannot be written to: Permission denied" in refusal(capsys, "render", whole, "-o", tmp_path / "site")


def test_what_another_edition_wrote_is_taken_over_only_as_far_as_it_can_be(copies):
    inputs, model, site = copies
    good = read_all(site)
    with Store(site / "data" / "run.sqlite") as store:
        store.note("provenance", '{"of": "another edition"}')
        store.note("edition", "another")
    assert run("build", inputs, "-o", site, "--model", model, "--methods", "gradient") == 1
    assert read_all(site) == good


def test_a_site_that_was_interrupted_is_proven_and_comes_out_again(inputs, tiny, tmp_path, monkeypatch, capsys):
    site, usual = tmp_path / "site", Attribute.__call__

    def pressed(self, documents):
        os.kill(os.getpid(), signal.SIGINT)
        return usual(self, documents)

    command = ("build", inputs, "-o", site, "--model", tiny, "--batch-tokens", 8, "--evidence", "standard")
    with monkeypatch.context() as patch:
        patch.setattr(Attribute, "__call__", pressed)
        assert run(*command) == 130
    with Store(site / "data" / "run.sqlite") as store:
        assert 0 < len(list(store.lines())) < 7
    assert run(*command) == 1
    assert holds(site)
    capsys.readouterr()
    assert run("verify", site, "--model", tiny, "--sample", 9, "--input", inputs) == 0
    assert "6 of 6 documents come out as they were saved" in capsys.readouterr().out


def test_a_site_of_the_model_inside_is_proven_and_comes_out_again(tmp_path, capsys):
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "a.txt").write_text("A warm and funny film.")
    (tmp_path / "in" / "b.txt").write_text("The soup was cold.")
    methods = ("--methods", "input_x_gradient,integrated_gradients")
    assert run("build", tmp_path / "in", "-o", tmp_path / "site", *methods) == 0
    assert holds(tmp_path / "site")
    capsys.readouterr()
    assert run("verify", tmp_path / "site", "--input", tmp_path / "in") == 0
    assert "2 of 2 documents come out as they were saved" in capsys.readouterr().out
