"""Scores of a corpus against the libraries that people take for them."""

from collections.abc import Mapping, Sequence

import numpy as np
import pyarrow as pa

from analysis.batch.recipe import Settings
from analysis.batch.scorer import Scorer
from analysis.limits import PACK_ROWS
from benchmarks.bias_process import mlm_bias
from benchmarks.checks import close
from benchmarks.peers import Minicons
from benchmarks.race import Contender, race
from benchmarks.results import Result
from benchmarks.roofline import flops_per_second, products
from benchmarks.setting import Setting
from benchmarks.targets import AUL, CROWS, MINICONS
from benchmarks.texts import distinct_sentences

_PLL, _AUL, _CROWS = 100, 2000, 100
"""Sentences, sentences, pairs: of two thousand a round of hidden readings would take an hour."""

_PADDED = 32
"""Sentences that minicons is given at once, in file order: its own examples' batches."""

_SWAPS = ((" he ", " she "), (" his ", " her "), (" him ", " her "))
"""What the second sentence of a made-up pair has instead."""


def against_libraries(setting: Setting) -> Result:
    """W18: PLL against minicons; AUL and CrowS-Pairs' score against mlm-bias."""
    texts = distinct_sentences(_AUL)
    pairs = swapped(texts)[:_CROWS]
    minicons = Minicons(setting.folder)
    pll = pa.RecordBatch.from_pydict({"text": texts[:_PLL]})
    aul = pa.RecordBatch.from_pydict({"text": texts})
    good, bad = (list(each) for each in zip(*pairs, strict=True))
    crows = pa.RecordBatch.from_pydict({"sentence_good": good, "sentence_bad": bad})

    def ours_of(what: str) -> str:
        return f"ours, {what}"

    with mlm_bias(setting.folder, setting.threads) as peer:
        spent = peer.processor_seconds
        contenders = [
            Contender(MINICONS, lambda: _padded(minicons, texts[:_PLL])),
            Contender(ours_of(MINICONS), lambda: _scores(setting, pll, ("pll_nats",), measures=("pll",))),
            Contender(AUL, lambda: peer.aul(texts), processor=spent),
            Contender(ours_of(AUL), lambda: _scores(setting, aul, ("seen_logp_mean_nats",), measures=("seen",))),
            Contender(CROWS, lambda: peer.crows(pairs), processor=spent),
            Contender(
                ours_of(CROWS),
                lambda: _scores(setting, crows, _CROWS_COLUMNS, suite="pairs", scores=("crows-shared-sum",)),
            ),
        ]

        def check(answers: Mapping[str, np.ndarray]) -> list[str]:
            return [
                close(f"ours against {theirs}", answers[theirs], answers[ours_of(theirs)], largest=1e-3, unit="nat")
                for theirs in (MINICONS, AUL, CROWS)
            ]

        went = race(contenders, check, setting.rounds, beside=products(setting.dtypes))
    return setting.result(
        f"PLL of {_PLL} sentences, AUL of {_AUL:,}, CrowS-Pairs' score of {len(pairs)} pairs of one changed word",
        [
            setting.figure(theirs, "fp32", went.seconds(theirs) / went.seconds(ours_of(theirs)), "times")
            for theirs in (MINICONS, AUL, CROWS)
        ],
        checks=went.checks,
        timings=went.timings,
        roofline=flops_per_second(went),
    )


_CROWS_COLUMNS = ("good_crows_shared_sum_nats", "bad_crows_shared_sum_nats")


def swapped(texts: Sequence[str]) -> list[tuple[str, str]]:
    """Pairs of a sentence and the same with one word changed, of those that have one of some words."""
    found = []
    for text in texts:
        for word, other in _SWAPS:
            if word in text:
                found.append((text, text.replace(word, other, 1)))
                break
    return found


def _scores(
    setting: Setting, rows: pa.RecordBatch, columns: Sequence[str], **asked: tuple[str, ...] | str
) -> np.ndarray:
    """The columns of all rows, row by row: [N x columns]."""
    settings = Settings(models=(setting.spec,), dtype="fp32", maskings=("token",), threads=setting.threads, **asked)
    scorer = Scorer(settings)
    found = [scorer(rows.slice(start, PACK_ROWS)) for start in range(0, len(rows), PACK_ROWS)]
    return np.concatenate(
        [np.stack([each.column(name).to_numpy() for name in columns], axis=1) for each in found]
    ).ravel()


def _padded(minicons: Minicons, texts: Sequence[str]) -> np.ndarray:
    starts = range(0, len(texts), _PADDED)
    return np.concatenate([minicons.plls(texts[start : start + _PADDED]) for start in starts])
