"""Edited texts, with words deleted or replaced, and the model's answers to them, in shared forward passes."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import torch
from torch import Tensor
from torch.nn.functional import pad

from reporter.attribution import Explainer, TargetQuery
from reporter.evidence.metrics import Cut, TargetAnswer
from reporter.models import Network, make_stand_in
from reporter.tasks import Cells


@dataclass(frozen=True, slots=True)
class EditedText:
    """A text with words deleted or replaced: its inputs, and the cells of the table that are its target's choices."""

    inputs: dict[str, list[int]]
    choices: Cells

    @property
    def length(self) -> int:
        """The number of tokens."""
        return len(self.inputs["input_ids"])


def delete_words(query: TargetQuery, cut: Cut) -> EditedText:
    """The text without the tokens of some words; tokens at which the answer is read stay."""
    removed = _list_places(query, cut)
    kept_places = [place for place in range(query.length) if place not in removed]
    inputs = {name: [values[place] for place in kept_places] for name, values in query.encoded.inputs.items()}
    return EditedText(
        inputs, query.choices.move(_renumber(kept_places, query.length)) if query.per_token else query.choices
    )


def replace_words(query: TargetQuery, cut: Cut, token_id: int) -> EditedText:
    """The text with every token of some words replaced by `token_id`; tokens at which the answer is read stay."""
    replaced, inputs = _list_places(query, cut), query.encoded.inputs
    ids = [token_id if place in replaced else value for place, value in enumerate(inputs["input_ids"])]
    return EditedText({**inputs, "input_ids": ids}, query.choices)


def _list_places(query: TargetQuery, cut: Cut) -> set[int]:
    return {place for place, token in enumerate(query.encoded.tokens) if token.word in cut} - query.fixed


def _renumber(kept_places: Sequence[int], length: int) -> Tensor:
    """The new place of each of `length` tokens among those that are kept, -1 for one that is not (tokens)."""
    places = torch.full((length,), -1)
    places[torch.tensor(kept_places)] = torch.arange(len(kept_places))
    return places


def answer_texts(explainer: Explainer, texts: Sequence[EditedText]) -> Tensor:
    """The model's answers to some texts, at the position of each target: rows choices, on the processor.

    An empty text is served as a single token that begins or ends texts.
    """
    tokenizer = explainer.network.tokenizer
    texts = [text if text.length else replace(text, inputs=make_stand_in(tokenizer, [*text.inputs])) for text in texts]
    width = max((len(text.choices) for text in texts), default=0)

    def answer(network: Network, numbers: list[int]) -> Tensor:
        """The answers to the texts that share a pass, rows choices, filled up with -inf."""
        inputs = network.pad([texts[at].inputs for at in numbers])
        with torch.no_grad():
            table = network.answer(inputs, network.embed(inputs))
        chosen = Cells.stack([texts[at].choices for at in numbers]).to(table.device).read_choices(table)
        return pad(chosen, (0, width - chosen.shape[1]), value=-torch.inf).cpu()

    rows = explainer.network.share(answer, [text.length for text in texts], budget=explainer.budget.tokens)
    return torch.stack(rows) if rows else torch.empty(0, 0)


def read_answers(explainer: Explainer, choices: Tensor, queries: Sequence[TargetQuery]) -> list[TargetAnswer]:
    """The value and the score of each query's target in answers, rows choices."""
    if not queries:
        return []
    columns, against = zip(*(query.columns for query in queries), strict=True)
    index = torch.tensor(columns).unsqueeze(1)
    others = torch.tensor([[-1 if other is None else other] for other in against])
    rivals = torch.where(others >= 0, choices.gather(1, others.clamp_min(0)), 0.0)
    scores = (choices.gather(1, index) - rivals).squeeze(1).tolist()
    shares = explainer.task.probabilities(choices.double())
    values = scores if shares is None else shares.gather(1, index).squeeze(1).tolist()
    return [TargetAnswer(*pair) for pair in zip(values, scores, strict=True)]
