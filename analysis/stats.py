"""Small statistics of margins: how often one is larger than others, and how sure that is."""

from collections.abc import Sequence

import numpy as np

from analysis.types import Auc, Floats

RESAMPLES = 2_000
_LOW, _HIGH = 0.025, 0.975


def auc(true: Sequence[float], others: Sequence[Floats], seed: int) -> Auc | None:
    """How often a true pair beats another with the same first sentence, ties one half; over all comparisons.

    ``true`` are A margins, one per first sentence, ``others`` of each first sentence the margins of its other pairs;
    None when there is nothing to compare. The interval is the percentile bootstrap over first sentences (Efron 1979),
    which keeps the comparisons of one sentence together.
    """
    wins = np.array(
        [
            np.less(rest, margin).sum() + np.equal(rest, margin).sum() / 2
            for margin, rest in zip(true, others, strict=True)
        ]
    )
    counts = np.array([len(rest) for rest in others])
    if not counts.sum():
        return None
    drawn = np.random.default_rng(seed).integers(0, len(wins), (RESAMPLES, len(wins)))
    shares = wins[drawn].sum(axis=1) / counts[drawn].sum(axis=1)
    low, high = np.quantile(shares, [_LOW, _HIGH])
    return Auc(float(wins.sum() / counts.sum()), float(low), float(high), len(wins), int(counts.sum()))
