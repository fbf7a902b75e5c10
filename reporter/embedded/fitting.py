"""The training loop: batches of like lengths, AdamW on a one-cycle schedule, smoothed labels."""

import logging
import random
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn.functional import cross_entropy
from transformers import PreTrainedModel, PreTrainedTokenizerBase

from reporter.embedded.texts import LabelledText

LOG = logging.getLogger("train")
SMOOTHING = 0.05


@dataclass(frozen=True)
class Lesson:
    """One tokenised text: its ids and its label."""

    ids: tuple[int, ...]
    label: int


@dataclass(frozen=True)
class Schedule:
    """How a model is fitted: the peak learning rate, texts in a batch, and the seed of order and dropout."""

    rate: float
    batch: int = 32
    seed: int = 0


def encode_texts(
    examples: list[LabelledText], tokenizer: PreTrainedTokenizerBase, limits: dict[str, int]
) -> list[Lesson]:
    """Tokenise each text, cut to the limit of its source or else to limits[""]."""
    rows = tokenizer([example.text for example in examples], truncation=True, max_length=512)["input_ids"]
    return [
        Lesson(tuple(cut(ids, limits.get(example.source, limits[""]))), example.label)
        for ids, example in zip(rows, examples, strict=True)
    ]


def cut(ids: list[int], limit: int) -> list[int]:
    """Keep the first pieces and the closing [SEP]."""
    return ids if len(ids) <= limit else [*ids[: limit - 1], ids[-1]]


def batches(lessons: list[Lesson], size: int, *, seed: int) -> list[list[Lesson]]:
    """Deal the lessons, shuffled, into batches of like lengths, and shuffle the batches."""
    order = random.Random(seed)
    dealt = order.sample(lessons, len(lessons))
    pools = [sorted(dealt[at : at + 50 * size], key=length) for at in range(0, len(dealt), 50 * size)]
    groups = [pool[at : at + size] for pool in pools for at in range(0, len(pool), size)]
    order.shuffle(groups)
    return groups


def length(lesson: Lesson) -> int:
    """Count the pieces of a lesson."""
    return len(lesson.ids)


def padded(lessons: list[Lesson]) -> tuple[Tensor, Tensor]:
    """Stack ids and attention mask, both (rows tokens); the piece 0 is [PAD]."""
    ids = torch.nn.utils.rnn.pad_sequence([torch.tensor(lesson.ids) for lesson in lessons], batch_first=True)
    mask = torch.nn.utils.rnn.pad_sequence([torch.ones(len(lesson.ids)) for lesson in lessons], batch_first=True)
    return ids, mask.long()


def fit(
    model: PreTrainedModel, epochs: list[list[Lesson]], schedule: Schedule, after_epoch: Callable[[int], None]
) -> None:
    """Fit the model to each epoch's lessons in bfloat16 arithmetic, calling `after_epoch` with its number."""
    torch.manual_seed(schedule.seed)
    dealt = [batches(lessons, schedule.batch, seed=schedule.seed + number) for number, lessons in enumerate(epochs)]
    optimiser = torch.optim.AdamW(model.parameters(), lr=schedule.rate, weight_decay=0.01, fused=True)
    steps = sum(map(len, dealt)) + 1
    cycle = torch.optim.lr_scheduler.OneCycleLR(optimiser, schedule.rate, total_steps=steps, pct_start=0.1)
    for epoch, groups in enumerate(dealt):
        model.train()
        for group in announced(groups, f"epoch {epoch}"):
            step(model, group, optimiser)
            cycle.step()
        model.eval()
        after_epoch(epoch)


def step(model: PreTrainedModel, lessons: list[Lesson], optimiser: torch.optim.Optimizer) -> None:
    """Take one step of gradient descent, its gradient clipped to norm 1."""
    ids, mask = padded(lessons)
    labels = torch.tensor([lesson.label for lesson in lessons])
    with torch.autocast("cpu", dtype=torch.bfloat16):
        logits = model(input_ids=ids, attention_mask=mask).logits
    cross_entropy(logits.float(), labels, label_smoothing=SMOOTHING).backward()
    torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
    optimiser.step()
    optimiser.zero_grad(set_to_none=True)


def announced(groups: list[list[Lesson]], title: str) -> Iterator[list[Lesson]]:
    """Yield the batches and log the pace every hundred."""
    begun = time.monotonic()
    for number, group in enumerate(groups):
        if number % 100 == 0:
            LOG.info("%s: batch %d of %d, %.0f s", title, number, len(groups), time.monotonic() - begun)
        yield group


@torch.inference_mode()
def logits_of(model: PreTrainedModel, lessons: list[Lesson]) -> Tensor:
    """Compute the logits (rows choices) of all lessons in float32, in their own order."""
    logits = torch.zeros(len(lessons), 2)
    order = sorted(range(len(lessons)), key=lambda row: len(lessons[row].ids))
    for at in range(0, len(order), 64):
        rows = order[at : at + 64]
        ids, mask = padded([lessons[row] for row in rows])
        logits[rows] = model(input_ids=ids, attention_mask=mask).logits.float()
    return logits
