"""What can be asked of a model: one frozen record for every task, made of strings, numbers and tuples of them.

A question names no model. Its fields are the flags of its command, the arguments of a snippet and what a cache knows an
answer by; ``Flag`` says how a command line asks for a field, so that its parser can be made from here.
"""

import re
from dataclasses import dataclass, field
from typing import Any, Literal

from analysis.choices import (
    DEFAULT_BEAM,
    DEFAULT_K,
    DEFAULT_MASKING,
    DEFAULT_PAIR_CONTROLS,
    DEFAULT_SPLIT_CONTROLS,
    FILL_ORDERS,
    MASKINGS,
    READINGS,
    SPLIT_CONTEXTS,
    SPLIT_UNITS,
    Edit,
    FillOrder,
    Masking,
    ReadingKind,
    SplitContext,
    SplitUnit,
)

FlagKind = Literal["texts", "sides", "text", "lines", "words", "name", "number", "switch"]
"""What a flag takes: a text with what may stand beside it, one of two such texts, one text, a file of lines, words, one
name, a number, nothing."""


@dataclass(frozen=True, slots=True)
class Flag:
    """How a command line asks for a field.

    Attributes
    ----------
    kind
        What it takes.
    help
        What its help says.
    name
        ``--masking``; nothing for what comes without a name.
    metavar
        What stands for the value in the help.
    allowed
        The names that may be given.
    repeated
        Whether it may be given several times, once for each value.
    pair
        Of a text: whether it is a pair already, or a second segment may be given.
    edits, windows
        Of a text: whether its tokens may be edited, and whether it may be read in windows.
    """

    kind: FlagKind
    help: str
    name: str = ""
    metavar: str = ""
    allowed: tuple[str, ...] = ()
    repeated: bool = False
    pair: bool = False
    edits: bool = True
    windows: bool = False


def asked(kind: FlagKind, help: str, name: str = "", metavar: str = "", **more: Any) -> dict[str, Flag]:
    """What a field keeps of how it is asked for."""
    return {"flag": Flag(kind, help, name, metavar, **more)}


@dataclass(frozen=True, slots=True)
class Text:
    """A text to be read, or a pair.

    Attributes
    ----------
    text_a, text_b
        The text as typed; ``text_b`` is None for a single segment.
    edits
        Ids to put at positions of the tokenised text.
    in_windows
        Whether a lone text that is too long for the model is read in overlapping windows instead of being refused.
    """

    text_a: str
    text_b: str | None = None
    edits: tuple[Edit, ...] = ()
    in_windows: bool = False


_K = asked("number", "predictions per position", "-k")
_WATCH = asked("words", "its p and rank at every position, too", "--watch", "WORD", repeated=True)


@dataclass(frozen=True, slots=True)
class Read:
    """What does the masked-LM head expect at every position, seeing the token there or not?

    ``masking`` says what is hidden where a position is read, None nothing; ``watch`` are words (or ids) whose
    probability and rank come back at every position.
    """

    text: Text = field(metadata=asked("texts", "a text, - for stdin, or @file", windows=True))
    masking: Masking | None = field(
        default=None,
        metadata=asked(
            "name", "hide each token in turn instead of letting the head see it", "--hidden", allowed=MASKINGS
        ),
    )
    k: int = field(default=DEFAULT_K, metadata=_K)
    watch: tuple[str | int, ...] = field(default=(), metadata=_WATCH)


@dataclass(frozen=True, slots=True)
class Score:
    """How well does the masked-LM head predict the text: the pseudo-log-likelihood under some maskings?

    The readings that it is made of come along, with ``k`` predictions and the words of ``watch``.
    """

    text: Text = field(metadata=asked("texts", "a text, - for stdin, or @file", windows=True))
    maskings: tuple[Masking, ...] = field(
        default=(DEFAULT_MASKING,),
        metadata=asked(
            "name",
            "token: the original PLL; word_l2r: the later pieces of a word hidden too; word: all of them",
            "--masking",
            allowed=MASKINGS,
        ),
    )
    k: int = 1
    watch: tuple[str | int, ...] = ()


@dataclass(frozen=True, slots=True)
class Fill:
    """What would the masked-LM head put into the [MASK]s of a text, in one or several orders?"""

    text: Text = field(metadata=asked("texts", "a text with [MASK]s, - for stdin, or @file"))
    orders: tuple[FillOrder, ...] = field(
        default=FILL_ORDERS,
        metadata=asked(
            "name", "one order only (default: all, and where they disagree)", "--order", allowed=FILL_ORDERS
        ),
    )
    k: int = field(default=DEFAULT_K, metadata=asked("number", "predictions per step", "-k"))
    beam: int = field(default=DEFAULT_BEAM, metadata=asked("number", "hypotheses kept", "--beam", "WIDTH"))


@dataclass(frozen=True, slots=True)
class Contest:
    """Which of some words or phrases fits a [MASK] best?

    ``mask`` counts from 1; ``reference`` is what the odds are against, the first candidate when None; ``any_length``
    gives odds between different numbers of pieces too.
    """

    text: Text = field(metadata=asked("texts", "a text with a [MASK], - for stdin, or @file"))
    candidates: tuple[str, ...] = field(
        default=(), metadata=asked("words", "a word or phrase; ##x is a continuation", metavar="WORD")
    )
    mask: int = field(default=1, metadata=asked("number", "which [MASK] (default: the first)", "--mask", "N"))
    reference: str | None = field(
        default=None,
        metadata=asked("name", "what the odds are against (default: the first)", "--reference", "WORD"),
    )
    any_length: bool = field(
        default=False, metadata=asked("switch", "odds between unequal numbers of pieces too", "--any-length")
    )


@dataclass(frozen=True, slots=True)
class Segmentations:
    """What does the next-sentence head say of a pair, segmented rightly and wrongly?"""

    text: Text = field(metadata=asked("texts", "a text, - for stdin, or @file", pair=True))


@dataclass(frozen=True, slots=True)
class Splits:
    """At which boundaries of a text does the next-sentence head say that what follows follows?

    ``sentence_starts`` are the code points where sentences begin, instead of those that are found.
    """

    text: str = field(metadata=asked("text", "a text, - for stdin, or @file"))
    unit: SplitUnit = field(default="sentence", metadata=asked("name", "where to cut", "--unit", allowed=SPLIT_UNITS))
    context: SplitContext = field(
        default="text",
        metadata=asked(
            "name",
            "all of the text on either side, or the adjacent sentences only",
            "--context",
            allowed=SPLIT_CONTEXTS,
        ),
    )
    controls: int = field(
        default=DEFAULT_SPLIT_CONTROLS, metadata=asked("number", "controls from other texts", "--controls", "R")
    )
    seed: int = field(default=0, metadata=asked("number", "what they are drawn with", "--seed"))
    sentence_starts: tuple[int, ...] | None = field(
        default=None,
        metadata=asked(
            "number",
            "a character at which a sentence begins, instead of those found, as often as given",
            "--sentence-at",
            "N",
            repeated=True,
        ),
    )


@dataclass(frozen=True, slots=True)
class Pairs:
    """Which of some sentences does the next-sentence head think comes next?"""

    sentences: tuple[str, ...] = field(metadata=asked("lines", "one sentence a line; - for stdin", metavar="FILE"))
    controls: int = field(
        default=DEFAULT_PAIR_CONTROLS, metadata=asked("number", "controls from other texts", "--controls", "R")
    )
    seed: int = field(default=0, metadata=asked("number", "what they are drawn with", "--seed"))


@dataclass(frozen=True, slots=True)
class Compare:
    """What changes between two inputs, or between two models' readings of them?

    It is asked of one model, or of two: the second then reads ``b``.
    """

    a: Text = field(metadata=asked("sides", "a text, - for stdin, or @file", "a"))
    b: Text = field(metadata=asked("sides", "the text beside it, - for stdin, or @file", "b"))
    reading: ReadingKind = field(
        default="hidden",
        metadata=asked("name", "whether a position sees its token", "--reading", allowed=READINGS),
    )
    masking: Masking = field(
        default=DEFAULT_MASKING, metadata=asked("name", "as for pll", "--masking", allowed=MASKINGS)
    )
    k: int = field(default=DEFAULT_K, metadata=_K)


@dataclass(frozen=True, slots=True)
class Tour:
    """How do the two heads work, step by step?

    They are asked as in the notebook *How BERT is Trained*, whose published values stand beside.
    """


@dataclass(frozen=True, slots=True)
class Describe:
    """Which model made these numbers?"""


def one_a_line(text: str) -> tuple[str, ...]:
    r"""The lines of a text that hold something, without white space around them; only \n, \r\n and \r end one."""
    return tuple(line.strip() for line in re.split(r"\r\n|\r|\n", text) if line.strip())


Question = Read | Score | Fill | Contest | Segmentations | Splits | Pairs | Compare | Tour | Describe
