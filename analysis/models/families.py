"""Models in parts: the encoder, and each head apart, so that a head runs on the rows asked for and no others.

BERT goes through ``analysis.bert``. Of other families whose layout is known the encoder is the model's own, on padded
batches; of any other model only the whole forward is left.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch

from analysis.kernels import bert
from analysis.kernels.bert import Tokens
from analysis.models.bundle import ModelBundle

_Head = Callable[[Any, torch.Tensor], torch.Tensor]


@dataclass(frozen=True, slots=True)
class Parts:
    """A model in three steps.

    Attributes
    ----------
    hidden_rows
        (bundle, inputs, rows) to float32 [R, n_hidden]: one pass of the encoder; rows are pairs (input, position).
    mlm_logits
        (model, [R, n_hidden]) to the masked-LM head's logits [R, V].
    nsp_logits
        (model, [B, n_hidden]) of the first tokens to the second head's logits [B, 2]; None without such a head.
    """

    hidden_rows: Callable[[ModelBundle, Sequence[Tokens], Sequence[tuple[int, int]]], torch.Tensor]
    mlm_logits: _Head
    nsp_logits: _Head | None = None


def parts_of(model: Any) -> Parts | None:
    """The model in parts, or None when its layout is not known."""
    if bert.suits(model):
        return Parts(_bert_rows, bert.mlm_logits, bert.nsp_logits)
    return _KNOWN.get(type(model).__name__)


def padded(bundle: ModelBundle, inputs: Sequence[Tokens]) -> dict[str, torch.Tensor]:
    """Keyword arguments for the model, [B, T] each: passing a mask by position is how segment ids become masks."""
    shape = (len(inputs), max(len(each) for each in inputs))
    ids = np.full(shape, bundle.pad_id, np.int64)
    segment_ids, mask = np.zeros(shape, np.int64), np.zeros(shape, np.int64)
    for row, each in enumerate(inputs):
        ids[row, : len(each)] = each.ids
        segment_ids[row, : len(each)] = each.segment_ids
        mask[row, : len(each)] = each.attention_mask
    tensors = {"input_ids": torch.from_numpy(ids), "attention_mask": torch.from_numpy(mask)}
    if bundle.uses_segment_ids:
        tensors["token_type_ids"] = torch.from_numpy(segment_ids)
    return tensors


def _bert_rows(bundle: ModelBundle, inputs: Sequence[Tokens], rows: Sequence[tuple[int, int]]) -> torch.Tensor:
    return bert.hidden_rows(bundle.model, inputs, rows)


def _own_rows(bundle: ModelBundle, inputs: Sequence[Tokens], rows: Sequence[tuple[int, int]]) -> torch.Tensor:
    of_input, position = (list(each) for each in zip(*rows, strict=True))
    return bundle.model.base_model(**padded(bundle, inputs)).last_hidden_state[of_input, position]


def _lm_head(model: Any, hidden: torch.Tensor) -> torch.Tensor:
    return model.lm_head(hidden)


def _distilbert_head(model: Any, hidden: torch.Tensor) -> torch.Tensor:
    return model.vocab_projector(model.vocab_layer_norm(model.activation(model.vocab_transform(hidden))))


def _modernbert_head(model: Any, hidden: torch.Tensor) -> torch.Tensor:
    return model.decoder(model.head(hidden))


def _albert_head(model: Any, hidden: torch.Tensor) -> torch.Tensor:
    return model.predictions(hidden)


def _albert_order_head(model: Any, hidden: torch.Tensor) -> torch.Tensor:
    albert = model.albert
    return model.sop_classifier(albert.pooler_activation(albert.pooler(hidden)))


_KNOWN = {
    "RobertaForMaskedLM": Parts(_own_rows, _lm_head),
    "XLMRobertaForMaskedLM": Parts(_own_rows, _lm_head),
    "CamembertForMaskedLM": Parts(_own_rows, _lm_head),
    "DistilBertForMaskedLM": Parts(_own_rows, _distilbert_head),
    "ModernBertForMaskedLM": Parts(_own_rows, _modernbert_head),
    "AlbertForPreTraining": Parts(_own_rows, _albert_head, _albert_order_head),
}
