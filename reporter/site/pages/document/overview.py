"""Attention as an overview: where every head of every layer looks, as one small picture and as a table."""

import zlib
from base64 import b64encode
from collections.abc import Sequence
from dataclasses import dataclass
from struct import pack

from reporter.evidence import AlignedText
from reporter.records import Heads
from reporter.site.wording import count, quoted, whole_percent

_GAP = 1  # empty columns between two heads
_NAMED = 24  # characters of a stretch's first and last word


@dataclass(frozen=True, slots=True, kw_only=True)
class Overview:
    """A grey picture, one row per layer and one strip per head; the table says where each head looks most."""

    picture: str
    width: int
    height: int
    heads: int
    layers: tuple[tuple[int, tuple[str, ...]], ...]
    columns: tuple[str, ...]
    told: str


def overview(heads: Heads | None, reading: AlignedText) -> Overview | None:
    """The overview of a section, as far as every head has a share; None where the network shows no attention."""
    widths = [len(row) for layer in heads.shares for row in layer] if heads else []
    if heads is None or not widths or not min(widths):
        return None
    number, columns = len(heads.shares[0]), min(len(heads.stretches) + 1, *widths)
    rows = [_strip(layer, columns) for layer in heads.shares]
    most = [[max(range(columns), key=lambda at: (row[at], -at)) for row in layer] for layer in heads.shares]
    special = sum(at == 0 for layer in most for at in layer)
    return Overview(
        picture=_png(rows),
        width=len(rows[0]),
        height=len(rows),
        heads=number,
        layers=tuple(
            (
                place,
                tuple(f"{at or 'special'}: {whole_percent(row[at])}" for at, row in zip(chosen, layer, strict=True)),
            )
            for place, (chosen, layer) in enumerate(zip(most, heads.shares, strict=True), 1)
        ),
        columns=tuple(_name(reading, *stretch) for stretch in heads.stretches),
        told=f"{count(len(most) * number, 'head')} in {count(len(most), 'layer')}; {special} of them look most at "
        "special tokens",
    )


def _strip(layer: Sequence[Sequence[float]], columns: int) -> bytes:
    """A row of pixels: the heads of a layer side by side, each column as bright as its share of the head's largest."""
    pixels = bytearray()
    for row in layer:
        largest = max(row) or 1.0
        pixels += bytes(round(255 * share / largest) for share in row[:columns]) + bytes(_GAP)
    return bytes(pixels[:-_GAP])


def _png(rows: Sequence[bytes]) -> str:
    """A picture in shades of grey, as a data URL. The format: W3C, Portable Network Graphics."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return pack(">I", len(data)) + kind + data + pack(">I", zlib.crc32(kind + data))

    head = pack(">IIBBBBB", len(rows[0]), len(rows), 8, 0, 0, 0, 0)
    body = zlib.compress(b"".join(b"\0" + row for row in rows), 9)
    whole = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", body) + chunk(b"IEND", b"")
    return f"data:image/png;base64,{b64encode(whole).decode()}"


def _name(reading: AlignedText, first: int, end: int) -> str:
    """What stands in a stretch of tokens: its first word and its last."""
    words = [word for word in reading.words if any(first <= place < end for place in word.tokens)]
    texts = [reading.text(word) for word in (words[:1] if len(words) < 2 else [words[0], words[-1]])]
    return " … ".join(quoted(text if len(text) <= _NAMED else f"{text[: _NAMED - 1]}…") for text in texts)
