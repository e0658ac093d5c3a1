"""BERT's encoder from inside: states after every layer, attention weights, gradients, states put in place of others.

The layers are those of ``analysis.kernels.bert``, run in the same steps. RoBERTa's are the same but for its positions,
which count from behind the padding's id.
"""

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import torch

from analysis.kernels import bert
from analysis.kernels.bert import Packed, Stream, Wanted
from analysis.types import Tensors

_LIKE_ROBERTA = {"RobertaForMaskedLM", "XLMRobertaForMaskedLM", "CamembertForMaskedLM"}
"""Classes of transformers, by name: to import them takes longer than to look."""


def suits(model: Any) -> bool:
    """Whether these lines compute what this model's encoder does: BERT's own layers, or RoBERTa's."""
    return bert.suits(model) or (type(model).__name__ in _LIKE_ROBERTA and not model.config.is_decoder)


def layer_states(
    model: Any, inputs: Sequence[Tensors], rows: Sequence[tuple[int, int]], depth: int | None = None
) -> torch.Tensor:
    """Run the encoder once over a batch; returns the states of the rows before the first layer and after each.

    float32 [L + 1, R, n_hidden]; ``inputs`` and ``rows`` are as for ``bert.hidden_rows``, whose rows are the last ones.
    Only ``depth`` of the layers are run where it is given: [depth + 1, R, n_hidden].
    """
    packed, layers = _packed(model, inputs), _layers(model)[:depth]
    wanted, stream = Wanted.of(packed, rows), _first(model, packed)
    states = [stream.of(wanted.tokens)]
    for after in bert.through(layers, stream, packed, wanted) if layers else ():
        states.append(after.of(wanted.tokens) if len(states) < len(layers) else after.x)
    return torch.stack([each.float() for each in states])


def attentions(model: Any, tensors: Tensors) -> Iterator[torch.Tensor]:
    """The weights of every layer's heads in one input, layer by layer: float32 [heads, T, T], query by key.

    They are made of the layer's own queries and keys, beside the fused attention that goes on with the states.
    """
    packed = _packed(model, [tensors])
    stream, (first, *others) = _first(model, packed), _layers(model)
    following = bert.through([first, *others], stream, packed, Wanted.of(packed, [(0, 0)]))
    yield _weights(first.attention.self, stream, packed)
    # In this order: what follows the last layer is not asked for.
    for layer, after in zip(others, following, strict=False):
        yield _weights(layer.attention.self, after, packed)


def words_of(model: Any, ids: Sequence[int] | np.ndarray) -> torch.Tensor:
    """The word embeddings of some ids, float32 [T, n_hidden]."""
    return model.get_input_embeddings()(torch.tensor(ids, dtype=torch.long, device=bert.device_of(model)))


def rows_of_words(model: Any, tensors: Tensors, words: torch.Tensor, position: int) -> torch.Tensor:
    """The last layer's states at one position, float32 [B, n_hidden], of B inputs that differ in their word embeddings.

    ``words``, float32 [B, T, n_hidden], stand in the places of the input's own; gradients find their way back to them.
    """
    packed = _packed(model, [tensors] * len(words))
    wanted = Wanted.of(packed, [(number, position) for number in range(len(words))])
    stream = Stream(bert.embed(model.base_model.embeddings, packed, words.flatten(0, 1)))
    return bert.last_of(_layers(model), stream, packed, wanted)


def rows_of_states(model: Any, tensors: Tensors, states: torch.Tensor, layer: int, position: int) -> torch.Tensor:
    """The last layer's states at one position, float32 [B, n_hidden], of B inputs that go on from other states.

    ``states``, float32 [B, T, n_hidden], are those after ``layer`` layers, 0 for before the first; the input says
    which tokens are attended to.
    """
    layers = _layers(model)[layer:]
    if not layers:
        return states[:, position]
    packed = _packed(model, [tensors] * len(states))
    wanted = Wanted.of(packed, [(number, position) for number in range(len(states))])
    return bert.last_of(layers, Stream(states.flatten(0, 1)), packed, wanted)


def _packed(model: Any, inputs: Sequence[Tensors]) -> Packed:
    return Packed.of(inputs, bert.device_of(model), model.base_model.embeddings.position_embeddings.padding_idx)


def _first(model: Any, packed: Packed) -> Stream:
    return Stream(bert.embed(model.base_model.embeddings, packed), packed.distinct)


def _layers(model: Any) -> list[Any]:
    return list(model.base_model.encoder.layer)


def _weights(attention: Any, stream: Stream, packed: Packed) -> torch.Tensor:
    x = stream.of(slice(None)).to(attention.key.weight.dtype)
    query, key = (
        bert.by_head(bert.linear(x, each).float()[None], attention.num_attention_heads)[0]
        for each in (attention.query, attention.key)
    )
    scores = torch.baddbmm(query.new_empty(()), query, key.transpose(1, 2), beta=0, alpha=attention.scaling)
    if packed.bias is not None:
        scores += packed.bias[0]
    return torch.softmax(scores, -1, out=scores)
