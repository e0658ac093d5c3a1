"""States of one input put into another, and what that does to one number."""

from dataclasses import dataclass

import numpy as np

from analysis.types.inputs import Bools, Encoded, Floats, Ints, Provenance, Record, frozen
from analysis.types.notices import Notices
from analysis.types.nsp import NspMeaning

LEAST_DIFFERENCE_NATS = 0.01
"""Where A and B differ by less, shares of the difference would be shares of rounding."""


@dataclass(frozen=True, slots=True)
class Patching(Record):
    """What the state of B at one position, after so many layers, does to the target when it is put into A.

    Attributes
    ----------
    a, b
        The inputs, of T tokens each and with the same segment ids and attention mask.
    position, id, token
        The target: ln p of the id at the position under the input as it is given; or, where the id is None (and the
        token ""), the next-sentence margin, which is read off position 0.
    value_a_nats, value_b_nats
        The target in A, and in B.
    effect_nats
        float32 [L + 1, T]: the target of A with B's state at that position, after 0 (the embeddings) to L layers, minus
        the target of A. Exactly 0 where both have the same state and, after the last layer, where the head doesn't
        read; not a number where it has not been read.
    meaning
        What the second head was trained on.
    notices, notices_b
        What a reader should know of A, and of B.
    """

    a: Encoded
    b: Encoded
    position: int
    id: int | None
    token: str
    value_a_nats: float
    value_b_nats: float
    effect_nats: Floats
    meaning: NspMeaning
    notices: Notices
    notices_b: Notices
    provenance: Provenance

    @property
    def n_layers(self) -> int:
        """L."""
        return len(self.effect_nats) - 1

    @property
    def complete(self) -> bool:
        """True when every patch has been read."""
        return bool(np.isfinite(self.effect_nats).all())

    @property
    def difference_nats(self) -> float:
        """The target in B minus the target in A."""
        return self.value_b_nats - self.value_a_nats

    @property
    def all_effect_nats(self) -> Floats:
        """float32 [L + 1]: the same with B's states at all positions. That is B, so after any layer the difference."""
        return frozen(np.full(len(self.effect_nats), self.difference_nats, np.float32))

    @property
    def share(self) -> Floats:
        """float32 [L + 1, T]: the share of the difference that each patch moves; below 0, it moves it the other way.

        Not numbers where A and B differ by less than ``LEAST_DIFFERENCE_NATS``.
        """
        told = abs(self.difference_nats) >= LEAST_DIFFERENCE_NATS
        return frozen((self.effect_nats / (self.difference_nats if told else np.nan)).astype(np.float32))

    @property
    def differing(self) -> Bools:
        """bool [T]: A and B have another token there."""
        return frozen(self.a.ids != self.b.ids)

    @property
    def sees_own_token(self) -> bool:
        """Whether the target is ln p at a position that is not masked: the head then sees its token."""
        return self.id is not None and not self.a.masked[self.position]

    @property
    def peaks(self) -> Ints:
        """int32 [L + 1]: the position with the largest effect after so many layers, in either direction.

        -1 where not all of them have been read, or all are 0.
        """
        known = np.isfinite(self.effect_nats).all(1)
        size = np.abs(np.nan_to_num(self.effect_nats))
        return frozen(np.where(known & (size.max(1) > 0), size.argmax(1), -1).astype(np.int32))

    @property
    def largest(self) -> tuple[int, int] | None:
        """The layer and position with the largest effect, in either direction; None while nothing has been read.

        Of the layers between the first and the last state, where there are some: a lone differing token's embedding is
        all of B, and after the last layer the head reads one position alone.
        """
        between = slice(1, -1) if self.n_layers > 1 else slice(None)
        size = np.abs(self.effect_nats[between])
        if not np.isfinite(size).any():
            return None
        layer, position = np.unravel_index(np.nanargmax(size), size.shape)
        return int(layer) + (between.start or 0), int(position)
