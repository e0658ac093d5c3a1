"""Tiny checkpoints made on the spot: seeded random weights, a toy vocabulary, no network.

Each function writes one folder and returns it. The weights mean nothing; what is tested is that they arrive whole.
"""

import json
from collections.abc import Callable, Mapping
from pathlib import Path

import torch
from safetensors.torch import load_file, save_file
from tokenizers import pre_tokenizers
from transformers import (
    AlbertConfig,
    AlbertForPreTraining,
    BertConfig,
    BertForPreTraining,
    BertTokenizerFast,
    DistilBertConfig,
    DistilBertForMaskedLM,
    ElectraConfig,
    ElectraForMaskedLM,
    FNetConfig,
    FNetForPreTraining,
    ModernBertConfig,
    ModernBertForMaskedLM,
    PreTrainedModel,
    RobertaConfig,
    RobertaForMaskedLM,
    RobertaTokenizerFast,
)

from tests.analysis.toy_tokenizers import RESIDUES, SPECIALS, TOY_LIMIT, TOY_VOCABULARY, wordpiece

Tensors = dict[str, torch.Tensor]


def tiny_bert(folder: Path, *, seed: int = 0, columns: int | None = None, **changes: object) -> Path:
    """A complete BERT with both heads; ``columns`` makes the head wider than the tokenizer."""
    settings: dict[str, object] = {
        "vocab_size": columns or len(TOY_VOCABULARY),
        "hidden_size": 24,
        "num_hidden_layers": 2,
        "num_attention_heads": 3,
        "intermediate_size": 32,
        "max_position_embeddings": TOY_LIMIT,
        **changes,
    }
    torch.manual_seed(seed)
    save(BertForPreTraining(BertConfig(**settings)), folder)
    _bert_tokenizer().save_pretrained(folder)
    return folder


def hub_layout(folder: Path, *, seed: int = 0) -> Path:
    """The same weights under the names that bert-base-uncased has on the hub, tied decoder left out."""
    tiny_bert(folder, seed=seed)
    renamed = {
        key.replace("LayerNorm.weight", "LayerNorm.gamma").replace("LayerNorm.bias", "LayerNorm.beta"): tensor
        for key, tensor in read_weights(folder).items()
        if not key.startswith("cls.predictions.decoder.")
    }
    renamed["bert.embeddings.position_ids"] = torch.arange(TOY_LIMIT)[None]
    write_weights(folder, renamed)
    return folder


def without(folder: Path, *parts: str, seed: int = 0) -> Path:
    """A tiny BERT that lost every weight with one of ``parts`` in its name."""
    tiny_bert(folder, seed=seed)
    change_weights(folder, lambda weights: {k: v for k, v in weights.items() if not any(part in k for part in parts)})
    return folder


def bare_encoder(folder: Path) -> Path:
    """What ``BertModel.save_pretrained`` writes: no prefix, a pooler, no head."""
    tiny_bert(folder)
    change_weights(folder, lambda w: {k.removeprefix("bert."): v for k, v in w.items() if k.startswith("bert.")})
    return folder


def tiny_roberta(folder: Path) -> Path:
    """A RoBERTa: byte-level pieces, no segment embeddings, positions numbered after the padding id."""
    bytes_ = sorted(pre_tokenizers.ByteLevel.alphabet())
    entries = ["<s>", "<pad>", "</s>", "<unk>", *bytes_, "Ġc", "at", "Ġcat", "<mask>"]
    vocabulary = {token: i for i, token in enumerate(entries)}
    merges = [("Ġ", "c"), ("a", "t"), ("Ġc", "at")]
    config = RobertaConfig(
        vocab_size=len(entries),
        hidden_size=24,
        num_hidden_layers=2,
        num_attention_heads=3,
        intermediate_size=32,
        max_position_embeddings=TOY_LIMIT + 2,
        type_vocab_size=1,
    )
    torch.manual_seed(0)
    save(RobertaForMaskedLM(config), folder)
    RobertaTokenizerFast(vocab=vocabulary, merges=merges, model_max_length=TOY_LIMIT).save_pretrained(folder)
    return folder


def tiny_distilbert(folder: Path) -> Path:
    """A DistilBERT: BERT's vocabulary, no segment embeddings, no pooler."""
    config = DistilBertConfig(
        vocab_size=len(TOY_VOCABULARY), dim=24, n_layers=2, n_heads=3, hidden_dim=32, max_position_embeddings=TOY_LIMIT
    )
    torch.manual_seed(0)
    save(DistilBertForMaskedLM(config), folder)
    _bert_tokenizer(model_input_names=["input_ids", "attention_mask"]).save_pretrained(folder)
    return folder


def tiny_albert(folder: Path) -> Path:
    """An ALBERT: shared layers, and a second head that was trained on the order of sentences."""
    config = AlbertConfig(
        vocab_size=len(TOY_VOCABULARY),
        embedding_size=12,
        hidden_size=24,
        num_hidden_layers=2,
        num_attention_heads=3,
        intermediate_size=32,
        max_position_embeddings=TOY_LIMIT,
        pad_token_id=0,
        bos_token_id=2,
        eos_token_id=3,
    )
    torch.manual_seed(0)
    save(AlbertForPreTraining(config), folder)
    wordpiece(model_max_length=TOY_LIMIT).save_pretrained(folder)
    return folder


def tiny_modernbert(folder: Path) -> Path:
    """A ModernBERT: rotary positions, alternating attention, no segment embeddings."""
    config = ModernBertConfig(
        vocab_size=len(TOY_VOCABULARY),
        hidden_size=24,
        num_hidden_layers=2,
        num_attention_heads=3,
        intermediate_size=32,
        max_position_embeddings=TOY_LIMIT,
        pad_token_id=0,
        cls_token_id=2,
        sep_token_id=3,
        bos_token_id=2,
        eos_token_id=3,
        local_attention=8,
    )
    torch.manual_seed(0)
    save(ModernBertForMaskedLM(config), folder)
    wordpiece(model_max_length=TOY_LIMIT, model_input_names=["input_ids", "attention_mask"]).save_pretrained(folder)
    return folder


def tiny_electra(folder: Path) -> Path:
    """An ELECTRA's generator: a family of which only the whole forward is used."""
    config = ElectraConfig(
        vocab_size=len(TOY_VOCABULARY),
        embedding_size=12,
        hidden_size=24,
        num_hidden_layers=2,
        num_attention_heads=3,
        intermediate_size=32,
        max_position_embeddings=TOY_LIMIT,
    )
    torch.manual_seed(0)
    save(ElectraForMaskedLM(config), folder)
    _bert_tokenizer().save_pretrained(folder)
    return folder


def tiny_fnet(folder: Path) -> Path:
    """An FNet with both heads: no record knows it, and it has no attention and no mask."""
    config = FNetConfig(
        vocab_size=len(TOY_VOCABULARY),
        hidden_size=24,
        num_hidden_layers=2,
        intermediate_size=32,
        max_position_embeddings=TOY_LIMIT,
        type_vocab_size=2,
        pad_token_id=0,
        bos_token_id=2,
        eos_token_id=3,
    )
    torch.manual_seed(0)
    save(FNetForPreTraining(config), folder)
    wordpiece(model_max_length=TOY_LIMIT, model_input_names=["input_ids", "token_type_ids"]).save_pretrained(folder)
    return folder


def tiny_protein(folder: Path) -> Path:
    """A BERT of single letters, as those of proteins are: a run of them is one [UNK] to it."""
    tiny_bert(folder)
    vocabulary = {token: i for i, token in enumerate([*SPECIALS, *RESIDUES])}
    BertTokenizerFast(vocab=vocabulary, do_lower_case=False, model_max_length=TOY_LIMIT).save_pretrained(folder)
    return folder


def without_nsp(folder: Path) -> Path:
    """What ``BertForMaskedLM.save_pretrained`` writes."""
    return without(folder, "pooler", "seq_relationship")


def without_pooler(folder: Path) -> Path:
    """The classifier is there, but not what it reads."""
    return without(folder, "pooler")


def without_classifier(folder: Path) -> Path:
    """The pooler is there, as in many a fine-tuned BERT, but not the next-sentence classifier."""
    return without(folder, "seq_relationship")


def without_mlm(folder: Path) -> Path:
    """The next-sentence head alone."""
    return without(folder, "predictions")


def wide_head(folder: Path) -> Path:
    """More columns than the tokenizer has entries, as models padded to a multiple of 64 have."""
    return tiny_bert(folder, columns=128)


MAKERS: dict[str, Callable[[Path], Path]] = {
    maker.__name__: maker
    for maker in (
        tiny_bert,
        hub_layout,
        without_nsp,
        without_pooler,
        without_classifier,
        without_mlm,
        wide_head,
        tiny_roberta,
        tiny_distilbert,
        tiny_albert,
        tiny_modernbert,
        tiny_electra,
        tiny_fnet,
        tiny_protein,
    )
}


def read_weights(folder: Path) -> Tensors:
    return load_file(folder / "model.safetensors")


def write_weights(folder: Path, weights: Tensors) -> None:
    save_file(
        {key: tensor.contiguous() for key, tensor in weights.items()},
        folder / "model.safetensors",
        metadata={"format": "pt"},
    )


def change_weights(folder: Path, change: Callable[[Tensors], Tensors]) -> None:
    write_weights(folder, change(read_weights(folder)))


def change_json(folder: Path, name: str, changes: Mapping[str, object]) -> None:
    path = folder / name
    path.write_text(json.dumps({**json.loads(path.read_text(encoding="utf-8")), **changes}), encoding="utf-8")


def save(model: PreTrainedModel, folder: Path) -> None:
    # The fresh weights are so small that every distribution would be flat; the logits of a trained model are not.
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.add_(torch.randn_like(parameter) * 0.3)
    model.eval().save_pretrained(folder)


def _bert_tokenizer(**settings: object) -> BertTokenizerFast:
    vocabulary = {token: i for i, token in enumerate(TOY_VOCABULARY)}
    return BertTokenizerFast(vocab=vocabulary, do_lower_case=True, model_max_length=TOY_LIMIT, **settings)
