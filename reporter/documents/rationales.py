"""Rationales, as a row gives them: word numbers, or character spans; both become character spans.

{"text": "Dull, but I loved it.", "rationale": [3]}
{"text": "Dull, but I loved it.", "rationale": [[12, 17]]}
"""

import json
import re
from bisect import bisect_right
from collections.abc import Iterator

from reporter.records import Rationale, UserError

_WORD = re.compile(r"\S+")
_BARE = re.compile(r"\w(.*\w)?", re.DOTALL)  # a word without the punctuation around it
_LONGEST = 30  # letters of what is wrong
_FORMS = "give word numbers from 0, or character spans [start, end]"


def read_rationale(value: object, text: str) -> Rationale | None:
    """The characters that are marked, in order and apart from each other; None for None.

    A word is what stands between white space, less the punctuation around it. CRLF counts as two characters of the
    `text`, and as one of what is returned. Raises `UserError` for anything that is not in the text.
    """
    if value is None:
        return None
    if not isinstance(value, list):
        raise UserError(f"The row's rationale is {_name_type(value)}, not a list; {_FORMS}.")
    if value and all(isinstance(span, list) for span in value):
        spans = [_read_span(span, text) for span in value]
    else:
        spans = list(_read_words(value, text))
    breaks = [match.start() for match in re.finditer("\r\n", text)]
    places = [tuple(place - bisect_right(breaks, place - 2) for place in span) for span in spans]
    return tuple(_join(sorted((start, end) for start, end in places)))


def _read_words(numbers: list[object], text: str) -> Iterator[tuple[int, int]]:
    words = [match.span() for match in _WORD.finditer(text)] if numbers else []
    for number in numbers:
        if not _is_whole(number):
            raise UserError(f"The row's rationale holds {_quote(number)}; {_FORMS}, one kind in a row.")
        if not 0 <= number < len(words):  # type: ignore[operator]
            raise UserError(
                f"The row's rationale names word {_quote(number)}, and its text has the words 0 to {len(words) - 1}; "
                "count what stands between white space, from 0."
            )
        start, end = words[number]  # type: ignore[call-overload]
        bare = _BARE.search(text, start, end)
        yield bare.span() if bare else (start, end)


def _read_span(span: object, text: str) -> tuple[int, int]:
    ends = span if isinstance(span, list) else []
    if len(ends) != 2 or not all(map(_is_whole, ends)):
        raise UserError(f"The row's rationale holds {_quote(span)}; {_FORMS}, one kind in a row.")
    start, end = ends
    if not 0 <= start < end <= len(text):
        raise UserError(
            f"The row's rationale has the span {_quote(span)}, and its text has {len(text)} characters; a span begins "
            "at 0 or later, ends after that, and no later than the text."
        )
    return start, end


def _join(spans: list[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    """Spans in order, those that share characters as one."""
    before: tuple[int, int] | None = None
    for start, end in spans:
        if before is None or start >= before[1]:
            if before is not None:
                yield before
            before = start, end
        else:
            before = before[0], max(end, before[1])
    if before is not None:
        yield before


def _is_whole(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _quote(value: object) -> str:
    parts = value if isinstance(value, list) else [value]
    text = "what is neither" if any(isinstance(part, list | dict) for part in parts) else json.dumps(value)
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"


def _name_type(value: object) -> str:
    return {dict: "an object", str: "a string", bool: "true or false"}.get(type(value), "a number")
