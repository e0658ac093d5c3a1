"""What the package hands out: frozen records of numpy arrays, and the axes' names.

Axes, used in every docstring: ``T`` position (special tokens included), ``K`` rank among the predictions of one
position, ``V`` column of the masked-LM head. Arrays are float32, int32 or bool, made read-only (a copy that has been
pickled is not); nothing here holds a ``[T, V]`` array or a tensor.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from typing import Literal, TypeVar

import numpy as np
import numpy.typing as npt

from analysis.choices import FillOrder, Masking

Ints = npt.NDArray[np.int32]
Floats = npt.NDArray[np.float32]
Bools = npt.NDArray[np.bool_]
Array = TypeVar("Array", bound=npt.NDArray[np.generic])

NspMeaning = Literal["next sentence", "sentence order"]

Edit = tuple[int, int]
"""A position and the id that stands there instead of the text's own."""

IS_NEXT, NOT_NEXT = 0, 1
"""Columns of the next-sentence head's logits ``z = (z_0, z_1)``."""

TEMPLATE = -1
"""``Encoded.sequence`` and ``Encoded.word`` of a special token that the tokenizer's template added."""


@dataclass(frozen=True, slots=True)
class Head:
    """Whether a pre-training head's weights came from the checkpoint.

    ``why_absent`` is None exactly when the head is real; else it is one plain sentence.
    """

    why_absent: str | None = None

    @property
    def real(self) -> bool:
        """True when every weight of the head came from the checkpoint."""
        return self.why_absent is None


@dataclass(frozen=True, slots=True)
class Provenance:
    """Where a number comes from; every result and every JSON answer carries one.

    ``heads`` says of ``mlm`` and ``nsp`` whether the checkpoint brought its weights.
    """

    spec: str
    revision: str
    heads: tuple[tuple[str, bool], ...]
    architecture: str
    dtype: str
    schema: int
    versions: tuple[tuple[str, str], ...]
    truncation: str

    @property
    def label(self) -> str:
        """Short name for the corner of a figure: the model and the start of its revision."""
        return f"{self.spec} @ {self.short_revision}"

    @property
    def short_revision(self) -> str:
        """The first ten characters of the revision's digest."""
        return self.revision.removeprefix("sha256:")[:10]


@dataclass(frozen=True, slots=True)
class Encoded:
    """One input of the model, with what is needed to draw it and to lead every token back to its text.

    Attributes
    ----------
    text_a, text_b
        The texts as given; ``text_b`` is None for a single segment.
    edits
        What was put in place of the text's own ids, sorted by position.
    tokens
        T strings.
    ids, segment_ids, attention_mask
        int32 [T]: the three input tensors.
    sequence
        int32 [T]: 0 for a piece of text A, 1 for one of text B, -1 for a token of the template.
    word
        int32 [T]: masking word (the tokenizer's ``word_ids``) within its sequence, -1 for a token of the template.
    span
        int32 [T, 2]: first and last + 1 code point in the sequence's text; 0, 0 for a token of the template.
    outside
        bool [T]: True outside C, the positions that count (their id is [CLS], [SEP], [PAD] or [MASK]).
    masked
        bool [T]: True where the id is the model's mask token.
    unknown
        bool [T]: True where the tokenizer knew no piece ([UNK]).
    """

    text_a: str
    text_b: str | None
    edits: tuple[Edit, ...]
    tokens: tuple[str, ...]
    ids: Ints
    segment_ids: Ints
    attention_mask: Ints
    sequence: Ints
    word: Ints
    span: Ints
    outside: Bools
    masked: Bools
    unknown: Bools

    def __len__(self) -> int:
        return len(self.tokens)

    @property
    def n_counted(self) -> int:
        """N = |C|: how many positions count in averages and scores."""
        return int((~self.outside).sum())


@dataclass(frozen=True, slots=True)
class Tensors:
    """What the model reads of one input, and nothing else: int32 [T] each."""

    ids: Ints
    segment_ids: Ints
    attention_mask: Ints

    def __len__(self) -> int:
        return len(self.ids)


@dataclass(frozen=True, slots=True)
class Window:
    """A stretch of a text too long for one input, read on its own.

    ``positions`` are int32 [T]: the position of the whole text at each position of this input. ``first`` and ``last``
    bound the positions (last excluded) that are reported from this window, because none sees them with more context.
    """

    tensors: Tensors
    positions: Ints
    first: int
    last: int


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


def _frozen(array: Array) -> Array:
    array.flags.writeable = False
    return array


def _sigmoid(x: float) -> float:
    # exp of a negative number only: the other half would overflow for margins beyond 709 nats.
    return 1 / (1 + math.exp(-x)) if x >= 0 else math.exp(x) / (1 + math.exp(x))


@dataclass(frozen=True, slots=True)
class TokenStatistics:
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
    """

    p_observed: Floats
    surprisal_bits: Floats
    entropy_bits: Floats
    rank: Ints
    top_ids: Ints
    top_p: Floats

    def take(self, rows: Ints) -> "TokenStatistics":
        """The same numbers of some rows, in their order."""
        return TokenStatistics(*(_frozen(getattr(self, each.name)[rows]) for each in fields(self)))

    def first(self, k: int) -> "TokenStatistics":
        """The same numbers with at most K predictions per row."""
        return replace(self, top_ids=_frozen(self.top_ids[:, :k]), top_p=_frozen(self.top_p[:, :k]))

    @staticmethod
    def blank(k: int) -> "TokenStatistics":
        """One row that nothing is known of: no numbers, rank 0."""
        nothing = np.full(1, np.nan, np.float32)
        return TokenStatistics(
            nothing, nothing, nothing, np.zeros(1, np.int32), np.zeros((1, k), np.int32), np.full((1, k), np.nan, "f4")
        )

    @staticmethod
    def joined(parts: Sequence["TokenStatistics"]) -> "TokenStatistics":
        """The rows of several, one after the other."""
        return TokenStatistics(
            *(_frozen(np.concatenate([getattr(part, each.name) for part in parts])) for each in fields(TokenStatistics))
        )


@dataclass(frozen=True, slots=True)
class SeenReading:
    """One forward pass in which every position sees its own token.

    ``top_tokens`` is [T][K] strings; ``nsp`` is None when the checkpoint has no next-sentence head or the text was read
    in windows; ``n_vocabulary`` is V, the columns of the masked-LM head; ``windows`` is empty for a text of one input.
    """

    encoded: Encoded
    statistics: TokenStatistics
    top_tokens: tuple[tuple[str, ...], ...]
    n_vocabulary: int
    nsp: NextSentence | None
    windows: tuple[Window, ...]
    notices: tuple[str, ...]
    provenance: Provenance

    @property
    def kind(self) -> str:
        """What the positions could see of themselves."""
        return "seen"

    def first(self, k: int) -> "SeenReading":
        """The same reading with at most K predictions per position."""
        top_tokens = tuple(words[:k] for words in self.top_tokens)
        return replace(self, statistics=self.statistics.first(k), top_tokens=top_tokens)


@dataclass(frozen=True, slots=True)
class HiddenReading:
    """Every position of C read with its own token hidden, one row per position.

    Positions outside C keep their seen row: at a [MASK] of the text the two readings are the same.

    Attributes
    ----------
    seen
        The reading of the same input with nothing hidden.
    masking
        What was hidden with each position.
    statistics
        [T] rows; the observed token is the one that was hidden.
    top_tokens
        [T][K] strings.
    known
        bool [T]: False where a reading that was stopped has not come; the numbers there are not numbers, the rank 0.
    n_inputs
        How many inputs the rows of this masking take.
    """

    seen: SeenReading
    masking: Masking
    statistics: TokenStatistics
    top_tokens: tuple[tuple[str, ...], ...]
    known: Bools
    n_inputs: int

    @property
    def kind(self) -> str:
        """What the positions could see of themselves."""
        return "hidden"

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
    def provenance(self) -> Provenance:
        """Where the numbers come from."""
        return self.seen.provenance

    @property
    def copy_gap_bits(self) -> Floats:
        """float32 [T]: log2 p_seen - log2 p_hidden of the observed token, what seeing it is worth; 0 outside C."""
        return _frozen(self.statistics.surprisal_bits - self.seen.statistics.surprisal_bits)


@dataclass(frozen=True, slots=True)
class ReportingWord:
    """A whitespace-delimited stretch of text A (``sequence`` 0) or B (1), with the positions of its pieces.

    ``span`` is in code points of its text; ``text`` is what stands there, edits included.
    """

    sequence: int
    span: tuple[int, int]
    text: str
    positions: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class SentenceScore:
    """The pseudo-log-likelihood of an input under one masking, and what is derived from it.

    It is a sum of conditional log-probabilities, each given all the rest; it is no probability of the sentence.

    Attributes
    ----------
    masking
        ``token`` is Salazar et al.'s original, ``word_l2r`` Kauf & Ivanova's.
    logp_nats
        float64 [T]: ln p of each hidden token; not a number outside C.
    words
        The reporting words, which cover the text.
    word_logp_nats
        float64 [W]: of each word, the sum of its pieces.
    n_tokens, n_words, n_characters
        N = |C|; reporting words; code points of the text without outer white space.
    pll_a_nats, pll_b_nats
        The part of A's pieces given B and of B's given A; ``pll_b_nats`` is None for a single segment.
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
        """exp(-PLL / W), per reporting word; infinite beyond what a double holds."""
        return _exp(-self.pll_nats / self.n_words)

    @property
    def bits_per_character(self) -> float:
        """-PLL / (ln 2 * code points of the text)."""
        return -self.pll_nats / (math.log(2) * self.n_characters)


def _exp(x: float) -> float:
    return math.exp(x) if x < _LARGEST_EXPONENT else math.inf


_LARGEST_EXPONENT = 709.0


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
    """An input with [MASK]s and what each order puts there.

    Attributes
    ----------
    encoded
        The input with its [MASK]s.
    positions
        The positions of its M [MASK]s.
    fillings
        One per order asked for; for the beam, several, the best first.
    disagree
        Positions that not every order fills alike (of a beam the best counts).
    """

    encoded: Encoded
    positions: tuple[int, ...]
    fillings: tuple[Filling, ...]
    disagree: tuple[int, ...]
    notices: tuple[str, ...]
    provenance: Provenance

    def __getitem__(self, order: str) -> Filling:
        """The (best) filling of an order."""
        for filling in self.fillings:
            if filling.order == order:
                return filling
        raise KeyError(order)


@dataclass(frozen=True, slots=True)
class CandidateScore:
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
class CandidateContest:
    """Candidates for one [MASK] of an input, as they were given; the input's other [MASK]s stayed masked.

    Attributes
    ----------
    encoded
        The input with its [MASK]s.
    position
        The [MASK] that they stand for.
    candidates
        C scores.
    odds_bits
        float64 [C]: log2 of each score over the reference's; not a number where the numbers of pieces differ, unless
        such odds were asked for.
    reference
        Number of the candidate that the odds are against.
    """

    encoded: Encoded
    position: int
    candidates: tuple[CandidateScore, ...]
    odds_bits: npt.NDArray[np.float64]
    reference: int
    notices: tuple[str, ...]
    provenance: Provenance


@dataclass(frozen=True, slots=True)
class ReadingSummary:
    """A reading in a few numbers; means and shares are over the ``n_counted`` positions of C."""

    n_counted: int
    mean_entropy_bits: float
    mean_surprisal_bits: float
    share_rank_1: float
    share_unknown: float


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

    ``left_out`` names the variants that this pair has no room for, each with one sentence saying why.
    """

    variants: tuple[Variant, ...]
    effects: Effects
    left_out: tuple[tuple[str, str], ...]
    meaning: NspMeaning
    notices: tuple[str, ...]
    provenance: Provenance

    def __getitem__(self, name: str) -> Variant:
        for variant in self.variants:
            if variant.name == name:
                return variant
        raise KeyError(name)
