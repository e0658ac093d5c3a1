"""Bootstrap intervals of rates, means and areas, over items.

Of a share nothing but the counts of its outcomes matters, and resampling n items draws these from the multinomial
distribution: a thousand resamples cost the same for ten items as for a million. Means and areas resample the items.
"""

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from analysis.types import Auc

RESAMPLES = 1_000
METHOD = (
    f"percentile bootstrap over items, {RESAMPLES:,} resamples (Efron 1979), inside each group where a mean over "
    "groups is reported"
)
_LOW, _HIGH = 0.025, 0.975
_AT_ONCE = 4_000_000
"""Numbers that are drawn at once: some 30 MB."""

Array = npt.NDArray[np.float64]
Counts = npt.NDArray[np.int64]
Margins = npt.NDArray[np.floating]


def interval(samples: Array) -> tuple[float, float]:
    """The middle 95 % of what the resamples came to; not numbers where none came to anything."""
    known = samples[np.isfinite(samples)]
    if not known.size:
        return float("nan"), float("nan")
    low, high = np.quantile(known, [_LOW, _HIGH])
    return float(low), float(high)


def drawn_counts(counts: Counts, seed: int) -> Counts:
    """[R, G, C]: what resampling the items of each of G groups makes of the counts [G, C] of their C outcomes."""
    totals = counts.sum(axis=1)
    shares = counts / np.maximum(totals, 1)[:, None]
    # The last of the shares is what is left: nothing of a group without items.
    shares[totals == 0, -1] = 1
    return np.random.default_rng(seed).multinomial(totals, shares, size=(RESAMPLES, len(counts)))


def drawn_means(values: Array, seed: int) -> Array:
    """[R]: means of resampled values [n]; not numbers where there are none."""
    return _resampled(len(values), seed, lambda drawn: values[drawn].mean(axis=1))


def drawn_each(n: int, seed: int, of: Callable[[npt.NDArray[np.intp]], float]) -> Array:
    """[R]: what a function makes of the numbers of resampled items [n], one resample at a time."""
    return _resampled(n, seed, lambda drawn: np.array([of(row) for row in drawn]))


def _resampled(n: int, seed: int, of: Callable[[npt.NDArray[np.intp]], Array]) -> Array:
    if not n:
        return np.full(RESAMPLES, np.nan)
    random, rows = np.random.default_rng(seed), max(1, _AT_ONCE // n)
    sizes = [min(rows, RESAMPLES - start) for start in range(0, RESAMPLES, rows)]
    return np.concatenate([of(random.integers(0, n, (size, n))) for size in sizes])


def average_ranks(values: Array) -> Array:
    """[n]: ranks from 1, of equal values their mean."""
    _, inverse, counts = np.unique(values, return_inverse=True, return_counts=True)
    last = np.cumsum(counts)
    return (last - (counts - 1) / 2)[inverse]


def spearman(a: Array, b: Array) -> float:
    """Spearman's rho, Pearson's of the ranks; not a number below two items or where all are equal."""
    ranks = [average_ranks(each) - (len(each) + 1) / 2 for each in (a, b)]
    scale = np.sqrt((ranks[0] ** 2).sum() * (ranks[1] ** 2).sum())
    return float((ranks[0] * ranks[1]).sum() / scale) if scale > 0 else float("nan")


def auc(true: Margins, others: Margins, seed: int) -> Auc:
    """P(m of a true pair > m of another), ties one half (Mann & Whitney 1947), each label resampled by itself."""
    values, at = np.unique(np.concatenate([true, others]), return_inverse=True)
    groups = at[: len(true)], at[len(true) :]

    def area(a: npt.NDArray[np.intp], b: npt.NDArray[np.intp]) -> float:
        n_a, n_b = (np.bincount(each, minlength=len(values)) for each in (a, b))
        below = np.cumsum(n_b) - n_b / 2
        return float((n_a * below).sum() / (len(a) * len(b)))

    random = np.random.default_rng(seed)
    drawn = [area(*(group[random.integers(0, len(group), len(group))] for group in groups)) for _ in range(RESAMPLES)]
    return Auc(area(*groups), *interval(np.array(drawn)), anchors=len(true), comparisons=len(true) * len(others))
