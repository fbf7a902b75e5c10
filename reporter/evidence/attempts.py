"""Run a method so that its failure on one text is confined to that text: the scores of all others are kept."""

from collections.abc import Sequence

from reporter.attribution import Cases
from reporter.methods import Method, Scores
from reporter.models import is_out_of_memory
from reporter.records import UserError, quote_error


def attempt(method: Method, batches: Sequence[Cases]) -> list[Scores | str]:
    """The scores of every row of some batches, in order, or a sentence that says why the method failed on it.

    If it fails on the batches, it is run on each row alone. `UserError` and out-of-memory errors are raised, as they
    do not concern a single text.
    """
    try:
        answers = method.attribute(batches)
        pairs = zip(answers, batches, strict=True)
        return [scores.pick(row) for scores, cases in pairs for row in range(len(cases.cells))]
    except UserError:
        raise
    except Exception as error:  # it runs a network from outside, which may raise any
        if is_out_of_memory(error):
            raise
        sentence = describe_failure(error)
    rows = [row for cases in batches for row in cases.split()]
    return [outcome for row in rows for outcome in attempt(method, [row])] if len(rows) > 1 else [sentence]


def describe_failure(error: Exception) -> str:
    """The sentence that says why a method has no scores for a text."""
    return f"It failed on this text: {quote_error(error)}."
