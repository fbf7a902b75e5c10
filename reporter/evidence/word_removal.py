"""Texts with some of their words deleted, or with others written over them: served together, many to a pass."""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from reporter.attribution import Explainer, TargetQuery, read_cells, read_places, to_probabilities
from reporter.evidence.metrics import Answer, Cut
from reporter.models import Network, make_stand_in
from reporter.records import Target, Token


@dataclass(frozen=True, slots=True)
class Left:
    """What is left of a text: its inputs, and at which position of the answer its target now stands."""

    inputs: dict[str, list[int]]
    position: int

    @property
    def length(self) -> int:
        """Its tokens."""
        return len(self.inputs["input_ids"])


def words_of(tokens: Sequence[Token]) -> list[list[int]]:
    """The places of the tokens of each word, in reading order: the words that `add_by_word` sums over."""
    places: dict[int, list[int]] = {}
    for place, token in enumerate(tokens):
        if token.word is not None:
            places.setdefault(token.word, []).append(place)
    return list(places.values())


def leave(question: TargetQuery, cut: Cut) -> Left:
    """Take the tokens of some words away; where every token has an answer, the one that is explained stays."""
    tokens, position = question.encoded.tokens, question.target.position
    gone = _list_places(question, cut)
    kept = [place for place in range(len(tokens)) if place not in gone]
    inputs = {name: [values[place] for place in kept] for name, values in question.encoded.inputs.items()}
    return Left(inputs, kept.index(position) if question.everywhere else position)


def write_over(question: TargetQuery, cut: Cut, piece: int) -> Left:
    """Write a piece of the vocabulary over every token of some words, but not over the one that is explained."""
    gone, inputs = _list_places(question, cut), question.encoded.inputs
    ids = [piece if place in gone else value for place, value in enumerate(inputs["input_ids"])]
    return Left({**inputs, "input_ids": ids}, question.target.position)


def _list_places(question: TargetQuery, cut: Cut) -> set[int]:
    places = {place for place, token in enumerate(question.encoded.tokens) if token.word in cut}
    return places - ({question.target.position} if question.everywhere else set())


def serve(explainer: Explainer, texts: Sequence[Left]) -> Tensor:
    """The model's answers to some texts, each at its own position: rows choices, on the processor.

    No model can be asked about no token at all: where none is left, one that begins or ends texts is served.
    """
    texts = [one if one.length else Left(make_stand_in(explainer.network.tokenizer, [*one.inputs]), 0) for one in texts]

    def answer(network: Network, some: list[int]) -> Tensor:
        inputs = network.pad([texts[at].inputs for at in some])
        with torch.no_grad():
            table = explainer.task.table(network.run(inputs, network.embed(inputs)).logits)
        places = torch.tensor([texts[at].position for at in some], device=table.device)
        return read_places(table, places).cpu()

    found = explainer.network.share(answer, [text.length for text in texts], budget=explainer.budget.tokens)
    return torch.stack(found) if found else torch.empty(0, 0)


def read_answers(explainer: Explainer, choices: Tensor, targets: Sequence[Target]) -> list[Answer]:
    """What answers (rows choices) say of a target each."""
    if not targets:
        return []
    cells = torch.tensor([explainer.locate(target, 0) for target in targets])
    scores = read_cells(choices.unsqueeze(1), cells).tolist()
    shares = to_probabilities(choices.double(), explainer.network.problem)
    values = scores if shares is None else shares.gather(1, cells[:, 1:2]).squeeze(1).tolist()
    return [Answer(*pair) for pair in zip(values, scores, strict=True)]
