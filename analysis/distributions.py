"""Arithmetic on rows of masked-LM logits: probabilities, entropy, surprisal, rank and the most probable ids.

Everything is over all V columns and starts from the shifted row y = L - max L, which keeps the entropy exact to 5e-7
nat where the unshifted form errs by 2e-5 on peaked rows. Exponentials are taken with ``exp``, not by ``torch.softmax``,
whose fast float32 kernel is off by up to 2e-5 in p (measured against float64 on the same logits; this way: 7e-7).
"""

import math

import numpy as np
import torch

from analysis.errors import InputError, ModelError
from analysis.types import TokenStatistics

NOT_FINITE = "The model's output is not finite, so its weights are damaged: fetch the checkpoint again."


def check_k(k: int, n_vocabulary: int) -> int:
    """Return ``k``, or say what is allowed.

    Raises
    ------
    InputError
        If ``k`` is not between 1 and V.
    """
    if not 1 <= k <= n_vocabulary:
        raise InputError(
            f"k = {k:,} came; the model's vocabulary allows 1 to {n_vocabulary:,}: choose a number in between."
        )
    return k


def top_k(logits: torch.Tensor, k: int) -> torch.Tensor:
    """Ids of the K largest logits of each row, sorted by (-logit, id).

    ``torch.topk`` leaves the choice among equal logits open; here the smaller id wins, also at the last place.

    Parameters
    ----------
    logits
        float32 [R, V].

    Returns
    -------
    torch.Tensor
        int64 [R, K].
    """
    values, ids = torch.topk(logits, k, dim=-1)
    tied = (logits >= values[:, -1:]).sum(-1) > k
    # A stable sort by id, then by descending logit, orders equal logits by id.
    by_id = ids.sort(dim=-1)
    order = torch.gather(values, 1, by_id.indices).sort(dim=-1, descending=True, stable=True).indices
    ids = torch.gather(by_id.values, 1, order)
    for row in torch.nonzero(tied).flatten().tolist():
        candidates = torch.nonzero(logits[row] >= values[row, -1]).flatten()
        ids[row] = candidates[logits[row, candidates].sort(descending=True, stable=True).indices[:k]]
    return ids


class StatisticsReducer:
    """Turns chunks of logits into ``TokenStatistics`` without keeping any of them.

    Parameters
    ----------
    targets
        int [T]: the observed id of each row, in the order in which the rows arrive.
    k
        How many predictions to keep per row.
    n_vocabulary
        V, to know the largest entropy.
    """

    def __init__(self, targets: np.ndarray, k: int, n_vocabulary: int) -> None:
        self._targets = torch.from_numpy(np.array(targets, np.int64))
        self._k = check_k(k, n_vocabulary)
        self._max_bits = math.log2(n_vocabulary)
        n = len(self._targets)
        self._p, self._surprisal, self._entropy = (np.empty(n, np.float32) for _ in range(3))
        self._rank = np.empty(n, np.int32)
        self._top_ids, self._top_p = np.empty((n, k), np.int32), np.empty((n, k), np.float32)

    def __call__(self, logits: torch.Tensor, start: int) -> None:
        """Take in the rows ``start .. start + R`` as logits [R, V].

        Raises
        ------
        ModelError
            If a logit is not a finite number, as happens with a damaged checkpoint.
        """
        rows = slice(start, start + len(logits))
        target = self._targets[rows, None]
        peak = logits.amax(-1, keepdim=True)
        y = logits - peak
        if not torch.isfinite(y).all():
            raise ModelError(NOT_FINITE)
        weights = y.exp()
        total = weights.sum(-1, keepdim=True)
        log_total = total.log()
        log_p = torch.gather(y, 1, target) - log_total
        entropy_nats = log_total.squeeze(1) - (weights * y).sum(-1) / total.squeeze(1)
        top = top_k(logits, self._k)
        self._p[rows] = log_p.exp().squeeze(1).numpy()
        # 0 - x rather than -x: a certain token has surprisal 0, not -0.
        self._surprisal[rows] = (0 - log_p.squeeze(1) / math.log(2)).numpy()
        self._entropy[rows] = (entropy_nats / math.log(2)).clamp(0, self._max_bits).numpy()
        self._rank[rows] = 1 + (logits > torch.gather(logits, 1, target)).sum(-1).numpy()
        self._top_ids[rows] = top.numpy()
        self._top_p[rows] = (torch.gather(weights, 1, top) / total).numpy()

    def result(self) -> TokenStatistics:
        """The statistics of all rows, once every chunk has come."""
        arrays = (self._p, self._surprisal, self._entropy, self._rank, self._top_ids, self._top_p)
        for array in arrays:
            array.flags.writeable = False
        return TokenStatistics(*arrays)
