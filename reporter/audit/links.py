"""Pages as a browser reads them: where they lead, what they load, and what they would run."""

import posixpath
from base64 import b64encode
from collections.abc import Callable, Iterator, Set
from dataclasses import dataclass, field
from hashlib import sha256
from html.parser import HTMLParser
from urllib.parse import unquote, urlsplit

_LEADING = ("href", "src", "action", "formaction", "poster", "data", "srcset", "xlink:href", "ping", "background")
_RUNNING = ("script", "iframe", "object", "embed", "base", "applet", "frame", "portal")
_POLICY = "content-security-policy"
_ANYWHERE = ("404.html", "..")  # the page that a server shows at any address, and its way up from there


@dataclass
class Page(HTMLParser):
    """The parser of a page, which collects its links, its ids, and everything in it that could run."""

    links: list[tuple[str, str]] = field(default_factory=list)
    ids: set[str] = field(default_factory=set)
    policies: list[str] = field(default_factory=list)
    running: list[str] = field(default_factory=list)
    scripts: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__init__()
        self._script: list[str] | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note where an element leads and what it would run."""
        given = {name: value or "" for name, value in attrs}
        self.links += [(tag, given[name]) for name in _LEADING if name in given]
        self.ids |= {given["id"]} if "id" in given else set()
        self.running += [f"<{tag} {name}>" for name in given if name.startswith("on") or name == "srcdoc"]
        if given.get("http-equiv", "").lower() == _POLICY:
            self.policies.append(given.get("content", ""))
        elif given.get("http-equiv"):
            self.running.append(f"<{tag} http-equiv={given['http-equiv']}>")
        if tag == "script" and "src" not in given:
            self._script = []
        elif tag in _RUNNING:
            self.running.append(f"<{tag}>")

    def handle_data(self, data: str) -> None:
        """Note the text of a script."""
        if self._script is not None:
            self._script.append(data)

    def handle_endtag(self, tag: str) -> None:
        """Close a script."""
        if tag == "script" and self._script is not None:
            self.scripts.append("".join(self._script))
            self._script = None


def parse(text: str) -> Page:
    """A page from its source."""
    page = Page()
    page.feed(text)
    page.close()
    return page


def list_dangers(name: str, page: Page) -> Iterator[str]:
    """What a page could run or load, and what its policy leaves open: a sentence each."""
    if not any("default-src 'none'" in policy for policy in page.policies):
        yield f"{name} has no Content-Security-Policy that forbids everything else."
    yield from (f"{name} holds {element}, which could run." for element in page.running)
    for script in page.scripts:
        mark = f"'sha256-{b64encode(sha256(script.encode()).digest()).decode()}'"
        if name.startswith("documents/") or not any(mark in policy for policy in page.policies):
            yield f"{name} holds a script that its policy does not name."
    for tag, link in page.links:
        kind = urlsplit(link.strip()).scheme.lower() if _is_split(link) else "broken"
        if kind not in ("", "data") or (kind == "data" and tag == "a"):
            yield f"{name} leads to {link[:60]}, out of the site."


def list_dead_ends(name: str, page: Page, files: Set[str], ids: Callable[[str], Set[str]]) -> Iterator[str]:
    """Every link of a page that leads to no file, to no place in it, or out of the site's folder: a sentence each.

    `files` are all that the site has, and `ids` the places of one of its pages.
    """
    for _, link in page.links:
        if (name, link) == _ANYWHERE:
            continue
        if not _is_split(link):
            yield f"{name} has the link {link[:60]}, which is none."
            continue
        parts = urlsplit(link)
        if parts.scheme:
            continue
        target = posixpath.normpath(posixpath.join(posixpath.dirname(name), unquote(parts.path)))
        target = target if parts.path else name
        if parts.netloc or target not in files:
            yield f"{name} leads to {link[:60]}, where nothing is."
        elif parts.fragment and target.endswith(".html"):
            places = page.ids if target == name else ids(target)
            if unquote(parts.fragment) not in places:
                yield f"{name} leads to {link[:60]}, and there is no such place on that page."


def _is_split(link: str) -> bool:
    try:
        urlsplit(link)
    except ValueError:
        return False
    return True
