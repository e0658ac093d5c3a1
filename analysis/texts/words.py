"""Reporting words: the stretches between white space that tables, scores per word and comparisons of models go by."""

import unicodedata

import numpy as np

from analysis.choices import Punctuation
from analysis.texts.text import reporting_words
from analysis.types import CONTINUES_WORD, STARTS_WORD, Encoded, ReportingWord


def words_of(encoded: Encoded, punctuation: Punctuation = "attached") -> tuple[ReportingWord, ...]:
    """The reporting words of an input, A's before B's, each with its pieces; every piece of the text is in one.

    A stretch of which the tokenizer keeps nothing is no word: the model never read it. ``apart`` tells the punctuation
    at the edges of a word apart, as words of their own.
    """
    words = []
    edited = {position for position, _ in encoded.edits}
    for number, text in enumerate((encoded.text_a, encoded.text_b)):
        if text is None:
            continue
        spans = reporting_words(text)
        pieces: list[list[int]] = [[] for _ in spans]
        own = np.flatnonzero(encoded.sequence == number)
        # A piece belongs to the word that it begins in, or, when it is white space only, to the next one.
        ends = np.array([end for _, end in spans])
        owner = np.searchsorted(ends, encoded.span[own, 0], side="right").clip(max=len(spans) - 1)
        for position, word in zip(own.tolist(), owner.tolist(), strict=True):
            pieces[word].append(position)
        for (start, end), positions in zip(spans, pieces, strict=True):
            if not positions:
                continue
            if punctuation == "apart" and (parts := _apart(encoded, text, positions)):
                words += [ReportingWord(number, (at, to), text[at:to], tuple(part)) for at, to, part in parts]
                continue
            changed = edited.intersection(positions)
            shown = "".join(bare(encoded.tokens[i]) for i in positions) if changed else text[start:end]
            words.append(ReportingWord(number, (start, end), shown, tuple(positions)))
    return tuple(words)


def _apart(encoded: Encoded, text: str, positions: list[int]) -> list[tuple[int, int, list[int]]]:
    """First and last + 1 code point and pieces of a word and of the punctuation at its edges; nothing where none is."""
    marks = [all(unicodedata.category(char)[0] in "PS" for char in text[slice(*encoded.span[at])]) for at in positions]
    if all(marks) or not (marks[0] or marks[-1]):
        return []
    first, last = marks.index(False), len(marks) - marks[::-1].index(False)
    parts = [part for part in (positions[:first], positions[first:last], positions[last:]) if part]
    return [(int(encoded.span[part[0], 0]), int(encoded.span[part[-1], 1]), part) for part in parts]


def bare(token: str) -> str:
    """A piece without its tokenizer's mark of a continuation or of a space before it."""
    for mark in (CONTINUES_WORD, *STARTS_WORD):
        token = token.removeprefix(mark)
    return token
