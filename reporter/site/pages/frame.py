"""What every page has around it: its title, the way to the others, and what was explained with what."""

from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from urllib.parse import quote

from reporter.records import Provenance, Run
from reporter.site.pages.wording import count, date, titled

_UNSAFE = {**{code: f"%{code:02X}" for code in (*range(32), 127)}, **{ord(c): f"%{ord(c):02X}" for c in '%<>:"|?*\\'}}
_LONGEST = 180  # bytes of a file name; the file systems' limit is 255


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """Where to go, and what it is called."""

    href: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """The rim of a page: `root` leads from its folder to the site's, `home` is the name of the index."""

    title: str
    root: str
    home: str
    model: str
    architecture: str
    fingerprint: str
    made: str
    training: bool


def frame(run: Run, title: str, *, root: str = "") -> Frame:
    """The frame of a page of this run."""
    versions = [f"{name} {version}" for name, version in run.versions.items() if name != "salience-report"]
    print_ = run.model.fingerprint
    return Frame(
        title=title,
        root=root,
        home=f"Audit of {count(run.summary.documents, 'text')}",
        model=run.model.id,
        architecture=run.model.architecture,
        fingerprint=print_ if len(print_) <= 24 else f"{print_[:12]}…{print_[-4:]}",
        made=", ".join([f"{run.dtype} on {run.device}", *versions, f"dated {date(run.created)}"]),
        training=run.training is not None,
    )


def page_path(id: str) -> str:
    """The file of a document's page in the site's folder; no id leads out of documents/, no two share a page."""
    return f"documents/{document_path(id, '.html')}"


def document_path(id: str, suffix: str) -> str:
    """The file of a document in a folder of such files; no id leads out of the folder, no two share a file."""
    *folders, name = (_segment(part) for part in id.split("/"))
    folders = [folder.replace(suffix, f"%2E{suffix[1:]}") for folder in folders]
    return "/".join([*folders, f"{name}{suffix}"])


def page_root(path: str) -> str:
    """The way from a page's folder to the site's."""
    return "../" * path.count("/")


def url(path: str) -> str:
    """A path of the site as it stands in a link."""
    return quote(path)


def title_of(titles: Mapping[str, str], method: str) -> str:
    """A method's title as the run describes it."""
    return titles.get(method, titled(method))


def titles(run: Provenance) -> dict[str, str]:
    """The titles of the methods of a run, by name."""
    return {method.name: method.title for method in run.methods}


def _segment(part: str) -> str:
    name = part.translate(_UNSAFE)
    if name.strip(".") == "":
        return name.replace(".", "%2E") or "%"
    if len(name.encode("utf-8", "replace")) <= _LONGEST:
        return name
    kept = name.encode("utf-8", "replace")[: _LONGEST - 20].decode("utf-8", "ignore")
    return f"{kept}%{sha256(part.encode('utf-8', 'surrogatepass')).hexdigest()[:16]}"
