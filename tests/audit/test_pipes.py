"""What is no file in a site is refused or reported in a sentence: one would wait for a pipe, and a link leads away."""

import os
import shutil
import signal
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from reporter.runs.store import Store
from reporter.site.preview import HOST, preview
from reporter.site.render import draw_site
from tests import example_runs as runs
from tests.cli.test_cli import refusal, run

PAGE, RUN, MANIFEST = "documents/plain.html", "data/run.sqlite", "data/manifest.json"


@pytest.fixture(autouse=True)
def ends() -> Iterator[None]:
    """Whatever waits for a pipe is ended, and has failed."""

    def give_up(*_: object) -> None:
        raise AssertionError("it waits for a pipe")

    usual = signal.signal(signal.SIGALRM, give_up)
    signal.alarm(90)
    yield
    signal.alarm(0)
    signal.signal(signal.SIGALRM, usual)


@pytest.fixture(scope="module")
def drawn(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A site of one document."""
    site = tmp_path_factory.mktemp("plain") / "site"
    with Store(runs.saved(site / RUN, [runs.explanation("plain", "Great")])) as store:
        draw_site(store, site)
    return site


def lead_out(path: Path) -> None:
    """A link to a file that lies outside, with the same content."""
    outside = path.parents[2] / f"outside-{path.name}"
    shutil.copy(path, outside) if path.exists() else outside.write_text("")
    path.unlink(missing_ok=True)
    path.symlink_to(outside)


def pipe(path: Path) -> None:
    """A pipe into which nobody writes."""
    path.unlink(missing_ok=True)
    os.mkfifo(path)


def folder(path: Path) -> None:
    """A folder with the name of a file, which has a file in it."""
    path.unlink(missing_ok=True)
    path.mkdir()
    (path / "x").write_text("x")


def device(path: Path) -> None:
    """A link to a device that gives numbers without end."""
    path.unlink(missing_ok=True)
    path.symlink_to("/dev/zero")


KINDS: tuple[Callable[[Path], None], ...] = (pipe, lead_out, folder, device)


@pytest.fixture(params=KINDS, ids=lambda kind: kind.__name__)
def spoilt(request: pytest.FixtureRequest, drawn: Path, tmp_path: Path) -> Callable[[str], Path]:
    """A copy of the site in which one file is something else."""

    def spoil(name: str) -> Path:
        site = shutil.copytree(drawn, tmp_path / "site")
        request.param(site / name)
        return site

    return spoil


@pytest.mark.parametrize("name", [PAGE, "index.html", ".nojekyll", "data/documents.jsonl", "data/run.json", MANIFEST])
def test_check_reports_it_by_its_name(name, spoilt, capsys):
    assert run("check", spoilt(name)) in (1, 2)
    said = capsys.readouterr().err
    assert name in said
    assert "Traceback" not in said


@pytest.mark.parametrize("name", [f"{RUN}-journal", f"{RUN}-wal", "data/more.bin"])
def test_check_reports_what_lies_beside(name, spoilt, capsys):
    assert run("check", spoilt(name)) == 1
    assert name in capsys.readouterr().err


def test_check_reports_a_run_that_is_none(spoilt, capsys):
    assert run("check", spoilt(RUN)) == 1
    assert RUN in capsys.readouterr().err


@pytest.mark.parametrize("name", [RUN, f"{RUN}-journal", f"{RUN}-wal"])
@pytest.mark.parametrize("command", ["verify", "export", "render"])
def test_a_run_that_is_no_file_is_refused(command, name, spoilt, tmp_path, capsys):
    more = {"verify": (), "export": ("-f", "csv"), "render": ("-o", tmp_path / "out")}[command]
    assert RUN.rpartition("/")[2] in refusal(capsys, command, spoilt(name), *more)


@pytest.mark.parametrize("name", [PAGE, "index.html", "404.html"])
def test_the_preview_answers_without_it(name, spoilt):
    client = TestClient(preview(spoilt(name)), base_url=f"http://{HOST}")
    for path in (f"/{name}", "/nowhere.html"):
        assert client.get(path).status_code == 404


@pytest.mark.parametrize("name", ["index.html", MANIFEST])
def test_the_preview_is_refused_without_a_site(name, spoilt, request, capsys):
    if "lead_out" in request.node.name:
        pytest.skip("it is a file, which is not served")
    assert "There is no site at" in refusal(capsys, "serve", spoilt(name), "--port", "0")


@pytest.mark.parametrize("name", [PAGE, "data/features.sqlite"])
def test_nothing_is_drawn_over_it(name, spoilt, drawn, request, capsys):
    if "folder" in request.node.name:
        pytest.skip("a folder is put in nobody's way but its own")
    said = refusal(capsys, "render", drawn, "-o", spoilt(name))
    assert name in said
    assert "real files only" in said


def test_an_input_and_training_data_that_are_pipes_are_refused(tmp_path, capsys):
    for name in ("in.txt", "train.csv"):
        os.mkfifo(tmp_path / name)
    (tmp_path / "a.txt").write_text("Great")
    assert "Nothing in" in refusal(capsys, "build", tmp_path / "in.txt", "-o", tmp_path / "site")
    command = ("build", tmp_path / "a.txt", "-o", tmp_path / "site", "--training-data", tmp_path / "train.csv")
    assert "train.csv" in refusal(capsys, *command)
