"""A tiny model of every kind that transformers has a masked-LM class for: random weights, two layers, 16 wide."""

from collections.abc import Mapping
from pathlib import Path

import torch
from transformers import (
    CONFIG_MAPPING,
    MODEL_FOR_MASKED_LM_MAPPING,
    AutoModelForMaskedLM,
    AutoModelForPreTraining,
    PreTrainedTokenizerFast,
)
from transformers.models.auto.modeling_auto import MODEL_FOR_MASKED_LM_MAPPING_NAMES

from tests.analysis.checkpoints import TOY_LIMIT, save
from tests.analysis.toy_tokenizers import wordpiece

KINDS = tuple(MODEL_FOR_MASKED_LM_MAPPING_NAMES)
TWO_HEADED = ("albert", "bert", "big_bird", "ernie", "fnet", "megatron-bert", "mobilebert")
ON_PAIRS = (*TWO_HEADED, "convbert", "electra", "squeezebert")
"""Trained on two texts told apart by segment ids, as their papers say."""

_SMALL: dict[str, object] = {
    "hidden_size": 16,
    "d_model": 16,
    "emb_dim": 16,
    "embedding_size": 16,
    "num_hidden_layers": 2,
    "n_layers": 2,
    "encoder_layers": 2,
    "decoder_layers": 2,
    "num_attention_heads": 2,
    "num_key_value_heads": 2,
    "head_dim": 8,
    "n_heads": 2,
    "encoder_attention_heads": 2,
    "decoder_attention_heads": 2,
    "intermediate_size": 32,
    "encoder_ffn_dim": 32,
    "decoder_ffn_dim": 32,
    "max_position_embeddings": TOY_LIMIT,
    "layer_types": ["sliding_attention", "full_attention"],
}
"""Taken where a kind's configuration has a setting of that name."""

_PICTURES = {
    "model_type": "siglip_vision_model",
    "hidden_size": 16,
    "num_hidden_layers": 1,
    "num_attention_heads": 2,
    "intermediate_size": 32,
    "image_size": 32,
    "patch_size": 8,
}
_OWN: dict[str, dict[str, object]] = {
    "big_bird": {"block_size": 4, "num_random_blocks": 1},
    "convbert": {"conv_kernel_size": 3, "num_attention_heads": 4},
    "deberta": {"pooler_hidden_size": 16},
    "deberta-v2": {"pooler_hidden_size": 16},
    "distilbert": {"dim": 16, "hidden_dim": 32},
    "esm": {"position_embedding_type": "rotary"},
    "funnel": {"block_sizes": [1, 1], "block_repeats": None, "num_decoder_layers": 1, "d_head": 8, "d_inner": 32},
    "layoutlm": {"max_2d_position_embeddings": 16},
    "longformer": {"attention_window": 8},
    "luke": {"entity_vocab_size": 10, "entity_emb_size": 8},
    "mobilebert": {
        "embedding_size": 8,
        "intra_bottleneck_size": 16,
        "true_hidden_size": 16,
        "num_feedforward_networks": 2,
    },
    "modernvbert": {"image_token_id": 5, "vision_config": _PICTURES},
    "mvp": {"prompt_length": 4, "prompt_mid_dim": 8},
    "neomme": {"embedding_rank": 8, "sliding_window": 8, "hidden_size": 32, "head_dim": 16},
    "nystromformer": {"num_landmarks": 8, "segment_means_seq_len": 8},
    "perceiver": {
        "num_latents": 4,
        "d_latents": 16,
        "num_self_attends_per_block": 2,
        "num_self_attention_heads": 2,
        "num_cross_attention_heads": 2,
    },
    "reformer": {
        "axial_pos_shape": [8, 8],
        "axial_pos_embds_dim": [8, 8],
        "attention_head_size": 8,
        "attn_layers": ["local", "lsh"],
        "is_decoder": False,
    },
    "rembert": {"input_embedding_size": 8, "output_embedding_size": 24},
    "roc_bert": {
        "pronunciation_embed_dim": 8,
        "pronunciation_vocab_size": 9,
        "shape_embed_dim": 8,
        "shape_vocab_size": 9,
    },
    "tapas": {"type_vocab_sizes": [3, 4, 4, 2, 4, 4, 4]},
    "ultrabert": {"prediction_head_size": 16, "sliding_window": 8},
    "ultravbert": {"image_token_id": 5, "vision_config": _PICTURES},
    "xmod": {"default_language": "en_XX"},
}
_OF_TEXT = {"modernvbert": "modernbert", "ultravbert": "ultrabert"}
"""What reads text in a model that reads pictures, too."""


def make(
    folder: Path,
    kind: str,
    changes: Mapping[str, object] | None = None,
    tokenizer: PreTrainedTokenizerFast | None = None,
) -> Path:
    """Write a model of a kind, with a toy tokenizer beside it, and return the folder."""
    tokenizer = tokenizer or wordpiece()
    config = _config(kind, tokenizer, changes or {})
    torch.manual_seed(0)
    auto = AutoModelForPreTraining if kind in TWO_HEADED else AutoModelForMaskedLM
    save(auto.from_config(config), folder)
    tokenizer.save_pretrained(folder)
    return folder


def _config(kind: str, tokenizer: PreTrainedTokenizerFast, changes: Mapping[str, object]) -> object:
    made = CONFIG_MAPPING[kind]
    known = {*made().to_dict(), *made.attribute_map}
    small = {name: value for name, value in _SMALL.items() if name in known}
    if kind in _OF_TEXT:
        own = _config(_OF_TEXT[kind], tokenizer, {}).to_dict()
        small = {"text_config": own}
    begin = tokenizer.cls_token_id if tokenizer.cls_token_id is not None else tokenizer.bos_token_id
    end = tokenizer.sep_token_id if tokenizer.sep_token_id is not None else tokenizer.eos_token_id
    ids = {
        "vocab_size": len(tokenizer),
        "pad_token_id": tokenizer.pad_token_id,
        "mask_token_id": tokenizer.mask_token_id,
        "bos_token_id": begin,
        "cls_token_id": begin,
        "eos_token_id": end,
        "sep_token_id": end,
    }
    if kind in _OF_TEXT:
        del ids["vocab_size"]
    return made(**{**small, **ids, **_OWN.get(kind, {}), **changes})


assert set(KINDS) == {config.model_type for config in MODEL_FOR_MASKED_LM_MAPPING}
