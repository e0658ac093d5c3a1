"""How long a job will take, before it starts: the least arithmetic of its inputs over how fast this machine multiplies.

A multiplication with its addition counts as two operations. Embeddings, normalisations, activations and statistics
count as nothing, so a job takes a little longer than its estimate.
"""

import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache

import numpy as np
import torch

from analysis.choices import Device, Dtype
from analysis.kernels.products import DTYPES, Product, Use, arrange, linear
from analysis.models.bundle import ModelBundle
from analysis.types import Tensors

_ROWS, _TIMES = 2_048, 5


@dataclass(frozen=True, slots=True)
class Shape:
    """The sizes that count: layers, hidden width, width between the two feed-forward products, vocabulary."""

    layers: int
    hidden: int
    inner: int
    vocabulary: int

    @classmethod
    def of(cls, bundle: ModelBundle) -> "Shape":
        """The sizes of a model; the inner width is four times the hidden one where its configuration names none."""
        config, hidden = bundle.model.config, bundle.n_hidden
        inner = getattr(config, "intermediate_size", None) or getattr(config, "hidden_dim", None) or 4 * hidden
        return cls(bundle.n_layers, hidden, inner, bundle.n_vocabulary)


def rows_in_tokens(bundle: ModelBundle, rows: int) -> int:
    """The tokens of the encoder that take as long as some rows of the masked-LM head.

    A row takes 2 n_hidden V operations, a token 24 n_hidden^2 in each layer.
    """
    return -(-rows * bundle.n_vocabulary // (12 * bundle.n_hidden * bundle.n_layers))


@dataclass(frozen=True, slots=True)
class Flops:
    """The encoder's and the masked-LM head's, apart: the head stays fp32 where the encoder is bf16."""

    encoder: int
    head: int


@dataclass(frozen=True, slots=True)
class Estimate:
    """What a job comes to: inputs of the model, tokens of all of them, seconds at the machine's limit."""

    passes: int
    tokens: int
    seconds: float


def estimate_nsp(bundle: ModelBundle, inputs: Sequence[Tensors]) -> Estimate:
    """What the next-sentence head's answers for these inputs will take; timing the machine takes a tenth of a second.

    The seconds are at the speed of a product of the model's own width on the cores in use, with nothing else running.
    """
    shape = Shape.of(bundle)
    flops = least_flops(shape, [(len(each), 1) for each in inputs], mlm_rows=0, distinct=distinct_tokens(inputs))
    return Estimate(len(inputs), sum(len(each) for each in inputs), _seconds(bundle, flops))


def estimate_rows(bundle: ModelBundle, inputs: Sequence[tuple[int, int]], heads: int = 1) -> Estimate:
    """What inputs will take of which only some rows are read by the masked-LM head.

    ``inputs`` are of each its tokens and how many of their rows are wanted, ``heads`` how often each of those is read.
    """
    flops = least_flops(Shape.of(bundle), inputs, heads * sum(rows for _, rows in inputs))
    return Estimate(len(inputs), sum(tokens for tokens, _ in inputs), _seconds(bundle, flops))


def together(one: Estimate, other: Estimate) -> Estimate:
    """Both jobs, one after the other."""
    return Estimate(one.passes + other.passes, one.tokens + other.tokens, one.seconds + other.seconds)


def estimate_layers(bundle: ModelBundle, runs: Sequence[tuple[int, int, int]], *, mlm: bool) -> Estimate:
    """What inputs will take that go through some of the layers only, with one row of a head each.

    ``runs`` are how many inputs, the tokens of each, and how many layers they go through; ``mlm`` says whether it is
    the masked-LM head that reads them.
    """
    shape = Shape.of(bundle)
    flops = [least_flops(replace(shape, layers=layers), [(tokens, 1)], mlm_rows=int(mlm)) for _, tokens, layers in runs]
    encoder, head = (
        sum(count * getattr(each, part) for (count, *_), each in zip(runs, flops, strict=True))
        for part in ("encoder", "head")
    )
    passes, all_tokens = sum(count for count, *_ in runs), sum(count * tokens for count, tokens, _ in runs)
    return Estimate(passes, all_tokens, _seconds(bundle, Flops(encoder, head)))


def estimate_passes(
    bundle: ModelBundle, tokens: int, passes: int, backwards: int = 0, *, head: bool = True
) -> Estimate:
    """What so many passes over an input of so many tokens take that want one row each.

    ``backwards`` are further ones with a way back, which takes twice as long as the way there; ``head`` says whether
    the masked-LM head reads the rows.
    """
    one, count = estimate_layers(bundle, [(1, tokens, bundle.n_layers)], mlm=head), passes + backwards
    return Estimate(count, count * tokens, (passes + 3 * backwards) * one.seconds)


def _seconds(bundle: ModelBundle, flops: Flops) -> float:
    """How long the arithmetic takes on the cores in use."""
    threads = torch.get_num_threads()
    seconds = flops.encoder / flops_per_second(bundle.n_hidden, bundle.dtype, threads, bundle.device)
    if flops.head:
        seconds += flops.head / flops_per_second(bundle.n_hidden, "fp32", threads, bundle.device)
    return seconds


def least_flops(
    shape: Shape, inputs: Sequence[tuple[int, int]], mlm_rows: int, *, distinct: int | None = None
) -> Flops:
    """What inputs take of which only some rows are asked for; the next-sentence head's few products are left out.

    ``inputs`` are of each its tokens and how many of their rows are wanted from the last layer; ``mlm_rows`` the rows
    of the masked-LM head; ``distinct`` the ``distinct_tokens`` of the inputs, which the first layer projects once each;
    all their tokens when None.
    """
    h, layers = shape.hidden, shape.layers
    rest = 4 * h * h + 4 * h * shape.inner
    encoder = 0
    for tokens, rows in inputs:
        whole_layer = tokens * (4 * h * h + rest) + 4 * tokens * tokens * h
        # Keys and values for every token; queries, attention and what follows for the rows alone.
        last_layer = tokens * 4 * h * h + rows * rest + 4 * rows * tokens * h
        encoder += (layers - 1) * whole_layer + last_layer
    if distinct is not None:
        projections = 6 if layers > 1 else 4
        encoder -= (sum(tokens for tokens, _ in inputs) - distinct) * projections * h * h
    return Flops(encoder, mlm_rows * (2 * h * shape.vocabulary + 2 * h * h))


def distinct_tokens(inputs: Sequence[Tensors]) -> int:
    """How many combinations of id, segment and position the inputs have between them."""
    ids, segment_ids, positions = (
        np.concatenate(rows).astype(np.int64)
        for rows in zip(*((each.ids, each.segment_ids, np.arange(len(each))) for each in inputs), strict=True)
    )
    # One number of the three: numpy finds equal numbers many times faster than equal rows.
    return len(np.unique((ids * (positions.max() + 1) + positions) * (segment_ids.max() + 1) + segment_ids))


@cache
def flops_per_second(hidden: int, dtype: Dtype, threads: int, device: Device = "cpu") -> float:
    """How fast a device multiplies [2048, hidden] by [hidden, 4 hidden], on so many threads, the best of five."""
    layer = torch.nn.Linear(hidden, 4 * hidden, dtype=DTYPES[dtype], device=device)
    if device == "cpu":
        # Named as BERT has it between its layers' last two products, so that it need not be timed anew.
        arrange([Use(layer, Product(hidden, 4 * hidden, dtype, "gelu"))])
    x = torch.randn(_ROWS, hidden).to(device, DTYPES[dtype])
    best = np.inf
    with torch.inference_mode():
        for _ in range(_TIMES):
            start = time.perf_counter()
            # A number of it is there when all of it is, wherever it was computed.
            linear(x, layer)[-1, -1].item()
            best = min(best, time.perf_counter() - start)
    return 8 * _ROWS * hidden * hidden / best
