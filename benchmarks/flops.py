"""The least arithmetic that an answer takes, and how fast this machine multiplies: the limit that nothing beats.

A multiplication with its addition counts as two. Embeddings, normalisations, activations and statistics count as
nothing, so an efficiency of 1 is out of reach.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from analysis.choices import Dtype


@dataclass(frozen=True, slots=True)
class Shape:
    """The sizes that count: layers, hidden width, width between the two feed-forward products, vocabulary."""

    layers: int
    hidden: int
    inner: int
    vocabulary: int

    @classmethod
    def of(cls, config: Any) -> "Shape":
        """The sizes in a BERT configuration."""
        return cls(config.num_hidden_layers, config.hidden_size, config.intermediate_size, config.vocab_size)


@dataclass(frozen=True, slots=True)
class Flops:
    """The encoder's and the masked-LM head's, apart: the head stays fp32 where the encoder is bf16."""

    encoder: int
    head: int


def least_flops(shape: Shape, inputs: Sequence[tuple[int, int]], mlm_rows: int) -> Flops:
    """What inputs take of which only some rows are asked for.

    Parameters
    ----------
    inputs
        Of each input its tokens and how many of their rows are wanted from the last layer.
    mlm_rows
        Rows of the masked-LM head. The next-sentence head's few products are left out.
    """
    h, layers = shape.hidden, shape.layers
    rest = 4 * h * h + 4 * h * shape.inner
    encoder = 0
    for tokens, rows in inputs:
        whole_layer = tokens * (4 * h * h + rest) + 4 * tokens * tokens * h
        # Keys and values for every token; queries, attention and what follows for the rows alone.
        last_layer = tokens * 4 * h * h + rows * rest + 4 * rows * tokens * h
        encoder += (layers - 1) * whole_layer + last_layer
    return Flops(encoder, mlm_rows * (2 * h * shape.vocabulary + 2 * h * h))


def least_seconds(flops: Flops, dtype: Dtype, flops_per_second: dict[str, float]) -> float:
    """How long that takes at the roofline: the encoder in its arithmetic, the head in fp32."""
    return flops.encoder / flops_per_second[dtype] + flops.head / flops_per_second["fp32"]
