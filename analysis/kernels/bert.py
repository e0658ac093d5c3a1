"""BERT's encoder and heads on packed tokens: the arithmetic of ``BertForPreTraining``, without what nobody asked for.

Inputs of any lengths lie end to end as one list of N tokens, so that no linear layer ever sees padding; only attention
spreads them over a [B, L] grid. A token that several inputs have at the same place is embedded, and projected by the
first layer, once. The last layer makes keys and values for every token, but queries, and all that follows them, only
for the rows asked for. ``pack`` lays the weights of the products out for the processor when a model has been loaded
(``analysis.kernels.products``).
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch.nn import functional
from transformers import BertForPreTraining

from analysis.choices import Dtype
from analysis.kernels.products import DTYPES, Product, Then, Use, arrange, kernels_of, linear
from analysis.limits import HEAD_PRODUCT_ROWS
from analysis.types import Kernel, Tensors


def suits(model: Any) -> bool:
    """Whether this model is BERT as these lines compute it: an encoder with learned positions and both heads."""
    config = getattr(model, "config", None)
    return (
        type(model) is BertForPreTraining
        and not getattr(config, "is_decoder", False)
        and not getattr(config, "add_cross_attention", False)
    )


def device_of(model: Any) -> torch.device:
    """Where any model computes: its embeddings are there, whatever became of the weights of its products."""
    embeddings = model.get_input_embeddings()
    return getattr(embeddings, "weight", embeddings).device


def to_bf16(model: BertForPreTraining) -> None:
    """Make the weights of the encoder's products bf16, in place.

    The stream between the layers, its normalisations and both heads stay fp32: as fast, and closer by a third than an
    encoder that is bf16 throughout (mean error of surprisal 0.005 against 0.008 nats). A bf16 head would round logits
    to 0.06 and merge ranks.
    """
    for module in model.bert.encoder.modules():
        if isinstance(module, torch.nn.Linear):
            module.to(torch.bfloat16)


def pack(model: BertForPreTraining) -> tuple[tuple[Kernel, ...], int]:
    """Lay the weights of every product out for the library that is fastest at it here.

    Returns which libraries those are, and the bytes that the model takes on top of its parameters: the masked-LM head's
    matrix is the table of the word embeddings as well.
    """
    table: Any = model.get_input_embeddings().weight
    return arrange(list(_uses(model)), shared=[table])


def bf16_gain(model: BertForPreTraining) -> float | None:
    """How many times as fast the encoder's products are in bf16 as in fp32; None where they are too small to time."""
    seconds: list[float] = []
    for dtype in DTYPES:
        uses = list(_uses(model, dtype))
        kernels = kernels_of(uses)
        seconds.append(
            sum(
                min(dict(kernels[product].seconds).values(), default=0) / kernels[product].n_rows for _, product in uses
            )
        )
    single, half = seconds
    return single / half if half else None


def _uses(model: BertForPreTraining, encoder_in: Dtype | None = None) -> Iterator[Use]:
    """Every product of the model, in the order of a pass; with an arithmetic only the encoder's, as if they had it."""
    layers: list[Any] = list(model.bert.encoder.layer)
    activated = {each.intermediate.dense for each in layers if _then(each) == "gelu"}
    for layer in (model if encoder_in is None else model.bert.encoder).modules():
        if isinstance(layer, torch.nn.Linear):
            dtype = encoder_in or ("bf16" if layer.weight.dtype == torch.bfloat16 else "fp32")
            rows = HEAD_PRODUCT_ROWS if layer is model.cls.predictions.decoder else None
            then: Then = "gelu" if layer in activated else "none"
            yield Use(layer, Product(layer.in_features, layer.out_features, dtype, then, rows))


def hidden_rows(model: BertForPreTraining, inputs: Sequence[Tensors], rows: Sequence[tuple[int, int]]) -> torch.Tensor:
    """Run the encoder once over a batch; returns the last layer's output where it is asked for, float32 [R, n_hidden].

    The inputs are of any lengths, together some thousand tokens; ``rows`` are R pairs (input, position), the inputs in
    ascending order.
    """
    packed = Packed.of(inputs, device_of(model))
    wanted = Wanted.of(packed, rows)
    stream = Stream(embed(model.bert.embeddings, packed), packed.distinct)
    return last_of(list(model.bert.encoder.layer), stream, packed, wanted)


def last_of(layers: Sequence[Any], stream: "Stream", packed: "Packed", wanted: "Wanted") -> torch.Tensor:
    """What some layers make of the rows wanted, float32 [R, n_hidden]."""
    for after in through(layers, stream, packed, wanted):
        stream = after
    return stream.x.float()


def through(layers: Sequence[Any], stream: "Stream", packed: "Packed", wanted: "Wanted") -> "Iterator[Stream]":
    """Run some layers; yields what goes on after each: every token's state, after the last the rows wanted alone."""
    *others, last = layers
    for layer in others:
        context = attend(layer.attention.self, stream, packed)
        stream = Stream(rest_of_layer(layer, context, stream.of(slice(None))))
        yield stream
    context = attend(last.attention.self, stream, packed, wanted)
    yield Stream(rest_of_layer(last, context, stream.of(wanted.tokens)))


def mlm_logits(model: BertForPreTraining, hidden: torch.Tensor) -> torch.Tensor:
    """The masked-LM head's logits, float32 [R, V], of rows [R, n_hidden]."""
    head = model.cls.predictions
    transform = head.transform
    y = transform.LayerNorm(transform.transform_act_fn(linear(hidden, transform.dense)))
    return linear(y, head.decoder)


def nsp_logits(model: BertForPreTraining, hidden: torch.Tensor) -> torch.Tensor:
    """The next-sentence head's logits, float32 [B, 2], of the [CLS] rows [B, n_hidden]."""
    pooler: Any = model.bert.pooler
    return linear(pooler.activation(linear(hidden, pooler.dense)), model.cls.seq_relationship)


@dataclass(frozen=True, slots=True)
class Packed:
    """B inputs end to end: N tokens, and where each stands in the [B, L] grid.

    Inputs that differ in a masked token or in a cut have most of their tokens in common, so ``ids``, ``segment_ids``
    and ``positions``, int64 [D], have every combination once; ``distinct``, int64 [N], says which one a token is.
    ``grid`` is int64 [B, L] of packed indices (0 where there is no token) and ``cell`` int64 [N] of flattened grid
    cells, both None when every input has L tokens; ``bias`` is what attention adds to the scores of keys, [B, 1, 1, L],
    None when every key may be seen.
    """

    ids: torch.Tensor
    segment_ids: torch.Tensor
    positions: torch.Tensor
    distinct: torch.Tensor
    starts: np.ndarray
    shape: tuple[int, int]
    grid: torch.Tensor | None
    cell: torch.Tensor | None
    bias: torch.Tensor | None

    @classmethod
    def of(cls, inputs: Sequence[Tensors], device: torch.device, padding: int | None = None) -> "Packed":
        """On the device of the model; ``padding`` is RoBERTa's: positions count from behind its id, and leave out where
        it stands."""

        def there_on(array: np.ndarray) -> torch.Tensor:
            return torch.from_numpy(array).to(device)

        lengths = np.array([len(each) for each in inputs])
        starts = np.cumsum(lengths) - lengths
        shape = (len(inputs), int(lengths.max()))
        column = np.arange(shape[1])
        there = column < lengths[:, None]
        full = bool(there.all())
        seen = np.zeros(shape, bool)
        seen[there] = np.concatenate([each.attention_mask for each in inputs]) != 0
        ids, segment_ids = (
            np.concatenate(arrays).astype(np.int64)
            for arrays in ([each.ids for each in inputs], [each.segment_ids for each in inputs])
        )
        positions = np.broadcast_to(column, shape)[there]
        if padding is not None:
            positions = np.concatenate([_past(each.ids, padding) for each in inputs])
        bias = there_on(np.where(seen, np.float32(0), np.float32(-np.inf)))[:, None, None, :]
        # One number of the three, because numpy finds equal numbers many times faster than equal rows.
        combination = (ids * (positions.max() + 1) + positions) * (segment_ids.max() + 1) + segment_ids
        _, first, distinct = np.unique(combination, return_index=True, return_inverse=True)
        return cls(
            ids=there_on(ids[first]),
            segment_ids=there_on(segment_ids[first]),
            positions=there_on(positions[first]),
            distinct=there_on(distinct),
            starts=starts,
            shape=shape,
            grid=None if full else there_on(np.where(there, starts[:, None] + column, 0)),
            cell=None if full else there_on(np.flatnonzero(there)),
            bias=None if seen.all() else bias,
        )

    def gather(self, x: torch.Tensor) -> torch.Tensor:
        """Back from the grid by head to tokens [N, n_hidden]."""
        flat = _all_heads(x)
        return flat if self.cell is None else flat[self.cell]


@dataclass(frozen=True, slots=True)
class Stream:
    """What goes from layer to layer: float32 [N, n_hidden], or [D, n_hidden] and the row of each token, int64 [N]."""

    x: torch.Tensor
    row: torch.Tensor | None = None

    def of(self, tokens: torch.Tensor | slice) -> torch.Tensor:
        """The rows of some tokens, given by packed index."""
        return self.x[tokens] if self.row is None else self.x[self.row[tokens]]

    def spread(self, y: torch.Tensor, packed: Packed, heads: int) -> torch.Tensor:
        """Something made of every row on the grid, by attention head: [B, heads, L, n_hidden / heads]."""
        grid = packed.grid
        if self.row is not None:
            grid = self.row.view(packed.shape) if grid is None else self.row[grid]
        return by_head(y.view(*packed.shape, -1) if grid is None else y[grid], heads)


@dataclass(frozen=True, slots=True)
class Wanted:
    """The R rows asked for: their tokens (packed indices) and the [B, Q] grid of them, Q the most rows of one input."""

    tokens: torch.Tensor
    grid: torch.Tensor
    cell: torch.Tensor

    @classmethod
    def of(cls, packed: Packed, rows: Sequence[tuple[int, int]]) -> "Wanted":
        of_input, position = np.array(rows, np.int64).T
        counts = np.bincount(of_input, minlength=packed.shape[0])
        number = np.arange(len(rows)) - (np.cumsum(counts) - counts)[of_input]
        tokens = packed.starts[of_input] + position
        grid = np.zeros((packed.shape[0], counts.max()), np.int64)
        grid[of_input, number] = np.arange(len(rows))
        cell = of_input * grid.shape[1] + number
        return cls(*(torch.from_numpy(each).to(packed.ids.device) for each in (tokens, grid, cell)))


def embed(embeddings: Any, packed: Packed, words: torch.Tensor | None = None) -> torch.Tensor:
    """Every combination of id, segment and position, [D, n_hidden]; of ``words``, [N, n_hidden], every token's own."""
    of_segments = embeddings.token_type_embeddings
    # A checkpoint with one segment embedding gives it to every token, in its own forward too.
    segment_ids = packed.segment_ids.clamp(max=0) if of_segments.num_embeddings == 1 else packed.segment_ids
    places = of_segments(segment_ids), embeddings.position_embeddings(packed.positions)
    if words is not None:
        return embeddings.LayerNorm(words + places[0][packed.distinct] + places[1][packed.distinct])
    return embeddings.LayerNorm(embeddings.word_embeddings(packed.ids) + places[0] + places[1])


def _past(ids: np.ndarray, padding: int) -> np.ndarray:
    kept = ids != padding
    return kept.cumsum() * kept + padding


def attend(attention: Any, stream: Stream, packed: Packed, wanted: Wanted | None = None) -> torch.Tensor:
    """Self-attention's output before its dense layer, for all tokens [N, n_hidden] or for the rows wanted."""
    heads = attention.num_attention_heads
    x = stream.x.to(attention.key.weight.dtype)
    key, value = (stream.spread(linear(x, each), packed, heads) for each in (attention.key, attention.value))
    if wanted is None:
        query = stream.spread(linear(x, attention.query), packed, heads)
    else:
        query = by_head(linear(stream.of(wanted.tokens), attention.query)[wanted.grid], heads)
    bias = None if packed.bias is None else packed.bias.to(query.dtype).expand(-1, 1, query.shape[2], -1)
    # Written in place, which no gradient finds its way through; it is faster on processors.
    in_place = x.dtype == torch.bfloat16 and x.device.type == "cpu" and not query.requires_grad
    out = (_bf16_attention if in_place else _attention)(query, key, value, bias, attention.scaling)
    return packed.gather(out) if wanted is None else _all_heads(out)[wanted.cell]


def _attention(
    query: torch.Tensor, key: torch.Tensor, value: torch.Tensor, bias: torch.Tensor | None, scale: float
) -> torch.Tensor:
    """Softmax of the scaled scores times the values, [B, heads, Q, d] of queries and [B, heads, L, d] of the others."""
    return functional.scaled_dot_product_attention(query, key, value, attn_mask=bias, scale=scale)


def _bf16_attention(
    query: torch.Tensor, key: torch.Tensor, value: torch.Tensor, bias: torch.Tensor | None, scale: float
) -> torch.Tensor:
    """The same of bf16 as two batched products, in 0.4 to 0.6 of the time of torch's fused kernel."""
    grid = (*query.shape[:3], key.shape[2])
    query, key, value = (each.flatten(0, 1) for each in (query, key, value))
    scores = torch.baddbmm(query.new_empty(()), query, key.transpose(1, 2), beta=0, alpha=scale)
    if bias is not None:
        scores.view(grid).add_(bias)
    return torch.bmm(torch.softmax(scores, -1, out=scores), value).view(*grid[:3], -1)


def rest_of_layer(layer: Any, context: torch.Tensor, x: torch.Tensor) -> torch.Tensor:
    """What follows attention in a layer, token by token: [R, n_hidden] of both to [R, n_hidden]."""
    attended, up, down = layer.attention.output, layer.intermediate, layer.output
    x = attended.LayerNorm(_plus(linear(context, attended.dense), x))
    y = linear(x, up.dense, _then(layer))
    if _then(layer) == "none":
        y = up.intermediate_act_fn(y)
    return down.LayerNorm(_plus(linear(y, down.dense), x))


def _plus(y: torch.Tensor, x: torch.Tensor) -> torch.Tensor:
    """Their sum in float32, in the place of y where it has room: oneDNN's product that adds takes just as long."""
    return y.add_(x) if y.dtype == x.dtype else y + x


def _then(layer: Any) -> Then:
    """The activation between a layer's last two products, where it can go along with the first of them."""
    return "gelu" if getattr(layer.intermediate.intermediate_act_fn, "act", None) is functional.gelu else "none"


def by_head(x: torch.Tensor, heads: int) -> torch.Tensor:
    return x.unflatten(-1, (heads, -1)).transpose(1, 2)


def _all_heads(x: torch.Tensor) -> torch.Tensor:
    """[B, heads, Q, d] to [B * Q, heads * d]."""
    return x.transpose(1, 2).flatten(2).flatten(0, 1)
