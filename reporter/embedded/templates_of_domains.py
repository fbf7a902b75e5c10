"""What people praise and blame, domain by domain: the words and plain facts that fill the templates.

They stand in templates_of_domains.txt: a heading per domain, then lines `kind: words; parted; like this`, indented
where they run on. The last two headings hold the adjectives that fit anywhere, and the phrases of no domain.
"""

from dataclasses import dataclass
from pathlib import Path

Words = dict[str, tuple[str, ...]]


@dataclass(frozen=True)
class Domain:
    """One field of life: its things, their parts, adjectives for both, and clauses that speak for themselves."""

    things: tuple[str, ...]
    parts: tuple[str, ...]
    good: tuple[str, ...]
    bad: tuple[str, ...]
    praise: tuple[str, ...]
    blame: tuple[str, ...]


def read_words(text: str) -> dict[str, Words]:
    """Read the words below each heading, kind by kind."""
    sections: dict[str, Words] = {}
    for block in text.removeprefix("# ").split("\n# "):
        heading, _, body = block.partition("\n")
        lines = body.strip().replace("\n  ", " ").splitlines()
        sections[heading] = dict(kind_of(line) for line in lines)
    return sections


def kind_of(line: str) -> tuple[str, tuple[str, ...]]:
    """Split `kind: words; parted` into the kind and its words."""
    kind, _, words = line.partition(": ")
    return kind, tuple(word.strip() for word in words.split(";"))


SECTIONS = read_words(Path(__file__).with_suffix(".txt").read_text(encoding="utf-8"))
ANYWHERE = SECTIONS.pop("anywhere")
PHRASES = SECTIONS.pop("phrases")
LET_DOWN = PHRASES.pop("let_down")
DOMAINS = tuple(Domain(**words) for words in SECTIONS.values())
