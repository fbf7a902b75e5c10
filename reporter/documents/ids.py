"""Ids of documents, made of their names: safe as file names on Linux, macOS and Windows, in URLs, as `<id>.html`."""

import hashlib
import re
import unicodedata
from collections.abc import Sequence
from itertools import count

LONGEST_SEGMENT = 80
LONGEST_ID = 200
_HASH = 8
_UNSAFE = re.compile(r"[^a-z0-9_.-]+")
# Windows keeps these names for itself, whatever the suffix; `index` and `.html` would clash with the site's own pages.
_TAKEN = re.compile(r"^(con|prn|aux|nul|com[0-9]|lpt[0-9])(\.|$)|^index$|\.html$")


class Ids:
    """Gives out the ids of one run: the same name gets the same id, and no id is given twice."""

    def __init__(self) -> None:
        self._given: set[str] = set()

    def give(self, names: Sequence[str], source: str) -> str:
        """The id of the document at `names` (its folders, then itself); a hash of `source` parts it from a namesake."""
        wanted = [_tidy(name) for name in names]
        folder = "/".join(names[:-1])
        identifier = _join(wanted, folder)
        for attempt in count():
            if identifier not in self._given:
                break
            identifier = _join([*wanted[:-1], _add_hash(wanted[-1], f"{source}{attempt or ''}")], folder)
        self._given.add(identifier)
        return identifier


def _tidy(name: str) -> str:
    """`name` in [a-z0-9_.-], with a hash of the name where more than case and spaces was lost."""
    letters = (letter for letter in unicodedata.normalize("NFKD", name).casefold() if not unicodedata.combining(letter))
    tidy = _UNSAFE.sub("-", "".join(letters).strip()).strip(".-")
    if _TAKEN.search(tidy):
        tidy = tidy.replace(".", "-")
    elif tidy and tidy == re.sub(" +", "-", name.strip(" ").lower()) and len(tidy) <= LONGEST_SEGMENT:
        return tidy
    return _add_hash(tidy, name)


def _add_hash(segment: str, original: str) -> str:
    room = LONGEST_SEGMENT - _HASH - 1
    return f"{segment[:room] or 'text'}-{_hash(original)}"


def _join(segments: Sequence[str], folder: str) -> str:
    """The segments as one id; in one that is too long, a hash of the folder replaces folders at the end."""
    *folders, last = segments
    if len("/".join(segments)) <= LONGEST_ID:
        return "/".join(segments)
    while len("/".join([*folders, _hash(folder), last])) > LONGEST_ID:
        folders.pop()
    return "/".join([*folders, _hash(folder), last])


def _hash(original: str) -> str:
    # File systems disagree about the normal form of a name; the hash must not.
    return hashlib.sha256(unicodedata.normalize("NFC", original).encode()).hexdigest()[:_HASH]
