"""The drawings of the proof say what the numbers say: the path curve, and where the heads look."""

import re
import zlib
from base64 import b64decode
from dataclasses import replace

import numpy as np
import pytest
import torch

from reporter.evidence.aligned_text import AlignedText
from reporter.records.attention import STRETCHES, summarize_heads
from reporter.site.pages.document.overview import overview
from reporter.site.pages.document.words import smalls
from reporter.site.pages.drawings.axis import LEFT, RIGHT
from reporter.site.pages.drawings.curve import curve
from tests import example_runs as runs
from tests.conftest import encoded, prepared
from tests.networks import TEXTS


def reading_of(text: str) -> AlignedText:
    found = runs.explanation("a", text)
    return AlignedText(found, found.sections[0])


def pixels(url: str) -> list[bytes]:
    """The rows of a grey picture without filters, read as the format's definition says."""
    data = b64decode(url.removeprefix("data:image/png;base64,"))
    assert data[:8] == b"\x89PNG\r\n\x1a\n"
    width, height = (int.from_bytes(data[at : at + 4], "big") for at in (16, 20))
    start = data.index(b"IDAT") + 4
    raw = zlib.decompress(data[start : start + int.from_bytes(data[start - 8 : start - 4], "big")])
    rows = [raw[at : at + width + 1] for at in range(0, len(raw), width + 1)]
    assert len(rows) == height
    assert all(row[0] == 0 for row in rows)
    return [row[1:] for row in rows]


@pytest.mark.parametrize("words", [0, 1, STRETCHES, STRETCHES + 1, 100])
def test_every_heads_shares_sum_to_one_and_stretches_hold_every_word(words):
    tokens = [None, *[at // 2 for at in range(2 * words)], None]
    rows = np.random.default_rng(words).dirichlet(np.ones(len(tokens)), size=(2, 3))
    found = summarize_heads(rows, tokens)
    assert len(found.stretches) == min(words, STRETCHES)
    assert [place for first, end in found.stretches for place in range(first, end)] == list(range(1, 2 * words + 1))
    np.testing.assert_allclose(np.array(found.shares).sum(-1), 1.0, atol=0.01)
    np.testing.assert_allclose(np.array(found.shares)[..., 0], rows[..., 0] + rows[..., -1], atol=6e-4)


def test_the_heads_are_those_of_the_network(tiny):
    attribute = prepared(tiny, methods=("attention",))
    (document,) = encoded(attribute, TEXTS[0])
    section = attribute([document])[0].sections[0]
    model = attribute.explainer.network.model
    model.set_attn_implementation("eager")
    with torch.no_grad():
        shown = model(**{n: torch.tensor([v]) for n, v in document.inputs.items()}, output_attentions=True).attentions
    wanted = np.stack([layer[0, :, 0].numpy() for layer in shown])  # this classifier reads its first position
    special = [token.special for token in section.tokens]
    np.testing.assert_allclose(np.array(section.heads.shares)[..., 0], wanted[..., special].sum(-1), atol=6e-4)


def test_the_overview_is_as_dark_as_the_shares():
    reading = reading_of("a fine film, and a long one")
    heads = reading.section.heads
    found = overview(heads, reading)
    rows = pixels(found.picture)
    columns = len(heads.stretches) + 1
    assert (found.height, found.heads) == (len(heads.shares), len(heads.shares[0]))
    for row, layer in zip(rows, heads.shares, strict=True):
        for at, head in enumerate(layer):
            strip = row[at * (columns + 1) : at * (columns + 1) + columns]
            assert list(strip) == [round(255 * share / max(head)) for share in head]
    cells = [cell for _, layer in found.layers for cell in layer]
    most = [max(head) for layer in heads.shares for head in layer]
    assert [int(re.search(r": (\d+)", cell)[1]) for cell in cells] == [round(100 * share) for share in most]
    assert len(found.columns) == len(heads.stretches)


def test_without_attention_there_is_no_overview():
    assert overview(None, reading_of("fine")) is None


def test_the_curve_goes_through_every_node():
    found = runs.explanation("a").sections[0].attributions
    certificate = next(one.certificate for one in found if one.certificate.claim == "complete")
    found = curve(certificate, decimals=4)
    points = [tuple(map(float, pair.split())) for pair in re.findall(r"[\d.]+ \d+", found.line)]
    assert len(points) == len(certificate.path) == len(found.rows)
    assert [x for x, _ in points] == pytest.approx(
        [LEFT + share * (RIGHT - LEFT) for share, _ in certificate.path], abs=0.06
    )
    heights = [value for _, value in certificate.path]
    assert np.corrcoef([y for _, y in points], heights)[0, 1] < -0.999
    assert curve(replace(certificate, path=()), decimals=4) is None


def strokes(path: str) -> dict[int, int]:
    """The bars of a skyline by their columns: how far each reaches from the middle line."""
    x, y, found = 0, 0, {}
    for across, along, height in re.findall(r"m(-?\d+) ?(-?\d+)v(-?\d+)", path):
        x, y = x + int(across), y + int(along)
        found[(x - 2) // 4] = max(abs(y - 24), abs(y + int(height) - 24))
        y += int(height)
    return found


@pytest.mark.parametrize(("count", "together"), [(99, 1), (100, 1), (101, 2), (200, 2), (250, 3)])
def test_a_skyline_has_a_hundred_bars_at_most_and_the_strongest_of_each_stretch(count: int, together: int) -> None:
    aligned = reading_of(" ".join(f"w{at}" for at in range(count)))
    (first, *_) = [one for one in aligned.section.attributions if one.method == "integrated_gradients"]
    scores = tuple((-1) ** at * (at % 7) / 6 for at in range(len(first.scores)))
    shown = replace(aligned.section, attributions=(replace(first, scores=scores),))
    spread = AlignedText(replace(runs.explanation("a", " ".join(aligned.texts)), sections=(shown,)), shown)
    (small,) = smalls(spread, first.method, titles={})
    assert small.words_per_bar == together
    shares = spread.shares(scores)
    columns = [shares[at : at + together] for at in range(0, count, together)]
    assert len(columns) <= 100
    for path, sign in ((small.up, 1), (small.down, -1)):
        reach = {at: max(sign * share for share in column) for at, column in enumerate(columns)}
        assert strokes(path) == {at: round(24 * share) for at, share in reach.items() if share >= 0.04}
