"""Which of a model's labels a name means, and the names that the user gives them."""

import json
from collections.abc import Sequence
from pathlib import Path

from reporter.errors import UserError
from reporter.settings import part


def find_label(name: str, labels: Sequence[str]) -> int | None:
    """The column of a label by its exact name, or else by its name in any case; None if there is none."""
    if name in labels:
        return labels.index(name)
    folded = [label.casefold() for label in labels]
    return folded.index(name.casefold()) if name.casefold() in folded else None


def read_names(written: str) -> tuple[str, ...]:
    """Names for labels, each as given=known: parted by commas, or from a file of such lines or of a JSON object.

    Raises `UserError` for anything else.
    """
    path = Path(written)
    if written.strip() and "=" not in written:
        try:
            text = path.read_text("utf-8-sig")
        except (OSError, ValueError) as error:
            raise UserError(
                f"--labels gives '{written}', which is no file that can be read and no list such as neg=NEGATIVE."
            ) from error
        names = _read_file(text)
    else:
        names = list(part(written))
    if wrong := [name for name in names if not all(side.strip() for side in name.partition("=")[::2])]:
        raise UserError(f"--labels gives '{wrong[0]}'; write the label given, =, and the model's: neg=NEGATIVE.")
    return tuple("=".join(side.strip() for side in name.partition("=")[::2]) for name in names)


def _read_file(text: str) -> list[str]:
    try:
        found = json.loads(text)
    except ValueError:
        return [line for line in text.splitlines() if line.strip()]
    return [f"{given}={known}" for given, known in found.items()] if isinstance(found, dict) else [text]
