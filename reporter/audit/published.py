"""The public twin of a site, which is not trusted: its run, and its records, read one at a time."""

from collections.abc import Iterator
from pathlib import Path

import msgspec

from reporter.records import Explanation, Run, twin

RECORDS, RUN = "data/documents.jsonl", "data/run.json"
_LONGEST = 2**28  # bytes of one record; more than this is no text but an attempt to fill the memory


class _Named(msgspec.Struct):
    """A record of which only the id is read."""

    id: str


class Published:
    """The twin of a site; only regular files inside the site are opened, never links out of it."""

    def __init__(self, site: Path, names: set[str]) -> None:
        """`names` are the files that the site has; raises `OSError` if the twin is not among them."""
        for name in (RECORDS, RUN):
            if name not in names:
                raise FileNotFoundError(f"{name} is not there")
        self._site = site

    def run(self) -> Run:
        """The record in `run.json`; raises `OSError` or `msgspec.MsgspecError` if it cannot be read."""
        return twin.load_run((self._site / RUN).read_bytes())

    def lines(self) -> Iterator[bytes]:
        """Every record as it is written, without the newline; raises `ValueError` for one that is too long."""
        with (self._site / RECORDS).open("rb") as file:
            while line := file.readline(_LONGEST):
                if len(line) == _LONGEST:
                    raise ValueError(f"a record is longer than {_LONGEST:,} bytes")
                yield line.removesuffix(b"\n")

    def explanations(self, broken: list[str]) -> Iterator[Explanation]:
        """The records that can be read; of each other one a sentence is added to `broken`."""
        for number, line in enumerate(self.lines(), 1):
            try:
                yield twin.load_explanation(line)
            except (msgspec.MsgspecError, UnicodeDecodeError) as error:
                broken.append(f"{Path(RECORDS).name}, line {number}: {error}.")

    def named_lines(self) -> Iterator[tuple[str, str]]:
        """Every record's id with its line as this version writes it."""
        for line in self.lines():
            yield msgspec.json.decode(line, type=_Named).id, twin.dump_record(twin.load_explanation(line)).decode()
