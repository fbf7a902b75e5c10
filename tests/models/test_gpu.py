"""Where passes are dear, as on a GPU, few and large ones are made, and they say the same.

A processor can be told to do so too; what needs a GPU itself is skipped where there is none.
"""

import numpy as np
import pytest
import torch
from torch.nn.functional import scaled_dot_product_attention

from reporter.models.network import Network
from reporter.models.packed.rows import Blocked, RowByRow
from reporter.records.explanation import Explanation
from tests.conftest import encoded, prepared
from tests.networks import TEXTS, save_network

METHODS = ("attention", "gradient", "integrated_gradients", "occlusion")
ALL = (*TEXTS, "The film was not good. " * 12)


def count_rows(model: torch.nn.Module, monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many rows each pass has from now on."""
    rows: list[int] = []
    usual = model.forward

    def forward(*given: torch.Tensor, **named: torch.Tensor):
        rows.append(len(named["input_ids"]))
        return usual(*given, **named)

    monkeypatch.setattr(model, "forward", forward)
    return rows


def agree(found: list[Explanation], usual: list[Explanation], tolerance: float) -> None:
    """The same answers, and scores within twice the tolerance, since both are within it."""
    for one, other in zip(found, usual, strict=True):
        assert one.error is None, one.error
        assert one.prediction.logits == pytest.approx(other.prediction.logits, abs=1e-4)
        for score, same in zip(one.sections[0].attributions, other.sections[0].attributions, strict=True):
            off = np.abs(np.array(score.scores) - same.scores).sum() / np.abs(same.scores).sum()
            assert off <= (2 * tolerance if score.method == "integrated_gradients" else 1e-3), score.method
        assert one.sections[0].attributions[2].certificate.verdict == "met"


@pytest.mark.parametrize("tolerance", [0.01, 0.001])
@pytest.mark.parametrize("kind", ["Bert", "Roberta", "Electra", "DistilBert"])
def test_few_large_passes_say_the_same(kind, tolerance, tmp_path, monkeypatch):
    folder = save_network(tmp_path, kind, pad_token_id=0)
    usual, dear = (prepared(folder, methods=METHODS, tolerance=tolerance, batch_tokens=32768) for _ in range(2))
    expected = usual(encoded(usual, *ALL))
    monkeypatch.setattr(Network, "on_accelerator", True)
    texts = encoded(dear, *ALL)
    dear(texts)
    rows = count_rows(dear.explainer.network.model, monkeypatch)
    agree(dear(texts), expected, tolerance)
    assert rows[0] == len(ALL)
    assert len(rows) < 20


def test_texts_are_answered_alone_where_company_changes_answers(tiny, monkeypatch):
    """A network that looks at padding says something else in a pass with longer texts."""
    monkeypatch.setattr(Network, "on_accelerator", True)
    attribute = prepared(tiny, methods=METHODS)
    model = attribute.explainer.network.model
    usual = model.forward

    def forward(*given: torch.Tensor, **named: torch.Tensor):
        return usual(*given, **(named | {"attention_mask": torch.ones_like(named["attention_mask"])}))

    monkeypatch.setattr(model, "forward", forward)
    vars(attribute.explainer.network).pop("pads_freely", None)  # it was found out while the network was accepted
    assert attribute.explainer.part(encoded(attribute, *ALL)) == [[number] for number in range(len(ALL))]


def test_a_text_that_cannot_be_answered_is_found_by_halves(tiny, monkeypatch):
    monkeypatch.setattr(Network, "on_accelerator", True)
    attribute = prepared(tiny, methods=METHODS)
    texts = encoded(attribute, *[TEXTS[0]] * 7, "The bad one.", *[TEXTS[0]] * 24)
    bad = texts[7].inputs["input_ids"]
    usual = attribute.explainer.network.model.forward
    rows: list[int] = []

    def forward(*given: torch.Tensor, **named: torch.Tensor):
        rows.append(len(named["input_ids"]))
        if bad in [line[: len(bad)] for line in named["input_ids"].tolist()]:
            raise ArithmeticError("no")
        return usual(*given, **named)

    assert attribute.explainer.network.pads_freely
    monkeypatch.setattr(attribute.explainer.network.model, "forward", forward)
    found = attribute(texts)
    assert [one.status for one in found] == ["explained"] * 7 + ["failed"] + ["explained"] * 24
    assert "no" in found[7].error
    assert rows[:11] == [32, 16, 8, 4, 4, 2, 2, 1, 1, 8, 16]


@pytest.mark.parametrize("line", [RowByRow, Blocked])
def test_rows_in_line_attend_to_themselves_alone(line):
    generator = torch.Generator().manual_seed(0)
    lengths = [5, 5, 17, 16, 1, 40, 33]
    seen = torch.arange(40) < torch.tensor(lengths).unsqueeze(1)
    parts = torch.randn(3, sum(lengths), 2, 8, generator=generator, dtype=torch.float64, requires_grad=True)
    explainer = torch.randn(len(lengths), 2, 6, generator=generator, dtype=torch.float64)
    hidden = torch.randn(sum(lengths), 6, generator=generator, dtype=torch.float64)
    rows = line(seen.long())
    assert rows.firsts.tolist() == np.cumsum([0, *lengths[:-1]]).tolist()
    attended, mixed = rows.attend(*parts), rows.mix(explainer, hidden)
    apart = [scaled_dot_product_attention(*own.transpose(1, 2)).transpose(0, 1) for own in parts.split(lengths, 1)]
    torch.testing.assert_close(attended, torch.cat(apart))
    gradients = [torch.autograd.grad(one.square().sum(), parts)[0] for one in (attended, torch.cat(apart))]
    torch.testing.assert_close(*gradients)
    for one, ask, own in zip(mixed, explainer, hidden.split(lengths), strict=True):
        torch.testing.assert_close(one, (ask @ own.T).softmax(-1) @ own)


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
@pytest.mark.parametrize("dtype", ["float32", "tf32", "bfloat16"])
@pytest.mark.parametrize("tolerance", [0.05, 0.01, 0.001])
def test_a_gpu_says_what_a_processor_says(dtype, tolerance, tiny):
    device, processor = (
        prepared(tiny, methods=METHODS, tolerance=tolerance, **options)
        for options in ({"device": "cuda", "dtype": dtype}, {"device": "cpu"})
    )
    agree(device(encoded(device, *ALL)), processor(encoded(processor, *ALL)), tolerance)
