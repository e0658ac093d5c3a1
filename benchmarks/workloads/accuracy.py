"""How far our numbers are from plain transformers' on a trained model."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

import numpy as np
import torch

from analysis.choices import Dtype, Masking
from analysis.tasks.readings import read_hidden, read_seen
from analysis.tasks.scores import score_texts
from analysis.types import TokenStatistics
from benchmarks.peers import Minicons, Notebook
from benchmarks.results import Figure, Result
from benchmarks.setting import Setting
from benchmarks.texts import passages, sampled_sentences

_SEEN = (24, 126)
"""Documents, and the most tokens of each one's beginning: all of its positions in one pass."""

_HIDDEN = (32, 40)
"""The same where each token has a pass of its own."""

_SENTENCES, _BOOKS = 200, 20
"""Sentences whose PLL is compared with minicons', and the books that they are drawn from."""

_TIE_NATS = 1e-4
"""Logits nearer to each other than this may change places by rounding alone."""


@dataclass(frozen=True, slots=True)
class _Truth:
    """Of each row what plain transformers says: ln p of the observed token, its rank, near-ties of it, the first id."""

    log_p: np.ndarray
    rank: np.ndarray
    ties: np.ndarray
    first: np.ndarray


def against_plain_transformers(setting: Setting) -> Result:
    """W12: surprisal and rank of every token of held-out texts, seen and hidden."""
    notebook = Notebook.of(setting.folder)
    texts = passages(notebook.tokenizer, *_SEEN)
    hidden_texts = passages(notebook.tokenizer, *_HIDDEN)
    seen_truth = _truth(notebook, texts, notebook.seen_logits, slice(None))
    hidden_truth = _truth(notebook, hidden_texts, notebook.hidden_logits, slice(1, -1))
    figures: list[Figure] = []
    for dtype in setting.dtypes:
        bundle = setting.bundle(dtype)
        seen = TokenStatistics.joined([read_seen(bundle, text).statistics for text in texts])
        hidden = TokenStatistics.joined(
            [_inner(read_hidden(bundle, text, masking="token").statistics) for text in hidden_texts]
        )
        figures += _figures(setting, dtype, "seen", seen_truth, seen)
        figures += _figures(setting, dtype, "hidden", hidden_truth, hidden)
    if "fp32" in setting.dtypes:
        figures += _against_minicons(setting)
    return setting.result(
        f"{len(seen_truth.rank):,} positions of {len(texts)} held-out texts seen, {len(hidden_truth.rank):,} tokens of "
        f"{len(hidden_texts)} hidden; PLL of {_SENTENCES} held-out sentences of {_BOOKS} books",
        figures,
    )


def _against_minicons(setting: Setting) -> list[Figure]:
    """The largest difference of a sentence's PLL from minicons', per token."""
    minicons, bundle = Minicons(setting.folder), setting.bundle("fp32")
    texts = sampled_sentences(_SENTENCES, _BOOKS)
    pairs: tuple[tuple[str, Masking], ...] = (("original", "token"), ("within_word_l2r", "word_l2r"))
    figures = []
    for metric, masking in pairs:
        worst = 0.0
        for text, found in zip(texts, score_texts(bundle, texts, masking=masking), strict=True):
            theirs = float(minicons.log_p([text], metric).sum())
            worst = max(worst, abs(theirs - found.pll_nats) / found.n_tokens)
        figures.append(setting.figure(f"largest PLL difference per token, {metric}", "fp32", worst, "nat"))
    return figures


def _truth(notebook: Notebook, texts: Iterable[str], run: Callable[[str], torch.Tensor], counted: slice) -> _Truth:
    parts = []
    for text in texts:
        logits = run(text)
        observed = notebook.tokenizer(text, return_tensors="pt")["input_ids"][0, counted, None]
        at = logits.gather(1, observed)
        parts.append(
            (
                logits.double().log_softmax(-1).gather(1, observed)[:, 0],
                (logits > at).sum(-1) + 1,
                ((logits - at).abs() <= _TIE_NATS).sum(-1) - 1,
                logits.argmax(-1),
            )
        )
    return _Truth(*(torch.cat(each).numpy() for each in zip(*parts, strict=True)))


def _inner(statistics: TokenStatistics) -> TokenStatistics:
    """The rows between [CLS] and the last [SEP]."""
    return statistics.take(np.arange(1, len(statistics.rank) - 1))


def _figures(setting: Setting, dtype: Dtype, reading: str, truth: _Truth, found: TokenStatistics) -> list[Figure]:
    error = np.abs(found.surprisal_bits * np.log(2) + truth.log_p)
    off = np.abs(found.rank - truth.rank) > truth.ties
    agree = found.top_ids[:, 0] == truth.first
    return [
        setting.figure(f"largest surprisal error, {reading}", dtype, float(error.max()), "nat"),
        setting.figure(f"mean surprisal error, {reading}", dtype, float(error.mean()), "nat"),
        setting.figure(f"ranks off by more than ties, {reading}", dtype, float(off.sum()), "rows"),
        setting.figure(f"top-1 agreement, {reading}", dtype, float(agree.mean()), "share"),
    ]
