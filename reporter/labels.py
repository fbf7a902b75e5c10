"""Which of a model's labels a name means."""

from collections.abc import Sequence


def find_label(name: str, labels: Sequence[str]) -> int | None:
    """The column of a label by its exact name, or else by its name in any case; None if there is none."""
    if name in labels:
        return labels.index(name)
    folded = [label.casefold() for label in labels]
    return folded.index(name.casefold()) if name.casefold() in folded else None
