"""Reporting words: the stretches between white space that tables, scores per word and comparisons of models go by."""

import numpy as np

from analysis.texts.text import reporting_words
from analysis.types import CONTINUES_WORD, STARTS_WORD, Encoded, ReportingWord


def words_of(encoded: Encoded) -> tuple[ReportingWord, ...]:
    """The reporting words of an input, A's before B's, each with its pieces; every piece of the text is in one.

    A stretch of which the tokenizer keeps nothing is no word: the model never read it.
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
            changed = edited.intersection(positions)
            shown = "".join(_bare(encoded.tokens[i]) for i in positions) if changed else text[start:end]
            words.append(ReportingWord(number, (start, end), shown, tuple(positions)))
    return tuple(words)


def _bare(token: str) -> str:
    """A piece without its tokenizer's mark of a continuation or of a space before it."""
    for mark in (CONTINUES_WORD, *STARTS_WORD):
        token = token.removeprefix(mark)
    return token
