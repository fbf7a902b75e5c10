"""A span of a context that answers a question: two output tensors, and an answer is where it starts and ends."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import chain
from typing import Any, ClassVar, Self

import torch
from torch import Tensor

from reporter.models import Encoded
from reporter.records import (
    NO_ANSWER,
    Document,
    DocumentError,
    Prediction,
    Settings,
    Target,
    Token,
    UserError,
    normalize_answer,
)
from reporter.tasks import Cells, Plan, choose_targets
from reporter.tasks.answers.candidates import Candidates
from reporter.tasks.answers.targets import RUNNER_UP

_LONGEST = 15  # tokens of a span, as in the pipelines of transformers
_KEPT = 5  # spans that are kept, the likeliest
_WORDS = ("predicted", "given", "all", NO_ANSWER)


@dataclass(frozen=True)
class QuestionAnswering(Candidates):
    """Extractive question answering: rows tokens 2, the log-probability of a span to start and to end at each token.

    The text is the question and its pair the context. "No answer" is the span of the first token alone, as models
    that were trained on questions without an answer have it (Rajpurkar et al. 2018).
    """

    head: ClassVar[str] = "AutoModelForQuestionAnswering"
    pipelines: ClassVar[tuple[str, ...]] = ("question-answering", "extractive-qa")
    pairs: ClassVar[tuple[tuple[str, str], ...]] = (("question", "context"), ("query", "context"))
    gold: ClassVar[tuple[str, ...]] = ("answers", "answer")
    outputs: ClassVar[tuple[str, ...]] = ("start_logits", "end_logits")

    def settle(self, config: Any, tokenizer: Any) -> Self:  # noqa: ANN401, ARG002
        """The task itself."""
        return self

    def ask(self, settings: Settings) -> Self:
        """The task itself; raises `UserError` for a target that no context can be sure to hold."""
        if settings.target not in _WORDS or settings.against not in (None, RUNNER_UP, NO_ANSWER):
            raise UserError(
                f"--target is one of {', '.join(_WORDS)} for questions, and --against one of {RUNNER_UP}, {NO_ANSWER}."
            )
        return self

    def shape(self, rows: int, tokens: int) -> tuple[int, ...]:
        """Rows tokens."""
        return rows, tokens

    def table(self, output: Any, seen: Tensor) -> Tensor:  # noqa: ANN401
        """Log-probabilities rows tokens 2, over the tokens that are no padding; 0 at padding, which no span holds."""
        padding = (seen == 0).unsqueeze(-1)
        logits = torch.stack([output.start_logits, output.end_logits], -1)
        return logits.masked_fill(padding, -torch.inf).log_softmax(1).masked_fill(padding, 0.0)

    def put(self, document: Document) -> Document:
        """The document as it is; raises `DocumentError` for a question without a context."""
        if document.text_pair is None:
            raise DocumentError("It is a question without a context; give it one in a column named context.")
        return document

    def plan(self, table: Tensor, encoded: Encoded) -> Plan:
        """The given answers where they stand in the context, the likeliest spans of other texts, and "no answer"."""
        context = encoded.document.text_pair or ""
        tokens = encoded.tokens
        inside = [at for at, token in enumerate(tokens) if _is_context(token)]
        if not inside:
            raise DocumentError("The model reads nothing of its context.")
        spans = {(0, 0): NO_ANSWER}
        for first, last in chain(_find_given(encoded, inside), _rank_spans(table, inside)):
            text = context[tokens[first].start : tokens[last].end]
            if text.strip() and text not in spans.values():
                spans[first, last] = text
            if len(spans) > _KEPT:
                break
        places = torch.tensor([list(spans)])
        sides = torch.tensor([0, 1]).expand(places.shape)
        cells = Cells(places, sides, torch.ones(places.shape))
        stands = tuple((tokens[first].start, tokens[last].end) if first else None for first, last in spans)
        return Plan(tuple(spans.values()), cells, per_token=True, candidates=True, spans=stands)

    def targets(self, prediction: Prediction, encoded: Encoded, settings: Settings) -> list[Target]:
        """The spans that the settings ask for; of several given answers the likeliest."""
        document = encoded.document
        if settings.target == "given" and document.labels is not None:
            given = {*map(normalize_answer, document.labels or (NO_ANSWER,))}
            known = [at for at, label in enumerate(prediction.labels) if normalize_answer(label) in given]
            if not known:
                raise DocumentError("None of its answers stands in what the model reads of its context.")
            best = prediction.labels[max(known, key=prediction.logits.__getitem__)]
            document = replace(document, label=best, labels=None)
        return choose_targets(prediction, [0], settings, document)


def _is_context(token: Token) -> bool:
    return token.segment == 1 and not token.special


def _find_given(encoded: Encoded, inside: Sequence[int]) -> Iterator[tuple[int, int]]:
    """The spans of tokens that hold the given answers, each where it first stands in the context."""
    context, tokens, document = encoded.document.text_pair or "", encoded.tokens, encoded.document
    for answer in document.labels or ((document.label,) if document.label else ()):
        start = context.find(answer)
        held = [at for at in inside if tokens[at].start < start + len(answer) and tokens[at].end > start]
        if start >= 0 and held:
            yield held[0], held[-1]


def _rank_spans(table: Tensor, inside: Sequence[int]) -> Iterator[tuple[int, int]]:
    """The spans of at most so many tokens within these places, likeliest first."""
    starts, ends = table[inside].unbind(-1)
    sums = starts.unsqueeze(1) + ends.unsqueeze(0)
    allowed = torch.ones_like(sums, dtype=torch.bool).triu().tril(_LONGEST - 1)
    order = sums.masked_fill(~allowed, -torch.inf).flatten().argsort(descending=True)
    for at in order[: int(allowed.sum())].tolist():
        yield inside[at // len(inside)], inside[at % len(inside)]
