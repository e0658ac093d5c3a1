"""The only call of a model: inputs to hidden states, each head only where it is asked for, logits in small chunks.

``BertForPreTraining.forward`` runs both heads on every position. Here the encoder runs once, the masked-LM head runs on
the rows that are asked for, ``HEAD_ROWS`` at a time, and not at all for next-sentence questions. Models of other
families go through their own forward, with the same interface.
"""

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from transformers import BertForPreTraining

from analysis.distributions import NOT_FINITE
from analysis.errors import InputError, ModelError, PretextError
from analysis.limits import HEAD_ROWS, MAX_THREADS
from analysis.loading import ModelBundle
from analysis.types import Encoded, Floats

Reducer = Callable[[torch.Tensor, int], None]
"""Called with logits [R <= HEAD_ROWS, V] and the number of the first row; keeps what it needs, never the logits."""


@dataclass(frozen=True, slots=True)
class Rows:
    """The positions whose predictions are wanted: row ``i`` is position ``positions[i]`` of input ``inputs[i]``."""

    inputs: Sequence[int]
    positions: Sequence[int]


def set_threads(threads: int | None = None) -> int:
    """Set how many cores one forward pass uses, once, from the program's entrypoint; returns the number.

    None takes ``PRETEXT_THREADS``, else leaves torch's own choice (one thread per core).

    Raises
    ------
    InputError
        If the number is not an integer from 1 to ``MAX_THREADS``.
    """
    given = os.environ.get("PRETEXT_THREADS", "") if threads is None else str(threads)
    if given:
        if not given.isdecimal() or not 1 <= int(given) <= MAX_THREADS:
            raise InputError(f"PRETEXT_THREADS = '{given}' came: set a whole number of cores, 1 to {MAX_THREADS:,}.")
        torch.set_num_threads(int(given))
    return torch.get_num_threads()


def forward(
    bundle: ModelBundle,
    inputs: Sequence[Encoded],
    *,
    mlm: tuple[Rows, Reducer] | None = None,
    nsp: bool = False,
) -> Floats | None:
    """Run the model once over a batch of inputs.

    Parameters
    ----------
    inputs
        B inputs of any lengths; shorter ones are padded and masked.
    mlm
        The rows that the masked-LM head is to run on, and who takes their logits.
    nsp
        Whether to return the next-sentence head's logits.

    Returns
    -------
    numpy.ndarray or None
        float32 [B, 2]: z of each input, or None when not asked for.

    Raises
    ------
    ModelError
        If the model can't work on these inputs.
    """
    run = _forward_bert if isinstance(bundle.model, BertForPreTraining) else _forward_other
    with bundle.gate(), torch.inference_mode():
        try:
            z = run(bundle, inputs, mlm, nsp)
        except PretextError:
            raise
        except Exception as error:
            # Out of memory, ids without embeddings, a configuration at odds with its weights: all the model's fault.
            raise ModelError(_why(error)) from error
    if z is not None and not np.isfinite(z).all():
        raise ModelError(NOT_FINITE)
    return z


def _forward_bert(
    bundle: ModelBundle, inputs: Sequence[Encoded], mlm: tuple[Rows, Reducer] | None, nsp: bool
) -> Floats | None:
    encoder, heads = bundle.model.bert, bundle.model.cls
    states = encoder(**_tensors(bundle, inputs))
    if mlm is not None:
        rows, reduce = mlm
        hidden = states.last_hidden_state[list(rows.inputs), list(rows.positions)]
        for start in range(0, len(hidden), HEAD_ROWS):
            reduce(heads.predictions(hidden[start : start + HEAD_ROWS]), start)
    return heads.seq_relationship(states.pooler_output).numpy() if nsp else None


def _forward_other(
    bundle: ModelBundle, inputs: Sequence[Encoded], mlm: tuple[Rows, Reducer] | None, nsp: bool
) -> Floats | None:
    """The model's own forward, one input after the other: it makes every logit, so a batch of them might not fit."""
    z = []
    for number, encoded in enumerate(inputs):
        output = bundle.model(**_tensors(bundle, [encoded]))
        if mlm is not None:
            rows, reduce = mlm
            logits = _first(output, "prediction_logits", "logits")[0]
            for row, (of, position) in enumerate(zip(rows.inputs, rows.positions, strict=True)):
                if of == number:
                    reduce(logits[position : position + 1], row)
        if nsp:
            z.append(_first(output, "seq_relationship_logits", "sop_logits")[0].numpy())
    return np.stack(z) if nsp else None


def _tensors(bundle: ModelBundle, inputs: Sequence[Encoded]) -> dict[str, torch.Tensor]:
    """Keyword arguments for the model, [B, T] each: passing a mask by position is how segment ids become masks."""
    shape = (len(inputs), max(len(encoded) for encoded in inputs))
    ids = np.full(shape, bundle.pad_id, np.int64)
    segment_ids, mask = np.zeros(shape, np.int64), np.zeros(shape, np.int64)
    for row, encoded in enumerate(inputs):
        ids[row, : len(encoded)] = encoded.ids
        segment_ids[row, : len(encoded)] = encoded.segment_ids
        mask[row, : len(encoded)] = encoded.attention_mask
    tensors = {"input_ids": torch.from_numpy(ids), "attention_mask": torch.from_numpy(mask)}
    if bundle.uses_segment_ids:
        tensors["token_type_ids"] = torch.from_numpy(segment_ids)
    return tensors


def _first(output: Any, *names: str) -> torch.Tensor:
    return next(value for name in names if (value := getattr(output, name, None)) is not None)


def _why(error: Exception) -> str:
    if isinstance(error, IndexError):
        return "The tokenizer gives ids that the model has no embeddings for: fetch both from the same checkpoint."
    if "memory" in str(error).lower():
        return "There is not enough memory for this input: shorten the text or choose a smaller model."
    return "The model can't be run on this input, so its configuration may not be its own: fetch the checkpoint again."
