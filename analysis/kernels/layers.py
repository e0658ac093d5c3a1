"""Arithmetic on the masked-LM head's logits after every layer: each layer's distribution, and how far the last one is.

The distance is the relative entropy D(last || layer) = sum_v p_last (ln p_last - ln p_layer): the bits that a code made
for the layer's distribution costs on top where the last layer's is true. It is 0 at the last layer.
"""

import math
from collections.abc import Callable

import numpy as np
import torch

from analysis.kernels.distributions import StatisticsReducer, top_k
from analysis.kernels.rows import dot, exp
from analysis.limits import HEAD_ROWS
from analysis.types import Floats, TokenStatistics

Follow = Callable[[list[int]], tuple[int, ...]]
"""From the ids that come first after each layer, the embeddings' first, to those that are followed."""


class LayersReducer:
    """Turns blocks of logits, all layers of a row together, into statistics without keeping any of them.

    ``targets``, int [R], are the observed ids of the rows; ``n_states`` is L + 1; ``follow`` names the ids whose p and
    rank are wanted after every layer, which a block of one row alone has.
    """

    def __init__(
        self, targets: np.ndarray, n_states: int, k: int, n_vocabulary: int, follow: Follow | None = None
    ) -> None:
        self._n_states, self._k, self._n_vocabulary, self._follow = n_states, k, n_vocabulary, follow
        self._targets = np.repeat(targets, n_states)
        self._statistics = StatisticsReducer(self._targets, k, n_vocabulary)
        self._kl_nats = torch.empty(len(targets), n_states)
        self._difference: torch.Tensor | None = None
        self._rows = max(1, HEAD_ROWS // n_states)
        self.followed: tuple[int, ...] = ()

    def __call__(self, logits: torch.Tensor, start: int) -> None:
        """Take in the rows from ``start`` on as logits [n (L + 1), V], which are overwritten."""
        if self._follow is not None:
            self.followed = self._follow(top_k(logits, 1)[:, 0].tolist())
            self._statistics = StatisticsReducer(self._targets, self._k, self._n_vocabulary, self.followed)
        if self._difference is None or self._difference.device != logits.device:
            self._difference = logits.new_empty(self._n_states, self._n_vocabulary)
            self._kl_nats = self._kl_nats.to(logits.device)
        by_row = logits.unflatten(0, (-1, self._n_states))
        # A few rows at a time: the processor's cache still holds them where they are read again.
        for at in range(0, len(by_row), self._rows):
            few = by_row[at : at + self._rows]
            flat, first = few.flatten(0, 1), (start + at) * self._n_states
            for within in range(0, len(flat), HEAD_ROWS):
                self._statistics(flat[within : within + HEAD_ROWS], first + within)
            for number, row in enumerate(few, start=start + at):
                self._kl_nats[number] = self._kl(row, number)

    def _kl(self, y: torch.Tensor, number: int) -> torch.Tensor:
        """D(last || layer) in nats, [L + 1], of a row's shifted logits y [L + 1, V]; the last one is exactly 0."""
        log_total = self._statistics.log_total_of(number * self._n_states, self._n_states)
        last = y[-1]
        # The difference first: where two distributions are nearly the same nothing is lost in it.
        cross = dot(torch.sub(last, y, out=self._difference), exp(last - log_total[-1]))
        return cross + log_total - log_total[-1]

    def result(self) -> tuple[TokenStatistics, Floats]:
        """The statistics of R (L + 1) rows, all layers of a row together, and D(last || layer) in bits, [R, L + 1].

        ModelError if a logit was no finite number.
        """
        kl = (self._kl_nats / math.log(2)).clamp(min=0)
        return self._statistics.result(), kl.cpu().numpy()

    @property
    def followed_log_p(self) -> Floats:
        """float32 [L + 1, W]: ln p of the ids that are followed."""
        return self._statistics.watched_log_p
