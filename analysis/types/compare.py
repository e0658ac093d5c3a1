"""Two readings side by side."""

from dataclasses import dataclass, replace
from typing import Literal, Self

import numpy as np

from analysis.types.inputs import Bools, Floats, Ints, Provenance, Record, Rows, frozen
from analysis.types.mlm import HiddenReading, SeenReading
from analysis.types.words import ReportingWord, n_characters

Kind = Literal["match", "substitution", "insertion", "deletion"]
"""What happened from A to B at a pair: an insertion is only in B, a deletion only in A."""

Reading = SeenReading | HiddenReading


@dataclass(frozen=True, slots=True)
class Divergence(Rows):
    """How two distributions differ at each of P pairs, in bits; not numbers where one side has none.

    Attributes
    ----------
    js_bits
        float32 [P]: Jensen-Shannon divergence (Lin 1991), 0 to 1.
    kl_ab_bits, kl_ba_bits
        float32 [P]: the relative entropies of A to B and of B to A.
    mover_ids
        int32 [P, M]: the tokens with the largest parts of the divergence, the largest first.
    mover_js_bits, mover_p_a, mover_p_b
        float32 [P, M]: their parts, and their probabilities on either side.
    js_rest_bits
        float32 [P]: the parts of all other tokens together.
    """

    js_bits: Floats
    kl_ab_bits: Floats
    kl_ba_bits: Floats
    mover_ids: Ints
    mover_js_bits: Floats
    mover_p_a: Floats
    mover_p_b: Floats
    js_rest_bits: Floats

    @staticmethod
    def blank(movers: int) -> "Divergence":
        """One pair that nothing is known of: no numbers."""
        nothing, of_movers = np.full(1, np.nan, "f4"), np.full((1, movers), np.nan, "f4")
        ids = np.zeros((1, movers), "i4")
        return Divergence(nothing, nothing, nothing, ids, of_movers, of_movers, of_movers, nothing)


@dataclass(frozen=True, slots=True)
class SideBySide(Record):
    """Two readings, both seen or both hidden, aligned in P pairs; every difference is B minus A.

    ``index_a`` and ``index_b`` are int32 [P]: the place on either side, -1 for a gap; ``kinds`` [P], what happened from
    A to B.
    """

    a: Reading
    b: Reading
    index_a: Ints
    index_b: Ints
    kinds: tuple[Kind, ...]

    def __len__(self) -> int:
        return len(self.kinds)

    @property
    def provenance(self) -> Provenance:
        """Where the numbers of both sides come from."""
        return self.a.provenance.beside(self.b.provenance)

    @property
    def identical(self) -> bool:
        """Whether A and B are one and the same input of one model: then nothing can differ."""
        a, b = self.a.encoded, self.b.encoded
        same = all(
            np.array_equal(getattr(a, each), getattr(b, each)) for each in ("ids", "segment_ids", "attention_mask")
        )
        return same and self.a.provenance.revision == self.b.provenance.revision

    @property
    def pll_nats(self) -> tuple[float, float] | None:
        """The pseudo-log-likelihoods of A and B; None of seen readings, and while rows are missing."""
        a, b = (side.pll_nats if isinstance(side, HiddenReading) else None for side in (self.a, self.b))
        return None if a is None or b is None else (a, b)

    @property
    def delta_pll_nats(self) -> float | None:
        """The pseudo-log-likelihood of B minus A's: above 0, the head prefers B; None where there are none."""
        return None if self.pll_nats is None else self.pll_nats[1] - self.pll_nats[0]

    def first(self, k: int) -> Self:
        """The same comparison with at most K predictions per position."""
        return replace(self, a=self.a.first(k), b=self.b.first(k))


@dataclass(frozen=True, slots=True)
class Comparison(SideBySide):
    """Two readings on aligned tokens, whose positions the indices are.

    ``divergence`` has [P] rows; ``mover_tokens`` is [P][M] strings, "" where there is no pair, and for places beyond
    the last token that moved at all.
    """

    divergence: Divergence
    mover_tokens: tuple[tuple[str, ...], ...]

    @property
    def paired(self) -> Bools:
        """bool [P]: neither side has a gap there."""
        return frozen((self.index_a >= 0) & (self.index_b >= 0))

    @property
    def known(self) -> Bools:
        """bool [P]: both sides are there and have been read."""
        return frozen(np.isfinite(self.divergence.js_bits))

    @property
    def counted(self) -> Bools:
        """bool [P]: known, and in C on both sides: what averages are over."""
        outside = self.a.encoded.outside[self.index_a] | self.b.encoded.outside[self.index_b]
        return frozen(self.known & ~outside)

    @property
    def complete(self) -> bool:
        """True when every pair has been read."""
        return bool((self.known == self.paired).all())

    @property
    def delta_entropy_bits(self) -> Floats:
        """float32 [P]: H of B minus H of A."""
        return self._difference("entropy_bits")

    @property
    def delta_surprisal_bits(self) -> Floats:
        """float32 [P]: S of B's own token minus S of A's."""
        return self._difference("surprisal_bits")

    @property
    def rank_a(self) -> Ints:
        """int32 [P]: rank of A's own token, 0 for a gap."""
        return self._rank(self.a, self.index_a)

    @property
    def rank_b(self) -> Ints:
        """int32 [P]: rank of B's own token, 0 for a gap."""
        return self._rank(self.b, self.index_b)

    @property
    def topk_overlap(self) -> Floats:
        """float32 [P]: which share of the K most probable tokens both sides have in common."""
        k = self.a.statistics.top_ids.shape[1]
        shares = np.full(len(self), np.nan, np.float32)
        for pair in np.flatnonzero(self.known):
            a, b = self.a.statistics.top_ids[self.index_a[pair]], self.b.statistics.top_ids[self.index_b[pair]]
            shares[pair] = len(np.intersect1d(a, b)) / k
        return frozen(shares)

    @property
    def differing(self) -> Bools:
        """bool [P]: the token was replaced, added or taken away."""
        return frozen(np.array([kind != "match" for kind in self.kinds]))

    def _difference(self, field: str) -> Floats:
        a, b = getattr(self.a.statistics, field), getattr(self.b.statistics, field)
        return frozen(np.where(self.paired, b[self.index_b] - a[self.index_a], np.float32(np.nan)))

    @staticmethod
    def _rank(reading: Reading, index: Ints) -> Ints:
        return frozen(np.where(index >= 0, reading.statistics.rank[index], 0).astype(np.int32))


@dataclass(frozen=True, slots=True)
class WordComparison(SideBySide):
    """Two readings whose vocabularies differ, by reporting word; ``why`` is one sentence: why not token by token."""

    words_a: tuple[ReportingWord, ...]
    words_b: tuple[ReportingWord, ...]
    why: str

    @property
    def surprisal_a_bits(self) -> Floats:
        """float32 [P]: the sum over the pieces of A's word that count; not a number for a gap."""
        return self._surprisal(self.a, self.words_a, self.index_a)

    @property
    def surprisal_b_bits(self) -> Floats:
        """float32 [P]: the same of B's word."""
        return self._surprisal(self.b, self.words_b, self.index_b)

    @property
    def delta_surprisal_bits(self) -> Floats:
        """float32 [P]: B minus A."""
        return frozen(self.surprisal_b_bits - self.surprisal_a_bits)

    @property
    def bits_per_character(self) -> tuple[float, float]:
        """The whole surprisal of A and of B, each divided by its characters that count."""
        return self._bits_per_character(self.a, self.words_a), self._bits_per_character(self.b, self.words_b)

    @staticmethod
    def _surprisal(reading: Reading, words: tuple[ReportingWord, ...], index: Ints) -> Floats:
        counted, bits = ~reading.encoded.outside, reading.statistics.surprisal_bits
        sums = [
            float(sum(bits[i] for i in word.positions if counted[i])) if word.is_scored(reading.encoded) else np.nan
            for word in words
        ]
        return frozen(np.array([sums[i] if i >= 0 else np.nan for i in index.tolist()], np.float32))

    @staticmethod
    def _bits_per_character(reading: Reading, words: tuple[ReportingWord, ...]) -> float:
        encoded = reading.encoded
        bits = float(reading.statistics.surprisal_bits[~encoded.outside].sum(dtype="float64"))
        return bits / n_characters(encoded, words)
