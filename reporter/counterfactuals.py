"""Counterfactuals: what the model would say without a word, with a neighbour of it, and which words its label hangs on.

A word that is removed stands at the run's baseline, as everywhere; one that is replaced gives way to another piece of
the vocabulary, and that text is served as it is.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

import numpy as np
import torch
from torch import Tensor

from reporter.cases import Cases, to_array
from reporter.network import Network
from reporter.perturbations import look
from reporter.quadrature import Array
from reporter.rounding import rounded
from reporter.rows import Gathered, Rows

Words = tuple[int, ...]

_TOP, _NEIGHBOURS, _MOST = 5, 3, 8  # words that are changed, what each is changed to, and the most that are removed
_MARKS = "#▁Ġ"  # what tokenizers write at the head of a piece, by whether it begins a word


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """Some words of a text (by number) removed, or one replaced `by` another: what the model then says.

    `label` is the number of the winning choice at the target's position, `score` the target's own score.
    """

    words: Words
    by: str | None
    label: int
    score: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Counterfactual:
    """The strongest words removed and replaced one by one, and few words without which the label is another.

    `flip` is None where no such words were found: the search is greedy, and ends after eight words.
    """

    removals: tuple[Change, ...]
    replacements: tuple[Change, ...]
    flip: Change | None


def probe(batches: Sequence[Cases], orders: Sequence[Sequence[int]]) -> list[Counterfactual]:
    """Change every text of some batches; `orders` has the words of each, the strongest first."""
    rows = Rows(batches)
    tops = [tuple(order[:_TOP]) for order in orders]
    usual = [int(answers[0].argmax()) for answers in _remove(rows, [[()] for _ in tops])]
    flips = _trim(rows, _flip(rows, usual), usual)
    sets = [[*((word,) for word in top), *([flip] if flip else [])] for top, flip in zip(tops, flips, strict=True)]
    removed, found = _remove(rows, sets), []
    places = [(cases, row) for cases in batches for row in range(len(cases.cells))]
    for (cases, row), top, some, answers in zip(places, tops, sets, removed, strict=True):
        changes = [_change(words, answer, cases.cells[row]) for words, answer in zip(some, answers, strict=True)]
        flip = changes[len(top)] if len(changes) > len(top) else None
        replacements = tuple(_replace(cases, row, top))
        found.append(Counterfactual(removals=tuple(changes[: len(top)]), replacements=replacements, flip=flip))
    return found


def find_neighbours(network: Network, piece: int) -> list[int]:
    """The pieces of the vocabulary whose embeddings point most nearly where that of `piece` does, nearest first.

    They stand where it stands in a word, and are more than the same letters in another case.
    """
    names = network.tokenizer.convert_ids_to_tokens(range(len(network.table)))
    near = torch.cosine_similarity(network.table, network.table[piece : piece + 1]).argsort(descending=True).tolist()
    special = set(network.tokenizer.all_special_ids)
    found = (one for one in near if one not in special and _alike(names[one], names[piece]))
    return list(islice(found, _NEIGHBOURS))


def _alike(one: str | None, other: str) -> bool:
    """Whether two pieces are of a kind: both begin a word or neither does, both are words or neither is."""
    if one is None:
        return False
    bodies = [name.lstrip(_MARKS) for name in (one, other)]
    heads = [name[: len(name) - len(body)] for name, body in zip((one, other), bodies, strict=True)]
    same = bodies[0].casefold() == bodies[1].casefold()
    return heads[0] == heads[1] and bodies[0].isalpha() == bodies[1].isalpha() and not same


def _flip(rows: Rows, usual: Sequence[int]) -> list[Words]:
    """Words of each text without which its label is another, removed one by one, each time what costs it most."""
    gone: list[Words] = [()] * len(usual)
    done = [False] * len(usual)
    for _ in range(_MOST):
        tries = [
            [] if done[row] else [(*gone[row], word) for word in range(count) if word not in gone[row]]
            for row, count in enumerate(rows.counts)
        ]
        for row, (some, answers) in enumerate(zip(tries, _remove(rows, tries), strict=True)):
            margins = [_lead(answer, usual[row]) for answer in answers]
            if margins:
                gone[row] = some[int(np.argmin(margins))]
                done[row] = min(margins) < 0
    return [words if found else () for words, found in zip(gone, done, strict=True)]


def _trim(rows: Rows, flips: list[Words], usual: Sequence[int]) -> list[Words]:
    """The same words less those that the label does not hang on after all."""
    tries = [[tuple(word for word in words if word != back) for back in words] for words in flips]
    kept = [
        next((some for some, answer in zip(sets, answers, strict=True) if _lead(answer, label) < 0), words)
        for words, sets, answers, label in zip(flips, tries, _remove(rows, tries), usual, strict=True)
    ]
    return kept if kept == flips else _trim(rows, kept, usual)


def _remove(rows: Rows, sets: Sequence[Sequence[Words]]) -> list[list[Array]]:
    """What the model says (choices) to each row without each of some sets of its words."""
    drawn = [
        np.array([[word not in gone for word in range(count)] for gone in some], dtype=bool).reshape(len(some), count)
        for some, count in zip(sets, rows.counts, strict=True)
    ]
    answers = iter(look(rows, drawn, Gathered.choices))
    return [[next(answers) for _ in some] for some in sets]


@torch.no_grad()
def _replace(cases: Cases, row: int, top: Sequence[int]) -> Iterator[Change]:
    """Every word of one piece by each of its neighbours; a word of several pieces has none."""
    ids, words = cases.inputs["input_ids"][row], cases.words[row]
    for word in top:
        places = (words == word).nonzero().flatten().tolist()
        if len(places) != 1:
            continue
        for piece in find_neighbours(cases.network, int(ids[places[0]])):
            inputs = {name: values[row : row + 1].clone() for name, values in cases.inputs.items()}
            inputs["input_ids"][0, places[0]] = piece
            table = cases.task.table(cases.network.run(inputs).logits)
            by = cases.network.tokenizer.convert_ids_to_tokens(piece).lstrip(_MARKS)
            yield _change((word,), to_array(table[0, cases.cells[row, 0]]), cases.cells[row], by=by)


def _change(words: Words, answer: Array, cell: Tensor, by: str | None = None) -> Change:
    _, choice, against = cell.tolist()
    score = answer[choice] - (answer[against] if against >= 0 else 0.0)
    return Change(words=words, by=by, label=int(answer.argmax()), score=rounded([score])[0])


def _lead(answer: Array, label: int) -> float:
    """By how much a label is ahead of all others."""
    return float(answer[label] - np.delete(answer, label).max(initial=-np.inf))
