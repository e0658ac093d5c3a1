"""Sentence scores from a hidden reading: pseudo-log-likelihood, what is derived from it, and the view by word.

PLL (Wang & Cho 2019; Salazar et al. 2020) sums ln p of each token given all the others; hiding the later pieces of its
word too (Kauf & Ivanova 2023) keeps a word of several pieces from giving itself away.
"""

import math
from collections.abc import Sequence

import numpy as np

from analysis.choices import Masking
from analysis.errors import InputError
from analysis.models.bundle import ModelBundle
from analysis.tasks.hidden import HiddenPlan, check_masking, plan_hidden, read_plans
from analysis.texts.encoding import encode
from analysis.texts.text import reporting_words
from analysis.types import (
    CONTINUES_WORD,
    STARTS_WORD,
    Encoded,
    HiddenReading,
    ReportingWord,
    SentenceScore,
    TokenStatistics,
)


def score(reading: HiddenReading) -> SentenceScore:
    """The pseudo-log-likelihood of a hidden reading's input, in nats, by token, by word and by segment.

    Raises
    ------
    InputError
        If the reading was stopped before its end.
    """
    if not reading.complete:
        raise InputError("This hidden reading was stopped before its end: read the rest, then score it.")
    return _score(reading.encoded, reading.statistics.surprisal_bits, reading.masking)


def score_texts(
    bundle: ModelBundle, texts: Sequence[str | tuple[str, str]], *, masking: Masking = "word_l2r"
) -> tuple[SentenceScore, ...]:
    """Score many texts (or pairs) together: the same numbers as one by one, without padding between them.

    Parameters
    ----------
    texts
        In any order and of any lengths; a tuple is a pair of segments.
    masking
        As for ``read_hidden``.

    Raises
    ------
    InputError
        If a text can't be read, the masking is unknown, or the model has no masked-LM head.
    ModelError
        If the model fails on these inputs.
    """
    bundle.require_mlm()
    check_masking(masking)
    plans = [
        plan_hidden(bundle, encode(bundle, *((text,) if isinstance(text, str) else text)), (masking,)) for text in texts
    ]
    return tuple(
        _score(plan.encoded, _surprisal_bits(plan, rows), masking)
        for plan, rows in zip(plans, read_plans(bundle, plans, 1), strict=True)
    )


def _surprisal_bits(plan: HiddenPlan, rows: TokenStatistics) -> np.ndarray:
    """By position [T]; not a number outside C."""
    (row_of,) = plan.row_of
    return np.where(row_of < 0, np.nan, rows.surprisal_bits[row_of])


def _score(encoded: Encoded, surprisal_bits: np.ndarray, masking: Masking) -> SentenceScore:
    counted = ~encoded.outside
    logp = np.where(counted, surprisal_bits.astype(np.float64) * -math.log(2), np.nan)
    logp.flags.writeable = False
    words = words_of(encoded)
    by_word = np.array([_total(logp[[i for i in word.positions if counted[i]]]) for word in words])
    by_word.flags.writeable = False
    pair = encoded.text_b is not None
    return SentenceScore(
        masking=masking,
        logp_nats=logp,
        words=words,
        word_logp_nats=by_word,
        n_tokens=encoded.n_counted,
        n_words=len(words),
        n_characters=sum(len(text.strip()) for text in (encoded.text_a, encoded.text_b or "")),
        pll_a_nats=_total(logp[counted & (encoded.sequence == 0)]),
        pll_b_nats=_total(logp[counted & (encoded.sequence == 1)]) if pair else None,
    )


def words_of(encoded: Encoded) -> tuple[ReportingWord, ...]:
    """The reporting words of an input, A's before B's, each with its pieces; every piece of the text is in one."""
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
            changed = edited.intersection(positions)
            shown = "".join(_bare(encoded.tokens[i]) for i in positions) if changed else text[start:end]
            words.append(ReportingWord(number, (start, end), shown, tuple(positions)))
    return tuple(words)


def _bare(token: str) -> str:
    """A piece without its tokenizer's mark of a continuation or of a space before it."""
    for mark in (CONTINUES_WORD, *STARTS_WORD):
        token = token.removeprefix(mark)
    return token


def _total(logp: np.ndarray) -> float:
    return math.fsum(logp.tolist())
