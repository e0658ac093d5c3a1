"""Which way a text runs, so that its tokens stand in the order in which it is read."""

import unicodedata

from analysis.types import Encoded

_STRONG = frozenset({"L", "R", "AL"})


def right_to_left(said: str) -> bool:
    """Whether the first letter that has a direction runs to the left, as ``dir="auto"`` decides (UAX 9, P2)."""
    return next((strong for strong in map(unicodedata.bidirectional, said) if strong in _STRONG), "L") != "L"


def apart(said: str) -> str:
    """Words for the middle of a line that runs to the right: those that do not are kept from turning what is around."""
    # First strong isolate and its end (UAX 9): without them a number behind such a word would stand before it.
    return f"\u2068{said}\u2069" if {"R", "AL"}.intersection(map(unicodedata.bidirectional, said)) else said


def direction_of(encoded: Encoded) -> str:
    """``rtl`` or ``ltr``, for the tokens of an input: what the text's own words say, its special tokens aside."""
    texts = (encoded.text_a, encoded.text_b or "")
    words = zip(encoded.sequence.tolist(), encoded.span.tolist(), encoded.outside.tolist(), strict=True)
    own = "".join(texts[number][start:end] for number, (start, end), outside in words if not outside)
    return "rtl" if right_to_left(own) else "ltr"
