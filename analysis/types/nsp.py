"""What the next-sentence head says."""

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np

from analysis.choices import SplitContext, SplitUnit
from analysis.errors import InputError
from analysis.types.inputs import Encoded, Floats, Ints, Provenance, Record
from analysis.types.notices import Notices

NspMeaning = Literal["next sentence", "sentence order"]
IS_NEXT, NOT_NEXT = 0, 1
"""Columns of the next-sentence head's logits ``z = (z_0, z_1)``."""
_RANKS_WELL, _MUCH_LOST = 0.8, 0.1
"""From which AUC on a head ranks well, and how much balanced accuracy a threshold may lose."""
_LARGEST_EXPONENT = math.log(np.finfo(np.float64).max)


@dataclass(frozen=True, slots=True)
class NextSentence:
    """What the next-sentence head says of one input.

    ``logit_is_next`` and ``logit_not_next`` are z_0 and z_1; ``lone_segment`` is True for an input without a second
    segment, which the head never saw in its training; ``meaning`` says what its two answers stand for.
    """

    logit_is_next: float
    logit_not_next: float
    lone_segment: bool
    meaning: NspMeaning = "next sentence"

    @property
    def margin_nats(self) -> float:
        """m = z_0 - z_1: the log-odds of IsNext, in nats."""
        return self.logit_is_next - self.logit_not_next

    @property
    def p_is_next(self) -> float:
        """P(IsNext) = softmax(z)_0 = sigmoid(m)."""
        return _sigmoid(self.margin_nats)

    @property
    def p_not_next(self) -> float:
        """P(NotNext) = softmax(z)_1 = sigmoid(-m); computed apart so that it keeps its digits when it is tiny."""
        return _sigmoid(-self.margin_nats)

    @property
    def odds(self) -> float:
        """P(IsNext) / P(NotNext) = e^m: how many times as probable the first answer is; infinite beyond all floats."""
        return math.exp(self.margin_nats) if self.margin_nats < _LARGEST_EXPONENT else math.inf


def two_logits(z0: float, z1: float, meaning: NspMeaning = "next sentence") -> NextSentence:
    """What two logits of a second head mean that somebody has from elsewhere: margin, probabilities, odds.

    ``z0`` and ``z1`` are the columns of a row of ``seq_relationship_logits``, as Hugging Face's
    ``BertForPreTraining`` and ``BertForNextSentencePrediction`` (``logits``) give them: index 0 is IsNext, index 1
    NotNext (Devlin et al. 2019, ``next_sentence_label``). Only their difference counts: the same added to both changes
    nothing. InputError if one of them is no number.
    """
    for name, value in (("z0", z0), ("z1", z1)):
        if not math.isfinite(value):
            raise InputError(f"The logit {name} came as {value}: give a finite number, such as 3.36.")
    return NextSentence(float(z0), float(z1), lone_segment=False, meaning=meaning)


def _sigmoid(x: float) -> float:
    # exp of a negative number only: the other half would overflow for margins beyond 709 nats.
    return 1 / (1 + math.exp(-x)) if x >= 0 else math.exp(x) / (1 + math.exp(x))


@dataclass(frozen=True, slots=True)
class Variant:
    """One way of handing the same two texts to the next-sentence head."""

    name: str
    encoded: Encoded
    nsp: NextSentence


@dataclass(frozen=True, slots=True)
class Effects:
    """The 2 x 2 of {middle [SEP] or not} x {segment ids 0/1 or all 0}, in nats of margin.

    ``separator_nats + segment_ids_nats == together_nats`` exactly; the interaction is apart.
    """

    separator_nats: float
    segment_ids_nats: float
    together_nats: float
    interaction_nats: float


@dataclass(frozen=True, slots=True)
class SegmentationComparison:
    """Every variant of one pair, in a fixed order, and what the separator and the segment ids contribute.

    ``left_out`` names the variants that this pair or this model has no room for, each with one sentence saying why.
    """

    variants: tuple[Variant, ...]
    effects: Effects
    left_out: tuple[tuple[str, str], ...]
    meaning: NspMeaning
    notices: Notices
    provenance: Provenance

    def __getitem__(self, name: str) -> Variant:
        return {variant.name: variant for variant in self.variants}[name]


@dataclass(frozen=True, slots=True)
class Boundary:
    """A place where a text can be cut in two.

    ``at`` is the code point at which B begins, ``pieces`` the number of the text's pieces before it; ``sentence`` is
    True where a sentence begins.
    """

    at: int
    pieces: int
    sentence: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class AmongControls(Record):
    """The next-sentence head's answers beside those with R controls in B's place, which were drawn with ``seed``.

    ``control_z`` is float32 [..., R, 2]: their logits; ``controls`` are their names or sentences.
    """

    control_z: Floats
    controls: tuple[str, ...]
    seed: int
    notices: Notices
    provenance: Provenance

    @property
    def control_margin_nats(self) -> Floats:
        """float32 [..., R]: the margins with controls in the place of B."""
        return margins_of(self.control_z)


@dataclass(frozen=True, slots=True, kw_only=True)
class SplitSweep(AmongControls):
    """The next-sentence head at every boundary of a text, beside controls in B's place.

    ``encoded`` is the text as one segment, ``unit`` and ``context`` say which boundaries were tried, and how much of
    the text stood on either side, ``language`` by whose rules sentences were found. ``z`` is float32 [B, 2]: the two
    logits of each cut; not numbers where a sweep that was stopped has not come. ``control_z`` is float32 [B, R, 2]: the
    same with the beginning of control passage R, of as many pieces, in the place of B; ``controls`` are their names,
    drawn with ``seed``. ``one_segment`` is the text not cut at all; None where it is too long for that, or has not
    come.
    """

    encoded: Encoded
    unit: SplitUnit
    context: SplitContext
    language: str
    boundaries: tuple[Boundary, ...]
    z: Floats
    one_segment: NextSentence | None
    meaning: NspMeaning

    @property
    def complete(self) -> bool:
        """True when every cut and every control has been read."""
        return bool(np.isfinite(self.z).all() and np.isfinite(self.control_z).all())

    @property
    def margin_nats(self) -> Floats:
        """float32 [B]: m(b), the margin of each cut."""
        return margins_of(self.z)

    @property
    def contrast_nats(self) -> Floats:
        """float32 [B]: c(b) = m(b) - mean over R of the controls' margins; not numbers without controls."""
        if not self.controls:
            return np.full(len(self.boundaries), np.nan, np.float32)
        return self.margin_nats - self.control_margin_nats.mean(axis=1, dtype=np.float32)

    @property
    def sentence_ranks(self) -> tuple[tuple[int, int, int | None], ...]:
        """Of every sentence boundary its number, its rank among all by margin, and by contrast (None without one)."""
        by_margin, by_contrast = ranks(self.margin_nats), ranks(self.contrast_nats)
        return tuple(
            (number, int(by_margin[number]), int(by_contrast[number]) or None)
            for number, boundary in enumerate(self.boundaries)
            if boundary.sentence and by_margin[number]
        )


@dataclass(frozen=True, slots=True)
class Auc:
    """How often a true pair has the larger margin (ties count a half), with a 95 % bootstrap interval over anchors.

    ``anchors`` are the first sentences, ``comparisons`` the pairs that were compared with a true one, over all anchors.
    """

    value: float
    low: float
    high: float
    anchors: int
    comparisons: int


@dataclass(frozen=True, slots=True)
class Threshold:
    """A margin that parts two groups, and the balanced accuracy there and at 0.

    The balanced accuracy of a threshold t is 1/2 (share of true pairs with m > t + share of the others with m <= t):
    the mean of sensitivity and specificity (Brodersen et al. 2010), 0.5 for a head that says the same of all.
    """

    at_nats: float
    balanced_accuracy: float
    balanced_accuracy_at_0: float


@dataclass(frozen=True, slots=True)
class SentenceOrder:
    """One order of the sentences (their numbers) and the sum of the margins of its neighbours, in nats."""

    order: tuple[int, ...]
    total_nats: float


@dataclass(frozen=True, slots=True, kw_only=True)
class PairMatrix(AmongControls):
    """The next-sentence head on every ordered pair of K sentences, and on each sentence with R controls.

    ``z`` is float32 [K, K, 2]: the two logits of each pair (first, second); not numbers on the diagonal, and where a
    reading that was stopped has not come. ``control_z`` is float32 [K, R, 2]: those of each sentence followed by a
    control. ``seed`` is what the controls were drawn with, and the bootstrap's. ``adjacency`` and ``other_text`` say
    how often the true next sentence beats another one of these, and a control; None below three sentences, without
    controls, and where not everything has come. ``best_orders`` are the best of all K! orders of at most six sentences,
    best first; empty for more. ``true_order_rank`` is 1 + how many orders are better than the one given; None without
    orders.
    """

    sentences: tuple[str, ...]
    z: Floats
    adjacency: Auc | None
    other_text: Auc | None
    best_orders: tuple[SentenceOrder, ...]
    true_order: SentenceOrder | None
    true_order_rank: int | None
    meaning: NspMeaning

    @property
    def complete(self) -> bool:
        """True when every pair and every control has been read."""
        pairs = np.isfinite(self.z).all(axis=2) | np.eye(len(self.sentences), dtype=bool)
        return bool(pairs.all() and np.isfinite(self.control_z).all())

    @property
    def margin_nats(self) -> Floats:
        """float32 [K, K]: m(i, j); not numbers on the diagonal."""
        return margins_of(self.z)

    @property
    def order_effect_nats(self) -> Floats:
        """float32 [K, K]: m(i, j) - m(j, i)."""
        margin = self.margin_nats
        return margin - margin.T

    def percentile(self, first: int, second: int) -> float | None:
        """Share of the controls after sentence ``first`` with a smaller margin than ``second``, ties half."""
        return percentile_of(float(self.margin_nats[first, second]), self.control_margin_nats[first])

    @property
    def threshold(self) -> Threshold | None:
        """The margin that parts true successors best from controls after the same sentences; see ``threshold_of``.

        None without controls, and where not everything has come.
        """
        true, controls = self.margin_nats.diagonal(1), self.control_margin_nats[:-1].ravel()
        if not controls.size or not self.complete:
            return None
        return threshold_of(true, controls)

    @property
    def off_zero(self) -> bool:
        """Whether the head ranks true successors well above controls, and yet 0 is the wrong place to part them.

        Well is an AUC of 0.8 or more, the wrong place one that loses a tenth or more of the balanced accuracy.
        """
        if self.other_text is None or self.threshold is None:
            return False
        lost = self.threshold.balanced_accuracy - self.threshold.balanced_accuracy_at_0
        return self.other_text.value >= _RANKS_WELL and lost >= _MUCH_LOST


@dataclass(frozen=True, slots=True, kw_only=True)
class PairPercentile(AmongControls):
    """One pair among random continuations of its first text.

    ``control_z`` is float32 [R, 2], ``controls`` the R sentences that stood in the place of the second.
    """

    nsp: NextSentence

    @property
    def complete(self) -> bool:
        """True when every control has been read."""
        return bool(np.isfinite(self.control_z).all())

    @property
    def percentile(self) -> float:
        """(#{m(A, b) < m(A, B)} + ties / 2) / R; not a number where a control has not come."""
        found = percentile_of(self.nsp.margin_nats, self.control_margin_nats)
        return math.nan if found is None else found


def margins_of(z: Floats) -> Floats:
    """m = z_0 - z_1 of logits [..., 2], in nats."""
    return z[..., IS_NEXT] - z[..., NOT_NEXT]


def ranks(values: Floats) -> Ints:
    """int32 [B]: 1 + how many are larger; 0 for what is not a number."""
    larger = (values[None, :] > values[:, None]).sum(axis=1)
    return np.where(np.isfinite(values), 1 + larger, 0).astype(np.int32)


def threshold_of(true: Floats, others: Floats) -> Threshold:
    """The threshold of the largest balanced accuracy between margins of true pairs [n] and of others [r], in nats.

    Between two neighbouring margins every threshold does as well as any other: the middle of such a stretch stands for
    it. Of several stretches that are as good it is the one whose middle is nearest 0, where the head itself parts them;
    beyond the least and the largest margin it lies half a nat away. The largest balanced accuracy is (J + 1) / 2 of
    Youden's J (1950).
    """
    values = np.unique(np.concatenate([true, others])).astype(np.float64)
    edges = np.concatenate([[values[0] - 1], values, [values[-1] + 1]])
    middles = (edges[:-1] + edges[1:]) / 2

    # For all of them at once: how many of either group lie at or below.
    at = np.append(middles, 0.0)
    below = [np.searchsorted(np.sort(group), at, side="right") / len(group) for group in (true, others)]
    found = (1 - below[0] + below[1]) / 2
    largest = found[:-1].max()
    best = middles[found[:-1] == largest]
    return Threshold(float(best[np.abs(best).argmin()]), float(largest), float(found[-1]))


def percentile_of(margin_nats: float, controls: Floats) -> float | None:
    """Share of the controls below a margin, ties half; None without controls, or where one has not come."""
    if not len(controls) or not np.isfinite(controls).all() or not math.isfinite(margin_nats):
        return None
    margin = np.float32(margin_nats)
    return float(((controls < margin).sum() + (controls == margin).sum() / 2) / len(controls))
