"""Every kind of sequence classifier that transformers knows gives a site, or is refused in one sentence."""

from pathlib import Path

import pytest
import torch
import transformers
from transformers.models.auto.configuration_auto import CONFIG_MAPPING_NAMES as CONFIGS
from transformers.models.auto.modeling_auto import MODEL_FOR_SEQUENCE_CLASSIFICATION_MAPPING_NAMES as CLASSES

from reporter.records import twin
from tests.cli.test_cli import run
from tests.networks import TEXTS, make_tokenizer

pytestmark = pytest.mark.sweep

METHODS = "attention,attention_norm,gradient,integrated_gradients,occlusion"
MOST = 3e7  # parameters of a network that is tiny enough
TOKENS = {"pad_token_id": 0, "bos_token_id": 2, "eos_token_id": 3, "cls_token_id": 2, "sep_token_id": 3}
SIZES = {
    **dict.fromkeys(
        ("hidden_size", "d_model", "n_embd", "dim", "embedding_size", "emb_dim", "word_embed_proj_dim"), 32
    ),
    **dict.fromkeys(("num_hidden_layers", "encoder_layers", "decoder_layers", "num_layers", "num_decoder_layers"), 2),
    **dict.fromkeys(("n_layer", "n_layers", "num_key_value_heads", "num_experts_per_tok"), 2),
    **dict.fromkeys(("num_attention_heads", "encoder_attention_heads", "decoder_attention_heads", "num_heads"), 4),
    **dict.fromkeys(("n_head", "n_heads", "num_experts", "num_local_experts", "n_routed_experts"), 4),
    **dict.fromkeys(("intermediate_size", "encoder_ffn_dim", "decoder_ffn_dim", "d_ff", "d_inner", "hidden_dim"), 48),
    **dict.fromkeys(("ffn_dim", "intermediate_dim"), 48),
    **dict.fromkeys(("moe_intermediate_size", "shared_expert_intermediate_size"), 16),
    **dict.fromkeys(("max_position_embeddings", "n_positions", "n_ctx"), 64),
    **dict.fromkeys(("d_kv", "head_dim", "d_head", "attention_window", "num_buckets", "state_size"), 8),
    **dict.fromkeys(("kv_lora_rank", "q_lora_rank", "v_head_dim", "qk_rope_head_dim", "qk_nope_head_dim"), 8),
    "rotary_dim": 4,
    **dict.fromkeys(("first_k_dense_replace", "n_group", "topk_group"), 1),
    "block_sizes": [1, 1],
    "decoder_start_token_id": 3,
}
MIXED = {"layer_types": ["linear_attention", "full_attention"]}
OWN = {"jamba": {"attn_layer_period": 2, "attn_layer_offset": 1}, "qwen3_5_text": MIXED, "qwen3_next": MIXED}
"""What families need that mix two kinds of layers."""
WITHOUT: tuple[tuple[str, ...], ...] = (
    (), ("block_sizes",), ("num_key_value_heads",), ("head_dim",), ("attention_window",),
    ("num_key_value_heads", "head_dim"), ("intermediate_size",), ("embedding_size",), ("num_buckets",),
    ("moe_intermediate_size",), ("qk_rope_head_dim",), ("head_dim", "qk_rope_head_dim"),
    ("head_dim", "qk_rope_head_dim", "qk_nope_head_dim", "v_head_dim"),
    ("hidden_size", "intermediate_size", "num_attention_heads"),
)  # fmt: skip
"""Sizes that are left as they are, one choice after the other, for families that do not go with them."""

STOPPED = "was run on two short texts and stopped"
REFUSED = {
    "canine": "keeps no table of word embeddings",
    "ibert": "has no word-embedding layer",
    "reformer": STOPPED,  # it answers, and runs back in training only
    "t5": STOPPED,  # a configuration without a start token of its decoder
    "xmod": STOPPED,  # it must be told a language
}
"""What is said of the families that are refused."""


def make(kind: str) -> torch.nn.Module:
    """A tiny network of a family, by sizes with which it answers if it can; skips the test where none is made."""
    config, known = getattr(transformers, CONFIGS[kind]), CLASSES[kind]
    head = getattr(transformers, known if isinstance(known, str) else known[0])
    reasons, found = list[str](), list[torch.nn.Module]()
    for left in WITHOUT:
        try:
            names = {*config().to_dict(), *getattr(config, "attribute_map", {})}
            sizes = {name: value for name, value in (SIZES | TOKENS).items() if name in names and name not in left}
            made = config(**sizes, **OWN.get(kind, {}), vocab_size=len(make_tokenizer()) + 8, num_labels=3)
            with torch.device("meta"):
                if sum(weight.numel() for weight in head(made).parameters()) > MOST:
                    raise ValueError("it is too large")
            torch.manual_seed(0)
            found.append(head(made).eval())
            with torch.no_grad():
                found[-1](input_ids=torch.tensor([[2, 5, 6, 7, 3]]))
            return found[-1]
        except Exception as error:  # any family refuses in its own way
            reasons.append(f"{type(error).__name__}: {error}")
    if not found:
        pytest.skip(f"No tiny {kind} can be made: {reasons[0][:200]}")
    return found[0]


@pytest.mark.parametrize("kind", sorted(CLASSES))
def test_it_gives_a_site_or_a_sentence(kind: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    make(kind).save_pretrained(tmp_path / "model")
    make_tokenizer().save_pretrained(tmp_path / "model")
    (tmp_path / "text.txt").write_text(TEXTS[0])
    options = ["--model", tmp_path / "model", "--methods", METHODS, "--evidence", "quick", "--max-evaluations", "12"]
    capsys.readouterr()
    code = run("build", tmp_path / "text.txt", "-o", tmp_path / "site", *options)
    said = capsys.readouterr().err.strip()
    if kind in REFUSED:
        assert code == 2, said
        assert REFUSED[kind] in said
        assert len(said.splitlines()) == 1
        return
    assert code == 0, said
    (line,) = (tmp_path / "site" / "data" / "documents.jsonl").read_text("utf-8").splitlines()
    assert twin.load_explanation(line).status == "explained"
