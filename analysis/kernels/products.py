"""Products of rows by the weights of a layer, each by the library that was fastest at it here.

Which one that is depends on the processor, the shape, the number of rows and the cores in use, so they are timed: once
in a process, when a model is loaded, on its own weights. oneDNN and MKL want the weights laid out in their own order
("packed"). oneDNN's order can be undone, so it takes the place of the weights. MKL's can't, and it serves one number of
rows: any other goes to torch's own product on the weights as they were, which are kept.
"""

import math
import platform
import threading
from collections.abc import Callable, Collection, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple, cast

import torch
from torch.nn import functional

from analysis.choices import Device, Dtype
from analysis.kernels.clock import clock
from analysis.limits import PASS_TOKENS
from analysis.types import Kernel, Library

Then = Literal["none", "gelu"]

_PACKS_ON = ("x86_64", "amd64")
"""Processors on which packing has been tried; on others the products are torch's own."""
_CLEARLY = 1.05
"""How many times as fast as oneDNN at its best another library must be at its worst to be taken: a noisy moment is to
change nothing, for with the library the last digits change."""
_SMALL = 2**16
"""Weights of a product below which nothing is to be gained."""
_TIMED_FLOPS = 100_000_000
_TIMED_ROWS = 128
"""What is timed: products of about so much arithmetic, of so many rows at least ..."""
_TIMED_COLUMNS = 8_192
"""... and of so many columns at most: of fewer of a vocabulary's, another library is the fastest than of all."""
_ROUNDS, _LONG_ROUNDS = 4, 2
"""How often each is timed, and how often where a product takes several milliseconds."""

DTYPES: dict[Dtype, torch.dtype] = {"fp32": torch.float32, "bf16": torch.bfloat16}


class Product(NamedTuple):
    """A kind of product: rows of ``n_in`` numbers by weights [n_out, n_in], and the activation that follows at once.

    ``rows`` is their number where nearly all products have the same, None where it changes from one to the next.
    """

    n_in: int
    n_out: int
    dtype: Dtype
    then: Then = "none"
    rows: int | None = None


class Use(NamedTuple):
    """A layer and the kind of product that it makes."""

    layer: torch.nn.Linear
    product: Product


@dataclass(frozen=True, slots=True, eq=False)
class Layout:
    """The weights of a layer as a library wants them; ``rows`` is the only number of rows that MKL's serve."""

    library: Library
    packed: torch.Tensor
    rows: int | None = None


CHOICES: dict[tuple[Product, int], Kernel] = {}
"""What was chosen in this process, by product and number of cores."""

_TIMING = threading.Lock()


def computes_in_bf16(device: Device = "cpu") -> bool:
    """Whether a device has instructions for bf16 products, however fast; without them they are hopeless."""
    if device != "cpu":
        return device == "cuda" and torch.cuda.is_bf16_supported()
    return torch.backends.mkldnn.is_available() and torch.ops.mkldnn._is_mkldnn_bf16_supported()


# --- the products ---


def linear(x: torch.Tensor, layer: torch.nn.Linear, then: Then = "none") -> torch.Tensor:
    """The product of rows [..., n_in] by a layer's weights: on its layout if it has one, else torch's own."""
    layout: Any = getattr(layer, "layout", None)
    bias = cast("torch.Tensor | None", layer.bias)
    # No gradient is wanted of weights, and nothing that one would need is to be kept.
    return _multiplied(x, layer.weight.detach(), None if bias is None else bias.detach(), layout, then)


def _multiplied(
    x: torch.Tensor, weight: torch.Tensor, bias: torch.Tensor | None, layout: Layout | None, then: Then
) -> torch.Tensor:
    x = x.to(weight.dtype)
    if layout is not None and layout.library == "oneDNN":
        if not x.requires_grad:
            return _by_onednn(x, layout.packed, bias, then)
        return _activated(_Product.apply(x, layout.packed, bias), then)
    if layout is not None and x.shape[:-1] == (layout.rows,) and not x.requires_grad:
        y = torch.ops.mkl._mkl_linear(x, layout.packed, weight, bias, layout.rows)
        return _activated(y, then)
    return _activated(functional.linear(x, weight, bias), then)


def _activated(y: torch.Tensor, then: Then) -> torch.Tensor:
    if then == "none":
        return y
    # In place half as much memory is touched; a way back wants what went in.
    return functional.gelu(y) if y.requires_grad else torch.ops.aten.gelu_(y)


def _by_onednn(x: torch.Tensor, packed: torch.Tensor, bias: torch.Tensor | None, then: Then = "none") -> torch.Tensor:
    return torch.ops.mkldnn._linear_pointwise(x, packed, bias, then, [], "none")


class _Product(torch.autograd.Function):
    """The product on packed weights with the way back to its input, which oneDNN's does not know; weights have none."""

    @staticmethod
    def forward(ctx: Any, x: torch.Tensor, packed: Any, bias: torch.Tensor | None) -> torch.Tensor:
        ctx.packed = packed
        return _by_onednn(x, packed, bias)

    @staticmethod
    def backward(ctx: Any, *gradients: torch.Tensor) -> tuple[torch.Tensor, None, None]:
        (gradient,) = gradients
        return gradient @ ctx.packed.to_dense(), None, None


# --- which library ---


def arrange(uses: Sequence[Use], shared: Collection[torch.Tensor] = ()) -> tuple[tuple[Kernel, ...], int]:
    """Lay the weights of some layers out for the libraries chosen; returns those, and the bytes on top of the weights.

    Weights that oneDNN has packed become empty ("meta"), so that nothing is held twice, but for those ``shared`` with
    what is no product.
    """
    chosen, on_top = kernels_of(uses), 0
    for layer, product in uses:
        layout = _laid_out(layer.weight.detach(), chosen[product].library, product)
        if layout is None:
            continue
        layer.layout = cast("Any", layout)
        if layout.library == "oneDNN" and not any(layer.weight is each for each in shared):
            layer.weight = torch.nn.Parameter(layer.weight.to("meta"), requires_grad=False)
        else:
            on_top += layout.packed.numel() * layout.packed.element_size()
    return tuple(chosen.values()), on_top


def kernels_of(uses: Sequence[Use]) -> dict[Product, Kernel]:
    """The library of every kind of product, timed where this process has not chosen it yet for as many cores."""
    layers: dict[Product, list[torch.nn.Linear]] = {}
    for layer, product in uses:
        layers.setdefault(product, []).append(layer)
    threads = torch.get_num_threads()
    with _TIMING:
        for product, its in layers.items():
            if (product, threads) not in CHOICES:
                CHOICES[product, threads] = _chosen(product, timed(product, libraries(product), its))
        return {product: CHOICES[product, threads] for product in layers}


def libraries(product: Product) -> tuple[Library, ...]:
    """Who can make a product here; the first is the one taken unless another is clearly faster."""
    if not torch.backends.mkldnn.is_available() or platform.machine().lower() not in _PACKS_ON:
        return ("torch",)
    mkl = product.rows is not None and product.dtype == "fp32" and torch.backends.mkl.is_available()
    return ("oneDNN", "torch", "MKL") if mkl else ("oneDNN", "torch")


def _chosen(product: Product, seconds: dict[Library, tuple[float, float]]) -> Kernel:
    usual = libraries(product)[0]
    bound = seconds[usual][0] if usual in seconds else math.inf
    clearly = [library for library, (_, longest) in seconds.items() if longest * _CLEARLY <= bound]
    fastest = min(clearly, key=lambda library: seconds[library][1], default=usual)
    return Kernel(
        n_in=product.n_in,
        n_out=product.n_out,
        dtype=product.dtype,
        library=fastest,
        n_rows=_rows(product),
        n_columns=min(product.n_out, _TIMED_COLUMNS),
        seconds=tuple((library, shortest) for library, (shortest, _) in seconds.items()),
    )


def timed(
    product: Product, among: Sequence[Library], layers: Sequence[torch.nn.Linear]
) -> dict[Library, tuple[float, float]]:
    """What a product takes each library, in seconds, the shortest and the longest of a few; nothing where there is
    nothing to choose.

    The libraries take turns. Every turn has other weights of the model's, as in a pass of the encoder, so that the
    processor's cache does not hold them: then whatever else runs on the machine can only add to the time. A library
    that fails is left out.
    """
    if len(among) == 1 or product.n_in * product.n_out < _SMALL:
        return {}
    rows = _rows(product)
    long = 2 * rows * product.n_in * min(product.n_out, _TIMED_COLUMNS) > 4 * _TIMED_FLOPS
    now = clock()
    x = torch.full((rows, product.n_in), 0.5, dtype=DTYPES[product.dtype])
    with torch.inference_mode():
        # So much of a vocabulary's weights that the libraries' turns drive each other's out of the cache.
        parts = [_part(product, layers, turn) for turn in range(1 if long else _ROUNDS)]
        runs: dict[Library, list[Callable[[], torch.Tensor]]] = {}
        for library in among:
            with suppress(RuntimeError, NotImplementedError):
                runs[library] = [_run(x, part, library, product) for part in parts]
                # What a library compiles for a shape is compiled here; MKL compiles nothing, and its turns are long.
                if not long:
                    runs[library][0]()
        taken: dict[Library, list[float]] = {library: [] for library in runs}
        usual = taken.get(among[0], [])
        for turn in range(_LONG_ROUNDS if long else _ROUNDS):
            for library, run in runs.items():
                own = taken[library]
                # After one such turn it is not taken, whatever its others would come to.
                if own and own is not usual and max(own) * _CLEARLY > min(usual, default=math.inf):
                    continue
                start = now()
                run[turn % len(run)]()
                own.append(now() - start)
    return {library: (min(seconds), max(seconds)) for library, seconds in taken.items()}


def _rows(product: Product) -> int:
    if product.rows is not None:
        return product.rows
    return min(PASS_TOKENS, max(_TIMED_ROWS, _TIMED_FLOPS // (2 * product.n_in * product.n_out)))


def _part(product: Product, layers: Sequence[torch.nn.Linear], turn: int) -> tuple[torch.Tensor, torch.Tensor | None]:
    """Weights [n_out, n_in] of a layer and its bias; of a vocabulary's, some rows of both."""
    layer, some, dtype = layers[turn % len(layers)], slice(_TIMED_COLUMNS), DTYPES[product.dtype]
    bias = cast("torch.Tensor | None", layer.bias)
    return layer.weight.detach()[some].to(dtype), None if bias is None else bias.detach()[some].to(dtype)


def _run(
    x: torch.Tensor, part: tuple[torch.Tensor, torch.Tensor | None], library: Library, product: Product
) -> Callable[[], torch.Tensor]:
    weight, bias = part
    layout = _laid_out(weight, library, product)
    return lambda: _multiplied(x, weight, bias, layout, product.then)


def _laid_out(weight: torch.Tensor, library: Library, product: Product) -> Layout | None:
    if library == "oneDNN":
        return Layout(library, torch.ops.mkldnn._reorder_linear_weight(weight, PASS_TOKENS))
    if library == "MKL":
        return Layout(library, torch.ops.mkl._mkl_reorder_linear_weight(weight, product.rows), product.rows)
    return None
