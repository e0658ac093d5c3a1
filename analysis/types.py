"""What the package hands out: frozen records of numpy arrays, and the axes' names.

Axes, used in every docstring: ``T`` position (special tokens included), ``K`` rank among the predictions of one
position, ``V`` column of the masked-LM head. Arrays are float32, int32 or bool, made read-only (a copy that has been
pickled is not); nothing here holds a ``[T, V]`` array or a tensor.
"""

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

Ints = npt.NDArray[np.int32]
Floats = npt.NDArray[np.float32]
Bools = npt.NDArray[np.bool_]

NspMeaning = Literal["next sentence", "sentence order"]

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


@dataclass(frozen=True, slots=True)
class SeenReading:
    """One forward pass in which every position sees its own token.

    ``top_tokens`` is [T][K] strings; ``nsp`` is None when the checkpoint has no next-sentence head; ``n_vocabulary`` is
    V, the columns of the masked-LM head.
    """

    encoded: Encoded
    statistics: TokenStatistics
    top_tokens: tuple[tuple[str, ...], ...]
    n_vocabulary: int
    nsp: NextSentence | None
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
