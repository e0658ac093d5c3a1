"""[MASK]s filled, and candidates for one of them."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from analysis.choices import FillOrder
from analysis.types.inputs import Encoded, Floats, Ints, Provenance, Record
from analysis.types.notices import Notices


@dataclass(frozen=True, slots=True)
class FillStep:
    """One [MASK] filled: where, with what, how probable that was at that moment, and what else there was.

    ``top_ids`` and ``top_p`` are the K most probable tokens of the moment, ``top_tokens`` their strings.
    """

    position: int
    id: int
    token: str
    logp_nats: float
    top_ids: Ints
    top_p: Floats
    top_tokens: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Filling:
    """All [MASK]s of an input filled in one order; ``steps`` are in the order in which they were taken.

    ``total_nats`` is the sum of the steps' ln p. Each order conditions on other things, so totals of different orders
    are not values of one joint distribution.
    """

    order: FillOrder
    steps: tuple[FillStep, ...]

    @property
    def total_nats(self) -> float:
        """Sum of ln p over the steps, in nats."""
        return math.fsum(step.logp_nats for step in self.steps)

    @property
    def tokens(self) -> tuple[str, ...]:
        """The fillers, by position."""
        return tuple(step.token for step in sorted(self.steps, key=lambda step: step.position))


@dataclass(frozen=True, slots=True)
class FillResult:
    """An input with [MASK]s at some positions, and a filling of each order asked for; of a beam several, best first."""

    encoded: Encoded
    positions: tuple[int, ...]
    fillings: tuple[Filling, ...]
    notices: Notices
    provenance: Provenance

    @staticmethod
    def joined(results: Sequence["FillResult"]) -> "FillResult":
        """The fillings of several results as one; ValueError if they are not of one input and one model."""
        first = results[0]
        for each in results[1:]:
            if each.provenance != first.provenance or not np.array_equal(each.encoded.ids, first.encoded.ids):
                raise ValueError("only fillings of one input can be joined")
        return replace(first, fillings=tuple(filling for result in results for filling in result.fillings))

    @property
    def best(self) -> dict[FillOrder, Filling]:
        """The filling of every order, of a beam the best."""
        best: dict[FillOrder, Filling] = {}
        for filling in self.fillings:
            best.setdefault(filling.order, filling)
        return best

    @property
    def disagree(self) -> tuple[int, ...]:
        """Positions that not every order fills alike (of a beam the best counts)."""
        chosen = [{step.position: step.id for step in filling.steps} for filling in self.best.values()]
        return tuple(position for position in self.positions if len({ids[position] for ids in chosen}) > 1)

    def __getitem__(self, order: FillOrder) -> Filling:
        """The (best) filling of an order."""
        return self.best[order]


@dataclass(frozen=True, slots=True)
class CandidateScore(Record):
    """One candidate for a [MASK]: its pieces and what each costs.

    ``logp_nats`` is float64 [q]: ln P of piece t given the left, the pieces before it, [MASK] in place of itself and of
    those after it, and the right. ``rank`` is None for more than one piece.
    """

    text: str
    tokens: tuple[str, ...]
    ids: tuple[int, ...]
    logp_nats: npt.NDArray[np.float64]
    rank: int | None

    @property
    def total_nats(self) -> float:
        """ln of the candidate's score."""
        return math.fsum(self.logp_nats.tolist())

    @property
    def mean_nats(self) -> float:
        """The score per piece."""
        return self.total_nats / len(self.ids)


@dataclass(frozen=True, slots=True)
class CandidateContest(Record):
    """Candidates for one [MASK] of an input, as they were given; the input's other [MASK]s stayed masked.

    ``position`` is the [MASK] that the C candidates stand for, ``reference`` the number of the one that the odds are
    against. ``odds_bits`` is float64 [C]: log2 of each score over the reference's; not a number where the numbers of
    pieces differ, unless such odds were asked for.
    """

    encoded: Encoded
    position: int
    candidates: tuple[CandidateScore, ...]
    odds_bits: npt.NDArray[np.float64]
    reference: int
    notices: Notices
    provenance: Provenance
