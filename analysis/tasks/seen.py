"""The seen reading: one pass in which every position sees its own token."""

from collections.abc import Sequence

import numpy as np

from analysis.choices import Masking
from analysis.kernels.distributions import StatisticsReducer
from analysis.models.bundle import ModelBundle
from analysis.models.forward import Rows, forward
from analysis.tasks.segmentations import next_sentence
from analysis.texts.notices import notices as notices_of
from analysis.texts.notices import of_maskings
from analysis.types import Encoded, Floats, Notices, Provenance, SeenReading, TokenStatistics, Window

_WINDOWS = (
    "This text is too long for one input of the model and was read in {} overlapping windows; every position is "
    "reported from the window where it has most context on both sides."
)


def seen_pass(
    bundle: ModelBundle,
    encoded: Encoded,
    cut: tuple[Window, ...],
    k: int,
    watch: tuple[int, ...],
    maskings: Sequence[Masking] = (),
    before: Sequence[TokenStatistics] = (),
) -> SeenReading:
    """Read an input, or the windows of one that is too long for the model; ModelError if the model fails on it.

    ``maskings`` are those of the hidden readings that it stands beside, ``before`` the rows of the first windows where
    these have been read.
    """
    come = sum(len(part.rank) for part in before)
    left = tuple(window for window in cut if window.first >= come)
    rows, z = window_rows(bundle, encoded, left, k, watch, nsp=len(cut) == 1)
    return seen_reading_of(
        bundle,
        encoded,
        TokenStatistics.joined([*before, rows]) if before else rows,
        z=None if z is None else z[0],
        cut=cut,
        watch=watch,
        maskings=maskings,
    )


def window_rows(
    bundle: ModelBundle, encoded: Encoded, cut: Sequence[Window], k: int, watch: Sequence[int], *, nsp: bool = False
) -> tuple[TokenStatistics, Floats | None]:
    """The rows that are reported from some neighbouring windows, and where ``nsp`` asks for it the second head's."""
    rows = Rows(
        inputs=[number for number, window in enumerate(cut) for _ in range(window.first, window.last)],
        positions=[
            int(np.searchsorted(window.positions, position))
            for window in cut
            for position in range(window.first, window.last)
        ],
    )
    reducer = StatisticsReducer(encoded.ids[cut[0].first : cut[-1].last], k, bundle.n_vocabulary, watch)
    z = forward(bundle, [window.tensors for window in cut], mlm=(rows, reducer), nsp=nsp and bundle.nsp.real)
    return reducer.result(), z


def seen_reading_of(
    bundle: ModelBundle,
    encoded: Encoded,
    statistics: TokenStatistics,
    *,
    z: Floats | None,
    cut: tuple[Window, ...] = (),
    watch: tuple[int, ...] = (),
    maskings: Sequence[Masking] = (),
) -> SeenReading:
    """Put together what one pass came to: [T] rows, the next-sentence logits [2], the windows if there are several."""
    notices, provenance = said_of(bundle, encoded, cut, maskings)
    return SeenReading(
        encoded=encoded,
        statistics=statistics,
        top_tokens=tuple(bundle.tokens_of(ids) for ids in statistics.top_ids),
        n_vocabulary=bundle.n_vocabulary,
        nsp=None if z is None else next_sentence(z, bundle.nsp_meaning, lone_segment=encoded.text_b is None),
        windows=cut if len(cut) > 1 else (),
        notices=notices,
        provenance=provenance,
        watch=watch,
        watched_tokens=bundle.tokens_of(watch),
    )


def said_of(
    bundle: ModelBundle, encoded: Encoded, cut: tuple[Window, ...], maskings: Sequence[Masking] = ()
) -> tuple[Notices, Provenance]:
    """What a reader should know of an input read so, and where its numbers come from; windows are said where they are.

    ``maskings`` are those that it is read with, if any.
    """
    said = notices_of(encoded).also(*of_maskings(encoded, maskings))
    if len(cut) <= 1:
        return said, bundle.provenance()
    truncation = f"none; {len(cut)} windows of {bundle.max_tokens} tokens"
    return said.also(_WINDOWS.format(len(cut))), bundle.provenance(truncation)
