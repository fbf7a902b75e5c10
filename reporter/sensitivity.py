"""Sensitivity: whether an explanation hangs on what stands for an absent word."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from reporter.agreement import add_by_word
from reporter.baselines import BASELINES, check_baseline
from reporter.errors import UserError
from reporter.evidence import find_level
from reporter.methods import Method
from reporter.network import Network
from reporter.questions import Asking, Question
from reporter.rankings import add_up
from reporter.records import Section, Sensitivity
from reporter.rounding import rounded
from reporter.rules import Array


def vary_baseline(
    asking: Asking, methods: Sequence[Method], *, batches: Sequence[Sequence[Question]], sections: Sequence[Section]
) -> list[Section]:
    """The sections with what the first method that claims completeness says from every baseline of this network.

    It is such a method whose scores are measured against the baseline. As they were if the settings do not ask for it.
    """
    wanted = find_level(asking.settings.evidence).baselines
    method = next((one for one in methods if one.description.claim == "complete"), None)
    if not wanted or method is None:
        return list(sections)
    name = method.description.name
    found = [
        [add_by_word(section.tokens, one.scores) for one in section.attributions if one.method == name]
        for section in sections
    ]
    others = [name for name in BASELINES if name != asking.settings.baseline and _is_served(name, asking.network)]
    for other in others:
        for scores, more in zip(found, _draw(asking, method, other, batches), strict=True):
            scores.append(more)
    names = (asking.settings.baseline, *others)
    pairs = zip(sections, found, strict=True)
    return [replace(section, sensitivity=_record(name, names, np.stack(scores))) for section, scores in pairs]


def _is_served(name: str, network: Network) -> bool:
    try:
        check_baseline(name, network)
    except UserError:
        return False
    return True


def _draw(asking: Asking, method: Method, baseline: str, batches: Sequence[Sequence[Question]]) -> list[Array]:
    """The word scores of every question, from another baseline."""
    other = replace(asking, settings=replace(asking.settings, baseline=baseline))
    return add_up(batches, method.attribute([other.pose(questions) for questions in batches]))


def _record(method: str, baselines: tuple[str, ...], scores: Array) -> Sensitivity:
    """From word scores, baselines x words."""
    low, high = scores.min(0), scores.max(0)
    flips = np.flatnonzero((low < 0) & (high > 0)).tolist()
    return Sensitivity(method=method, baselines=baselines, low=rounded(low), high=rounded(high), flips=tuple(flips))
