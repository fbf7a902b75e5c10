"""A text that enters a network at several places is replaced at all of them, and both ends are the model's own."""

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pytest
import torch
import transformers
from tokenizers import processors

from reporter.records import twin
from reporter.records.errors import UserError
from reporter.records.explanation import Certificate, Explanation, Section
from reporter.records.settings import METHODS
from reporter.runs.acceptance import check_network
from tests.cli.test_cli import run
from tests.conftest import encoded, prepared
from tests.networks import TEXTS, make_tokenizer, save_network
from tests.references import answer

_BART = {
    **{"d_model": 32, "encoder_layers": 2, "decoder_layers": 2, "encoder_attention_heads": 4, "num_labels": 3},
    **{"decoder_attention_heads": 4, "encoder_ffn_dim": 48, "decoder_ffn_dim": 48, "eos_token_id": 3},
    **{"bos_token_id": 2, "decoder_start_token_id": 3, "times": 4.0},
}
_T5 = {
    **{"d_model": 32, "d_kv": 8, "d_ff": 48, "num_layers": 2, "num_decoder_layers": 2, "num_heads": 4, "num_labels": 3},
    **{"eos_token_id": 3, "decoder_start_token_id": 0, "times": 0.5},
}
FAMILIES = {
    **{"Bart": _BART, "MBart": _BART, "BigBirdPegasus": _BART, "Mvp": _BART, "PLBart": _BART},
    **{"T5": _T5, "MT5": _T5, "UMT5": _T5},
}
SHORT = TEXTS[::2]
WRAPPING = ("MBart", "PLBart")
"""Those whose decoder starts with the text's last token, and not with a token of its own."""


@dataclass(frozen=True)
class Family:
    """A tiny network of a family, and what is said of the short texts from the mask as a baseline."""

    name: str
    folder: Path
    explained: list[Explanation]

    @property
    def sections(self) -> list[tuple[str, Section]]:
        """Each text with the one section about it."""
        return [(one.text, *one.sections) for one in self.explained]


@pytest.fixture(scope="module", params=FAMILIES)
def family(request, tmp_path_factory) -> Family:
    """One of each family."""
    folder = save_network(tmp_path_factory.mktemp("families"), request.param, **FAMILIES[request.param])
    attribute = prepared(folder, methods=("integrated_gradients", "occlusion"), baseline="mask", evidence="none")
    return Family(request.param, folder, attribute(encoded(attribute, *SHORT)))


def read(folder: Path) -> tuple:
    """The model and its tokenizer as anybody reads them, in float64."""
    model = transformers.AutoModelForSequenceClassification.from_pretrained(folder).double().eval()
    return model, transformers.AutoTokenizer.from_pretrained(folder)


def integrate(folder: Path, text: str, *, piece: int, target: int, nodes: int = 100) -> tuple[np.ndarray, float, float]:
    """The integrated gradients of every token by midpoints, F(text) and F(baseline): independent of the product."""
    model, tokenizer = read(folder)
    served = tokenizer(text, return_tensors="pt")
    ids, table = served["input_ids"][0], model.get_input_embeddings().weight.detach()
    words = torch.tensor([one not in tokenizer.all_special_ids for one in ids.tolist()])
    end = table[ids]
    start = torch.where(words.unsqueeze(-1), table[piece], end)

    def ask(shares: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        points = torch.lerp(start, end, shares.view(-1, 1, 1)).requires_grad_()
        score = answer(model, dict(served), words, points)[:, target]
        return score.detach(), torch.autograd.grad(score.sum(), points)[0]

    gradients = ask((torch.arange(nodes, dtype=torch.float64) + 0.5) / nodes)[1].mean(0)
    ends = ask(torch.tensor([1.0, 0.0], dtype=torch.float64))[0].tolist()
    return (gradients * (end - start)).sum(-1).numpy(), *ends


def ask_by_ids(name: str, folder: Path, text: str, piece: int) -> torch.Tensor:
    """What the model says where this token stands for every word, in what encoder and decoder are given alike."""
    model, tokenizer = read(folder)
    served = tokenizer(text, return_tensors="pt")
    ids = served["input_ids"]
    absent = torch.tensor([[one if one in tokenizer.all_special_ids else piece for one in ids[0].tolist()]])
    first = ids[:, -1:] if name in WRAPPING else torch.full_like(ids[:, :1], model.config.decoder_start_token_id)
    shifted = torch.cat([first, absent[:, :-1]], 1)
    more = {"input_ids": absent, "attention_mask": served["attention_mask"], "decoder_input_ids": shifted}
    return model(**more).logits[0].detach()


def check_ends(family: Family, text: str, certificate: Certificate, *, target: int, baseline: str) -> None:
    """Hold both ends against the model's own answers."""
    model, tokenizer = read(family.folder)
    whole = model(**tokenizer(text, return_tensors="pt")).logits[0, target].item()
    piece = getattr(tokenizer, f"{baseline}_token_id")
    absent = ask_by_ids(family.name, family.folder, text, piece)[target].item()
    assert certificate.input == pytest.approx(whole, rel=1e-4, abs=1e-5)
    assert certificate.baseline == pytest.approx(absent, rel=1e-4, abs=1e-5)
    assert abs(whole - absent) > 1e-3


def test_both_ends_are_the_models_answers_with_the_ids_served(family):
    for text, section in family.sections:
        check_ends(family, text, section.attributions[0].certificate, target=section.target.index, baseline="mask")


def test_so_they_are_from_padding(family):
    attribute = prepared(family.folder, methods=("gradient",), baseline="pad", evidence="none")
    (found,) = attribute(encoded(attribute, TEXTS[1]))
    (section,) = found.sections
    certificate = section.attributions[0].certificate
    check_ends(family, TEXTS[1], certificate, target=section.target.index, baseline="pad")


def test_scores_are_those_of_a_dense_reference(family):
    piece = read(family.folder)[1].mask_token_id
    for text, section in family.sections:
        own, certificate = section.attributions[0], section.attributions[0].certificate
        scores, whole, absent = integrate(family.folder, text, piece=piece, target=section.target.index)
        assert certificate.verdict == "met"
        assert certificate.input - certificate.baseline == pytest.approx(whole - absent, rel=1e-3)
        assert np.abs(scores - own.scores).sum() <= 2 * certificate.tolerance * np.abs(scores).sum()


def test_words_that_are_left_out_are_left_out_of_encoder_and_decoder(family):
    """Occlusion is what the model's answer loses with a word's ids replaced."""
    model, tokenizer = read(family.folder)
    for text, section in family.sections:
        ids, target = tokenizer(text, return_tensors="pt")["input_ids"], section.target.index
        whole = model(input_ids=ids).logits[0, target]
        for place, token in enumerate(section.tokens):
            if not token.special:
                changed = ids.clone()
                changed[0, place] = tokenizer.mask_token_id
                lost = (whole - model(input_ids=changed).logits[0, target]).item()
                assert section.attributions[1].scores[place] == pytest.approx(lost, rel=1e-3, abs=1e-5)


def test_a_decoder_with_a_table_of_its_own_is_refused(tmp_path):
    folder = save_network(tmp_path, "Bart", **_BART, tie_word_embeddings=False)
    with pytest.raises(UserError, match="BartForSequenceClassification has no word-embedding layer"):
        prepared(folder)


def test_tables_that_are_apart_and_the_same_are_one(tmp_path):
    """Some checkpoints hold the same table three times, in as many layers."""
    tied, apart = save_network(tmp_path / "tied", "Bart", **_BART), tmp_path / "apart"
    model = transformers.BartForSequenceClassification.from_pretrained(tied)
    for layer in (model.model.encoder.embed_tokens, model.model.decoder.embed_tokens):
        layer.weight = torch.nn.Parameter(layer.weight.detach().clone())
    model.config.tie_word_embeddings = False
    model.save_pretrained(apart)
    read(tied)[1].save_pretrained(apart)
    found = []
    for folder in (tied, apart):
        attribute = prepared(folder, methods=("integrated_gradients", "occlusion"), baseline="mask", evidence="none")
        found.append(attribute(encoded(attribute, *SHORT)))
    assert found[0] == found[1]


NLI = ("contradiction", "neutral", "entailment")
PAIRS = (
    "premise,hypothesis,label\n"
    '"The film is great, and so was the food.",The food was wonderful.,entailment\n'
    "I hate that they never expect more of you.,Dull.,2\n"
    '"It was not good.",I love this plot!,contradiction\n'
    "No.,The service was awful but never without hope.,\n"
)


def test_premise_and_hypothesis_are_explained_checked_and_verified(tmp_path):
    names = {"id2label": dict(enumerate(NLI)), "label2id": {name: place for place, name in enumerate(NLI)}}
    model = save_network(tmp_path / "model", "Bart", **(_BART | names | {"forced_eos_token_id": 3}))
    pieces = make_tokenizer()
    cls, sep = pieces.cls_token_id, pieces.sep_token_id
    pieces.backend_tokenizer.post_processor = processors.RobertaProcessing(("[SEP]", sep), ("[CLS]", cls))
    pieces.save_pretrained(model)  # <s> premise </s></s> hypothesis </s>, as those for BART and RoBERTa have it
    (tmp_path / "pairs.csv").write_text(PAIRS)
    site = tmp_path / "site"
    assert run("build", tmp_path / "pairs.csv", "-o", site, "--model", model) == 0
    found = [twin.load_explanation(line) for line in (site / "data" / "documents.jsonl").read_text().splitlines()]
    assert [one.text_pair for one in found] == [
        "The food was wonderful.", "Dull.", "I love this plot!", "The service was awful but never without hope.",
    ]  # fmt: skip
    made = twin.load_run((site / "data" / "run.json").read_bytes())
    assert {one.method for one in made.omissions} | {one.name for one in made.methods} == set(METHODS)
    assert all("integrated_gradients" in [each.method for each in one.sections[0].attributions] for one in found)
    for one in found:
        (section,) = one.sections
        assert {token.segment for token in section.tokens if not token.special} == {0, 1}
    assert run("check", site) == 0
    assert run("verify", site, "--model", model, "--input", tmp_path / "pairs.csv") == 0


def test_a_decoder_with_a_table_of_its_own_is_refused_for_that(tmp_path):
    attribute = prepared(save_network(tmp_path, "Bart", **_BART))
    network = attribute.explainer.network
    decoder = network.model.model.decoder
    decoder.embed_tokens = torch.nn.Embedding.from_pretrained(torch.randn_like(decoder.embed_tokens.weight))
    fresh = replace(network)
    with pytest.raises(UserError, match="by several tables of word embeddings, as where a decoder has one of its own"):
        check_network(fresh, attribute.explainer.task)
