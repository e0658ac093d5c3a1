"""Regions: runs of reporting words that a person marks, to be scored as one."""

import re
from collections.abc import Sequence

from analysis.choices import Punctuation
from analysis.errors import InputError, quoted
from analysis.texts.words import words_of
from analysis.types import Encoded, Region

_ASKED = re.compile(r"\s*(\d{1,6})\s*(?::\s*(\d{1,6})\s*)?")


def regions_of(encoded: Encoded, asked: Sequence[str], punctuation: Punctuation) -> tuple[Region, ...]:
    """The regions that are asked for as ``FROM:TO``, the first and the last word counted from 1, or as one word.

    The words of A come before those of B. InputError if one is written otherwise, has no such words, or reaches from
    text A into B.
    """
    words, found = words_of(encoded, punctuation), []
    for each in asked:
        written = _ASKED.fullmatch(each)
        first, last = (int(written[1]), int(written[2] or written[1])) if written else (0, 0)
        if not 1 <= first <= last <= len(words):
            raise InputError(
                f"The region '{quoted(each)}' came: give its first and last word, counted from 1 to {len(words):,}, "
                "as in 2:3."
            )
        inside = words[first - 1 : last]
        number = inside[0].sequence
        if inside[-1].sequence != number:
            raise InputError(f"The region '{quoted(each)}' reaches from text A into text B: give one for each of them.")
        span = (inside[0].span[0], inside[-1].span[1])
        # As typed, unless a token was put in another's place.
        text = (encoded.text_a, encoded.text_b or "")[number][slice(*span)]
        text = " ".join(word.text for word in inside) if encoded.edits else text
        positions = tuple(at for word in inside for at in word.positions)
        found.append(Region(first, last, number, span, text, positions))
    return tuple(found)
