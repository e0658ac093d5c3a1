"""What the heads of attention weigh: every head in a few numbers, and the weights of one layer's heads."""

from dataclasses import dataclass, replace
from typing import Self

import numpy as np

from analysis.types.inputs import TEMPLATE, Encoded, Floats, Provenance, Record, Rows, frozen
from analysis.types.notices import Notices

_MOSTLY = 0.5
"""A head that has so much of its weight on [CLS] and [SEP] says little of the text."""


@dataclass(frozen=True, slots=True)
class HeadSummaries(Rows):
    """What each head looks at, in numbers: float32 [L, H], means over the queries of C.

    [CLS], [SEP], [PAD] and [MASK] ask nothing here; what is asked for may stand anywhere, and is nothing where the mask
    hides it.

    Attributes
    ----------
    entropy_bits
        Of a query's weights over all keys: 0 when one key has all of it, log2 T when all have as much.
    share_cls, share_sep
        Weight on the template's first token, and on its others.
    share_self, share_previous, share_next
        Weight on the query's own position, on the one before it and on the one behind it.
    distance_tokens
        The sum over all keys of weight x |query - key|.
    share_a_to_b, share_b_to_a
        Of a pair, the weight of A's queries on B's own pieces, and the other way round; else not numbers.
    """

    entropy_bits: Floats
    share_cls: Floats
    share_sep: Floats
    share_self: Floats
    share_previous: Floats
    share_next: Floats
    distance_tokens: Floats
    share_a_to_b: Floats
    share_b_to_a: Floats

    @classmethod
    def of(cls, encoded: Encoded, weights: Floats) -> Self:
        """The numbers of one layer's heads, float32 [1, H] each, from their weights [H, T, T], query by key."""
        found = [cls._of_head(encoded, each) for each in weights]
        return cls(*(frozen(np.array([column], np.float32)) for column in zip(*found, strict=True)))

    @staticmethod
    def _of_head(encoded: Encoded, weights: Floats) -> tuple[float, ...]:
        asks, template, own = ~encoded.outside, encoded.sequence == TEMPLATE, np.arange(len(encoded))
        rows, queries = weights[asks], own[asks]

        def on(keys: np.ndarray, of: np.ndarray | None = None) -> float:
            asked = rows if of is None else rows[of[asks]]
            return float(asked[:, keys].sum(axis=1, dtype=np.float64).mean()) if len(asked) else np.nan

        def beside(by: int) -> float:
            inside = (queries + by >= 0) & (queries + by < len(own))
            return float(rows[inside, queries[inside] + by].sum(dtype=np.float64) / len(rows))

        bits = rows * -np.log2(rows, where=rows > 0, out=np.zeros_like(rows))
        away = np.abs(queries[:, None] - own[None]).astype(np.float32)
        of_a, of_b = encoded.sequence == 0, encoded.sequence == 1
        pair = bool(of_b.any())
        return (
            float(bits.sum(axis=1, dtype=np.float64).mean()),
            on(template & (own == 0)),
            on(template & (own > 0)),
            beside(0),
            beside(-1),
            beside(1),
            float((rows * away).sum(axis=1, dtype=np.float64).mean()),
            on(of_b, of_a) if pair else np.nan,
            on(of_a, of_b) if pair else np.nan,
        )

    def telling(self, layer: int | None = None) -> tuple[int, int]:
        """The layer and the head, from 1, that say most at a glance, of all layers or of one.

        It is the head of the lowest mean entropy among those that have less than half of their weight on [CLS] and
        [SEP]; among all, where there is no such head.
        """
        apart = self.share_cls + self.share_sep < _MOSTLY
        here = np.ones_like(apart) if layer is None else np.arange(len(apart))[:, None] == layer - 1
        among = apart & here if (apart & here).any() else np.broadcast_to(here, apart.shape)
        at = int(np.where(among, self.entropy_bits, np.inf).argmin())
        return at // apart.shape[1] + 1, at % apart.shape[1] + 1


@dataclass(frozen=True, slots=True)
class AttentionWeights(Record):
    """The attention of one input: every head in numbers, and the weights of one layer's heads.

    Attributes
    ----------
    layer
        The layer whose weights these are, counted from 1.
    head
        The head that is shown, counted from 1; None for the average over the layer's heads.
    weights
        float32 [H, T, T], query by key: each row sums to 1, and a key that the mask hides has 0.
    """

    encoded: Encoded
    summaries: HeadSummaries
    layer: int
    head: int | None
    weights: Floats
    notices: Notices
    provenance: Provenance

    @property
    def n_layers(self) -> int:
        """L."""
        return self.summaries.entropy_bits.shape[0]

    @property
    def n_heads(self) -> int:
        """H."""
        return self.summaries.entropy_bits.shape[1]

    @property
    def shown(self) -> Floats:
        """float32 [T, T]: the weights of the head that is shown, or their average over the layer's heads."""
        if self.head is None:
            return frozen(self.weights.mean(axis=0, dtype=np.float32))
        return self.weights[self.head - 1]

    @property
    def in_numbers(self) -> HeadSummaries:
        """The same numbers of what is shown, float32 [1, 1]: the average over heads has an entropy of its own."""
        return HeadSummaries.of(self.encoded, self.shown[None])

    def showing(self, head: int | None) -> Self:
        """The same with another head of the layer shown, or their average."""
        return replace(self, head=head)
