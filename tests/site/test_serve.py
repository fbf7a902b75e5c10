"""The preview: this machine alone, nothing outside the site, what is on disk and one script that reloads it."""

import http.client
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from html import unescape
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from reporter.cli import commands
from reporter.runs.store import Store
from reporter.site import writer
from reporter.site.environment import make_environment
from reporter.site.preview import HOST, LAST, open_port, preview, watched
from reporter.site.render import draw_site
from tests import example_runs as runs

ROOT = Path(__file__).parents[2]
SECRET = "what lies outside"


def drawn(site: Path) -> Path:
    """A site of two documents, drawn (again)."""
    path = site / "data" / "run.sqlite"
    if not path.is_file():
        runs.saved(path, [runs.explanation("a&b/c#d%", "Great"), runs.explanation("plain", "Great")])
    with Store(path) as store:
        draw_site(store, site)
    return site


@contextmanager
def serving(site: Path) -> Iterator[tuple[int, subprocess.Popen[str]]]:
    """The port of a preview in a process of its own, which is ended afterwards."""
    code = "from reporter.cli.commands import main; main()"
    command = [sys.executable, "-c", code, "serve", str(site), "--port", "0"]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        found = re.search(r"http://127\.0\.0\.1:(\d+)/", process.stdout.readline())
        try:
            assert found is not None, process.stderr.read() if process.stderr else ""
            yield int(found[1]), process
        finally:
            process.kill()


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A site with a file beside it, and a link to that file inside it."""
    folder = tmp_path_factory.mktemp("served")
    (folder / "secret.txt").write_text(SECRET)
    site = drawn(folder / "site")
    (site / "leak.txt").symlink_to(folder / "secret.txt")
    (site / "up").symlink_to(folder)
    return site


@pytest.fixture(scope="module")
def port(site: Path) -> Iterator[int]:
    """The port of a preview of that site."""
    with serving(site) as (port, _):
        yield port


def asked(port: int, path: str, *, method: str = "GET", host: str = HOST) -> tuple[int, dict[str, str], bytes]:
    """Status, headers and body of an answer; the path is sent as it stands."""
    connection = http.client.HTTPConnection(HOST, port, timeout=20)
    try:
        connection.putrequest(method, path, skip_host=True)
        connection.putheader("Host", f"{host}:{port}")
        connection.endheaders()
        answer = connection.getresponse()
        return answer.status, {name.lower(): value for name, value in answer.getheaders()}, answer.read()
    finally:
        connection.close()


def test_pages_are_those_on_disk_and_a_script(site: Path, port: int) -> None:
    for path, file in (("/", "index.html"), ("/documents/a%26b/c%23d%2525.html", "documents/a&b/c#d%25.html")):
        status, headers, body = asked(port, path)
        assert (status, headers["content-type"]) == (200, "text/html; charset=utf-8")
        script = re.compile(r'<script nonce="([\w-]+)">.*?</script>\n', re.DOTALL)
        (nonce,) = script.findall(body.decode())
        served, stored = (unescape(text) for text in (script.sub("", body.decode()), (site / file).read_text("utf-8")))
        added = [f" 'nonce-{nonce}'", "; connect-src 'self'"]
        assert [served.count(one) for one in added] == [1, 1]
        for one in added:
            served = served.replace(one, "")
        assert served.replace('; script-src"', '"') == stored


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("data/documents.jsonl", "application/jsonl; charset=utf-8"),
        ("data/run.json", "application/json"),
        ("data/run.sqlite", "application/vnd.sqlite3"),
    ],
)
def test_every_file_has_its_type(site: Path, port: int, path: str, kind: str) -> None:
    status, headers, body = asked(port, f"/{path}")
    assert (status, headers["content-type"], headers["x-content-type-options"]) == (200, kind, "nosniff")
    assert body == (site / path).read_bytes()


OUTSIDE = (
    "/../secret.txt", "/%2e%2e/secret.txt", "/..%2fsecret.txt", "/%2e%2e%2fsecret.txt", "/data/../../secret.txt",
    "/..%5csecret.txt", "/leak.txt", "/up/secret.txt", "//secret.txt", "/%2F{folder}/secret.txt", "{folder}/secret.txt",
)  # fmt: skip


@pytest.mark.parametrize("path", [*OUTSIDE, "/missing.html", "/documents", "/a%00b", "/" + "a" * 300])
def test_what_is_not_in_the_site_is_the_404_page(site: Path, port: int, path: str) -> None:
    status, headers, body = asked(port, path.format(folder=site.parent))
    assert (status, headers["content-type"]) == (404, "text/html; charset=utf-8")
    assert b"<!doctype html>" in body
    assert SECRET.encode() not in body


def test_answers_carry_the_policy_of_their_page_and_may_not_be_framed(port: int) -> None:
    for path in ("/", "/documents/plain.html", "/methods.html", "/missing.html"):
        _, headers, body = asked(port, path)
        (policy,) = re.findall('http-equiv="Content-Security-Policy" content="([^"]*)"', body.decode())
        assert headers["content-security-policy"] == f"{unescape(policy)}; frame-ancestors 'none'"
    for path in ("/data/run.json", "/data/run.sqlite"):
        assert asked(port, path)[1]["content-security-policy"] == "default-src 'none'; frame-ancestors 'none'"
    for path in ("/", "/data/run.json", "/missing.html", "/.built"):
        headers = asked(port, path)[1]
        assert (headers["x-content-type-options"], headers["referrer-policy"]) == ("nosniff", "no-referrer")


@pytest.mark.parametrize("content", ["a\r\nSet-Cookie: x", "default-src \u00e9", None])
def test_a_page_without_a_plain_policy_gets_one_that_allows_nothing(content: str | None, tmp_path: Path) -> None:
    site = drawn(tmp_path / "site")
    head = "" if content is None else f'<meta http-equiv="Content-Security-Policy" content="{content}">'
    (site / "own.html").write_bytes(f"<!doctype html><head>{head}</head>".encode())
    client = TestClient(preview(site), base_url=f"http://{HOST}")
    assert client.get("/own.html").headers["content-security-policy"] == "default-src 'none'; frame-ancestors 'none'"


def test_other_names_and_methods_are_turned_away(port: int) -> None:
    assert asked(port, "/", host="localhost")[0] == 200
    assert asked(port, "/", host="evil.example")[0] == 400
    assert asked(port, "/", method="POST")[0] == 405


def test_a_new_build_is_told(tmp_path: Path) -> None:
    site = drawn(tmp_path / "site")
    with serving(site) as (port, _):
        first = asked(port, "/.built")[2]
        assert f'built !== "{first.decode()}"'.encode() in asked(port, "/")[2]
        assert asked(port, "/.built")[2] == first
        (site / LAST).unlink()
        assert asked(port, "/.built")[2] == b""
        drawn(site)
        assert asked(port, "/.built")[2] not in (first, b"")


def test_the_file_that_tells_is_the_last_that_is_drawn(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    written, usual = list[Path](), writer.write_file
    monkeypatch.setattr(writer, "write_file", lambda path, *rest: written.append(path) or usual(path, *rest))
    site = drawn(tmp_path / "site")
    assert len(written) > 5
    assert written[-1] == site / LAST


def test_a_policy_that_allows_a_script_allows_both() -> None:
    policy = "default-src 'none'; script-src &#39;sha256-abc=&#39;"
    page = f'<head><meta http-equiv="Content-Security-Policy" content="{policy}"></head><body></head>'
    served = watched(page, make_environment().get_template("reload.html.j2"), built="7")
    found = re.search(r"script-src 'sha256-abc=' 'nonce-([\w-]+)'; connect-src 'self'\"", served)
    assert found is not None
    assert served.count(f'<script nonce="{found[1]}">') == 1


def test_ctrl_c_ends_it_quietly(site: Path) -> None:
    with serving(site) as (port, process):
        assert asked(port, "/")[0] == 200
        process.send_signal(signal.SIGINT)
        assert process.wait(20) == 0
        assert process.stderr is not None
        assert process.stderr.read() == ""


def refusal(capsys: pytest.CaptureFixture[str], *arguments: object) -> str:
    """The one sentence on standard error with which a preview is refused."""
    with pytest.MonkeyPatch.context() as patch, pytest.raises(SystemExit) as end:
        patch.setattr(sys, "argv", ["salience-report", "serve", *map(str, arguments)])
        commands.main()
    said = capsys.readouterr()
    assert (end.value.code, said.out) == (2, "")
    (line,) = said.err.strip().splitlines()
    return line


def test_only_this_machine_is_listened_to(site: Path) -> None:
    with open_port(site, 0) as door:
        assert door.getsockname()[0] == "127.0.0.1"


def test_a_taken_port_is_refused(site: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with socket.create_server((HOST, 0)) as taken:
        number = taken.getsockname()[1]
        line = refusal(capsys, site, "--port", number)
    assert line == (
        f"salience-report: Port {number} cannot be listened on (Address already in use); choose another with --port."
    )


def test_a_folder_that_is_no_site_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "index.html").write_text("mine")
    assert "There is no site at" in refusal(capsys, tmp_path)


def test_a_missing_library_is_named(
    site: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("open_port", "serve_site"):
        monkeypatch.delattr(f"reporter.site.{name}")
    monkeypatch.delitem(sys.modules, "reporter.site.preview")
    monkeypatch.setitem(sys.modules, "uvicorn", None)
    line = refusal(capsys, site)
    assert line == "salience-report: The preview needs uvicorn; get it with: pip install starlette uvicorn"
