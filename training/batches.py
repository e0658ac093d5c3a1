"""From drawn examples to padded tensors, and from tensors to what both heads say."""

import random
from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn.functional import cross_entropy
from transformers import BertForPreTraining

from training.corruption import IGNORED, corrupt
from training.examples import Example
from training.vocabulary import Vocabulary


@dataclass(frozen=True, slots=True, eq=False)
class Batch:
    """R examples padded to T tokens, all int64.

    Attributes
    ----------
    input_ids, token_type_ids, attention_mask
        [R, T]
    mlm_labels
        [R, T], ``IGNORED`` where nothing is asked.
    nsp_labels
        [R], ``IGNORED`` for lone segments.
    """

    input_ids: Tensor
    token_type_ids: Tensor
    attention_mask: Tensor
    mlm_labels: Tensor
    nsp_labels: Tensor

    @property
    def tokens(self) -> int:
        """Number of tokens, padding left out."""
        return int(self.attention_mask.sum())


@dataclass(frozen=True, slots=True, eq=False)
class HeadOutputs:
    """What the two heads say about a batch, float32.

    Attributes
    ----------
    mlm_logits
        [M, V], rows of the M targets only: of all positions at once they would take gigabytes.
    mlm_targets
        [M], the ids asked for.
    nsp_logits
        [R, 2], IsNext and NotNext.
    """

    mlm_logits: Tensor
    mlm_targets: Tensor
    nsp_logits: Tensor


@dataclass(frozen=True, slots=True, eq=False)
class Losses:
    """Mean cross-entropies of a batch in nats; NSP's is 0 if every example is a lone segment."""

    mlm: Tensor
    nsp: Tensor


def clean_batch(examples: Sequence[Example], vocabulary: Vocabulary) -> Batch:
    """Pad examples as they are: nothing masked, nothing asked of the MLM head."""
    ids = [example.input_ids for example in examples]
    return _batch(examples, ids, [[IGNORED] * len(row) for row in ids], vocabulary.pad_id)


def corrupted_batch(examples: Sequence[Example], vocabulary: Vocabulary, rng: random.Random, share: float) -> Batch:
    """Corrupt each example, ``share`` of its tokens chosen, and pad."""
    corruptions = [corrupt(example.input_ids, vocabulary, rng, share) for example in examples]
    ids = [corruption.input_ids for corruption in corruptions]
    return _batch(examples, ids, [corruption.labels for corruption in corruptions], vocabulary.pad_id)


def read_heads(model: BertForPreTraining, batch: Batch, *, bf16: bool = False) -> HeadOutputs:
    """Run the model once; ``bf16`` lets the matrix products round to bfloat16."""
    asked = batch.mlm_labels != IGNORED
    with torch.autocast("cpu", dtype=torch.bfloat16, enabled=bf16):
        encoded = model.bert(
            input_ids=batch.input_ids,
            token_type_ids=batch.token_type_ids,
            attention_mask=batch.attention_mask,
        )
        mlm_logits = model.cls.predictions(encoded.last_hidden_state[asked])
        nsp_logits = model.cls.seq_relationship(encoded.pooler_output)
    return HeadOutputs(mlm_logits.float(), batch.mlm_labels[asked], nsp_logits.float())


def losses(outputs: HeadOutputs, batch: Batch) -> Losses:
    """The two terms of the pre-training objective, which is their sum."""
    if bool((batch.nsp_labels != IGNORED).any()):
        nsp = cross_entropy(outputs.nsp_logits, batch.nsp_labels, ignore_index=IGNORED)
    else:
        # The mean over no examples would be NaN.
        nsp = outputs.nsp_logits.sum() * 0.0
    return Losses(cross_entropy(outputs.mlm_logits, outputs.mlm_targets), nsp)


def _batch(
    examples: Sequence[Example], ids: Sequence[Sequence[int]], labels: Sequence[Sequence[int]], pad_id: int
) -> Batch:
    return Batch(
        input_ids=_padded(ids, pad_id),
        token_type_ids=_padded([example.token_type_ids for example in examples], 0),
        attention_mask=_padded([[1] * len(row) for row in ids], 0),
        mlm_labels=_padded(labels, IGNORED),
        nsp_labels=torch.tensor([example.label for example in examples]),
    )


def _padded(rows: Sequence[Sequence[int]], filler: int) -> Tensor:
    width = max(len(row) for row in rows)
    return torch.tensor([[*row, *[filler] * (width - len(row))] for row in rows])
