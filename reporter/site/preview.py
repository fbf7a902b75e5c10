"""A preview of a site for this machine alone; an open page reloads when the site has been built again.

Files are served as they are, but for one script that asks whether there is a newer build: it is added to a page on its
way, and the page's own Content-Security-Policy is widened by that script and the question.
"""

import re
import socket
from html import unescape
from os import strerror
from pathlib import Path
from secrets import token_urlsafe

import uvicorn
from jinja2 import Template
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.requests import Request
from starlette.responses import FileResponse, HTMLResponse, PlainTextResponse, Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

from reporter.records import UserError
from reporter.site import manifest
from reporter.site.environment import make_environment

HOST = "127.0.0.1"
LAST = Path(manifest.NAME)  # the last file that a build writes, and takes away first
_NOWHERE = ".nowhere"  # a path of no file, for addresses that no file system takes
_TYPES = {  # of what a site holds; the system's own table knows less, and differs from one to the next
    ".csv": "text/csv; charset=utf-8",
    ".html": "text/html; charset=utf-8",
    ".json": "application/json",
    ".jsonl": "application/jsonl; charset=utf-8",
    ".sqlite": "application/vnd.sqlite3",
    ".svg": "image/svg+xml",
}
_GUARDS = {
    "Cache-Control": "no-cache",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
}
_CLOSED = "default-src 'none'"  # the policy of whatever is no page
_ALONE = "frame-ancestors 'none'"  # what a page cannot ask for itself: a policy in its head may not say it
_POLICY = re.compile(r'(<meta http-equiv="Content-Security-Policy" content=")([^"]*)')


def open_port(site: Path, port: int) -> socket.socket:
    """A socket on the loopback address, listening; raises `UserError` if there is no site or the port is not free."""
    if not (site / "index.html").is_file() or not (site / LAST).is_file():
        raise UserError(f"There is no site at {site}; name a folder that 'salience-report build' has written.")
    try:
        return socket.create_server((HOST, port))
    except OSError as error:
        why = strerror(error.errno or 0)
        raise UserError(f"Port {port} cannot be listened on ({why}); choose another with --port.") from error


def serve_site(site: Path, door: socket.socket) -> None:
    """Serve a site on a listening socket until Ctrl-C."""
    config = uvicorn.Config(preview(site), log_level="error", lifespan="off", ws="none")
    try:
        uvicorn.Server(config).run(sockets=[door])
    except KeyboardInterrupt:
        return


def preview(site: Path) -> Starlette:
    """The site as an application; only names of this machine are answered, so that no page elsewhere can read it."""

    async def built(_: Request) -> Response:
        return PlainTextResponse(_stamp(site), headers={**_GUARDS, "Cache-Control": "no-store"})

    return Starlette(
        routes=[Route("/.built", built), Mount("/", _Site(site, make_environment().get_template("reload.html.j2")))],
        middleware=[Middleware(TrustedHostMiddleware, allowed_hosts=[HOST, "localhost"])],
    )


class _Site(StaticFiles):
    """The files of a site, each with its type, and every page with the script that reloads it."""

    def __init__(self, site: Path, script: Template) -> None:
        super().__init__(directory=site, html=True)
        self._site, self._script = site, script

    async def get_response(self, path: str, scope: Scope) -> Response:
        """A file, the 404 page, or an empty answer where the browser has the file already."""
        built = _stamp(self._site)
        try:
            response = await super().get_response(path, scope)
        except HTTPException as error:
            if error.status_code != 404 or path == _NOWHERE:
                raise
            return await self.get_response(_NOWHERE, scope)
        if isinstance(response, FileResponse):
            file, policy = Path(response.path), _CLOSED
            if file.suffix == ".html":
                page = watched(file.read_text("utf-8", "replace"), self._script, built=built)
                response, policy = HTMLResponse(page, status_code=response.status_code), _find_policy(page)
            response.headers["Content-Type"] = _TYPES.get(file.suffix, "application/octet-stream")
            response.headers["Content-Security-Policy"] = f"{policy}; {_ALONE}"
        response.headers.update(_GUARDS)
        return response


def watched(page: str, script: Template, *, built: str) -> str:
    """A page with the script in its head, and a policy that lets just this script run and ask for the last build."""
    nonce = token_urlsafe(12)
    allowed = _POLICY.sub(lambda match: match[1] + _widened(unescape(match[2]), nonce), page, count=1)
    return allowed.replace("</head>", f"{script.render(nonce=nonce, built=built)}\n</head>", 1)


def _find_policy(page: str) -> str:
    """The policy in the head of a page; one that loads and runs nothing for a page that has none, or no plain one."""
    match = _POLICY.search(page)
    policy = unescape(match[2]) if match else _CLOSED
    return policy if policy.isascii() and policy.isprintable() else _CLOSED


def _widened(policy: str, nonce: str) -> str:
    parts = (part.strip().partition(" ") for part in policy.split(";"))
    directives = {name: sources for name, _, sources in parts if name}
    directives["script-src"] = f"{directives.get('script-src', '')} 'nonce-{nonce}'".strip()
    directives["connect-src"] = "'self'"
    return "; ".join(f"{name} {sources}".strip() for name, sources in directives.items())


def _stamp(site: Path) -> str:
    """When the site was last built; empty while it is not there.

    A look at one file, not a watch on the folder: a watch goes silent when the folder is taken away and made again.
    """
    try:
        return str((site / LAST).stat().st_mtime_ns)
    except OSError:
        return ""
