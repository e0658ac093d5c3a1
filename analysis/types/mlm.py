"""What the masked-LM head says of an input: readings, scores, summaries."""

import math
from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np
import numpy.typing as npt

from analysis.choices import Masking, ReadingKind
from analysis.types.inputs import Bools, Encoded, Floats, Ints, Provenance, Record, Rows, Window, frozen
from analysis.types.notices import Notices
from analysis.types.nsp import NextSentence
from analysis.types.words import RegionScore, ReportingWord


@dataclass(frozen=True, slots=True)
class TokenStatistics(Rows):
    """The masked-LM head's distribution at each position, in numbers, over the full vocabulary.

    Attributes
    ----------
    p_observed
        float32 [T]: probability of the observed token.
    surprisal_bits
        float32 [T]: -log2 of that probability, from log-softmax.
    entropy_bits
        float32 [T]: entropy of the whole distribution, in [0, log2 V].
    rank
        int32 [T]: 1 + how many logits are larger than the observed token's.
    top_ids
        int32 [T, K]: the K most probable ids, ties by the smaller id.
    top_p
        float32 [T, K]: their probabilities.
    watched_p, watched_rank
        float32 and int32 [T, W]: probability and rank of the W ids that are followed through the text, often none.
    """

    p_observed: Floats
    surprisal_bits: Floats
    entropy_bits: Floats
    rank: Ints
    top_ids: Ints
    top_p: Floats
    watched_p: Floats
    watched_rank: Ints

    @property
    def logp_nats(self) -> npt.NDArray[np.float64]:
        """float64 [T]: ln p of the observed token."""
        return self.surprisal_bits.astype(np.float64) * -math.log(2)

    def first(self, k: int) -> "TokenStatistics":
        """The same numbers with at most K predictions per row."""
        return replace(self, top_ids=self.top_ids[:, :k], top_p=self.top_p[:, :k])

    @staticmethod
    def blank(k: int, n_watched: int = 0) -> "TokenStatistics":
        """One row that nothing is known of: no numbers, rank 0."""
        nothing, ids, ranks = np.full(1, np.nan, "f4"), np.zeros((1, k), "i4"), np.zeros((1, n_watched), "i4")
        p, watched_p = np.full((1, k), np.nan, "f4"), np.full((1, n_watched), np.nan, "f4")
        return TokenStatistics(nothing, nothing, nothing, np.zeros(1, "i4"), ids, p, watched_p, ranks)


@dataclass(frozen=True, slots=True)
class SeenReading:
    """One forward pass in which every position sees its own token.

    ``top_tokens`` is [T][K] strings; ``nsp`` is None when the checkpoint has no next-sentence head or the text was read
    in windows; ``n_vocabulary`` is V, the columns of the masked-LM head; ``windows`` is empty for a text of one input.
    ``watch`` are the ids followed through the text, ``watched_tokens`` their strings.
    """

    encoded: Encoded
    statistics: TokenStatistics
    top_tokens: tuple[tuple[str, ...], ...]
    n_vocabulary: int
    nsp: NextSentence | None
    windows: tuple[Window, ...]
    notices: Notices
    provenance: Provenance
    watch: tuple[int, ...] = ()
    watched_tokens: tuple[str, ...] = ()

    kind: ClassVar = "seen"
    """What the positions could see of themselves."""
    complete: ClassVar = True
    """It comes in one piece."""

    def first(self, k: int) -> "SeenReading":
        """The same reading with at most K predictions per position."""
        top_tokens = tuple(words[:k] for words in self.top_tokens)
        return replace(self, statistics=self.statistics.first(k), top_tokens=top_tokens)


@dataclass(frozen=True, slots=True)
class HiddenReading(Record):
    """Every position of C read with its own token hidden, one row per position.

    Positions outside C keep their seen row: at a [MASK] of the text the two readings are the same.

    ``seen`` is the reading of the same input with nothing hidden, ``masking`` what was hidden with each position; the
    observed token of the ``statistics``, [T] rows, is the one that was hidden; ``top_tokens`` is [T][K] strings.
    ``known``, bool [T], is False where a reading that was stopped has not come: the numbers there are not numbers, the
    rank 0. ``n_inputs`` is how many inputs the rows of this masking take.
    """

    seen: SeenReading
    masking: Masking
    statistics: TokenStatistics
    top_tokens: tuple[tuple[str, ...], ...]
    known: Bools
    n_inputs: int

    kind: ClassVar = "hidden"
    """What the positions could see of themselves."""

    @property
    def complete(self) -> bool:
        """True when every position has been read."""
        return bool(self.known.all())

    def first(self, k: int) -> "HiddenReading":
        """The same reading with at most K predictions per position."""
        top_tokens = tuple(words[:k] for words in self.top_tokens)
        return replace(self, seen=self.seen.first(k), statistics=self.statistics.first(k), top_tokens=top_tokens)

    @property
    def encoded(self) -> Encoded:
        """The input, nothing hidden."""
        return self.seen.encoded

    @property
    def n_vocabulary(self) -> int:
        """V, the columns of the masked-LM head."""
        return self.seen.n_vocabulary

    @property
    def nsp(self) -> NextSentence | None:
        """The next-sentence head's answer to the input, nothing hidden."""
        return self.seen.nsp

    @property
    def notices(self) -> Notices:
        """What the reader of the numbers should know about the input."""
        return self.seen.notices

    @property
    def provenance(self) -> Provenance:
        """Where the numbers come from."""
        return self.seen.provenance

    @property
    def pll_nats(self) -> float | None:
        """The pseudo-log-likelihood, the sum over C of ln p_hidden, in nats; None while rows are missing."""
        if not self.complete:
            return None
        a, b = plls_nats(self.encoded, logp_nats(self.encoded, self.statistics.surprisal_bits))
        return a + b

    @property
    def copy_gap_bits(self) -> Floats:
        """float32 [T]: log2 p_seen - log2 p_hidden of the observed token, what seeing it is worth; 0 outside C."""
        return frozen(self.statistics.surprisal_bits - self.seen.statistics.surprisal_bits)


def logp_nats(encoded: Encoded, surprisal_bits: npt.NDArray[np.floating]) -> npt.NDArray[np.float64]:
    """float64 [T]: ln p of each hidden token; not a number outside C."""
    return np.where(encoded.outside, np.nan, surprisal_bits.astype(np.float64) * -math.log(2))


def plls_nats(encoded: Encoded, logp: npt.NDArray[np.float64]) -> tuple[float, float]:
    """The pseudo-log-likelihoods of A's pieces and of B's, 0 without a B: sums over C, exact before the last rounding.

    Wang & Cho 2019; Salazar et al. 2020.
    """
    a, b = (math.fsum(logp[~encoded.outside & (encoded.sequence == segment)].tolist()) for segment in (0, 1))
    return a, b


@dataclass(frozen=True, slots=True)
class PositionDistribution(Record):
    """Everything that the masked-LM head says at one position, by id: V entries, softmax over all of them.

    Attributes
    ----------
    kind, masking
        Whether the position saw its token, and what was hidden with it; None where nothing was, as at a [MASK] of the
        text and at a token of the template.
    tokens
        V strings.
    log_p_nats, p
        float32 [V]: ln p from log-softmax, which is a number where p is too small for one; and p.
    rank
        int32 [V]: 1 + how many logits are larger.
    """

    encoded: Encoded
    position: int
    kind: ReadingKind
    masking: Masking | None
    tokens: tuple[str, ...]
    log_p_nats: Floats
    p: Floats
    rank: Ints
    notices: Notices
    provenance: Provenance

    @property
    def order(self) -> Ints:
        """int32 [V]: the ids, the most probable first, ties by the smaller id."""
        return frozen(np.argsort(self.rank, kind="stable").astype(np.int32))


@dataclass(frozen=True, slots=True)
class SentenceScore(Record):
    """The pseudo-log-likelihood of an input under one masking, and what is derived from it.

    It is a sum of conditional log-probabilities, each given all the rest; it is no probability of the sentence.

    Attributes
    ----------
    masking
        ``token`` is Salazar et al.'s original, ``word_l2r`` Kauf & Ivanova's.
    logp_nats
        float64 [T]: ln p of each hidden token; not a number outside C.
    words
        The reporting words, which cover the pieces of the text.
    word_logp_nats
        float64 [W]: of each word, the sum of its pieces; not a number where none of them is in C.
    n_tokens, n_words, n_characters
        N = |C|; reporting words with a piece in C; code points of the text that live on in the pieces of C, and one for
        each gap between two such words.
    pll_a_nats, pll_b_nats
        The part of A's pieces given B and of B's given A; ``pll_b_nats`` is None for a single segment.
    regions
        The sums of the regions that were asked for.
    """

    masking: Masking
    logp_nats: npt.NDArray[np.float64]
    words: tuple[ReportingWord, ...]
    word_logp_nats: npt.NDArray[np.float64]
    n_tokens: int
    n_words: int
    n_characters: int
    pll_a_nats: float
    pll_b_nats: float | None
    regions: tuple[RegionScore, ...] = ()

    @property
    def pll_nats(self) -> float:
        """Sum over C of ln p_hidden, in nats."""
        return self.pll_a_nats + (self.pll_b_nats or 0.0)

    @property
    def pseudo_perplexity(self) -> float:
        """exp(-PLL / N), per token; infinite beyond what a double holds."""
        return _exp(-self.pll_nats / self.n_tokens)

    @property
    def pseudo_perplexity_word(self) -> float:
        """exp(-PLL / W), per scored reporting word; infinite beyond what a double holds."""
        return _exp(-self.pll_nats / self.n_words)

    @property
    def bits_per_character(self) -> float:
        """-PLL / (ln 2 * characters)."""
        return -self.pll_nats / (math.log(2) * self.n_characters)


@dataclass(frozen=True, slots=True)
class Scores:
    """The hidden readings of one input under some maskings, and their scores once they are whole.

    ``readings`` are in the order of the maskings asked for; ``scores`` go with them, none while rows are missing.
    """

    readings: tuple[HiddenReading, ...]
    scores: tuple[SentenceScore, ...]

    @property
    def seen(self) -> SeenReading:
        """The same input with nothing hidden."""
        return self.readings[0].seen

    @property
    def provenance(self) -> Provenance:
        """Where the numbers come from."""
        return self.seen.provenance

    def __getitem__(self, masking: str) -> HiddenReading:
        """The reading of a masking; KeyError when it was not asked for."""
        return {str(reading.masking): reading for reading in self.readings}[masking]


def _exp(x: float) -> float:
    return math.exp(x) if x < _LARGEST_EXPONENT else math.inf


_LARGEST_EXPONENT = 709.0


@dataclass(frozen=True, slots=True)
class ReadingSummary:
    """A reading in a few numbers; means and shares are over the ``n_counted`` positions of C."""

    n_counted: int
    mean_entropy_bits: float
    mean_surprisal_bits: float
    share_rank_1: float
    share_unknown: float


def summarise(reading: SeenReading | HiddenReading) -> ReadingSummary:
    """Means and shares over the positions that count (C); [CLS], [SEP], [PAD] and [MASK] are left out."""
    counted = ~reading.encoded.outside
    statistics = reading.statistics
    return ReadingSummary(
        n_counted=reading.encoded.n_counted,
        mean_entropy_bits=float(statistics.entropy_bits[counted].mean(dtype="float64")),
        mean_surprisal_bits=float(statistics.surprisal_bits[counted].mean(dtype="float64")),
        share_rank_1=float((statistics.rank[counted] == 1).mean()),
        share_unknown=float(reading.encoded.unknown[counted].mean()),
    )
