"""What `verify` does not cover, in sentences."""

from collections.abc import Iterator
from pathlib import Path

from reporter.records import PASSING, Provenance, Settings
from reporter.site import count

ALWAYS = (
    "when the run was made, on which machine and with which versions, how long each text took, what its model is "
    "called beside its fingerprint, what its input is called, its theme, where its training data and checkpoints lay, "
    "and the options on which no number depends "
    f"({', '.join(name.replace('_', '-') for name in PASSING)}): nothing can compute these again.",
    "the pages and the twin beside the run: 'check' holds them against it.",
)
"""What no computation from the run, the model, the input and the training data can show."""


def list_unverified(saved: Provenance, settings: Settings, *, left: int, inputs: Path | None) -> Iterator[str]:
    """What was not computed again, after `left` documents with a text were not drawn into the sample."""
    if left:
        yield f"{count(left, 'document')} that the sample left out; --sample takes more."
    if inputs is None:
        yield (
            "whether a document was left out, made up or changed, why any could not be read, and how tables were read; "
            "--input FOLDER holds the run against what was explained."
        )
    if saved.training is not None and settings.training_data is None:
        named = " and --checkpoints" if saved.training.checkpoints and saved.model.id != "embedded" else ""
        yield f"the training examples that answers were traced to; give --training-data{named} to trace them again."
    yield from ALWAYS
