"""Texts with some words deleted or overwritten, and the model's answers to them, many texts to a forward pass."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import torch
from torch import Tensor
from torch.nn.functional import pad

from reporter.attribution import Explainer, TargetQuery
from reporter.evidence.metrics import Answer, Cut
from reporter.models import Network, make_stand_in
from reporter.tasks import Cells


@dataclass(frozen=True, slots=True)
class Left:
    """A text with words removed: its inputs, and the cells of the answer that hold the choices of its target."""

    inputs: dict[str, list[int]]
    choices: Cells

    @property
    def length(self) -> int:
        """Its tokens."""
        return len(self.inputs["input_ids"])


def leave(question: TargetQuery, cut: Cut) -> Left:
    """Take the tokens of some words away; where tokens have answers, those that are read stay."""
    gone = _list_places(question, cut)
    kept = [place for place in range(question.length) if place not in gone]
    inputs = {name: [values[place] for place in kept] for name, values in question.encoded.inputs.items()}
    return Left(
        inputs, question.choices.move(_number(kept, question.length)) if question.per_token else question.choices
    )


def write_over(question: TargetQuery, cut: Cut, token_id: int) -> Left:
    """Write one token of the vocabulary over every token of some words, but not over those whose answers are read."""
    gone, inputs = _list_places(question, cut), question.encoded.inputs
    ids = [token_id if place in gone else value for place, value in enumerate(inputs["input_ids"])]
    return Left({**inputs, "input_ids": ids}, question.choices)


def _list_places(question: TargetQuery, cut: Cut) -> set[int]:
    return {place for place, token in enumerate(question.encoded.tokens) if token.word in cut} - question.fixed


def _number(kept: Sequence[int], length: int) -> Tensor:
    """The place that each of `length` tokens has among those that are kept."""
    places = torch.zeros(length, dtype=torch.long)
    places[torch.tensor(kept)] = torch.arange(len(kept))
    return places


def serve(explainer: Explainer, texts: Sequence[Left]) -> Tensor:
    """The model's answers to some texts, each in the place of its target: rows choices, on the processor.

    No model can be asked about no token at all: where none is left, one that begins or ends texts is served.
    """
    tokenizer = explainer.network.tokenizer
    texts = [left if left.length else replace(left, inputs=make_stand_in(tokenizer, [*left.inputs])) for left in texts]
    width = max((len(left.choices) for left in texts), default=0)

    def answer(network: Network, numbers: list[int]) -> Tensor:
        inputs = network.pad([texts[at].inputs for at in numbers])
        with torch.no_grad():
            table = network.answer(inputs, network.embed(inputs))
        chosen = Cells.stack([texts[at].choices for at in numbers]).to(table.device).read_choices(table)
        return pad(chosen, (0, width - chosen.shape[1]), value=-torch.inf).cpu()

    rows = explainer.network.share(answer, [text.length for text in texts], budget=explainer.budget.tokens)
    return torch.stack(rows) if rows else torch.empty(0, 0)


def read_answers(explainer: Explainer, choices: Tensor, questions: Sequence[TargetQuery]) -> list[Answer]:
    """What answers (rows choices) say of the target of a question each."""
    if not questions:
        return []
    columns, against = zip(*(question.columns for question in questions), strict=True)
    index = torch.tensor(columns).unsqueeze(1)
    others = torch.tensor([[-1 if other is None else other] for other in against])
    rivals = torch.where(others >= 0, choices.gather(1, others.clamp_min(0)), 0.0)
    scores = (choices.gather(1, index) - rivals).squeeze(1).tolist()
    shares = explainer.task.probabilities(choices.double())
    values = scores if shares is None else shares.gather(1, index).squeeze(1).tolist()
    return [Answer(*pair) for pair in zip(values, scores, strict=True)]
