"""The model from inside, behind its gate: both heads after every layer, attention, gradients, states exchanged.

Only of models whose layers are known (``analysis.kernels.inside``); ask the abilities first.
"""

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np
import torch

from analysis.errors import InputError, ModelError
from analysis.kernels import inside
from analysis.kernels.bert import device_of
from analysis.limits import HEAD_PRODUCT_ROWS
from analysis.models.abilities import ability
from analysis.models.bundle import ModelBundle
from analysis.models.families import Parts, parts_of
from analysis.models.forward import Reducer, Rows, batches, finite, working
from analysis.types import Floats, Tensors


class Target(NamedTuple):
    """One number that a head gives for an input: ln p of an id at a position, in nats; or, where the id is None, the
    next-sentence margin z_0 - z_1, in nats, which is read off position 0."""

    position: int
    id: int | None


def require(bundle: ModelBundle, name: str) -> None:
    """InputError unless the model has the ability: ``layers``, ``attention`` or ``gradients``."""
    why_not = ability(bundle, name).why_not
    if why_not is not None:
        raise InputError(f"{why_not.removesuffix('.')}: choose another model, such as 'bundled'.")


def lens(
    bundle: ModelBundle, inputs: Sequence[Tensors], *, mlm: tuple[Rows, Reducer] | None = None, nsp: bool = False
) -> Floats | None:
    """Both complete heads on the states before the first of L layers and after each: the raw lens.

    ``mlm`` are R rows and who takes their logits: [n (L + 1), V] at a time, all layers of a row together, and the
    number of the first row. Where ``nsp`` asks for it the next-sentence head's logits come back, float32 [L + 1, B, 2].
    ModelError if the model can't work on the inputs.
    """
    parts = _parts(bundle)
    rows, reduce = ((), None) if mlm is None else (list(zip(mlm[0].inputs, mlm[0].positions, strict=True)), mlm[1])
    wanted = [*rows, *(((number, 0) for number in range(len(inputs))) if nsp else ())]
    asked: list[list[int]] = [[] for _ in inputs]
    for row, (number, _) in enumerate(wanted):
        asked[number].append(row)
    layers = bundle.n_layers + 1
    with working(bundle, inputs), torch.inference_mode():
        states = torch.empty(layers, len(wanted), bundle.n_hidden, device=device_of(bundle.model))
        for batch in batches(inputs):
            numbers = [row for number in batch for row in asked[number]]
            here = [(at, wanted[row][1]) for at, number in enumerate(batch) for row in asked[number]]
            if here:
                states[:, numbers] = inside.layer_states(bundle.model, [inputs[number] for number in batch], here)
        at_once = max(1, HEAD_PRODUCT_ROWS // layers)
        for start in range(0, len(rows), at_once):
            of_rows = states[:, start : min(start + at_once, len(rows))].transpose(0, 1).flatten(0, 1)
            if reduce is not None:
                reduce(parts.mlm_logits(bundle.model, of_rows), start)
        if not nsp or parts.nsp_logits is None:
            return None
        z = parts.nsp_logits(bundle.model, states[:, len(rows) :].flatten(0, 1)).unflatten(0, (layers, -1))
    return finite(z.cpu().numpy())


def attentions(bundle: ModelBundle, tensors: Tensors, keep: Callable[[int, Floats], None]) -> None:
    """Hand out the attention weights of every layer, one layer at a time: its number from 1, float32 [heads, T, T].

    Rows are queries, columns keys; every row sums to 1. Each is an array of its own, which whoever takes it may keep.
    ModelError if the model can't work on the input.
    """
    number = 0
    with working(bundle, [tensors]), torch.inference_mode():
        for weights in inside.attentions(bundle.model, tensors):
            number += 1
            keep(number, finite(weights.cpu().numpy()))
            # Or it would be held while the next layer's are made; enumerate() would hold it as well.
            del weights


def embedded(bundle: ModelBundle, ids: Sequence[int] | np.ndarray) -> Floats:
    """The embeddings of some ids, float32 [T, n_hidden], as they are before position and segment are added."""
    with working(bundle), torch.inference_mode():
        return inside.words_of(bundle.model, ids).cpu().numpy()


def gradients(bundle: ModelBundle, tensors: Tensors, words: Floats, target: Target) -> tuple[Floats, Floats]:
    """The target of B inputs that differ in their word embeddings, float32 [B], and its gradient by those embeddings.

    ``words`` and the gradient are float32 [B, T, n_hidden]. Nothing reaches the model's parameters. ModelError if the
    model can't work on the input.
    """
    parts = _parts(bundle)
    with working(bundle, [tensors] * len(words)), torch.enable_grad():
        given = torch.tensor(words, device=device_of(bundle.model), requires_grad=True)
        values = _read_off(bundle, parts, inside.rows_of_words(bundle.model, tensors, given, target.position), target)
        (gradient,) = torch.autograd.grad(values.sum(), given)
    return finite(values.detach().cpu().numpy()), finite(gradient.cpu().numpy())


def states_of(bundle: ModelBundle, inputs: Sequence[Tensors], depth: int | None = None) -> tuple[torch.Tensor, ...]:
    """The states of each input before the first layer and after each, float32 [L + 1, T, n_hidden] each.

    Only ``depth`` of the L layers are run where it is given.
    """
    with working(bundle, inputs), torch.inference_mode():
        rows = [(number, position) for number, each in enumerate(inputs) for position in range(len(each))]
        states = inside.layer_states(bundle.model, inputs, rows, depth)
        return states.split([len(each) for each in inputs], dim=1)


def from_states(bundle: ModelBundle, tensors: Tensors, states: torch.Tensor, layer: int, target: Target) -> Floats:
    """The target of B inputs, float32 [B], that go on from states [B, T, n_hidden] after so many layers."""
    parts = _parts(bundle)
    with working(bundle, [tensors] * len(states)), torch.inference_mode():
        rows = inside.rows_of_states(bundle.model, tensors, states, layer, target.position)
        return finite(_read_off(bundle, parts, rows, target).cpu().numpy())


def _read_off(bundle: ModelBundle, parts: Parts, rows: torch.Tensor, target: Target) -> torch.Tensor:
    """The target, [B], of the last layer's states at its position, [B, n_hidden]."""
    if target.id is not None:
        return torch.log_softmax(parts.mlm_logits(bundle.model, rows), -1)[:, target.id]
    if parts.nsp_logits is None:
        raise ModelError("This model has no second head: choose a position as the target.")
    z = parts.nsp_logits(bundle.model, rows)
    return z[:, 0] - z[:, 1]


def _parts(bundle: ModelBundle) -> Parts:
    parts = parts_of(bundle.model)
    if parts is None:
        raise ModelError("The parts of this model are not known: choose another model.")
    return parts
