"""What can be asked of a model: one frozen record for every task, made of strings, numbers and tuples of them.

A question names no model. Its fields are the flags of its command, the arguments of a snippet and what a cache knows an
answer by; ``Flag`` says how a command line asks for a field, so that its parser can be made from here.
"""

from dataclasses import MISSING, dataclass, field
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


def _asked(flag: Flag, default: Any = MISSING) -> Any:
    return field(default=default, metadata={"flag": flag})


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


_K = Flag("number", "predictions per position", "-k")
_WATCH = Flag("words", "its p and rank at every position, too", "--watch", "WORD", repeated=True)


@dataclass(frozen=True, slots=True)
class Read:
    """What does the masked-LM head expect at every position: seeing the token there, or with ``masking`` hiding it?

    ``watch`` are words (or ids) whose probability and rank come back at every position.
    """

    text: Text = _asked(Flag("texts", "a text, - for stdin, or @file", windows=True))
    masking: Masking | None = _asked(
        Flag("name", "hide each token in turn instead of letting the head see it", "--hidden", allowed=MASKINGS), None
    )
    k: int = _asked(_K, DEFAULT_K)
    watch: tuple[str | int, ...] = _asked(_WATCH, ())


@dataclass(frozen=True, slots=True)
class Score:
    """How well does the masked-LM head predict the text: the pseudo-log-likelihood under some maskings?

    The readings that it is made of come along, with ``k`` predictions and the words of ``watch``.
    """

    text: Text = _asked(Flag("texts", "a text, - for stdin, or @file", windows=True))
    maskings: tuple[Masking, ...] = _asked(
        Flag(
            "name",
            "token: the original PLL; word_l2r: the later pieces of a word hidden too; word: all of them",
            "--masking",
            allowed=MASKINGS,
        ),
        (DEFAULT_MASKING,),
    )
    k: int = 1
    watch: tuple[str | int, ...] = ()


@dataclass(frozen=True, slots=True)
class Fill:
    """What would the masked-LM head put into the [MASK]s of a text, in one or several orders?"""

    text: Text = _asked(Flag("texts", "a text with [MASK]s, - for stdin, or @file"))
    orders: tuple[FillOrder, ...] = _asked(
        Flag("name", "one order only (default: all, and where they disagree)", "--order", allowed=FILL_ORDERS),
        FILL_ORDERS,
    )
    k: int = _asked(Flag("number", "predictions per step", "-k"), DEFAULT_K)
    beam: int = _asked(Flag("number", "hypotheses kept", "--beam", "WIDTH"), DEFAULT_BEAM)


@dataclass(frozen=True, slots=True)
class Contest:
    """Which of some words or phrases fits a [MASK] best?

    ``mask`` counts from 1; ``reference`` is what the odds are against, the first candidate when None; ``any_length``
    gives odds between different numbers of pieces too.
    """

    text: Text = _asked(Flag("texts", "a text with a [MASK], - for stdin, or @file"))
    candidates: tuple[str, ...] = _asked(Flag("words", "a word or phrase; ##x is a continuation", metavar="WORD"), ())
    mask: int = _asked(Flag("number", "which [MASK] (default: the first)", "--mask", "N"), 1)
    reference: str | None = _asked(
        Flag("name", "what the odds are against (default: the first)", "--reference", "WORD"), None
    )
    any_length: bool = _asked(Flag("switch", "odds between unequal numbers of pieces too", "--any-length"), False)


@dataclass(frozen=True, slots=True)
class Segmentations:
    """What does the next-sentence head say of a pair, segmented rightly and wrongly?"""

    text: Text = _asked(Flag("texts", "a text, - for stdin, or @file", pair=True))


@dataclass(frozen=True, slots=True)
class Splits:
    """At which boundaries of a text does the next-sentence head say that what follows follows?

    ``sentence_starts`` are the code points where sentences begin, instead of those that are found.
    """

    text: str = _asked(Flag("text", "a text, - for stdin, or @file"))
    unit: SplitUnit = _asked(Flag("name", "where to cut", "--unit", allowed=SPLIT_UNITS), "sentence")
    context: SplitContext = _asked(
        Flag(
            "name",
            "all of the text on either side, or the adjacent sentences only",
            "--context",
            allowed=SPLIT_CONTEXTS,
        ),
        "text",
    )
    controls: int = _asked(Flag("number", "controls from other texts", "--controls", "R"), DEFAULT_SPLIT_CONTROLS)
    seed: int = _asked(Flag("number", "what they are drawn with", "--seed"), 0)
    sentence_starts: tuple[int, ...] | None = _asked(
        Flag(
            "number",
            "a character at which a sentence begins, instead of those found, as often as given",
            "--sentence-at",
            "N",
            repeated=True,
        ),
        None,
    )


@dataclass(frozen=True, slots=True)
class Pairs:
    """Which of some sentences does the next-sentence head think comes next?"""

    sentences: tuple[str, ...] = _asked(Flag("lines", "one sentence a line; - for stdin", metavar="FILE"))
    controls: int = _asked(Flag("number", "controls from other texts", "--controls", "R"), DEFAULT_PAIR_CONTROLS)
    seed: int = _asked(Flag("number", "what they are drawn with", "--seed"), 0)


@dataclass(frozen=True, slots=True)
class Compare:
    """What changes between two inputs, or between two models' readings of them?

    It is asked of one model, or of two: the second then reads ``b``.
    """

    a: Text = _asked(Flag("sides", "a text, - for stdin, or @file", "a"))
    b: Text = _asked(Flag("sides", "the text beside it, - for stdin, or @file", "b"))
    reading: ReadingKind = _asked(
        Flag("name", "whether a position sees its token", "--reading", allowed=READINGS), "hidden"
    )
    masking: Masking = _asked(Flag("name", "as for pll", "--masking", allowed=MASKINGS), DEFAULT_MASKING)
    k: int = _asked(_K, DEFAULT_K)


Question = Read | Score | Fill | Contest | Segmentations | Splits | Pairs | Compare
