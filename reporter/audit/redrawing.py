"""Redrawing: a site is drawn again from its twin, and the hashes of its files compared; nothing is written."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from hashlib import sha256

from reporter import __version__
from reporter.audit.published import RUN, Published
from reporter.records import Run
from reporter.runs import DrawnFile
from reporter.site import FileHash, Put, draw_files


def measure_file(name: str, source: bytes, texts: Callable[[], Iterable[str]], before: DrawnFile | None) -> DrawnFile:  # noqa: ARG001
    """The hash and length in bytes of the file that these texts would make, without writing it."""
    total, size = sha256(), 0
    for part in (text.encode() for text in texts()):
        total.update(part)
        size += len(part)
    return DrawnFile("", total.hexdigest(), size, 0)


@dataclass
class Reckoning:
    """A site folder in which nothing is written: each drawn file is compared with the manifest."""

    expected: Mapping[str, FileHash]
    drawn: set[str] = field(default_factory=set)
    faults: list[str] = field(default_factory=list)

    @property
    def put(self) -> Put:
        """How a file is put into this folder: it is hashed."""
        return measure_file

    def before(self, name: str) -> None:
        """No file is known from before."""

    def adopt(self, name: str, drawn: DrawnFile) -> None:
        """Compare a drawn file with the manifest, and note a fault if they differ."""
        self.drawn.add(name)
        file = self.expected.get(name)
        if file is None:
            self.faults.append(f"{name} is missing: it is drawn from the twin.")
        elif (file.sha256, file.bytes) != (drawn.sha256, drawn.bytes):
            self.faults.append(f"{name} is not what is drawn from the twin.")


def redraw(run: Run, records: Published, expected: Mapping[str, FileHash]) -> Iterator[str]:
    """Draw every file again from the records, and name each that came out otherwise: a sentence each.

    `run` is as it is summed up from the records before they are drawn.
    """
    made = run.versions.get("salience-report")
    if made != __version__:
        yield (
            f"salience-report {made} drew this site, and this is {__version__}, whose pages differ: check it with that "
            "version, or draw it again with 'render'."
        )
        return
    reckoning = Reckoning(expected)
    try:
        whole = draw_files(run, records.named_lines, reckoning)
    except Exception as error:  # records of strangers may be anything that has the form of one
        yield f"The pages cannot be drawn from the twin: {type(error).__name__}: {error}."
        return
    if whole != records.run():
        yield f"{RUN} does not sum up what its records tell."
    yield from reckoning.faults
    yield from (f"{name} is drawn from nothing in the twin." for name in sorted(set(expected) - reckoning.drawn))
