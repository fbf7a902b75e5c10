"""Tiny networks made from configurations, with a tokenizer, for tests: random weights, real code paths."""

from pathlib import Path

import torch
import transformers
from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors

TEXT = (
    "the film is a not good bad great dull but and it was never without very service food love hate wonderful awful "
    "plot i to of in with this that so much more less hope expect they we you at on for if no yes out up down new old"
)
WORDS = TEXT.split()
SPECIAL = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
LETTERS = [chr(code) for code in range(33, 127)]
TEXTS = (
    "The film is great!",
    "It was not good, but the food was wonderful and so was the service; I love this plot.",
    "Dull.",
    "I hate that they never expect more of you. No hope in it, none at all, without very much bad luck.",
)


def make_tokenizer() -> transformers.PreTrainedTokenizerFast:
    """A lower-casing WordPiece tokenizer over a few words, and letters for all others."""
    pieces = [*SPECIAL, *WORDS, *LETTERS, *(f"##{letter}" for letter in LETTERS)]
    vocabulary = {piece: number for number, piece in enumerate(dict.fromkeys(pieces))}
    tokenizer = Tokenizer(models.WordPiece(vocabulary, unk_token="[UNK]"))
    tokenizer.normalizer = normalizers.BertNormalizer()
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    cls, sep = vocabulary["[CLS]"], vocabulary["[SEP]"]
    tokenizer.post_processor = processors.BertProcessing(("[SEP]", sep), ("[CLS]", cls))
    named = dict(zip(("pad_token", "unk_token", "cls_token", "sep_token", "mask_token"), SPECIAL, strict=True))
    return transformers.PreTrainedTokenizerFast(tokenizer_object=tokenizer, model_max_length=64, **named)


def save_decoder(folder: Path, kind: str = "GPT2", *, pad: str | None = "[SEP]", **options: object) -> Path:
    """Save a seeded tiny decoder whose tokenizer adds nothing to a text and pads with `pad`, and return its folder.

    Its configuration knows no padding token unless the options name one; texts end and begin with [SEP].
    """
    save_network(folder, kind, **{"pad_token_id": None, "bos_token_id": 3, "eos_token_id": 3, "times": 2.0, **options})
    bare = make_tokenizer().backend_tokenizer
    bare.post_processor = processors.Sequence([])
    named = {"bos_token": "[SEP]", "eos_token": "[SEP]", "unk_token": "[UNK]"} | ({"pad_token": pad} if pad else {})
    transformers.PreTrainedTokenizerFast(tokenizer_object=bare, **named).save_pretrained(folder)
    return folder


def save_network(
    folder: Path, kind: str = "Bert", head: str = "SequenceClassification", *, times: float = 4.0, **options: object
) -> Path:
    """Save a seeded tiny network of a transformers family with the tokenizer above, and return its folder.

    Its weights are those it begins with, so many `times` as large.
    """
    tokenizer = make_tokenizer()
    sizes = {"hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 4, "intermediate_size": 48}
    settings = {"vocab_size": len(tokenizer), "max_position_embeddings": 64, "pad_token_id": 0, **sizes, **options}
    torch.manual_seed(0)
    network = getattr(transformers, f"{kind}For{head}")(getattr(transformers, f"{kind}Config")(**settings))
    with torch.no_grad():
        for weight in network.parameters():
            weight.mul_(times)
    network.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder
