"""How fast this machine multiplies: timed in the same rounds as the contenders.

The hot roofline is one product, again and again, whose weights the processor's cache holds. The streamed one is a
model's own products in the order of a pass, by the libraries that were chosen: every layer's weights come anew.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import torch

from analysis.choices import Dtype
from analysis.kernels.products import linear
from analysis.limits import HEAD_PRODUCT_ROWS
from analysis.models.bundle import ModelBundle
from analysis.models.estimate import Flops
from benchmarks.race import Contender, Race

_ROWS, _WIDTH = 2048, 768
_FLOPS = 2 * _ROWS * _WIDTH * _WIDTH


def products(dtypes: Sequence[Dtype]) -> list[Contender[None]]:
    """A product of [2048, 768] and [768, 768] in each arithmetic, and in fp32 always, by torch and by oneDNN.

    torch's own product of fp32 may be another library's, slower or faster by the processor's make: the roofline is the
    faster of the two. Of bf16 torch's own is oneDNN's.
    """
    found = [_product(dtype, "torch") for dtype in sorted({"fp32", *dtypes})]
    return [*found, _product("fp32", "oneDNN")] if torch.backends.mkldnn.is_available() else found


def flops_per_second(race: Race) -> dict[str, float]:
    """The roofline of each arithmetic, from the times of ``products``."""
    found: dict[str, float] = {}
    for timing in race.timings:
        kind, _, rest = timing.contender.partition(" ")
        if kind == "GEMM":
            dtype = rest.partition(" ")[0]
            found[dtype] = max(found.get(dtype, 0.0), _FLOPS / timing.minimum)
    return found


def least_seconds(flops: Flops, dtype: Dtype, flops_per_second: dict[str, float]) -> float:
    """How long a job takes at the roofline: the encoder in its arithmetic, the head in fp32."""
    return flops.encoder / flops_per_second[dtype] + flops.head / flops_per_second["fp32"]


@dataclass(frozen=True, slots=True)
class Streamed:
    """The products of an encoder for so many rows, or of the masked-LM head (``rows`` None), and their arithmetic."""

    dtype: Dtype
    rows: int | None
    flops: int
    contender: Contender[None]

    @classmethod
    def of(cls, bundle: ModelBundle, rows: int | None) -> "Streamed":
        """Of a BERT."""
        part = bundle.model.cls.predictions if rows is None else bundle.model.bert.encoder
        layers = [layer for layer in part.modules() if isinstance(layer, torch.nn.Linear)]
        n = HEAD_PRODUCT_ROWS if rows is None else rows
        kind = layers[0].weight.dtype
        given = {width: torch.randn(n, width).to(kind) for width in {layer.in_features for layer in layers}}

        def multiply() -> None:
            with torch.inference_mode():
                for layer in layers:
                    linear(given[layer.in_features], layer)

        flops = sum(2 * n * layer.in_features * layer.out_features for layer in layers)
        dtype: Dtype = "fp32" if rows is None else bundle.dtype
        name = f"streamed products of the {'head' if rows is None else 'encoder'}, {dtype}, {n} rows"
        return cls(dtype, rows, flops, Contender(name, multiply))


def streamed_seconds(flops: Flops, encoder: Streamed, head: Streamed, race: Race) -> float:
    """How long a job takes at the streamed roofline: with nothing but its products."""
    return sum(
        part / each.flops * race.seconds(each.contender.name)
        for part, each in ((flops.encoder, encoder), (flops.head, head))
    )


def _product(dtype: Dtype, way: str) -> Contender[None]:
    kind = torch.float32 if dtype == "fp32" else torch.bfloat16
    x, weight = (torch.randn(rows, _WIDTH).to(kind) for rows in (_ROWS, _WIDTH))

    def multiply() -> None:
        with torch.inference_mode():
            if way == "torch":
                torch.mm(x, weight.T)
            else:
                torch.ops.mkldnn._linear_pointwise(x, weight, None, "none", [], "")

    return Contender(f"GEMM {dtype} {way}", multiply)
