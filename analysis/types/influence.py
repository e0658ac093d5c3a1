"""Which words an answer rests on."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from analysis.choices import Baseline, InfluenceMethod
from analysis.types.inputs import Bools, Encoded, Floats, Ints, Provenance, Record
from analysis.types.notices import Notices
from analysis.types.nsp import NspMeaning
from analysis.types.words import ReportingWord

_ENOUGH = 3
"""Words of which a rank correlation says something."""
_NOTHING_NATS = 1e-4
"""What two runs of one input may differ by."""


@dataclass(frozen=True, slots=True)
class IntegratedPath:
    """The path of integrated gradients, and how far its sum misses what it should be.

    ``value_input_nats`` and ``value_baseline_nats`` are the target at its two ends, ``sum_nats`` the attributions of
    all words together; not numbers while they have not come.
    """

    steps: int
    baseline: Baseline
    value_input_nats: float
    value_baseline_nats: float
    sum_nats: float

    @property
    def difference_nats(self) -> float:
        """What the attributions sum to where the path is exact (completeness; Sundararajan et al. 2017)."""
        return self.value_input_nats - self.value_baseline_nats

    @property
    def residual_nats(self) -> float:
        """How far they are from it."""
        return abs(self.sum_nats - self.difference_nats)

    @property
    def residual_share(self) -> float:
        """The residual over the difference; not a number where nothing differs."""
        difference = abs(self.difference_nats)
        return self.residual_nats / difference if difference > _NOTHING_NATS else float("nan")


@dataclass(frozen=True, slots=True)
class InfluenceCurves(Record):
    """The target while words are masked one after the other, and while they are put back (Petsiuk et al. 2018).

    ``n_words``, int32 [P], says how many words have been masked or put back at each point, from none to all.
    ``deletion_nats`` and ``insertion_nats``, float32 [P], follow the map, the most supporting word first;
    ``random_deletion_nats`` and ``random_insertion_nats``, float32 [R, P], follow random orders.
    """

    n_words: Ints
    deletion_nats: Floats
    insertion_nats: Floats
    random_deletion_nats: Floats
    random_insertion_nats: Floats

    @property
    def complete(self) -> bool:
        """Whether every point has been read."""
        curves = (self.deletion_nats, self.insertion_nats, self.random_deletion_nats, self.random_insertion_nats)
        return all(np.isfinite(each).all() for each in curves)

    def area(self, curve: Floats) -> npt.NDArray[np.float64]:
        """The mean height of curves [..., P], each scaled to 0 with all words masked and 1 with none; [...].

        It is the area by the trapezoidal rule over the share of the words. Not a number where the words together don't
        raise the target: then there is nothing to scale by.
        """
        low, high = float(self.insertion_nats[0]), float(self.deletion_nats[0])
        share = self.n_words / self.n_words[-1]
        if not high - low > _NOTHING_NATS:
            return np.full(curve.shape[:-1], np.nan)
        return np.trapezoid((curve.astype(np.float64) - low) / (high - low), share, axis=-1)

    @property
    def deletion_area(self) -> float:
        """Small where the map is right: the target falls with the first words."""
        return float(self.area(self.deletion_nats))

    @property
    def insertion_area(self) -> float:
        """Large where the map is right: the target is back with the first words."""
        return float(self.area(self.insertion_nats))


@dataclass(frozen=True, slots=True)
class EveryInfluence(Record):
    """Each word's influence on each position's own token, by occlusion.

    ``positions``, int32 [N], are those of C and ``value_nats``, float32 [N], ln p of their tokens with their words
    hidden; ``words`` are all W words. ``influence_nats`` is float32 [N, W]: not a number where nothing of a word was
    left to be masked, which ``hidden``, bool [N, W], says, and what has not come.
    """

    positions: Ints
    words: tuple[ReportingWord, ...]
    value_nats: Floats
    influence_nats: Floats
    hidden: Bools

    @property
    def complete(self) -> bool:
        """Whether every word's influence on every position has been read."""
        return bool((np.isfinite(self.influence_nats) | self.hidden).all() and np.isfinite(self.value_nats).all())


@dataclass(frozen=True, slots=True)
class InfluenceMap(Record):
    """How much each word of an input adds to one number of a head.

    Attributes
    ----------
    encoded
        The input; what was hidden to ask for the target is not hidden in it.
    position, id, token
        The target: ln p of this token there; without a position it is the next-sentence margin. ``guessed`` says that
        the token is the head's first guess.
    hidden
        The positions that were [MASK] when it was asked: the target's word.
    segmentation
        How the pair was handed over.
    words
        W reporting words with those of their pieces that could be masked; of the target's word the rest.
    influence_nats
        float32 [W]: above 0 the word supports the target. By occlusion the target minus the target with the word's
        pieces masked; by gradients the word's share of the difference to the baseline.
    value_nats, masked_nats
        The target as it is, and with all of these words masked.
    """

    encoded: Encoded
    method: InfluenceMethod
    position: int | None
    id: int | None
    token: str
    guessed: bool
    hidden: tuple[int, ...]
    segmentation: str
    words: tuple[ReportingWord, ...]
    influence_nats: Floats
    value_nats: float
    masked_nats: float
    path: IntegratedPath | None
    curves: InfluenceCurves | None
    every: EveryInfluence | None
    seed: int
    meaning: NspMeaning
    notices: Notices
    provenance: Provenance

    @property
    def known(self) -> bool:
        """Whether every word's influence is known."""
        return bool(np.isfinite(self.influence_nats).all() and np.isfinite(self.value_nats))

    @property
    def complete(self) -> bool:
        """Whether all that was asked for has been read."""
        parts = (each.complete for each in (self.curves, self.every) if each is not None)
        return self.known and np.isfinite(self.masked_nats) and all(parts)

    @property
    def order(self) -> tuple[int, ...]:
        """The numbers of the words, the most supporting first."""
        return order_of(self.influence_nats)


def order_of(influence_nats: Floats) -> tuple[int, ...]:
    """The numbers of words by their influence, the most supporting first, equal ones as in the text."""
    return tuple(np.argsort(-influence_nats, kind="stable").tolist())


def rank_correlation(one: npt.ArrayLike, other: npt.ArrayLike) -> float:
    """Spearman's rank correlation of two maps of the same words, ties at their mean rank.

    Not a number for fewer than three words, or where all are alike.
    """
    ranked = [_mean_ranks(np.asarray(each, np.float64)) for each in (one, other)]
    a, b = (each - each.mean() for each in ranked)
    spread = float(np.sqrt((a @ a) * (b @ b)))
    return float(a @ b) / spread if len(a) >= _ENOUGH and spread > 0 else float("nan")


def _mean_ranks(values: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    _, at, counts = np.unique(values, return_inverse=True, return_counts=True)
    ends = counts.cumsum()
    return (ends - (counts - 1) / 2)[at]
