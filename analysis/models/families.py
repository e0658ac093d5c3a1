"""What is known of the families of models: one record each in ``FAMILIES``, and what any model says of itself.

A model whose layout is known comes in parts: the encoder, and each head apart, so that a head runs on the rows asked
for and no others. BERT's parts are those of ``analysis.kernels.bert``; of other families the encoder is the model's
own, on padded batches. Of any other model only the whole forward is left.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from inspect import signature
from typing import Any

import numpy as np
import torch
from transformers import AutoModelForMaskedLM, AutoModelForPreTraining

from analysis.kernels import bert
from analysis.types import NspMeaning, Tensors

_Head = Callable[[Any, torch.Tensor], torch.Tensor]


@dataclass(frozen=True, slots=True)
class Parts:
    """A model in three steps.

    ``hidden_rows`` is one pass of the encoder: (model, inputs, rows, pad id, whether it reads segment ids) to float32
    [R, n_hidden]; rows are pairs (input, position). ``mlm_logits`` goes from (model, [R, n_hidden]) to the masked-LM
    head's logits [R, V]; ``nsp_logits`` from (model, [B, n_hidden]) of the first tokens to the second head's logits [B,
    2]; None without such a head.
    """

    hidden_rows: Callable[[Any, Sequence[Tensors], Sequence[tuple[int, int]], int, bool], torch.Tensor]
    mlm_logits: _Head
    nsp_logits: _Head | None = None


@dataclass(frozen=True, slots=True)
class Family:
    """Architectures that are loaded and run alike: ``kinds`` are their names, ``model_type`` of a configuration.

    ``parts`` is None when the layout is not known; ``suits`` says whether the parts compute what this very model does,
    else it is run whole. ``nsp_meaning`` says what the second head was trained on; None without such a head.
    ``nsp_weights`` are modules that only the second head reads: it is real when none of their weights is missing. Some
    classes without that head have a pooler all the same.
    """

    kinds: tuple[str, ...]
    parts: Parts | None = None
    suits: Callable[[Any], bool] = lambda _model: True
    nsp_meaning: NspMeaning | None = None
    nsp_weights: tuple[str, ...] = ("pooler",)

    @property
    def loader(self) -> Any:
        """Transformers' finder of the class to load: only the classes for pre-training have a second head."""
        return AutoModelForMaskedLM if self.nsp_meaning is None else AutoModelForPreTraining


def family_of(config: Any) -> Family:
    """The family of a configuration; of an architecture in no record, one without parts and without a second head."""
    kind = config.model_type
    return next((family for family in FAMILIES if kind in family.kinds), Family((kind,)))


def parts_of(model: Any) -> Parts | None:
    """The model in parts, or None when it can only be run whole."""
    family = family_of(model.config)
    return family.parts if family.suits(model) else None


def padded(inputs: Sequence[Tensors], pad_id: int, uses_segment_ids: bool) -> dict[str, torch.Tensor]:
    """Keyword arguments for a model, [B, T] each: passing a mask by position is how segment ids become masks."""
    shape = (len(inputs), max(len(each) for each in inputs))
    ids = np.full(shape, pad_id, np.int64)
    segment_ids, mask = np.zeros(shape, np.int64), np.zeros(shape, np.int64)
    for row, each in enumerate(inputs):
        ids[row, : len(each)] = each.ids
        segment_ids[row, : len(each)] = each.segment_ids
        mask[row, : len(each)] = each.attention_mask
    tensors = {"input_ids": torch.from_numpy(ids), "attention_mask": torch.from_numpy(mask)}
    if uses_segment_ids:
        tensors["token_type_ids"] = torch.from_numpy(segment_ids)
    return tensors


# --- what any model says of itself ---


def n_positions(model: Any) -> float:
    """How many tokens the model has positions for; infinite when it names no bound."""
    table = getattr(getattr(model.base_model, "embeddings", None), "position_embeddings", None)
    if isinstance(table, torch.nn.Embedding):
        # RoBERTa's family numbers positions from the one after the padding index.
        return table.num_embeddings - (0 if table.padding_idx is None else table.padding_idx + 1)
    return getattr(model.config, "max_position_embeddings", None) or math.inf


def reads_segment_ids(model: Any, *, listed: bool) -> bool:
    """Whether the model is to be given segment ids, which its tokenizer lists among the inputs or not.

    The model's signature comes first: ALBERT's and BigBird's tokenizer classes don't list the ids their models read.
    """
    several = getattr(model.config, "type_vocab_size", 2 if listed else 0) > 1
    return "token_type_ids" in signature(model.forward).parameters and several


def n_columns(model: Any) -> int:
    """V: columns of the masked-LM head."""
    head = model.get_output_embeddings()
    return int(head.weight.shape[0]) if head is not None else int(model.config.vocab_size)


# --- the parts, by family ---


def _own_rows(
    model: Any, inputs: Sequence[Tensors], rows: Sequence[tuple[int, int]], pad_id: int, uses_segment_ids: bool
) -> torch.Tensor:
    of_input, position = (list(each) for each in zip(*rows, strict=True))
    return model.base_model(**padded(inputs, pad_id, uses_segment_ids)).last_hidden_state[of_input, position]


def _albert_order_head(model: Any, hidden: torch.Tensor) -> torch.Tensor:
    albert = model.albert
    return model.sop_classifier(albert.pooler_activation(albert.pooler(hidden)))


def _distilbert_head(model: Any, hidden: torch.Tensor) -> torch.Tensor:
    return model.vocab_projector(model.vocab_layer_norm(model.activation(model.vocab_transform(hidden))))


FAMILIES: tuple[Family, ...] = (
    Family(
        kinds=("bert",),
        parts=Parts(
            lambda model, inputs, rows, *_padding: bert.hidden_rows(model, inputs, rows),
            bert.mlm_logits,
            bert.nsp_logits,
        ),
        suits=bert.suits,
        nsp_meaning="next sentence",
        nsp_weights=("pooler", "seq_relationship"),
    ),
    Family(
        kinds=("mobilebert", "ernie", "megatron-bert", "big_bird"),
        nsp_meaning="next sentence",
        nsp_weights=("pooler", "seq_relationship"),
    ),
    Family(
        kinds=("albert",),
        parts=Parts(_own_rows, lambda model, hidden: model.predictions(hidden), _albert_order_head),
        nsp_meaning="sentence order",
        nsp_weights=("pooler", "sop_classifier"),
    ),
    Family(
        kinds=("roberta", "xlm-roberta", "camembert"),
        parts=Parts(_own_rows, lambda model, hidden: model.lm_head(hidden)),
    ),
    Family(kinds=("distilbert",), parts=Parts(_own_rows, _distilbert_head)),
    Family(kinds=("modernbert",), parts=Parts(_own_rows, lambda model, hidden: model.decoder(model.head(hidden)))),
)
"""The families with a second head, and those of one head whose parts are known; any other model is run whole."""
