"""The places where the pieces of a text can be parted; a boundary needs no white space.

A boundary lies between two pieces, and has a code point of the text: none lies within a character of several pieces. A
piece of nothing but white space (a SentencePiece mark on its own) belongs to the word after it.
"""

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from analysis.texts.sentences import word_starts
from analysis.types import Encoded


@dataclass(frozen=True, slots=True)
class Place:
    """A place between two pieces: how many stand before it, the code points between them, the cut's own.

    ``word`` says whether a word begins there; ``at`` is then where it does, and else where the piece does.
    """

    pieces: int
    first: int
    last: int
    at: int
    word: bool


def places(encoded: Encoded, number: int = 0, begins: Sequence[int] = ()) -> tuple[Place, ...]:
    """Every place where the pieces of a text can be parted: of A, or of B where ``number`` is 1.

    ``begins`` are code points at which words begin besides those of ``word_starts``, sentences for example.
    """
    text = (encoded.text_a if number == 0 else encoded.text_b) or ""
    starts, ends = _edges(encoded, number, text)
    words = [*sorted({*word_starts(text), *begins}), len(text)]
    found, reached = [], 0
    for pieces in range(1, len(starts)):
        reached = max(reached, ends[pieces - 1])
        start = starts[pieces]
        if start == starts[pieces - 1] or start < reached or not text[start:].strip():
            continue
        # What the tokenizer drops between two pieces may hold words, too: the first one stands for all.
        word = words[bisect_left(words, reached)]
        found.append(Place(pieces, reached, start, min(word, start), word <= start))
    return tuple(found)


def _edges(encoded: Encoded, number: int, text: str) -> tuple[list[int], list[int]]:
    """Where each piece begins and ends; one of white space only begins and ends where the piece after it begins."""
    starts, ends = encoded.span[np.flatnonzero(encoded.sequence == number)].T.tolist()
    follows = len(text)
    for at in reversed(range(len(starts))):
        if not text[starts[at] : ends[at]].strip():
            starts[at] = ends[at] = follows
        follows = starts[at]
    return starts, ends
