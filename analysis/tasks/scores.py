"""Sentence scores from a hidden reading: pseudo-log-likelihood, what is derived from it, and the view by word.

PLL (Wang & Cho 2019; Salazar et al. 2020) sums ln p of each token given all the others; hiding the later pieces of its
word too (Kauf & Ivanova 2023) keeps a word of several pieces from giving itself away.
"""

import math
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from analysis import export
from analysis.choices import DEFAULT_K, MASKINGS, PUNCTUATION, Edit, Masking, chosen, several
from analysis.errors import InputError
from analysis.models.bundle import ModelBundle
from analysis.questions import Score, Text
from analysis.task import Task, of_one
from analysis.tasks.hidden import plan_hidden, read_plans
from analysis.tasks.readings import (
    Part,
    ReadingPlan,
    chunks_of_reading,
    estimate_reading,
    hidden_readings,
    plan_reading,
    read_chunk,
)
from analysis.texts.encoding import encode
from analysis.texts.regions import regions_of
from analysis.texts.words import words_of
from analysis.types import (
    Encoded,
    HiddenReading,
    Region,
    RegionScore,
    Scores,
    SentenceScore,
)
from analysis.types.mlm import logp_nats, plls_nats
from analysis.types.words import n_characters


def _plan(bundle: ModelBundle, question: Score) -> ReadingPlan:
    if not question.maskings:
        raise InputError("No masking is chosen: choose at least one.")
    punctuation = chosen("punctuation", question.punctuation, PUNCTUATION)
    plan = plan_reading(bundle, question.text, question.maskings, question.k, question.watch)
    return replace(plan, regions=regions_of(plan.encoded, several("regions", question.regions), punctuation))


def _assemble(bundle: ModelBundle, plan: ReadingPlan, parts: Sequence[Part]) -> Scores | None:
    readings = hidden_readings(bundle, plan, parts)
    whole = all(reading.complete for reading in readings)
    return (
        Scores(readings, tuple(score(reading, plan.regions) for reading in readings) if whole else ())
        if readings
        else None
    )


def _export(found: Scores) -> dict[str, Any]:
    """Of one masking its scores, as 0.1 gave them; of several their list under ``scores``."""
    each = [export.sentence_score(score, reading) for score, reading in zip(found.scores, found.readings, strict=True)]
    return each[0] if len(each) == 1 else {"schema": found.provenance.schema, "scores": each}


SCORE = Task(
    plan=of_one(_plan),
    chunks=chunks_of_reading,
    read=of_one(read_chunk),
    assemble=of_one(_assemble),
    export=_export,
    unit="positions",
    size=lambda plan: plan.encoded.n_counted,
    estimate=of_one(estimate_reading),
    rests=True,
)


def read_maskings(
    bundle: ModelBundle,
    text_a: str,
    text_b: str | None = None,
    *,
    maskings: Sequence[Masking] = MASKINGS,
    k: int = DEFAULT_K,
    edits: Sequence[Edit] = (),
    in_windows: bool = False,
    watch: Sequence[str | int] = (),
) -> tuple[HiddenReading, ...]:
    """Several hidden readings of one input, in the order asked for; rows that hide the same are computed once.

    Parameters and errors are those of ``read_hidden``; at least one masking is needed.
    """
    text = Text(text_a, text_b, several("edits", edits), in_windows)
    question = Score(text, several("maskings", maskings), k, several("words to follow", watch))
    return SCORE.answer((bundle,), question).readings


def score(reading: HiddenReading, regions: Sequence[Region] = ()) -> SentenceScore:
    """The pseudo-log-likelihood of a hidden reading's input, in nats, by token, by word, by segment and by region.

    Raises
    ------
    InputError
        If the reading was stopped before its end.
    """
    if not reading.complete:
        raise InputError("This hidden reading was stopped before its end: read the rest, then score it.")
    found = score_of(reading.encoded, reading.statistics.surprisal_bits, reading.masking)
    seen, hidden = reading.seen.statistics.surprisal_bits, reading.statistics.surprisal_bits
    of_regions = tuple(region_score(reading.encoded, each, seen, hidden) for each in regions)
    return replace(found, regions=of_regions) if regions else found


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
    bundle.mlm.require()
    chosen("masking", masking, MASKINGS)
    plans = [
        plan_hidden(bundle, encode(bundle, *((text,) if isinstance(text, str) else text)), (masking,))
        for text in several("texts", texts)
    ]
    return tuple(
        score_of(plan.encoded, np.where(row_of < 0, np.nan, rows.surprisal_bits[row_of]), masking)
        for plan, rows in zip(plans, read_plans(bundle, plans, 1), strict=True)
        for row_of in plan.row_of
    )


def region_score(encoded: Encoded, region: Region, seen_bits: np.ndarray, hidden_bits: np.ndarray) -> RegionScore:
    """A region's sums from the surprisal of the input's tokens, [T] each: nothing hidden, and the token hidden."""
    own = [at for at in region.positions if not encoded.outside[at]]
    seen, hidden = (math.fsum(each[own].tolist()) if own else math.nan for each in (seen_bits, hidden_bits))
    return RegionScore(region, len(own), seen, seen * -math.log(2), hidden, hidden * -math.log(2))


def score_of(encoded: Encoded, surprisal_bits: np.ndarray, masking: Masking) -> SentenceScore:
    """The score of an input from the surprisal of its tokens, each hidden, [T]; not a number outside C."""
    counted = ~encoded.outside
    logp, words = logp_nats(encoded, surprisal_bits), words_of(encoded)
    scored = np.array([word.is_scored(encoded) for word in words])
    by_word = np.array([math.fsum(logp[i] for i in word.positions if counted[i]) for word in words])
    pll_a, pll_b = plls_nats(encoded, logp)
    return SentenceScore(
        masking=masking,
        logp_nats=logp,
        words=words,
        word_logp_nats=np.where(scored, by_word, np.nan),
        n_tokens=encoded.n_counted,
        n_words=int(scored.sum()),
        n_characters=n_characters(encoded, words),
        pll_a_nats=pll_a,
        pll_b_nats=None if encoded.text_b is None else pll_b,
    )
