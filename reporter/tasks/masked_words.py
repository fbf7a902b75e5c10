"""The words that fill the gaps of a text: the table has one position per token and the vocabulary as choices."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, ClassVar, Self

from torch import Tensor

from reporter.models import Encoded
from reporter.records import Document, DocumentError, Prediction, Settings, Target, UserError
from reporter.tasks import Cells, Plan, choose_targets
from reporter.tasks.answers.candidates import Candidates
from reporter.tasks.answers.targets import RUNNER_UP

_KEPT = 5  # fillers of each gap that are kept, the likeliest
_WORDS = ("predicted", "given", "all", RUNNER_UP)
_GAP = re.compile(r"\[MASK\]|<mask>|_{3,}")


@dataclass(frozen=True)
class MaskedWords(Candidates):
    """Masked language modelling: rows tokens vocabulary, as log-probabilities; a target is one filler of one gap.

    `vocabulary` has a name for every token, `asked` the tokens that the settings name.
    """

    head: ClassVar[str] = "AutoModelForMaskedLM"
    pipelines: ClassVar[tuple[str, ...]] = ("fill-mask", "masked-lm")
    keeps_mask: ClassVar[bool] = True
    outputs: ClassVar[tuple[str, ...]] = ("logits",)
    vocabulary: tuple[str, ...] = ()
    mask: str = ""
    mask_id: int = -1
    mask_word: str | None = None
    asked: tuple[int, ...] = ()

    def settle(self, config: Any, tokenizer: Any) -> Self:  # noqa: ANN401
        """The task with the names of a vocabulary; raises `UserError` for a tokenizer without a mask."""
        if tokenizer.mask_token is None:
            raise UserError("The model's tokenizer has no mask, so there is no gap that it could fill.")
        pieces = tokenizer.convert_ids_to_tokens(range(config.vocab_size))
        names = _name_pieces([str(piece) for piece in pieces])
        return replace(self, vocabulary=names, mask=tokenizer.mask_token, mask_id=tokenizer.mask_token_id)

    def ask(self, settings: Settings) -> Self:
        """The task with the words that the settings name; raises `UserError` for one that is no single token."""
        named = (("--against", settings.against), ("--target", settings.target))
        asked = tuple(self._find(word, option) for option, word in named if word not in (None, *_WORDS))
        return replace(self, asked=asked, mask_word=settings.mask_word)

    def shape(self, rows: int, tokens: int) -> tuple[int, ...]:
        """Rows tokens vocabulary."""
        return rows, tokens, len(self.vocabulary)

    def table(self, output: Any, seen: Tensor) -> Tensor:  # noqa: ANN401, ARG002
        """Log-probabilities rows tokens vocabulary."""
        logits: Tensor = output.logits
        return logits.log_softmax(-1)

    def put(self, document: Document) -> Document:
        """The document with the model's own mask in every gap; its label is the word that was masked, if it has none.

        A gap is [MASK], <mask>, three underscores or more, or every place of `mask_word`.
        """
        if document.text_pair is not None:
            raise DocumentError("It is a pair, and gaps are filled in one text; give it no second text.")
        text, gaps = _GAP.subn(lambda _: self.mask, document.text.replace(self.mask, "[MASK]"))
        label = document.label
        if not gaps and self.mask_word:
            text, gaps = re.subn(rf"(?<!\w){re.escape(self.mask_word)}(?!\w)", lambda _: self.mask, text)
            label = label or self.mask_word
        if not gaps:
            how = f"'{self.mask_word}' is not in it" if self.mask_word else "write [MASK] in it, or give --mask-word"
            raise DocumentError(f"It has no gap to fill: {how}.")
        return replace(document, text=text, label=label)

    def plan(self, table: Tensor, encoded: Encoded) -> Plan:
        """The likeliest fillers of every gap, the file's own word and those that the settings name, at every gap."""
        gaps = [place for place, token_id in enumerate(encoded.inputs["input_ids"]) if token_id == self.mask_id]
        if not gaps:
            raise DocumentError("Its gaps are beyond what the model reads.")
        likeliest = table[gaps].topk(min(_KEPT, table.shape[-1])).indices.flatten().tolist()
        given = [self.vocabulary.index(word) for word in [encoded.document.label] if word in self.vocabulary]
        kept = sorted({*likeliest, *given, *self.asked})
        labels = tuple(self.vocabulary[token_id] for token_id in kept)
        return Plan(labels, Cells.single(gaps, kept), per_token=True, candidates=True)

    def targets(self, prediction: Prediction, encoded: Encoded, settings: Settings) -> list[Target]:
        """The fillers that the settings ask for, at every gap."""
        return choose_targets(prediction, range(prediction.positions), settings, encoded.document)

    def _find(self, word: str | None, option: str) -> int:
        if word is None or word not in self.vocabulary:
            raise UserError(f"{option} names '{word}', which is no single token of the model's vocabulary.")
        return self.vocabulary.index(word)


def _name_pieces(pieces: Sequence[str]) -> tuple[str, ...]:
    """A name for every token: without the mark of a word's beginning, where no other token has that name."""
    plain = [piece.lstrip("Ġ▁") or piece for piece in pieces]
    marked = {name for name, piece in zip(plain, pieces, strict=True) if name != piece}
    return tuple(
        f"##{name}" if name == piece and name in marked else name for name, piece in zip(plain, pieces, strict=True)
    )
