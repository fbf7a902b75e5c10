"""The encoding of a file: UTF-8, or as a byte order mark says, or UTF-16 that is recognised by the places of zeros."""

import unicodedata
from contextlib import ExitStack
from io import BytesIO
from pathlib import Path
from typing import BinaryIO

from reporter.records import UserError

_HEAD = 65_536  # bytes by which a table is judged
_MARKS = {b"\xff\xfe\0\0": "utf-32", b"\0\0\xfe\xff": "utf-32", b"\xff\xfe": "utf-16", b"\xfe\xff": "utf-16"}
_SHARE = 0.2  # of the bytes of one parity that are zero where the text is of Latin letters
_NO_TEXT = {"Cc", "Cn", "Co", "Cs"}


def find_encoding(head: bytes) -> str:
    """The codec for a file that begins like this: utf-8, utf-16 or utf-32 (by a mark), utf-16-le or utf-16-be."""
    for mark, encoding in _MARKS.items():
        if head.startswith(mark):
            return encoding
    zeros = [head[parity::2].count(0) for parity in (0, 1)]
    if min(zeros) or max(zeros) < 2:
        return "utf-8"
    encoding = "utf-16-be" if zeros[0] else "utf-16-le"
    plain = 2 * max(zeros) >= _SHARE * len(head) or not _decodes(head, "utf-8")
    return encoding if plain and _decodes(head[: len(head) // 2 * 2], encoding) else "utf-8"


def open_utf8(path: Path) -> BinaryIO:
    """A table opened as UTF-8; one in another encoding is converted in memory.

    Raises `UserError` where it is not in the encoding that it seems to be in, `OSError` where it cannot be opened.
    """
    with ExitStack() as stack:
        file = stack.enter_context(path.open("rb"))
        encoding = find_encoding(file.read(_HEAD))
        file.seek(0)
        if encoding != "utf-8":
            return BytesIO(decode(file.read(), encoding).encode())
        stack.pop_all()
        return file


def decode(data: bytes, encoding: str) -> str:
    """The text of a file, without its byte order mark; raises `UserError` where it is no text."""
    try:
        return data.decode(encoding if encoding != "utf-8" else "utf-8-sig")
    except UnicodeDecodeError as error:
        if encoding != "utf-8":
            raise UserError(f"The file is not whole {encoding.upper()}; save it as UTF-8.") from error
        if b"\0" in data:
            raise UserError("The file is binary, not text; take it out of the folder.") from error
        seen, line = error.object[error.start], error.object.count(b"\n", 0, error.start) + 1
        raise UserError(f"The file is not UTF-8 (byte 0x{seen:02x} in line {line}); save it as UTF-8.") from error


def _decodes(head: bytes, encoding: str) -> bool:
    """Whether this, which may end within a character, is text in an encoding."""
    try:
        text = head.decode(encoding)
    except UnicodeDecodeError as error:
        if error.start < len(head) - 3:
            return False
        text = head[: error.start].decode(encoding)
    return all(unicodedata.category(sign) not in _NO_TEXT or sign in "\t\n\r\f" for sign in text)
