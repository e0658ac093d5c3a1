"""What can be chosen by name or number, what is chosen when nobody does, and the one sentence that refuses the rest.

Imported by the command line's help, which loads no library.
"""

from collections.abc import Iterable, Sequence
from numbers import Integral
from typing import Any, Literal, TypeVar

from analysis.errors import InputError, quoted

Name = TypeVar("Name", bound=str)
Item = TypeVar("Item")

Edit = tuple[int, int]
"""A position of the tokenised text and the id that is put there."""

Masking = Literal["token", "word_l2r", "word", "reporting_l2r"]
"""What is hidden when a position is read: it alone, it and the later pieces of its word, or all pieces of its word.

A word is what the tokenizer takes for one (``mother-in-law`` is five); of ``reporting_l2r`` it is what stands between
white space.
"""

MASKINGS: tuple[Masking, ...] = ("token", "word_l2r", "word", "reporting_l2r")
DEFAULT_MASKING: Masking = "word_l2r"

ReadingKind = Literal["seen", "hidden"]
"""Whether a position sees its own token."""

READINGS: tuple[ReadingKind, ...] = ("seen", "hidden")

Punctuation = Literal["attached", "apart"]
"""Whether punctuation at the edge of a reporting word is part of it, or a row of its own."""

PUNCTUATION: tuple[Punctuation, ...] = ("attached", "apart")

FillOrder = Literal["independent", "left_to_right", "right_to_left", "confident", "beam"]

FILL_ORDERS: tuple[FillOrder, ...] = ("independent", "left_to_right", "right_to_left", "confident", "beam")

Dtype = Literal["fp32", "bf16"]
"""Arithmetic of the encoder's products; the heads, the sums and the normalisations are always fp32."""

Device = Literal["cpu", "cuda", "mps"]
"""Where a model computes: on the processor, on a GPU of CUDA's kind, or on Apple's."""

SplitUnit = Literal["sentence", "word", "token"]
"""Where a text is cut: where a sentence begins, where any word does, or between any two tokens."""

SPLIT_UNITS: tuple[SplitUnit, ...] = ("sentence", "word", "token")

BY_COLUMNS, PLAIN_ROWS = "auto", "plain"
"""In the place of a suite: what the columns of a table say, or rows that are scored by measures."""

BY_SCRIPT = "script"
"""In the place of a language: the one that its script stands for."""

LANGUAGES = {
    "am": "Amharic",
    "ar": "Arabic",
    "bg": "Bulgarian",
    "bn": "Bengali",
    "ca": "Catalan",
    "cs": "Czech",
    "da": "Danish",
    "de": "German",
    "el": "Greek",
    "en": "English",
    "es": "Spanish",
    "fi": "Finnish",
    "fr": "French",
    "gu": "Gujarati",
    "he": "Hebrew",
    "hi": "Hindi",
    "hy": "Armenian",
    "it": "Italian",
    "ja": "Japanese",
    "kk": "Kazakh",
    "kn": "Kannada",
    "ko": "Korean",
    "ml": "Malayalam",
    "mr": "Marathi",
    "my": "Burmese",
    "nl": "Dutch",
    "pa": "Punjabi",
    "pl": "Polish",
    "pt": "Portuguese",
    "ru": "Russian",
    "sk": "Slovak",
    "ta": "Tamil",
    "te": "Telugu",
    "th": "Thai",
    "uk": "Ukrainian",
    "zh": "Chinese",
}
"""The languages whose sentence rules can be asked for, by their codes (ISO 639-1), with their names.

Those that sentencex has rules for; Hebrew, Korean, Thai and Chinese have its general ones, which know their full stops.
"""

SplitContext = Literal["text", "adjacent"]
"""What stands on either side of a cut: all of the text, or the one sentence (or its part) before and after."""

SPLIT_CONTEXTS: tuple[SplitContext, ...] = ("text", "adjacent")

InfluenceMethod = Literal["occlusion", "gradients"]
"""How a word's influence is found: by masking it, or by integrating gradients of its embeddings."""

INFLUENCE_METHODS: tuple[InfluenceMethod, ...] = ("occlusion", "gradients")

Baseline = Literal["mask", "pad", "zero"]
"""The embedding that a path of integrated gradients begins at: [MASK]'s, [PAD]'s, or nothing but zeros."""

BASELINES: tuple[Baseline, ...] = ("mask", "pad", "zero")

DEFAULT_STEPS = 64
"""Points of a path of integrated gradients."""

DEFAULT_SHUFFLES = 5
"""Random orders beside the order of a map of influence."""

MARGIN_TARGET = "nsp"
"""In the place of a position: the next-sentence margin."""

AS_GIVEN = "correct"
"""The segmentation that changes nothing."""

DEFAULT_K = 10
"""Predictions listed per position unless asked otherwise."""

DEFAULT_BEAM = 5

DEFAULT_SPLIT_CONTROLS = 5
"""Controls at every cut: each takes as many passes as there are cuts."""

DEFAULT_PAIR_CONTROLS = 20


def chosen(what: str, given: str, allowed: Sequence[Name]) -> Name:
    """The one of ``allowed`` that was given; InputError if it is none of them."""
    for each in allowed:
        if each == given:
            return each
    *others, last = allowed
    raise InputError(f"The {what} '{quoted(str(given))}' came: choose {', '.join(others)} or {last}.")


def whole(what: str, given: Any) -> int:
    """The whole number that was given, as an int, whoever made it; InputError for anything else, True and False too."""
    if isinstance(given, bool) or not isinstance(given, Integral):
        raise InputError(f"The {what} '{quoted(str(given))}' came: give a whole number.")
    return int(given)


def several(what: str, given: Iterable[Item]) -> tuple[Item, ...]:
    """What was given as a tuple; InputError for a single text, which would be taken apart."""
    if isinstance(given, str):
        raise InputError(f"The {what} came as one text, '{quoted(given)}': give a list of them.")
    return tuple(given)
