"""Where the files of every document lie in the folder of a site, and how they are linked."""

from hashlib import sha256
from urllib.parse import quote

_UNSAFE = {**{code: f"%{code:02X}" for code in (*range(32), 127)}, **{ord(c): f"%{ord(c):02X}" for c in '%<>:"|?*\\'}}
_LONGEST = 180  # bytes of a file name; the file systems' limit is 255
_PAGE, _JSON, _CSV = ".html", ".json", ".csv"


def page_path(id: str) -> str:
    """The file of a document's page in the site's folder; no id leads out of documents/, no two share a page."""
    return f"documents/{document_path(id, _PAGE)}"


def json_path(id: str) -> str:
    """The file with a document's line of the twin, beside its page."""
    return f"documents/{document_path(id, _JSON)}"


def csv_path(id: str) -> str:
    """The file with a document's table of tokens, beside its page."""
    return f"documents/{document_path(id, _CSV)}"


def document_path(id: str, suffix: str) -> str:
    """The file of a document in a folder of such files; no id leads out of the folder, no two share a file.

    No folder is called like a file, of this kind or of those beside a page.
    """
    *folders, name = (_segment(part) for part in id.split("/"))
    for taken in (suffix, _PAGE, _JSON, _CSV):
        folders = [folder.replace(taken, f"%2E{taken[1:]}") for folder in folders]
    return "/".join([*folders, f"{name}{suffix}"])


def page_root(path: str) -> str:
    """The way from a page's folder to the site's."""
    return "../" * path.count("/")


def url(path: str) -> str:
    """A path of the site as it stands in a link."""
    return quote(path)


def _segment(part: str) -> str:
    name = part.translate(_UNSAFE)
    if name.strip(".") == "":
        return name.replace(".", "%2E") or "%"
    if len(name.encode("utf-8", "replace")) <= _LONGEST:
        return name
    kept = name.encode("utf-8", "replace")[: _LONGEST - 20].decode("utf-8", "ignore")
    return f"{kept}%{sha256(part.encode('utf-8', 'surrogatepass')).hexdigest()[:16]}"
