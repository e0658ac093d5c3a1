"""The only call of a model: inputs to hidden states, each head only where it is asked for, logits in small chunks.

``BertForPreTraining.forward`` runs both heads on every position. Here the encoder runs on batches of some thousand
tokens, the masked-LM head on the rows that are asked for, and not at all for next-sentence questions. Models whose
parts are not known (``analysis.models.families``) go through their own forward, with the same interface.
"""

import os
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch

from analysis.errors import InputError, ModelError, PretextError
from analysis.kernels.bert import device_of
from analysis.kernels.distributions import NOT_FINITE
from analysis.limits import HEAD_PRODUCT_ROWS, HEAD_ROWS, HEAD_ROWS_ELSEWHERE, MAX_THREADS, PASS_TOKENS
from analysis.models.bundle import ModelBundle
from analysis.models.families import Parts, in_parts, padded, parts_of
from analysis.types import Floats, Tensors

Reducer = Callable[[torch.Tensor, int], None]
"""Called with some rows of logits [R, V], wherever the model computes, to do with as it likes, and the number of the
first row; keeps what it needs, never the logits."""


@dataclass(frozen=True, slots=True)
class Rows:
    """The positions whose predictions are wanted: row ``i`` is position ``positions[i]`` of input ``inputs[i]``."""

    inputs: Sequence[int]
    positions: Sequence[int]


def set_threads(threads: int | None = None) -> int:
    """Set how many cores one forward pass uses, once, from the program's entrypoint; returns the number.

    None takes ``PRETEXT_THREADS``, else leaves torch's own choice (one thread per core). InputError if the number is
    not an integer from 1 to ``MAX_THREADS``.
    """
    given = os.environ.get("PRETEXT_THREADS", "") if threads is None else str(threads)
    if given:
        if not given.isdecimal() or not 1 <= int(given) <= MAX_THREADS:
            raise InputError(f"PRETEXT_THREADS = '{given}' came: set a whole number of cores, 1 to {MAX_THREADS:,}.")
        torch.set_num_threads(int(given))
    return torch.get_num_threads()


def in_order(bundle: ModelBundle) -> bool:
    """Whether ``forward`` hands out rows in the order asked for; of a model that is run whole they come by input."""
    return in_parts(bundle.model)


def forward(
    bundle: ModelBundle, inputs: Sequence[Tensors], *, mlm: tuple[Rows, Reducer] | None = None, nsp: bool = False
) -> Floats | None:
    """Run the model once over B inputs of any lengths; ModelError if it can't work on them.

    ``mlm`` are the rows that the masked-LM head is to run on, and who takes their logits. Where ``nsp`` asks for it,
    the next-sentence head's logits z of each input come back, float32 [B, 2].
    """
    if mlm is None:
        return run(bundle, inputs, None, nsp)
    rows, reduce = mlm

    def checked(logits: torch.Tensor, start: int) -> None:
        if logits.shape[1] != bundle.n_vocabulary:
            raise ModelError(
                f"The masked-LM head gave {logits.shape[1]:,} columns, and {bundle.n_vocabulary:,} when it was loaded: "
                "choose another model."
            )
        reduce(logits, start)

    return run(bundle, inputs, (rows, checked), nsp)


def run(
    bundle: ModelBundle, inputs: Sequence[Tensors], mlm: tuple[Rows, Reducer] | None = None, nsp: bool = False
) -> Floats | None:
    """``forward`` of a model whose V is not known yet."""
    parts = parts_of(bundle.model)
    with working(bundle, inputs), torch.inference_mode():
        z = _whole(bundle, inputs, mlm, nsp) if parts is None else _in_parts(bundle, parts, inputs, mlm, nsp)
    return None if z is None else finite(z)


@contextmanager
def working(bundle: ModelBundle, inputs: Sequence[Tensors] = ()) -> Generator[None]:
    """Behind the model's gate with some inputs, in full precision; whatever fails there becomes a ModelError."""
    with bundle.gate(sum(map(len, inputs))):
        try:
            with _unrounded() if bundle.device == "cuda" else nullcontext():
                yield
        except PretextError:
            raise
        except Exception as error:
            # Out of memory, ids without embeddings, a configuration at odds with its weights: all the model's fault.
            raise ModelError(_why(error)) from error


@contextmanager
def _unrounded() -> Generator[None]:
    """cuDNN rounds what it convolves to ten bits unless it is told not to; torch's matrix products do not."""
    rounds = torch.backends.cudnn.allow_tf32
    torch.backends.cudnn.allow_tf32 = False
    try:
        yield
    finally:
        torch.backends.cudnn.allow_tf32 = rounds


def finite(values: Floats) -> Floats:
    """Return what a head came to; ModelError if a number of it is none."""
    if not np.isfinite(values).all():
        raise ModelError(NOT_FINITE)
    return values


def _in_parts(
    bundle: ModelBundle, parts: Parts, inputs: Sequence[Tensors], mlm: tuple[Rows, Reducer] | None, nsp: bool
) -> Floats | None:
    """Similar lengths together through the encoder, and every row of both heads gathered before a head is run."""
    rows, reduce = ((), None) if mlm is None else (list(zip(mlm[0].inputs, mlm[0].positions, strict=True)), mlm[1])
    wanted = [*rows, *(((number, 0) for number in range(len(inputs))) if nsp else ())]
    device = device_of(bundle.model)
    hidden = torch.empty(len(wanted), bundle.n_hidden, device=device)
    asked: list[list[int]] = [[] for _ in inputs]
    for row, (number, _) in enumerate(wanted):
        asked[number].append(row)
    for batch in batches(inputs):
        numbers = [row for number in batch for row in asked[number]]
        within = {number: at for at, number in enumerate(batch)}
        here = [(within[wanted[row][0]], wanted[row][1]) for row in numbers]
        if here:
            hidden[numbers] = parts.hidden_rows(
                bundle.model, [inputs[number] for number in batch], here, bundle.pad_id, bundle.uses_segment_ids
            )
    if reduce is not None:
        here = device.type == "cpu"
        product, handed = (HEAD_PRODUCT_ROWS, HEAD_ROWS) if here else (HEAD_ROWS_ELSEWHERE, HEAD_ROWS_ELSEWHERE)
        for start in range(0, len(rows), product):
            stop = min(start + product, len(rows))
            logits = parts.mlm_logits(bundle.model, hidden[start:stop])
            for at in range(0, len(logits), handed):
                reduce(logits[at : at + handed], start + at)
    if not nsp or parts.nsp_logits is None:
        return None
    return parts.nsp_logits(bundle.model, hidden[len(rows) :]).cpu().numpy()


def batches(inputs: Sequence[Tensors]) -> Iterator[list[int]]:
    """Numbers of the inputs, the longest first, in batches of at most ``PASS_TOKENS`` tokens (or a single input)."""
    batch: list[int] = []
    total = 0
    for number in sorted(range(len(inputs)), key=lambda number: -len(inputs[number])):
        if batch and total + len(inputs[number]) > PASS_TOKENS:
            yield batch
            batch, total = [], 0
        batch.append(number)
        total += len(inputs[number])
    yield batch


def _whole(
    bundle: ModelBundle, inputs: Sequence[Tensors], mlm: tuple[Rows, Reducer] | None, nsp: bool
) -> Floats | None:
    """The model's own forward, one input after the other: it makes every logit, so a batch of them might not fit."""
    z = []
    for number, encoded in enumerate(inputs):
        output = bundle.model(
            **padded(bundle.model, [encoded], bundle.pad_id, bundle.uses_segment_ids, bundle.uses_mask)
        )
        if mlm is not None:
            rows, reduce = mlm
            logits = _first(output, "prediction_logits", "logits")[0]
            for row, (of, position) in enumerate(zip(rows.inputs, rows.positions, strict=True)):
                if of == number:
                    reduce(logits[position : position + 1].clone(), row)
        if nsp:
            z.append(_first(output, "seq_relationship_logits", "sop_logits")[0].cpu().numpy())
    return np.stack(z) if nsp else None


def _first(output: Any, *names: str) -> torch.Tensor:
    return next(value for name in names if (value := getattr(output, name, None)) is not None)


def _why(error: Exception) -> str:
    if isinstance(error, IndexError):
        return "The tokenizer gives ids that the model has no embeddings for: fetch both from the same checkpoint."
    if "memory" in str(error).lower():
        return "There is not enough memory for this input: shorten the text or choose a smaller model."
    return "The model can't be run on this input: choose another text or another model."
