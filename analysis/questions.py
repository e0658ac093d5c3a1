"""What can be asked of a model: one frozen record for every task, made of strings, numbers and tuples of them.

A question names no model. Its fields are the flags of its command, the arguments of a snippet and what a cache knows an
answer by; ``Flag`` says how a command line asks for a field, so that its parser can be made from here.
"""

from dataclasses import dataclass

from analysis import choices
from analysis.batch_questions import Table
from analysis.choices import (
    Baseline,
    Edit,
    FillOrder,
    InfluenceMethod,
    Masking,
    Punctuation,
    ReadingKind,
    SplitContext,
    SplitUnit,
)
from analysis.flag import asked, asked_language, asked_passages


@dataclass(frozen=True, slots=True)
class Text:
    """A text to be read as typed, or a pair; ``text_b`` is None for a single segment.

    ``edits`` are ids to put at positions of the tokenised text; ``in_windows`` says whether a lone text that is too
    long for the model is read in overlapping windows instead of being refused.
    """

    text_a: str
    text_b: str | None = None
    edits: tuple[Edit, ...] = ()
    in_windows: bool = False


_TEXT = "a text, - for stdin, or @file"
_PER_POSITION = "predictions per position"


@dataclass(frozen=True, slots=True)
class Read:
    """What does the masked-LM head expect at every position, seeing the token there or not?

    ``masking`` says what is hidden where a position is read, None nothing; ``watch`` are words (or ids) whose
    probability and rank come back at every position.
    """

    text: Text = asked("texts", _TEXT, windows=True)
    masking: Masking | None = asked(
        "name",
        "hide each token in turn instead of letting the head see it",
        "--hidden",
        default=None,
        allowed=choices.MASKINGS,
    )
    k: int = asked("number", _PER_POSITION, "-k", default=choices.DEFAULT_K)
    watch: tuple[str | int, ...] = asked(
        "words", "its p and rank at every position, too", "--watch", "WORD", default=(), repeated=True
    )


@dataclass(frozen=True, slots=True)
class Distribution:
    """What is the masked-LM head's whole distribution at one position, every entry of the vocabulary?

    ``position`` counts from 0, the template's first token; ``masking`` says what the hidden reading hides with it.
    """

    text: Text = asked("texts", _TEXT, windows=True)
    position: int = asked("number", "which position, counted from 0", "--position", "N", default=1)
    reading: ReadingKind = asked(
        "name", "whether the position sees its token", "--reading", default="hidden", allowed=choices.READINGS
    )
    masking: Masking = asked(
        "name", "as for pll", "--masking", default=choices.DEFAULT_MASKING, allowed=choices.MASKINGS
    )


@dataclass(frozen=True, slots=True)
class Score:
    """How well does the masked-LM head predict the text: the pseudo-log-likelihood under some maskings?

    The readings that it is made of come along, with ``k`` predictions and the words of ``watch``. ``regions`` are runs
    of reporting words, ``FROM:TO`` counted from 1, that are scored as one.
    """

    text: Text = asked("texts", _TEXT, windows=True)
    maskings: tuple[Masking, ...] = asked(
        "name",
        "token: the original PLL; word_l2r: the later pieces of a word hidden too; word: all of them; "
        "reporting_l2r: the later pieces of what stands between white space; "
        f"as often as given (default: {choices.DEFAULT_MASKING})",
        "--masking",
        default=(choices.DEFAULT_MASKING,),
        allowed=choices.MASKINGS,
        repeated=True,
    )
    k: int = 1
    watch: tuple[str | int, ...] = ()
    regions: tuple[str, ...] = asked(
        "words",
        "score a run of words as one: the first and the last, counted from 1; as often as given",
        "--region",
        "FROM:TO",
        default=(),
        repeated=True,
    )
    punctuation: Punctuation = asked(
        "name",
        "whether punctuation at a word's edge is part of it where regions are counted",
        "--punctuation",
        default="attached",
        allowed=choices.PUNCTUATION,
    )


@dataclass(frozen=True, slots=True)
class Fill:
    """What would the masked-LM head put into the [MASK]s of a text, in one or several orders?"""

    text: Text = asked("texts", "a text with [MASK]s, - for stdin, or @file")
    orders: tuple[FillOrder, ...] = asked(
        "name",
        "an order, as often as given (default: all, and where they disagree)",
        "--order",
        default=choices.FILL_ORDERS,
        allowed=choices.FILL_ORDERS,
        repeated=True,
    )
    k: int = asked("number", "predictions per step", "-k", default=choices.DEFAULT_K)
    beam: int = asked("number", "hypotheses kept", "--beam", "WIDTH", default=choices.DEFAULT_BEAM)


@dataclass(frozen=True, slots=True)
class Contest:
    """Which of some words or phrases fits a [MASK] best?

    ``mask`` counts from 1; ``reference`` is what the odds are against, the first candidate when None; ``any_length``
    gives odds between different numbers of pieces too.
    """

    text: Text = asked("texts", "a text with a [MASK], - for stdin, or @file")
    candidates: tuple[str, ...] = asked("words", "a word or phrase; ##x is a continuation", metavar="WORD", default=())
    mask: int = asked("number", "which [MASK] (default: the first)", "--mask", "N", default=1)
    reference: str | None = asked(
        "name", "what the odds are against (default: the first)", "--reference", "WORD", default=None
    )
    any_length: bool = asked("switch", "odds between unequal numbers of pieces too", "--any-length", default=False)


@dataclass(frozen=True, slots=True)
class Segmentations:
    """What does the next-sentence head say of a pair, segmented rightly and wrongly?"""

    text: Text = asked("texts", _TEXT, pair=True)


@dataclass(frozen=True, slots=True)
class Splits:
    """At which boundaries of a text does the next-sentence head say that what follows follows?

    ``sentence_starts`` are the code points where sentences begin, instead of those that the rules of the ``language``
    find. ``controls_from`` are passages to draw controls from, instead of those that come with Pretext.
    """

    text: str = asked("text", _TEXT)
    unit: SplitUnit = asked("name", "where to cut", "--unit", default="sentence", allowed=choices.SPLIT_UNITS)
    context: SplitContext = asked(
        "name",
        "all of the text on either side, or the adjacent sentences only",
        "--context",
        default="text",
        allowed=choices.SPLIT_CONTEXTS,
    )
    controls: int = asked(
        "number", "controls from other texts", "--controls", "R", default=choices.DEFAULT_SPLIT_CONTROLS
    )
    seed: int = asked("number", "what they are drawn with", "--seed", default=0)
    sentence_starts: tuple[int, ...] | None = asked(
        "number",
        "a character at which a sentence begins, instead of those found, as often as given",
        "--sentence-at",
        "N",
        default=None,
        repeated=True,
    )
    language: str = asked_language()
    controls_from: tuple[str, ...] = asked_passages()


@dataclass(frozen=True, slots=True)
class Pairs:
    """Which of some sentences does the next-sentence head think comes next?

    ``controls_from`` are passages to draw controls from, instead of those that come with Pretext; the rules of the
    ``language`` cut them into sentences.
    """

    sentences: tuple[str, ...] = asked("lines", "one sentence a line; - for stdin", metavar="FILE")
    controls: int = asked(
        "number", "controls from other texts", "--controls", "R", default=choices.DEFAULT_PAIR_CONTROLS
    )
    seed: int = asked("number", "what they are drawn with", "--seed", default=0)
    language: str = asked_language()
    controls_from: tuple[str, ...] = asked_passages()


@dataclass(frozen=True, slots=True)
class Percentile:
    """Does the next-sentence head like a pair better than sentences of other texts after the same beginning?

    ``language`` and ``controls_from`` are as in ``Pairs``.
    """

    text: Text = asked("texts", _TEXT, pair=True)
    controls: int = asked(
        "number", "controls from other texts", "--controls", "R", default=choices.DEFAULT_PAIR_CONTROLS
    )
    seed: int = asked("number", "what they are drawn with", "--seed", default=0)
    language: str = asked_language()
    controls_from: tuple[str, ...] = asked_passages()


@dataclass(frozen=True, slots=True)
class Compare:
    """What changes between two inputs, or between two models' readings of them?

    It is asked of one model, or of two: the second then reads ``b``.
    """

    a: Text = asked("sides", _TEXT, "a")
    b: Text = asked("sides", "the text beside it, - for stdin, or @file", "b", own_model=True)
    reading: ReadingKind = asked(
        "name", "whether a position sees its token", "--reading", default="hidden", allowed=choices.READINGS
    )
    masking: Masking = asked(
        "name", "as for pll", "--masking", default=choices.DEFAULT_MASKING, allowed=choices.MASKINGS
    )
    k: int = asked("number", _PER_POSITION, "-k", default=choices.DEFAULT_K)


@dataclass(frozen=True, slots=True)
class Layers:
    """What do both heads say after every layer?

    Without a ``position``, counted from 0, and without a ``mask``, counted from 1, every position is read; of one alone
    some tokens are followed from layer to layer: what comes first after one of them, its own, and the words of
    ``follow``.
    """

    text: Text = asked("texts", _TEXT)
    reading: ReadingKind = asked(
        "name", "whether a position sees its token", "--reading", default="seen", allowed=choices.READINGS
    )
    masking: Masking = asked(
        "name", "as for pll", "--masking", default=choices.DEFAULT_MASKING, allowed=choices.MASKINGS
    )
    position: int | None = asked(
        "number", "this position alone, counted from 0 (default: every one)", "--position", "N", default=None
    )
    mask: int | None = asked("number", "this [MASK] alone, counted from 1", "--mask", "N", default=None)
    follow: tuple[str | int, ...] = asked(
        "words", "its p and rank after every layer, too", "--follow", "WORD", default=(), repeated=True
    )
    k: int = asked("number", f"{_PER_POSITION} and layer", "-k", default=choices.DEFAULT_K)


@dataclass(frozen=True, slots=True)
class Attention:
    """Which tokens does each head of attention look at?

    ``layer`` and ``head`` count from 1. Without a head, and without a layer, the one is shown that
    ``HeadSummaries.telling`` picks; ``average`` shows the average over the layer's heads instead.
    """

    text: Text = asked("texts", _TEXT)
    layer: int | None = asked(
        "number",
        "the layer whose weights are given, from 1 (default: the most telling head's)",
        "--layer",
        "L",
        default=None,
    )
    head: int | None = asked(
        "number", "the head of it, from 1 (default: the most telling one)", "--head", "H", default=None
    )
    average: bool = asked("switch", "the average over the layer's heads instead of one", "--average", default=False)


@dataclass(frozen=True, slots=True)
class Patch:
    """Which state of B, at which position and after which layer, moves the answer when it is put into A?

    A and B have equally many tokens and the same segments. ``target`` is what is read off: a position with a token,
    ``9=election``, whose ln p it is; a position alone, whose own token is meant, at a [MASK] the head's first guess in
    A; or ``nsp``, the next-sentence margin. Empty, it is the first [MASK]; of a pair without one the margin; else the
    last word that A and B have in common.
    """

    a: Text = asked("sides", _TEXT, "a")
    b: Text = asked("sides", "the text whose states are put into it, - for stdin, or @file", "b")
    target: str = asked(
        "name",
        "what is read off: a position, 9, with a token, 9=election, or nsp, the next-sentence margin "
        "(default: the first [MASK]; of a pair without one, nsp; else the last word that both have)",
        "--target",
        "TARGET",
        default="",
    )


@dataclass(frozen=True, slots=True)
class Influence:
    """Which words does an answer rest on?

    The ``target`` is a position with or without a token, as in ``9=election``, or ``nsp``, the next-sentence margin.
    Without a token it is the position's own, at a [MASK] the head's first guess; without a position, the first [MASK]
    or, where there is none, the last word. ``steps`` and ``baseline`` are those of integrated gradients;
    ``segmentation`` names how the pair is handed over where its margin is the target. ``curves`` asks for insertion and
    deletion curves, beside so many ``shuffles``; ``every`` for each word's influence on each position's own token.
    """

    text: Text = asked("texts", _TEXT)
    target: str = asked(
        "name",
        "a position from 0, with a token or its own; or nsp, the next-sentence margin (default: the first [MASK], "
        "else the last word)",
        "--target",
        "INDEX[=TOKEN]|nsp",
        default="",
    )
    method: InfluenceMethod = asked(
        "name",
        "mask each word, or integrate the gradients of its embeddings",
        "--method",
        default="occlusion",
        allowed=choices.INFLUENCE_METHODS,
    )
    steps: int = asked("number", "points of the path of integrated gradients", "--steps", default=choices.DEFAULT_STEPS)
    baseline: Baseline = asked(
        "name", "the embedding at which that path begins", "--baseline", default="mask", allowed=choices.BASELINES
    )
    segmentation: str = asked(
        "name", "for nsp: a variant of the pair, as nsp names them", "--segmentation", "NAME", default=choices.AS_GIVEN
    )
    curves: bool = asked("switch", "insertion and deletion curves of the words' order", "--curves", default=False)
    shuffles: int = asked(
        "number", "random orders beside that one", "--shuffles", "R", default=choices.DEFAULT_SHUFFLES
    )
    seed: int = asked("number", "what they are drawn with", "--seed", default=0)
    every: bool = asked("switch", "each word's influence on each position's own token, too", "--every", default=False)


@dataclass(frozen=True, slots=True)
class Tour:
    """How do the two heads work, step by step?

    They are asked as in the notebook *How BERT is Trained*, whose published values stand beside.
    """


@dataclass(frozen=True, slots=True)
class Describe:
    """Which model made these numbers?"""


Question = (
    Read
    | Distribution
    | Score
    | Fill
    | Contest
    | Segmentations
    | Splits
    | Pairs
    | Percentile
    | Compare
    | Layers
    | Attention
    | Patch
    | Influence
    | Table
    | Tour
    | Describe
)
