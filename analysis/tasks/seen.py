"""Readings of the masked-LM head: what it expects where it sees the token, and where it does not."""

from collections.abc import Sequence

import numpy as np

from analysis.choices import DEFAULT_K, MASKINGS, Masking
from analysis.kernels.distributions import StatisticsReducer, check_k, check_watch
from analysis.models.bundle import ModelBundle
from analysis.models.forward import Rows, forward
from analysis.tasks.hidden import check_masking, plan_hidden, read_plans, reading_of
from analysis.tasks.segmentations import next_sentence
from analysis.texts.encoding import encode
from analysis.texts.notices import notices
from analysis.texts.windows import windows
from analysis.types import (
    Edit,
    Encoded,
    Floats,
    HiddenReading,
    ReadingSummary,
    SeenReading,
    TokenStatistics,
    Window,
)


def read_seen(
    bundle: ModelBundle,
    text_a: str,
    text_b: str | None = None,
    *,
    k: int = DEFAULT_K,
    edits: Sequence[Edit] = (),
    in_windows: bool = False,
    watch: Sequence[int] = (),
) -> SeenReading:
    """Read what the masked-LM head predicts at every position when it sees the whole text.

    One forward pass, the observed tokens in place: what the head "reads back". The next-sentence head's answer for the
    same input comes along when the checkpoint has that head.

    Parameters
    ----------
    text_a, text_b
        One text, or a pair of segments.
    k
        Predictions to list per position, 1 to V.
    edits
        Ids to put at positions of the tokenised text.
    in_windows
        Read a lone text that is too long for the model in overlapping windows instead of refusing it.
    watch
        Ids to follow: their probability and rank come back at every position (``encoding.id_to_follow`` finds a
        word's).

    Raises
    ------
    InputError
        If a text can't be read, ``k`` is out of range, or the model has no masked-LM head.
    ModelError
        If the model fails on this input.
    """
    bundle.require_mlm()
    check_k(k, bundle.n_vocabulary)
    watch = check_watch(watch, bundle.n_vocabulary)
    encoded = encode(bundle, text_a, text_b, edits=edits, in_windows=in_windows)
    cut = windows(encoded, bundle.max_tokens)
    rows = Rows(
        inputs=[number for number, window in enumerate(cut) for _ in range(window.first, window.last)],
        positions=[
            int(np.searchsorted(window.positions, position))
            for window in cut
            for position in range(window.first, window.last)
        ],
    )
    reducer = StatisticsReducer(encoded.ids, k, bundle.n_vocabulary, watch)
    whole = len(cut) == 1
    z = forward(bundle, [window.tensors for window in cut], mlm=(rows, reducer), nsp=bundle.nsp.real and whole)
    return seen_reading_of(bundle, encoded, reducer.result(), z=None if z is None else z[0], cut=cut, watch=watch)


def seen_reading_of(
    bundle: ModelBundle,
    encoded: Encoded,
    statistics: TokenStatistics,
    *,
    z: Floats | None,
    cut: Sequence[Window] = (),
    watch: Sequence[int] = (),
) -> SeenReading:
    """Put together what one pass came to: [T] rows, the next-sentence logits [2], the windows if there are several."""
    whole = len(cut) <= 1
    return SeenReading(
        encoded=encoded,
        statistics=statistics,
        top_tokens=tuple(bundle.tokens_of(ids) for ids in statistics.top_ids),
        n_vocabulary=bundle.n_vocabulary,
        nsp=None if z is None else next_sentence(z, bundle.nsp_meaning, lone_segment=encoded.text_b is None),
        windows=() if whole else tuple(cut),
        notices=(*notices(encoded), *(() if whole else _said_of_windows(len(cut)))),
        provenance=bundle.provenance("none" if whole else f"none; {len(cut)} windows of {bundle.max_tokens} tokens"),
        watch=tuple(watch),
        watched_tokens=bundle.tokens_of(watch),
    )


def read_hidden(
    bundle: ModelBundle,
    text_a: str,
    text_b: str | None = None,
    *,
    masking: Masking = "word_l2r",
    k: int = DEFAULT_K,
    edits: Sequence[Edit] = (),
    in_windows: bool = False,
    watch: Sequence[int] = (),
) -> HiddenReading:
    """Read every position of C with its own token hidden.

    Parameters
    ----------
    masking
        ``token`` hides the position alone (Salazar et al. 2020), ``word_l2r`` it and the later pieces of its word
        (Kauf & Ivanova 2023), ``word`` every piece of its word. Words are the tokenizer's.
    text_a, text_b, k, edits, in_windows, watch
        As for ``read_seen``.

    Raises
    ------
    InputError
        If a text can't be read, an option is out of range, or the model has no masked-LM head.
    ModelError
        If the model fails on this input.
    """
    (reading,) = read_maskings(
        bundle, text_a, text_b, maskings=(masking,), k=k, edits=edits, in_windows=in_windows, watch=watch
    )
    return reading


def read_maskings(
    bundle: ModelBundle,
    text_a: str,
    text_b: str | None = None,
    *,
    maskings: Sequence[Masking] = MASKINGS,
    k: int = DEFAULT_K,
    edits: Sequence[Edit] = (),
    in_windows: bool = False,
    watch: Sequence[int] = (),
) -> tuple[HiddenReading, ...]:
    """Several hidden readings of one input, in the order asked for; rows that hide the same are computed once.

    Parameters and errors are those of ``read_hidden``.
    """
    for masking in maskings:
        check_masking(masking)
    seen = read_seen(bundle, text_a, text_b, k=k, edits=edits, in_windows=in_windows, watch=watch)
    plan = plan_hidden(bundle, seen.encoded, maskings)
    (rows,) = read_plans(bundle, [plan], k, watch)
    return tuple(reading_of(bundle, plan, rows, seen, masking) for masking in maskings)


def summarise(reading: SeenReading | HiddenReading) -> ReadingSummary:
    """Means and shares over the positions that count (C); [CLS], [SEP], [PAD] and [MASK] are left out."""
    counted = ~reading.encoded.outside
    statistics = reading.statistics
    return ReadingSummary(
        n_counted=reading.encoded.n_counted,
        mean_entropy_bits=float(statistics.entropy_bits[counted].mean(dtype="float64")),
        mean_surprisal_bits=float(statistics.surprisal_bits[counted].mean(dtype="float64")),
        share_rank_1=float((statistics.rank[counted] == 1).mean()),
        share_unknown=float(reading.encoded.unknown[counted].mean()),
    )


def _said_of_windows(count: int) -> tuple[str, ...]:
    return (
        f"This text is too long for one input of the model and was read in {count} overlapping windows; every "
        "position is reported from the window where it has most context on both sides.",
    )
