"""The one exception that is meant for the person at the keyboard, and what all others say, made fit to be read."""

_LONGEST = 300  # characters of what an exception says


class UserError(Exception):
    """Something only the user can put right; its text says what was asked, what there is and what to do."""


class DocumentError(ValueError):
    """What keeps one text from being explained, as a whole sentence for its page."""


def escape_line(text: str) -> str:
    """Text from outside with every character that a terminal would act on, or that no file can hold, written out."""
    return "".join(sign if sign.isprintable() else sign.encode("unicode_escape").decode() for sign in text)


def escape_lines(text: str) -> str:
    """The same of a whole file, whose lines stay lines."""
    return "\n".join(map(escape_line, text.replace("\r\n", "\n").split("\n")))


def quote_error(error: BaseException) -> str:
    """What an exception says, in quotation marks: its first line, cut short; its class, where it says nothing."""
    said = (str(error).strip() or type(error).__name__).splitlines()[0].strip().removesuffix(".")
    return f"“{escape_line(said if len(said) <= _LONGEST else f'{said[: _LONGEST - 1]}…')}”"
