"""Arithmetic on rows of masked-LM logits: probabilities, entropy, surprisal, rank and the most probable ids.

Everything is over all V columns and starts from the shifted row y = L - max L, which keeps the entropy exact to 5e-7
nat where the unshifted form errs by 2e-5 on peaked rows. Ranks are counted and the most probable ids looked for among
the blocks with the largest maxima, so that nothing is ever sorted whole.
"""

import math
from collections.abc import Sequence

import numpy as np
import torch

from analysis.choices import whole
from analysis.errors import InputError, ModelError
from analysis.kernels.rows import dot, exp, total_of
from analysis.limits import MAX_WATCH
from analysis.types import Divergence, Floats, Ints, TokenStatistics

NOT_FINITE = "The model's output is not finite, so its weights are damaged: fetch the checkpoint again."

_BLOCK = 128
"""Columns whose maximum is taken together."""
_LN_2 = math.log(2)
_WORTH_BLOCKS = 4
"""Looking into K blocks pays when they are less than a quarter of the columns."""


def check_k(k: int, n_vocabulary: int) -> int:
    """Return ``k``, or raise InputError if it is not between 1 and V."""
    k = whole("number of predictions", k)
    if not 1 <= k <= n_vocabulary:
        raise InputError(
            f"k = {k:,} came; the model's vocabulary allows 1 to {n_vocabulary:,}: choose a number in between."
        )
    return k


def top_k(logits: torch.Tensor, k: int) -> torch.Tensor:
    """Ids, int64 [R, K], of the K largest of each row of logits, float32 [R, V], sorted by (-logit, id).

    ``torch.topk`` leaves the choice among equal logits open; here the smaller id wins, also at the last place.
    """
    if k * _BLOCK * _WORTH_BLOCKS > logits.shape[1]:
        values, ids = torch.topk(logits, k, dim=-1)
        tied = (logits >= values[:, -1:]).sum(-1) > k
    else:
        values, ids, tied = _top_k_by_blocks(logits, k)
    if (values[:, 1:] == values[:, :-1]).any():
        # A stable sort by id, then by descending logit, orders equal logits by id.
        by_id = ids.sort(dim=-1)
        order = torch.gather(values, 1, by_id.indices).sort(dim=-1, descending=True, stable=True).indices
        ids = torch.gather(by_id.values, 1, order)
    for row in torch.nonzero(tied).flatten().tolist():
        candidates = torch.nonzero(logits[row] >= values[row, -1]).flatten()
        ids[row] = candidates[logits[row, candidates].sort(descending=True, stable=True).indices[:k]]
    return ids


def _top_k_by_blocks(logits: torch.Tensor, k: int) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """The K largest logits [R, K], their ids, and whether more than K of a row are as large as its K-th [R].

    The K largest lie in the K blocks with the largest maxima, or among the last columns, which fill no block. One more
    of both, as large as the K-th logit, says that there are more such logits.
    """
    n_rows, n_columns = logits.shape
    whole = n_columns // _BLOCK * _BLOCK
    in_blocks = logits[:, :whole].unflatten(-1, (-1, _BLOCK))
    maxima, blocks = torch.topk(in_blocks.amax(-1), k + 1, dim=-1)
    blocks = blocks[:, :k]
    every_row = torch.arange(n_rows, device=logits.device)
    candidates = torch.cat([in_blocks[every_row[:, None], blocks].flatten(1), logits[:, whole:]], dim=-1)
    values, at = torch.topk(candidates, k + 1, dim=-1)
    tied = torch.maximum(maxima[:, k], values[:, k]) >= values[:, k - 1]
    values, at = values[:, :k], at[:, :k]
    of_block = at // _BLOCK
    ids = torch.gather(blocks, 1, of_block.clamp(max=k - 1)) * _BLOCK + at % _BLOCK
    return values, torch.where(of_block < k, ids, whole - k * _BLOCK + at), tied


def check_watch(watch: Sequence[int], n_vocabulary: int) -> tuple[int, ...]:
    """Return the ids to follow; InputError if they are more than ``MAX_WATCH``, or one is none of the model's."""
    if len(watch) > MAX_WATCH:
        raise InputError(f"More than {MAX_WATCH} words came to follow: give at most {MAX_WATCH}.")
    ids = tuple(whole("id to follow", each) for each in watch)
    for each in ids:
        if not 0 <= each < n_vocabulary:
            raise InputError(
                f"The id {each:,} came to follow; the model has ids 0 to {n_vocabulary - 1:,}: choose one of them."
            )
    return ids


def divergence(logits_a: torch.Tensor, logits_b: torch.Tensor, movers: int) -> Divergence:
    """Jensen-Shannon divergence of each row of A to the same row of B, with its parts, and both relative entropies.

    With m = (p + q) / 2 and r = (p - q) / (p + q), a token's part is m / 2 [(1 + r) log2 (1 + r) + (1 - r) log2
    (1 - r)]: Lin's (1991) 1/2 [p log2 (p / m) + q log2 (q / m)] without the difference of nearly equal logarithms.
    The logits are float32 [R, V], on any device; ``movers`` is M, how many tokens with the largest parts to list; ties
    by the smaller id.
    """
    (log_p, p), (log_q, q) = _log_softmax(logits_a), _log_softmax(logits_b.to(logits_a.device))
    total = p + q
    r = (p - q).div_(total)
    # Where only one side has any probability 0 log 0 stands, and where none has 0 / 0: both are 0.
    parts = ((1 + r) * r.log1p()).nan_to_num_(0)
    parts += ((1 - r) * (-r).log1p()).nan_to_num_(0)
    parts.mul_(total / (4 * _LN_2)).clamp_(min=0)
    ids = top_k(parts, movers)
    largest = torch.gather(parts, 1, ids)
    js = total_of(parts)
    rest = total_of(parts.scatter(1, ids, 0))
    log_ratio = log_p - log_q
    kl_ab, kl_ba = (total_of(each * log_ratio) / _LN_2 for each in (p, q))
    return Divergence(
        js_bits=js.clamp(max=1).float().cpu().numpy(),
        kl_ab_bits=kl_ab.clamp(min=0).float().cpu().numpy(),
        kl_ba_bits=(-kl_ba).clamp(min=0).float().cpu().numpy(),
        mover_ids=ids.int().cpu().numpy(),
        mover_js_bits=largest.cpu().numpy(),
        mover_p_a=torch.gather(p, 1, ids).cpu().numpy(),
        mover_p_b=torch.gather(q, 1, ids).cpu().numpy(),
        js_rest_bits=rest.float().cpu().numpy(),
    )


def _log_softmax(logits: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """ln p and p [R, V]."""
    y = logits - logits.amax(-1, keepdim=True)
    e = exp(y)
    total = e.sum(-1, keepdim=True)
    return y - total.log(), e / total


def whole_distribution(logits: torch.Tensor) -> tuple[Floats, Floats, Ints]:
    """ln p and p, float32 [V], and rank, int32 [V], of every column of one row of logits, float32 [V].

    ModelError if a logit is no finite number.
    """
    if not torch.isfinite(logits).all():
        raise ModelError(NOT_FINITE)
    log_p, p = _log_softmax(logits[None])
    descending = -logits.cpu().numpy()
    rank = 1 + np.searchsorted(np.sort(descending), descending, side="left")
    return log_p[0].cpu().numpy(), p[0].cpu().numpy(), rank.astype(np.int32)


class StatisticsReducer:
    """Turns chunks of logits into ``TokenStatistics`` without keeping any of them.

    ``targets``, int [T], are the observed ids of the rows, in the order in which they arrive; ``n_vocabulary`` is V, to
    know the largest entropy; ``watch`` are W ids whose probability and rank are wanted in every row. It works where the
    logits are; what it keeps of them comes back with the result.
    """

    def __init__(self, targets: np.ndarray, k: int, n_vocabulary: int, watch: Sequence[int] = ()) -> None:
        self._targets = torch.from_numpy(np.array(targets, np.int64))
        self._k = check_k(k, n_vocabulary)
        self._max_bits = math.log2(n_vocabulary)
        self._watch = torch.tensor(watch, dtype=torch.int64)
        self._work = torch.empty(0, n_vocabulary)
        self._make_room(torch.device("cpu"))

    def _make_room(self, device: torch.device) -> None:
        """Room for what is kept of every row, where the logits are."""
        self._targets, self._watch = self._targets.to(device), self._watch.to(device)
        n, k, watched = len(self._targets), self._k, len(self._watch)
        self._target_logit, self._larger, self._total, self._spread = torch.empty(4, n, device=device)
        self._top_ids = torch.empty(n, k, dtype=torch.int32, device=device)
        self._top_logits = torch.empty(n, k, device=device)
        self._watched_logits, self._watched_larger = torch.empty(2, n, watched, device=device)

    def __call__(self, logits: torch.Tensor, start: int) -> None:
        """Take in the rows ``start .. start + R`` as logits [R, V], which are overwritten."""
        if logits.device != self._targets.device:
            self._make_room(logits.device)
        if len(self._work) < len(logits) or self._work.device != logits.device:
            self._work = torch.empty_like(logits)
        rows = slice(start, start + len(logits))
        top = top_k(logits, self._k)
        top_logits = torch.gather(logits, 1, top)
        target_logit = torch.gather(logits, 1, self._targets[rows, None])
        # Counted in float32, which is exact to 2^24 and four times as fast as a sum of truth values.
        work = self._work[: len(logits)]
        self._larger[rows] = torch.gt(logits, target_logit, out=work).sum(-1)
        self._watched_logits[rows] = watched = logits[:, self._watch]
        for number in range(len(self._watch)):
            larger = torch.gt(logits, watched[:, number, None], out=work).sum(-1)
            self._watched_larger[rows, number] = larger
        y = logits.sub_(top_logits[:, :1])
        self._total[rows] = exp(y, out=work).sum(-1)
        # Not a number where a logit is none, which is said in words when all rows are there.
        self._spread[rows] = dot(work, y)
        self._target_logit[rows] = target_logit[:, 0]
        self._top_ids[rows], self._top_logits[rows] = top.int(), top_logits

    @property
    def top_log_p(self) -> Floats:
        """float32 [T, K]: ln p of the K most probable ids, which is a number where p is too small for one."""
        return self._log_p(self._top_logits)

    @property
    def watched_log_p(self) -> Floats:
        """float32 [T, W]: the same of the ids that are followed."""
        return self._log_p(self._watched_logits)

    def log_total_of(self, start: int, count: int) -> torch.Tensor:
        """float32 [count]: ln sum e^y of rows that have come, of the y = L - max L that their logits have become."""
        return self._total[start : start + count].log()

    def result(self) -> TokenStatistics:
        """The statistics of all rows, once every chunk has come; ModelError if a logit was no finite number, as happens
        with a damaged checkpoint."""
        peak, log_total = self._top_logits[:, 0], self._total.log()
        entropy_nats = log_total - self._spread / self._total
        log_p = self._target_logit - peak - log_total
        # A logit that is not finite leaves no entropy that is: minus infinity times zero is not a number either.
        if not torch.isfinite(entropy_nats + log_p).all():
            raise ModelError(NOT_FINITE)
        return TokenStatistics(
            p_observed=log_p.exp().cpu().numpy(),
            # 0 - x rather than -x: a certain token has surprisal 0, not -0.
            surprisal_bits=(0 - log_p / math.log(2)).cpu().numpy(),
            entropy_bits=(entropy_nats / math.log(2)).clamp(0, self._max_bits).cpu().numpy(),
            rank=1 + self._larger.int().cpu().numpy(),
            top_ids=self._top_ids.cpu().numpy(),
            top_p=self._p(self._top_logits).cpu().numpy(),
            watched_p=self._p(self._watched_logits).cpu().numpy(),
            watched_rank=1 + self._watched_larger.int().cpu().numpy(),
        )

    def _p(self, logits: torch.Tensor) -> torch.Tensor:
        """Probabilities [T, ...] of some logits of every row."""
        return (logits - self._top_logits[:, :1]).exp() / self._total[:, None]

    def _log_p(self, logits: torch.Tensor) -> Floats:
        """The same as ln p, which is a number where p is too small for one."""
        return (logits - self._top_logits[:, :1] - self._total.log()[:, None]).cpu().numpy()
